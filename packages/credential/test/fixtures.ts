/** An issuer with a key, and credentials of it, for the tests of this package. */
import { didKeyOf, didKeyVerificationMethod, nobleEd25519 } from '@chirograph/crypto'
import { type OrgId, orgIdOf } from '@chirograph/event'
import { type Seeded, seeded } from '../../workspace/kit.ts'
import type { CohortRow } from '../src/cohort-row.ts'
import type { BatchInput } from '../src/issue-cohort.ts'
import type { JsonObject } from '../src/json.ts'
import { buildOpenBadge, type OpenBadge } from '../src/open-badge.ts'
import { signCredential } from '../src/sign.ts'

export const seed: Uint8Array = new Uint8Array(32).fill(9)
export const did: string = didKeyOf(nobleEd25519.publicKey(seed))
export const verificationMethod: string = didKeyVerificationMethod(nobleEd25519.publicKey(seed))
export const issuerOrg: OrgId = orgIdOf({
  logKey: new Uint8Array(32).fill(1),
  nextKeyHash: new Uint8Array(32).fill(2),
})
export const nowMs: number = Date.UTC(2026, 5, 20, 12)

export const badge: OpenBadge = {
  id: 'urn:uuid:0d5b3a0c-51c5-4b0d-8a6e-3a64b5b4a001',
  issuer: { did, name: 'Sample Community College', url: 'https://college.example' },
  learner: {
    name: 'Amber Quarry',
    id: 'did:example:amber',
    email: 'amber@students.example',
    studentId: 'S-1',
  },
  achievement: {
    id: 'https://college.example/achievements/welding',
    name: 'Certificate in Welding',
    description: 'Joins steel.',
    criteria: 'Six courses.',
    type: 'Certificate',
    creditsAvailable: 12.5,
    alignments: [{ targetName: 'Arc welding', targetUrl: 'https://skills.example/arc', targetCode: 'W1' }],
  },
  validFromMs: nowMs,
  validUntilMs: Date.UTC(2031, 5, 20, 12),
  awardedOn: '2026-06-12',
  creditsEarned: 12.5,
  status: {
    statusListBase: 'https://status.example/status-lists',
    position: 131_079,
    networkId: 'ab'.repeat(32),
    issuerOrg,
    nonce: new Uint8Array(32).fill(3),
  },
  identitySalt: 'c2FsdA',
}

/** A signed credential; a fresh object each time. */
export function signedBadge(change: Partial<OpenBadge> = {}): JsonObject {
  const credential = buildOpenBadge({ ...badge, ...change })
  const created = '2026-06-20T12:00:00Z'
  return signCredential({ credential, seed, did, verificationMethod, created, ed25519: nobleEd25519 })
}

/** A document that a test may alter. */
export function copyOf(document: JsonObject): Record<string, unknown> {
  return JSON.parse(JSON.stringify(document)) // an object comes back as an object
}

export function rowsFor(count: number): CohortRow[] {
  return Array.from({ length: count }, (_, i) => ({
    row: i + 2,
    learnerId: `S-${i}`,
    learnerName: `Learner ${i}`,
    learnerEmail: `learner${i}@students.example`,
    achievement: {
      name: 'Welding',
      description: 'Joins steel.',
      criteria: 'Six courses.',
      type: 'Certificate',
    },
    recordClass: 'certificate-credit',
    awardedOn: '2026-06-12',
  }))
}

export function batchInput(rows: readonly CohortRow[], random: Seeded = seeded(1)): BatchInput {
  return {
    rows,
    issuer: badge.issuer,
    issuerOrg,
    positions: Array.from({ length: 1_024 }, (_, i) => 4_096 + i),
    networkId: badge.status.networkId,
    statusListBase: badge.status.statusListBase,
    randomBytes: random.bytes,
    nowMs,
    seed,
    verificationMethod,
    ed25519: nobleEd25519,
  }
}
