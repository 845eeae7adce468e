/**
 * What this node knows of every author's chain, in memory: which event stands where, and what hangs on what.
 *
 * The index is owned by its caller and changed by `apply`, `markFinal`, `trimFinal`, `recordFork` and the
 * restoring functions only. Events that are not final are held whole. Final ones keep their place and id, and may
 * be trimmed away: above the last final event of a chain everything is in memory, below it a slot may have to be
 * loaded from the store first (`isResident`).
 */
import { compareContentIds, type EventId } from '@chirograph/codec'
import type { AuthenticEvent, EventKind, ForkEvidence, OrgId } from '@chirograph/event'
import { branchesMax } from './limits.js'

/** One place in an author's chain. */
export interface Slot {
  readonly author: OrgId
  readonly generation: number
  readonly sequence: number
}

/** A header as a node keeps it; the signature is null where none was checked. */
export interface StoredHeader {
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array | null
}

/** One event as the index knows it. */
export interface LogEntry extends Slot {
  readonly id: EventId
  /** Tells apart the events that a forked author has at one place: 0 for the first that came in here. */
  readonly branch: number
  readonly prev: EventId | null
  readonly kind: EventKind
  readonly isFinal: boolean
  /** Counts what came in here, from 0. Local: it decides who waited longest, never what is agreed. */
  readonly arrival: number
  /** Its own signature was checked here: a segment may end with it. */
  readonly isVerified: boolean
  /** Header bytes and checked signature: there unless final or closed; then only if loaded for a fork proof. */
  readonly stored: StoredHeader | undefined
  /** The whole event: there exactly while it may still become final. */
  readonly event: AuthenticEvent | undefined
}

/** One author's events of one generation. */
export interface Chain {
  /** The entries at each sequence, in order of arrival; more than one is a fork. */
  readonly slots: Map<number, LogEntry[]>
  /** Entries without a child, by id. One, unless the author forked. */
  readonly heads: Map<EventId, LogEntry>
  /** Sequences loaded from the store below `residentFrom`, to be trimmed again. */
  readonly loaded: Set<number>
  /** Final entries of lower sequences were trimmed or never restored. */
  residentFrom: number
  finalTip: LogEntry | undefined
  /** No more branches are taken: others may hold other ones, and nobody will ever hold all. */
  isFull: boolean
  /** Two events were seen at one place. */
  isForked: boolean
  /** Events that are not final, and the bytes they take. */
  readonly pending: { count: number; bytes: number }
  /** The proof at the lowest forked sequence, of the two smallest headers seen there. */
  fork: ForkEvidence | undefined
}

export interface LogIndex {
  /** By author, then by generation. */
  readonly chains: Map<OrgId, Map<number, Chain>>
  readonly entries: Map<EventId, LogEntry>
  arrivals: number
  /** Events that are not final, and the bytes they take: what is in memory whole. */
  readonly pending: { count: number; bytes: number }
}

export function createLog(): LogIndex {
  return { chains: new Map(), entries: new Map(), arrivals: 0, pending: { count: 0, bytes: 0 } }
}

/** The entry of this event, or undefined when the index does not hold it (unknown, or final and trimmed). */
export function eventAt(log: LogIndex, id: EventId): LogEntry | undefined {
  return log.entries.get(id)
}

/** All branches held at one place, in order of arrival. */
export function entriesAt(log: LogIndex, slot: Slot): readonly LogEntry[] {
  return chainAt(log, slot)?.slots.get(slot.sequence) ?? []
}

/** The last final entry of an author's generation. */
export function finalTipOf(log: LogIndex, author: OrgId, generation: number): LogEntry | undefined {
  return chainAt(log, { author, generation })?.finalTip
}

/** Entries of an author's generation that nothing follows, in order of sequence, then of id. */
export function headsOf(log: LogIndex, author: OrgId, generation: number): LogEntry[] {
  const heads = chainAt(log, { author, generation })?.heads.values() ?? []
  return [...heads].sort((a, b) => a.sequence - b.sequence || compareIds(a.id, b.id))
}

/** The generation of an author's last final event; 0 when none is final. */
export function finalGenerationOf(log: LogIndex, author: OrgId): number {
  let highest = 0
  for (const [generation, { finalTip }] of log.chains.get(author) ?? [])
    if (finalTip !== undefined && generation > highest) highest = generation
  return highest
}

/** The rotations held that would begin a generation: more than one, if the author forked there. */
export function rotationsOf(log: LogIndex, author: OrgId, generation: number): readonly LogEntry[] {
  return generation === 0 ? [] : entriesAt(log, { author, generation, sequence: 0 })
}

/** Ids in the order of their bytes, which their text does not sort like. */
export function compareIds(a: EventId, b: EventId): number {
  return compareContentIds(a, b)
}

/** The proofs known that this author forked: at most one for each generation, in order of generation. */
export function forksOf(log: LogIndex, author: OrgId): ForkEvidence[] {
  const chains = [...(log.chains.get(author) ?? [])].sort(([a], [b]) => a - b)
  return chains.flatMap(([, chain]) => (chain.fork === undefined ? [] : [chain.fork]))
}

/**
 * Lets go of the bytes of what is not final in an author's closed generations: a rotation above them is final. Their
 * places stay, so that nothing in the store is taken for final that is not; of heads only the last final event does.
 */
export function closeGenerations(log: LogIndex, author: OrgId): void {
  const current = finalGenerationOf(log, author)
  for (const [generation, chain] of log.chains.get(author) ?? []) {
    if (generation >= current) continue
    for (const entry of [...chain.slots.values()].flat())
      if (entry.event !== undefined) replaceEntry(log, { ...entry, stored: undefined, event: undefined })
    chain.heads.clear()
    if (chain.finalTip !== undefined) chain.heads.set(chain.finalTip.id, chain.finalTip)
  }
}

/** Whether the log holds this event, as far as the index can tell: false only when it is surely not held. */
export function mayHold(log: LogIndex, entry: Slot & { readonly id: EventId }): boolean {
  return log.entries.has(entry.id) || !isResident(chainAt(log, entry), entry.sequence)
}

/**
 * Whether everything known at a sequence is in memory. Exactly one branch of each slot up to the final tip is
 * final, and what is not final is always here; so a slot is whole when it lies above the tip or holds a final entry.
 */
export function isResident(chain: Chain | undefined, sequence: number): boolean {
  if (chain?.finalTip === undefined || sequence > chain.finalTip.sequence) return true
  return chain.slots.get(sequence)?.some((entry) => entry.isFinal) ?? false
}

export function chainAt(
  log: LogIndex,
  place: { readonly author: OrgId; readonly generation: number },
): Chain | undefined {
  return log.chains.get(place.author)?.get(place.generation)
}

/** The chain at a place; an empty one is made where there is none. */
export function openChain(
  log: LogIndex,
  place: { readonly author: OrgId; readonly generation: number },
): Chain {
  let generations = log.chains.get(place.author)
  if (generations === undefined) {
    generations = new Map()
    log.chains.set(place.author, generations)
  }
  let chain = generations.get(place.generation)
  if (chain === undefined) {
    chain = {
      slots: new Map(),
      heads: new Map(),
      loaded: new Set(),
      residentFrom: 0,
      finalTip: undefined,
      isFull: false,
      isForked: false,
      pending: { count: 0, bytes: 0 },
      fork: undefined,
    }
    generations.set(place.generation, chain)
  }
  return chain
}

/** Puts an entry in its place, in any order: its prev and its children may come later. */
export function insertEntry(log: LogIndex, entry: LogEntry): void {
  const chain = openChain(log, entry)
  log.entries.set(entry.id, entry)
  countPending(log, entry, 1)
  const slot = chain.slots.get(entry.sequence) ?? []
  chain.slots.set(entry.sequence, slot)
  if (slot.push(entry) >= branchesMax) chain.isFull = true
  if (slot.length > 1) chain.isForked = true
  if (entry.prev !== null) chain.heads.delete(entry.prev)
  if (entry.isFinal) raiseFinalTip(chain, entry)
  const isParent = chain.slots.get(entry.sequence + 1)?.some((next) => next.prev === entry.id) ?? false
  // Between two final entries of a chain there may be trimmed ones; the lower is never a head.
  const isBehindFinal = entry.isFinal && chain.finalTip !== entry
  if (!isParent && !isBehindFinal) chain.heads.set(entry.id, entry)
}

/** Puts another form of an entry where it stands. */
export function replaceEntry(log: LogIndex, entry: LogEntry): void {
  const chain = openChain(log, entry)
  const before = log.entries.get(entry.id)
  if (before !== undefined) countPending(log, before, -1)
  countPending(log, entry, 1)
  log.entries.set(entry.id, entry)
  const slot = chain.slots.get(entry.sequence) ?? []
  chain.slots.set(
    entry.sequence,
    slot.map((held) => (held.id === entry.id ? entry : held)),
  )
  if (chain.heads.has(entry.id)) chain.heads.set(entry.id, entry)
  if (entry.isFinal) raiseFinalTip(chain, entry)
}

/** Lets go of everything held of a chain but the proof that it forked, as if nothing had come. Returns what that was. */
export function removeEntries(log: LogIndex, chain: Chain): LogEntry[] {
  const entries = [...chain.slots.values()].flat()
  for (const entry of entries) {
    log.entries.delete(entry.id)
    countPending(log, entry, -1)
  }
  chain.slots.clear()
  chain.heads.clear()
  chain.loaded.clear()
  chain.residentFrom = 0
  chain.finalTip = undefined
  return entries
}

function countPending(log: LogIndex, entry: LogEntry, sign: 1 | -1): void {
  const { event } = entry
  if (event === undefined) return
  const bytes = bytesOf(event)
  for (const pending of [openChain(log, entry).pending, log.pending]) {
    pending.count += sign
    pending.bytes += sign * bytes
  }
}

function bytesOf({ headerBytes, bodyBytes }: AuthenticEvent): number {
  return headerBytes.length + bodyBytes.length
}

function raiseFinalTip(chain: Chain, entry: LogEntry): void {
  const tip = chain.finalTip
  if (tip !== undefined && tip.sequence > entry.sequence) return
  if (tip !== undefined && tip.sequence < entry.sequence) chain.heads.delete(tip.id)
  chain.finalTip = entry
}

/** What is held of an author from one generation to another, both included, that is not final. */
export function pendingSizeOf(
  log: LogIndex,
  { author, from, to }: { readonly author: OrgId; readonly from: number; readonly to: number },
): { readonly count: number; readonly bytes: number } {
  const size = { count: 0, bytes: 0 }
  for (const [generation, { pending }] of log.chains.get(author) ?? []) {
    if (generation < from || generation > to) continue
    size.count += pending.count
    size.bytes += pending.bytes
  }
  return size
}

/** Bytes of what is held of a range of places and not final, on all branches. */
export function pendingBytesIn(
  log: LogIndex,
  {
    author,
    generation,
    fromSequence,
    toSequence,
  }: {
    readonly author: OrgId
    readonly generation: number
    readonly fromSequence: number
    readonly toSequence: number
  },
): number {
  let bytes = 0
  for (const [sequence, entries] of chainAt(log, { author, generation })?.slots ?? []) {
    if (sequence < fromSequence || sequence > toSequence) continue
    for (const { event } of entries) if (event !== undefined) bytes += bytesOf(event)
  }
  return bytes
}

/** What is held of a chain that is not final, in order of sequence and arrival. */
export function pendingOf(
  log: LogIndex,
  place: { readonly author: OrgId; readonly generation: number },
): LogEntry[] {
  const slots = [...(chainAt(log, place)?.slots ?? [])].sort(([a], [b]) => a - b)
  return slots.flatMap(([, entries]) => entries.filter(({ isFinal, event }) => !isFinal && event))
}

/** No more is taken in of a chain: other nodes may hold other parts of it, and agree to stop comparing (L22). */
export function stopComparing(
  log: LogIndex,
  place: { readonly author: OrgId; readonly generation: number },
): void {
  openChain(log, place).isFull = true
}

/** Its author goes on: more is taken in again of every chain that is not full of branches. */
export function resumeComparing(log: LogIndex, author: OrgId): void {
  for (const chain of log.chains.get(author)?.values() ?? [])
    chain.isFull = [...chain.slots.values()].some((slot) => slot.length >= branchesMax)
}
