/**
 * Whether an event may enter the log. Decided over the index alone; the caller loads first what the verdict asks
 * for, stores what is accepted, and then applies it. Rules L1 to L8 of SPEC.md.
 */
import { compareBytes, type EventId } from '@chirograph/codec'
import type { AuthenticEvent, EventHeader, ForkEvidence, OrgId, SignedHeader } from '@chirograph/event'
import { forkEvidenceOf, smallerEvidence } from './fork-evidence.js'
import { branchesMax } from './limits.js'
import {
  type Chain,
  chainAt,
  insertEntry,
  isResident,
  type LogEntry,
  type LogIndex,
  openChain,
  type Slot,
  type StoredHeader,
} from './log-index.js'

export type AdmitRejectReason =
  | 'unknown-generation'
  | 'prev-mismatch'
  | 'foreign-prev'
  | 'gap-sequence'
  | 'branch-limit'

export interface AdmitAccepted {
  readonly kind: 'accept'
  /** There is another event at this place: the proof that the author forked. */
  readonly fork?: ForkEvidence
}

export type AdmitVerdict =
  | AdmitAccepted
  /** Already in the log. */
  | { readonly kind: 'ignore' }
  /** The event before it is not here yet. */
  | { readonly kind: 'defer'; readonly missing: EventId }
  /** Final events of these slots were trimmed: `restoreEntry` them from the store, then ask again. */
  | { readonly kind: 'load'; readonly slots: readonly Slot[] }
  | { readonly kind: 'reject'; readonly reason: AdmitRejectReason; readonly detail: string }

/** Decides about one verified event. Changes nothing. */
export function admit(log: LogIndex, event: AuthenticEvent): AdmitVerdict {
  const { header } = event
  // L1: what is known is ignored, whichever peer brings it again.
  if (log.entries.has(event.id)) return { kind: 'ignore' }
  const fault = faultOfPlace(header)
  if (fault !== undefined) return fault
  const chain = chainAt(log, header)
  if (header.prev !== null) {
    const before = log.entries.get(header.prev)
    if (before !== undefined) {
      const broken = faultOfPrev(header, before)
      if (broken !== undefined) return broken
    } else if (!isResident(chain, header.sequence - 1)) {
      return { kind: 'load', slots: [slotOf(header, -1), slotOf(header, 0)] }
    } else {
      // L5: not rejected, for it may come later; nothing is admitted before its prev.
      return { kind: 'defer', missing: header.prev }
    }
  }
  return judgeSiblings(chain, event)
}

/**
 * Enters an accepted event. Returns the proof when the author is seen to have forked: compared again here, because
 * a sibling may have been applied since the verdict. An event that came in twice meanwhile is left as it is.
 */
export function apply(
  log: LogIndex,
  event: AuthenticEvent,
  verdict: AdmitAccepted,
): ForkEvidence | undefined {
  if (log.entries.has(event.id)) return verdict.fork
  const { header } = event
  const chain = openChain(log, header)
  const fork = forkWith(chain, event) ?? verdict.fork
  const branches = chain.slots.get(header.sequence)?.map(({ branch }) => branch) ?? []
  insertPending(log, event, Math.max(-1, ...branches) + 1)
  if (fork !== undefined) chain.fork = smallerEvidence(chain.fork, fork)
  return fork
}

/** Puts an event that is not final in its place. */
export function insertPending(log: LogIndex, event: AuthenticEvent, branch: number): void {
  const { header } = event
  insertEntry(log, {
    id: event.id,
    author: header.author,
    generation: header.generation,
    sequence: header.sequence,
    branch,
    prev: header.prev,
    kind: header.kind,
    isFinal: false,
    arrival: log.arrivals++,
    isVerified: event.signature !== null,
    stored: event,
    event,
  })
}

export type SegmentAdmission =
  /** The events that are new here; each is to be applied, in this order. */
  | { readonly kind: 'accept'; readonly fresh: readonly AuthenticEvent[] }
  | Exclude<AdmitVerdict, AdmitAccepted>

/**
 * Decides about authentic events of which each follows the one before. All of the new ones are admitted or none: the
 * last is the one whose signature was checked, and nothing may be held without a checked signature above it.
 */
export function admitSegment(log: LogIndex, events: readonly AuthenticEvent[]): SegmentAdmission {
  const slots = slotsToLoad(log, events)
  if (slots.length > 0) return { kind: 'load', slots }
  const fresh = events.filter(({ id }) => !log.entries.has(id))
  const [first] = fresh
  if (first === undefined) return { kind: 'ignore' }
  const verdict = admit(log, first)
  if (verdict.kind !== 'accept') return verdict
  const chain = chainAt(log, first.header)
  for (const event of fresh.slice(1)) {
    const judged = judgeSiblings(chain, event)
    if (judged.kind === 'reject' || judged.kind === 'load') return judged
  }
  return { kind: 'accept', fresh }
}

/** L6: places of these events, and the one before, of which final events are on disk only. */
function slotsToLoad(log: LogIndex, events: readonly AuthenticEvent[]): Slot[] {
  const slots: Slot[] = []
  const chain = events[0] && chainAt(log, events[0].header)
  const prev = events[0]?.header.prev
  for (const [index, { id, header }] of events.entries()) {
    if (log.entries.has(id)) continue
    if (index === 0 && prev != null && !log.entries.has(prev) && !isResident(chain, header.sequence - 1))
      slots.push(slotOf(header, -1))
    if (!isResident(chain, header.sequence)) slots.push(slotOf(header, 0))
  }
  return slots
}

/** The rules that need the header alone. The one place that knows which generations there are. */
function faultOfPlace(header: EventHeader): AdmitVerdict | undefined {
  // L2: a generation begins with a rotation; without one there is only the first.
  if (header.generation !== 0)
    return reject('unknown-generation', `generation ${header.generation} was not begun by a rotation`)
  // L3: a chain has one beginning.
  if ((header.prev === null) !== (header.sequence === 0))
    return reject(
      'prev-mismatch',
      header.prev === null ? `sequence ${header.sequence} without a prev` : 'sequence 0 with a prev',
    )
  return undefined
}

/** L4: a chain is one author's, of one generation, without gaps. */
function faultOfPrev(header: EventHeader, before: LogEntry): AdmitVerdict | undefined {
  if (before.author !== header.author || before.generation !== header.generation)
    return reject('foreign-prev', 'the prev belongs to another chain')
  if (before.sequence + 1 !== header.sequence)
    return reject('gap-sequence', `sequence ${header.sequence} after ${before.sequence}`)
  return undefined
}

/** L6 to L8: what else stands at this place. */
function judgeSiblings(chain: Chain | undefined, event: AuthenticEvent): AdmitVerdict {
  const { sequence } = event.header
  // L6: a sibling may be on disk only.
  if (!isResident(chain, sequence)) return { kind: 'load', slots: [slotOf(event.header, 0)] }
  const siblings = chain?.slots.get(sequence) ?? []
  if (chain === undefined || siblings.length === 0) return { kind: 'accept' }
  // L7: a forker gets no more room than reconciliation needs.
  if (siblings.length >= branchesMax)
    return reject('branch-limit', `${siblings.length} branches at sequence ${sequence}`)
  // L8: both branches are kept, and the proof is made.
  const fork = forkWith(chain, event) ?? chain.fork
  if (fork !== undefined) return { kind: 'accept', fork }
  if (siblings.some(({ stored }) => stored === undefined))
    return { kind: 'load', slots: [slotOf(event.header, 0)] }
  return { kind: 'accept' }
}

/** The proof with the smallest sibling whose header and signature are here. */
function forkWith(chain: Chain, event: AuthenticEvent): ForkEvidence | undefined {
  const own = signedHeaderOf(event)
  let smallest: SignedHeader | undefined
  for (const { id, stored } of chain.slots.get(event.header.sequence) ?? []) {
    const signed = stored && signedHeaderOf(stored)
    if (signed === undefined || id === event.id) continue
    if (smallest === undefined || compareBytes(signed.headerBytes, smallest.headerBytes) < 0)
      smallest = signed
  }
  return smallest === undefined || own === undefined ? undefined : forkEvidenceOf(smallest, own)
}

function signedHeaderOf({ headerBytes, signature }: StoredHeader): SignedHeader | undefined {
  return signature === null ? undefined : { headerBytes, signature }
}

function slotOf(
  place: { readonly author: OrgId; readonly generation: number; readonly sequence: number },
  offset: 0 | -1,
): Slot {
  return { author: place.author, generation: place.generation, sequence: place.sequence + offset }
}

function reject(reason: AdmitRejectReason, detail: string): AdmitVerdict {
  return { kind: 'reject', reason, detail }
}
