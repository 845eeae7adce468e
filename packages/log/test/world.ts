/** Authors, events and random histories for the tests of this package. */
import { nobleEd25519 } from '@chirograph/crypto'
import {
  type AuthenticEvent,
  createEvent,
  type EventBody,
  type NewEvent,
  nextKeyHashOf,
  type OrgId,
  orgIdOf,
  parseOrgId,
  type VerifiedEvent,
} from '@chirograph/event'
import type { Seeded } from '../../workspace/kit.ts'
import {
  type AdmitVerdict,
  admit,
  apply,
  branchesMax,
  type CutEntry,
  createLog,
  createOrphanBuffer,
  forksOf,
  frontier,
  frontierDigest,
  holdOrphan,
  type LogIndex,
  proveFork,
  recordFork,
  release,
} from '../src/index.ts'

export const networkId = new Uint8Array(32).fill(0x11)
export const unlimited = { bytesMax: Number.MAX_SAFE_INTEGER, eventsMax: Number.MAX_SAFE_INTEGER }
export const nobody = (): boolean => false

/** The nth organisation; in byte order of their ids. */
export function org(n: number): OrgId {
  const id = parseOrgId(n.toString(16).padStart(64, '0'))
  if (id === undefined) throw new Error(`no organisation ${n}`)
  return id
}

export const body: EventBody = { kind: 'status.lease', count: 1_024 }

/** An event whose signature is zero bytes: nothing in the log looks at it. */
export function make(place: Partial<NewEvent> & { readonly author: OrgId }): VerifiedEvent {
  const first = { networkId, generation: 0, sequence: 0, prev: null, references: [], timeMs: 0, body }
  return createEvent({ ...first, ...place }, () => new Uint8Array(64))
}

export function after(prev: AuthenticEvent, change: Partial<NewEvent> = {}): VerifiedEvent {
  const { author, generation, sequence } = prev.header
  return make({ author, generation, sequence: sequence + 1, prev: prev.id, ...change })
}

/** `length` events of one author, each after the other. */
export function chain(author: OrgId, length: number, change: Partial<NewEvent> = {}): VerifiedEvent[] {
  const events: VerifiedEvent[] = []
  for (let last: VerifiedEvent | undefined; events.length < length; events.push(last))
    last = last === undefined ? make({ author, ...change }) : after(last, change)
  return events
}

/** A rotation that begins the generation after the one of `prev`; of generation 1 where there is none. */
export function rotation(
  prev: AuthenticEvent | { readonly author: OrgId },
  change: Partial<NewEvent> = {},
): VerifiedEvent {
  const follows = 'header' in prev
  const author = follows ? prev.header.author : prev.author
  const generation = (follows ? prev.header.generation : 0) + 1
  const body: EventBody = { kind: 'key.rotate', logKey: new Uint8Array(32), nextKeyHash: new Uint8Array(32) }
  return make({ author, generation, sequence: 0, prev: follows ? prev.id : null, body, ...change })
}

export function bodyOf(entries: number): EventBody {
  const list = Array.from({ length: entries }, (_, index) => {
    const handle = new Uint8Array(32)
    new DataView(handle.buffer).setUint32(0, index)
    return { handle, position: null }
  })
  return { kind: 'status.revoke', entries: list, reason: 'withdrawn' }
}

export function logOf(...events: readonly AuthenticEvent[]): LogIndex {
  const log = createLog()
  for (const event of events) accept(log, event)
  return log
}

export function accept(log: LogIndex, event: AuthenticEvent): void {
  const verdict = admit(log, event)
  if (verdict.kind !== 'accept') throw new Error(`not accepted: ${JSON.stringify(verdict)}`)
  enter(log, event)
}

/** Applies an accepted event, and records the proof where it contradicts another. */
export function enter(log: LogIndex, event: AuthenticEvent): void {
  if (!apply(log, event)) return
  const proof = proveFork(log, event.header)
  if (proof.kind === 'proven') recordFork(log, proof.evidence)
}

/** The verdict in one word. */
export function judged(log: LogIndex, event: AuthenticEvent): string {
  const verdict = admit(log, event)
  return verdict.kind === 'reject' ? verdict.reason : verdict.kind
}

export function entryOf(event: AuthenticEvent): CutEntry {
  const { author, generation, sequence } = event.header
  return { author, generation, sequence, id: event.id }
}

export interface SigningAuthor {
  readonly org: OrgId
  readonly logKey: Uint8Array
  make(change?: Partial<NewEvent>): VerifiedEvent
}

export function signingAuthor(fill: number): SigningAuthor {
  const seed = new Uint8Array(32).fill(fill)
  const logKey = nobleEd25519.publicKey(seed)
  const author = orgIdOf({ logKey, nextKeyHash: nextKeyHashOf(logKey) })
  const first = { networkId, author, generation: 0, sequence: 0, prev: null, references: [], timeMs: 0, body }
  return {
    org: author,
    logKey,
    make: (change) => createEvent({ ...first, ...change }, (message) => nobleEd25519.sign({ seed, message })),
  }
}

/** A random history: chains of several authors, some forked, with references across. In an order of its making. */
export function history(
  random: Seeded,
  size: { readonly events: number; readonly forkers: number },
): VerifiedEvent[] {
  const authors = 2 + random.int(5)
  const chains = new Map<OrgId, VerifiedEvent[]>()
  const events: VerifiedEvent[] = []
  while (events.length < size.events) {
    const n = random.int(authors)
    const author = org(n + 1)
    const own = chains.get(author) ?? []
    chains.set(author, own)
    const others = events.filter((event) => event.header.author !== author)
    const references = Array.from(
      { length: others.length > 0 ? random.int(3) : 0 },
      () => random.pick(others).id,
    )
    const isFork = n < size.forkers && random.chance(0.3)
    const prev = isFork ? random.pick([undefined, ...own]) : own[own.length - 1]
    const sequence = (prev?.header.sequence ?? -1) + 1
    // One below the limit: at the limit what is kept depends on what came first.
    if (own.filter((event) => event.header.sequence === sequence).length >= branchesMax - 1) continue
    const event = make({
      author,
      sequence,
      prev: prev?.id ?? null,
      references,
      timeMs: events.length,
      body: random.chance(0.2) ? bodyOf(1 + random.int(20)) : body,
    })
    own.push(event)
    events.push(event)
  }
  return events
}

/** Takes events in as a node does: deferred ones wait for their prev. Returns what kinds of verdict there were. */
export function takeIn(log: LogIndex, arriving: readonly AuthenticEvent[]): Set<AdmitVerdict['kind']> {
  const orphans = createOrphanBuffer()
  const kinds = new Set<AdmitVerdict['kind']>()
  for (const arrived of arriving) {
    const queue: AuthenticEvent[] = [arrived]
    for (const event of queue) {
      const verdict = admit(log, event)
      kinds.add(verdict.kind)
      if (verdict.kind === 'defer') holdOrphan(orphans, { events: [event], peer: 'peer' })
      if (verdict.kind !== 'accept') continue
      enter(log, event)
      queue.push(...release(orphans, event.id).flat())
    }
  }
  return kinds
}

/** Everything two nodes must agree on when they hold the same events. */
export function contents(log: LogIndex): unknown {
  return {
    ids: [...log.entries.keys()].sort(),
    forks: [...log.chains.keys()].sort().map((author) => forksOf(log, author)),
    frontier: frontier(log),
    digest: frontierDigest(frontier(log)),
  }
}
