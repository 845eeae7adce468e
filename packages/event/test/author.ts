/** An author with a key from a seed, and one body of every kind, for the tests of this package. */
import { didKeyOf, nobleEd25519 } from '@chirograph/crypto'
import {
  type Application,
  applicationSigningBytes,
  type ConsensusKey,
  createEvent,
  type EventBody,
  type NewEvent,
  nextKeyHashOf,
  type OrgId,
  orgIdOf,
  type Profile,
  possessionSigningBytes,
  runOf,
  type VerifiedEvent,
} from '../src/index.ts'

export const networkId = new Uint8Array(32).fill(0x11)
export const bytes32 = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)

export interface Author {
  readonly org: OrgId
  readonly logKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
  make(body: EventBody, place?: Partial<NewEvent>): VerifiedEvent
}

export function authorOf(fill: number): Author {
  const seed = bytes32(fill)
  const logKey = nobleEd25519.publicKey(seed)
  const org = orgIdOf({ logKey, nextKeyHash: nextKeyHashOf(nobleEd25519.publicKey(bytes32(fill + 1))) })
  const sign = (message: Uint8Array): Uint8Array => nobleEd25519.sign({ seed, message })
  const first = { networkId, author: org, generation: 0, sequence: 0, prev: null, references: [], timeMs: 0 }
  return { org, logKey, sign, make: (body, place) => createEvent({ ...first, ...place, body }, sign) }
}

export const lease: EventBody = { kind: 'status.lease', count: 2_048 }

/** A consensus key from a seed, by which its owner says that it is this organisation's. */
export function consensusKeyOf(org: OrgId, fill: number): ConsensusKey {
  const seed = bytes32(fill)
  const key = nobleEd25519.publicKey(seed)
  const nextKeyHash = nextKeyHashOf(nobleEd25519.publicKey(bytes32(fill + 1)))
  const message = possessionSigningBytes({ networkId, org, key, nextKeyHash })
  return { key, nextKeyHash, possession: nobleEd25519.sign({ seed, message }) }
}

/** The application of an institution whose keys are from seeds, signed. */
export function applicationOf(fill: number, change: Partial<Profile> = {}): Application {
  const { org, logKey, sign } = authorOf(fill)
  const assertionKey = nobleEd25519.publicKey(bytes32(fill + 2))
  const profile: Profile = {
    name: `Institution ${fill}`,
    type: 'community-college',
    logKey,
    nextKeyHash: nextKeyHashOf(nobleEd25519.publicKey(bytes32(fill + 1))),
    assertionKeys: [assertionKey],
    dids: ['did:web:institution.example', didKeyOf(assertionKey)],
    peerId: `12D3KooWInstitution${fill}`,
    consensusKey: consensusKeyOf(org, fill + 3),
    ...change,
  }
  return { profile, signature: sign(applicationSigningBytes(networkId, profile)) }
}

const college = authorOf(1)
const [first, second] = [1, 2]
  .map((timeMs) => college.make(lease, { timeMs }))
  .sort((a, b) => Buffer.compare(a.headerBytes, b.headerBytes))
if (first === undefined || second === undefined) throw new Error('two events were made')
const later = college.make(lease, { sequence: 1, prev: second.id })
const revoked = college.make({
  kind: 'status.revoke',
  entries: [{ handle: bytes32(3), position: null }],
  reason: 'withdrawn',
})

export const bodies: readonly EventBody[] = [
  {
    kind: 'credential.issueBatch',
    root: bytes32(1),
    paddedSize: 16_384,
    recordClass: 'training-noncredentialed',
    credentialType: 'open-badge-3',
    schemaDigest: bytes32(2),
  },
  lease,
  {
    kind: 'status.revoke',
    entries: [
      { handle: bytes32(3), position: 131_073 },
      { handle: bytes32(4), position: null },
    ],
    reason: 'issued-in-error',
  },
  {
    kind: 'status.suspend',
    entries: [{ handle: bytes32(3), position: 7 }],
    reason: 'under-review',
    untilMs: 1_800_000_000_000,
  },
  { kind: 'status.reinstate', entries: [{ handle: bytes32(3), position: 7 }] },
  {
    kind: 'evidence.fork',
    first: { headerBytes: first.headerBytes, signature: first.signature },
    second: { headerBytes: second.headerBytes, signature: second.signature },
  },
  { kind: 'key.rotate', logKey: authorOf(2).logKey, nextKeyHash: bytes32(5) },
  { kind: 'recovery.approve', author: college.org, rotation: first.id },
  {
    kind: 'fork.salvage',
    run: runOf([revoked.headerBytes], revoked.signature),
    bodyBytes: revoked.bodyBytes,
  },
  {
    kind: 'evidence.branches',
    first: runOf([first.headerBytes], first.signature),
    second: runOf([second.headerBytes, later.headerBytes], later.signature),
  },
  { kind: 'member.apply', application: applicationOf(20), probationMs: 86_400_000 },
  { kind: 'member.approve', application: first.id },
  { kind: 'member.evict', org: college.org },
  { kind: 'validator.join' },
  { kind: 'validator.leave' },
  { kind: 'validator.commit', nextKeyHash: bytes32(6) },
  { kind: 'validator.rotate', ...consensusKeyOf(college.org, 30) },
  { kind: 'key.compromised', org: college.org, key: college.logKey, sinceHeight: 7 },
  { kind: 'credential.reaffirm', batches: [first.id] },
  {
    kind: 'quorum.revoke',
    org: college.org,
    entries: [{ handle: bytes32(3), position: 7 }],
    reason: 'withdrawn',
  },
  {
    kind: 'quorum.suspend',
    org: college.org,
    entries: [{ handle: bytes32(3), position: null }],
    reason: 'under-review',
    untilMs: 1_800_000_000_000,
  },
  { kind: 'quorum.annul', org: college.org, handles: [bytes32(3), bytes32(4)] },
  { kind: 'quorum.close', org: college.org, custodian: authorOf(2).org },
  {
    kind: 'quorum.recognise',
    org: college.org,
    recordClasses: ['degree', 'licence'],
    fromMs: 0,
    untilMs: 1_800_000_000_000,
  },
  { kind: 'quorum.endRecognition', org: college.org },
  { kind: 'quorum.approve', proposal: first.id },
  { kind: 'quorum.withdraw', proposal: first.id },
  { kind: 'quorum.execute', proposal: first.id },
  { kind: 'recognition.grant', org: college.org, recordClasses: ['degree'], fromMs: 0, untilMs: null },
  { kind: 'recognition.end', org: college.org },
  {
    kind: 'custody.revoke',
    org: college.org,
    entries: [{ handle: bytes32(3), position: null }],
    reason: 'withdrawn',
  },
  {
    kind: 'custody.suspend',
    org: college.org,
    entries: [{ handle: bytes32(3), position: null }],
    reason: 'under-review',
    untilMs: 1_800_000_000_000,
  },
  { kind: 'custody.reinstate', org: college.org, entries: [{ handle: bytes32(3), position: null }] },
]
