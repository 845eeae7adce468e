/** A node that remembers what it was asked: the API's tests need its answers, not its network. */
import { contentIdOfDigest, type EventId, toHex } from '@chirograph/codec'
import { type JsonObject, statusEntries } from '@chirograph/credential'
import { type EventBody, handleOf, type OrgId, parseOrgId } from '@chirograph/event'
import { ChirographError } from '@chirograph/interface'
import type {
  ChirographNode,
  EventQuery,
  EventState,
  Finality,
  ForkView,
  IssueOptions,
  LoggedEvent,
  MeasureView,
  RegistrarEntry,
  StandingView,
  StatusChange,
  Unchanged,
} from '@chirograph/node'
import type { Anchor, Genesis } from '@chirograph/status'
import { verify } from '@chirograph/verifier'

export const networkId = 'aa'.repeat(32)
export const ownOrg = orgOf('11')
export const otherOrg = orgOf('22')
export const token = 'A'.repeat(43)
export const authorised = { authorization: `Bearer ${token}`, host: '127.0.0.1:1' }

export interface FakeNode extends ChirographNode {
  readonly entries: RegistrarEntry[]
  readonly changes: StatusChange[]
  /** How cohorts were issued. */
  readonly issued: IssueOptions[]
  readonly published: EventBody[]
  readonly proved: Parameters<ChirographNode['proveStatus']>[0][]
  readonly proofsSeen: (Uint8Array | undefined)[]
  /** What `events` tells, and how it was asked. */
  readonly told: LoggedEvent[]
  readonly asked: EventQuery[]
  readonly states: Map<EventId, EventState>
  readonly approved: { readonly org: OrgId; readonly rotation: EventId | undefined }[]
  readonly salvaged: OrgId[]
  /** Acts of membership, with what they were asked for. */
  readonly membershipActs: [string, unknown][]
  /** What the next change leaves as it is. */
  unchanged: Unchanged[]
  /** Makes the next issue fail. */
  issueFailure: Error | undefined
  /** Ends every wait for this event. */
  makeFinal(id: EventId): void
}

export const proposedMeasure: MeasureView = {
  measure: { kind: 'quorum.annul', org: otherOrg, handles: [new Uint8Array(32).fill(1)] },
  proposer: ownOrg,
  approvedBy: [ownOrg],
  needed: 3,
  lockedUntilMs: null,
  executedHeight: null,
}

export const standing: StandingView = {
  org: otherOrg,
  name: 'Other College',
  state: 'closed',
  custodian: ownOrg,
  logKeys: [{ generation: 0, key: 'aa'.repeat(32), fromHeight: 0, untilHeight: null, stolenSinceHeight: 3 }],
  recognitions: [],
  grants: [],
}

export function fakeNode({ members = 1 }: { readonly members?: number } = {}): FakeNode {
  const waiters = new Map<EventId, (finality: Finality) => void>()
  const entries: RegistrarEntry[] = []
  const act = async (name: string, argument?: unknown) => {
    base.membershipActs.push([name, argument])
    return { id: idOf(7), publishedAtMs: 7 }
  }
  const base: FakeNode = {
    org: ownOrg,
    networkId,
    // Only the number of members, and their ids and names, are looked at.
    genesis: {
      organisations: Array.from({ length: members }, () => ({ id: ownOrg, name: 'Sample College' })),
    } as unknown as Genesis,
    entries,
    changes: [],
    issued: [],
    published: [],
    proved: [],
    proofsSeen: [],
    told: [],
    asked: [],
    states: new Map(),
    approved: [],
    salvaged: [],
    membershipActs: [],
    issueFailure: undefined,
    unchanged: [],
    status: () => ({ signing: 'ok', sync: { state: 'alone' } }) as ReturnType<ChirographNode['status']>,
    async checkCohort() {
      if (base.issueFailure) throw base.issueFailure
    },
    async issueCohort(rows, options = {}) {
      base.issued.push(options)
      options.onProgress?.({ done: 0, total: rows.length, phase: 'signing' })
      await new Promise((resolve) => setImmediate(resolve))
      if (base.issueFailure) throw base.issueFailure
      const issued = rows.map((row, at) => entryOf({ learnerId: row.learnerId, seed: at + 100 }))
      entries.push(...issued)
      const batch = { recordClass: 'certificate-credit', paddedSize: 16 } as const
      return [{ event: idOf(1), publishedAtMs: 5, ...batch, entries: issued }]
    },
    async change(change) {
      base.changes.push(change)
      return { id: idOf(2), publishedAtMs: 6, unchanged: base.unchanged }
    },
    async publish(body) {
      base.published.push(body)
      return { id: idOf(3), publishedAtMs: 7 }
    },
    rotateKey: async () => ({ id: idOf(4), publishedAtMs: 8 }),
    async approveRecovery(org, { rotation } = {}) {
      base.approved.push({ org, rotation })
      return { id: idOf(5), publishedAtMs: 9 }
    },
    async salvage(org) {
      base.salvaged.push(org)
      return [
        { id: idOf(6), publishedAtMs: 10 },
        { id: idOf(7), publishedAtMs: 11 },
      ]
    },
    forks: () => [frozenFork],
    applyFor: (application, options) => act('applyFor', [application, options]),
    approveMember: (application) => act('approveMember', application),
    evict: (org) => act('evict', org),
    joinValidators: () => act('joinValidators'),
    leaveValidators: () => act('leaveValidators'),
    commitConsensusKey: () => act('commitConsensusKey'),
    rotateConsensusKey: () => act('rotateConsensusKey'),
    tellTheft: (theft) => act('tellTheft', theft),
    reaffirm: (batches) => act('reaffirm', batches),
    propose: (measure) => act('propose', measure),
    approveMeasure: (proposal) => act('approveMeasure', proposal),
    withdrawApproval: (proposal) => act('withdrawApproval', proposal),
    carryOut: (proposal) => act('carryOut', proposal),
    measure: (proposal) => (proposal === idOf(8) ? proposedMeasure : undefined),
    recognise: (recognition) => act('recognise', recognition),
    endRecognition: (org) => act('endRecognition', org),
    actAsCustodian: (custody) => act('actAsCustodian', custody),
    standing: (org) => (org === otherOrg ? standing : undefined),
    membership: () => ({ epoch: 0, quorum: 1, members: [] }),
    application: () => undefined,
    isMemberPeer: () => false,
    finality(id, { signal } = {}) {
      return new Promise((resolve, reject) => {
        waiters.set(id, resolve)
        signal?.addEventListener('abort', () => reject(signal.reason))
      })
    },
    event: async () => undefined,
    events(query = {}) {
      base.asked.push(query)
      if (query.from === 'bad') throw cursorRefused()
      return told(base.told, query)
    },
    eventState: async (id) => base.states.get(id) ?? { state: 'unknown' },
    makeFinal(id) {
      const finality: Finality = {
        id,
        height: 4,
        timeMs: 10,
        finalAtMs: 12,
        publishedAtMs: 7,
        outcome: { id, outcome: 'applied', skipped: [] },
      }
      base.states.set(id, { state: 'final', finality })
      waiters.get(id)?.(finality)
    },
    findCredentials: async (key) =>
      entries.filter((entry) => [entry.credentialId, entry.handle, entry.learnerId].includes(key)),
    async *credentials() {
      yield* entries
    },
    organisation: () => undefined,
    credentialStatus: () => ({ status: { state: 'active', ended: null }, finality: 'final', height: 3 }),
    proveStatus(target) {
      base.proved.push(target)
      return Uint8Array.of(1, 2, 3)
    },
    anchor,
    async verify(credential, { proof } = {}) {
      base.proofsSeen.push(proof)
      return verify(credential, {
        proof,
        anchor: anchor(),
        atMs: 1,
        // Never asked: the credentials of these tests are unsigned.
        ed25519: {
          name: 'none',
          publicKey: (seed) => seed,
          sign: () => new Uint8Array(64),
          verify: () => false,
        },
      })
    },
    stopped: new Promise(() => {}),
    stop: async () => {},
  }
  return base
}

/** As a node tells of a member that a quorum has to approve. */
export const frozenFork: ForkView = {
  org: otherOrg,
  name: 'Sample Institution 2',
  isSelf: false,
  generation: 0,
  state: 'frozen',
  sequence: 4,
  evidence: { kind: 'evidence.branches', bytes: 900 },
  frozen: { height: 7, sequence: 3 },
  rotations: [{ id: idOf(8), approvedBy: [ownOrg], isApproved: false }],
  approvalsNeeded: 3,
  salvageable: [idOf(9)],
}

/** Tells the events, then waits until the signal aborts. */
async function* told(
  events: readonly LoggedEvent[],
  { live = true, signal }: EventQuery,
): AsyncGenerator<LoggedEvent> {
  yield* events
  if (!live) return
  await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
}

/** A revocation, the `n`th event to come. */
export function loggedEvent(n: number): LoggedEvent {
  return {
    cursor: `a1b2c3d4.${n}`,
    id: idOf(n),
    author: ownOrg,
    generation: 0,
    sequence: n,
    prev: null,
    references: [],
    kind: 'status.revoke',
    timeMs: 5,
    body: {
      kind: 'status.revoke',
      reason: 'withdrawn',
      entries: [{ handle: new Uint8Array(32).fill(n), position: 1 }],
    },
    isFinal: true,
    signature: null,
  }
}

function cursorRefused(): ChirographError {
  return new ChirographError({ code: 'NODE_CURSOR_INVALID', what: 'no cursor', hint: 'leave it out' })
}

/** A credential of the registrar; `seed` makes it differ from others. */
export function entryOf({
  learnerId,
  seed,
  issuerOrg = ownOrg,
}: {
  readonly learnerId: string
  readonly seed: number
  readonly issuerOrg?: OrgId
}): RegistrarEntry {
  const nonce = new Uint8Array(32).fill(seed % 256)
  const credentialId = `urn:uuid:00000000-0000-4000-8000-${String(seed).padStart(12, '0')}`
  const handle = toHex(handleOf({ issuer: issuerOrg, nonce }))
  return {
    credential: credentialOf({ credentialId, nonce, position: seed, issuerOrg }),
    credentialId,
    learnerId,
    handle,
    position: seed,
    index: 0,
    path: Array.from({ length: 4 }, () => '00'.repeat(32)),
    root: '00'.repeat(32),
    batch: idOf(1),
  }
}

function credentialOf({
  credentialId,
  nonce,
  position,
  issuerOrg,
}: {
  credentialId: string
  nonce: Uint8Array
  position: number
  issuerOrg: OrgId
}): JsonObject {
  const slot = { statusListBase: 'http://localhost/lists', position, networkId, issuerOrg, nonce }
  return {
    id: credentialId,
    name: 'Welding',
    awardedDate: '2025-06-13T12:00:00Z',
    credentialSubject: {
      identifier: [{ identityType: 'name', identityHash: `Learner ${position}` }],
      achievement: { name: 'Welding' },
    },
    credentialStatus: statusEntries(slot),
  }
}

export function idOf(byte: number): EventId {
  return contentIdOfDigest(new Uint8Array(32).fill(byte))
}

export function signingRefused(): ChirographError {
  return new ChirographError({ code: 'NODE_SIGNING_REFUSED', what: 'it may not sign', hint: 'wait' })
}

function anchor(): Anchor {
  const validators = { epoch: 0, members: [] }
  return {
    version: 1,
    type: 'chirograph-anchor',
    networkId,
    name: 'Sample',
    purpose: 'demo',
    validators,
    height: 0,
  }
}

function orgOf(byte: string): OrgId {
  const org = parseOrgId(byte.repeat(32))
  if (org === undefined) throw new Error('64 hex characters are an id')
  return org
}
