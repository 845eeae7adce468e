/**
 * Whether an event may enter the log. Decided over the index alone; the caller loads first what the verdict asks
 * for, stores what is accepted, and then applies it. Rules L1 to L8 of SPEC.md.
 */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent, EventHeader, OrgId } from '@chirograph/event'
import { branchesMax } from './limits.js'
import {
  type Chain,
  chainAt,
  entriesAt,
  finalGenerationOf,
  insertEntry,
  isResident,
  type LogEntry,
  type LogIndex,
  type Slot,
} from './log-index.js'

export type AdmitRejectReason = 'misplaced-rotation' | 'prev-mismatch' | 'foreign-prev' | 'gap-sequence'

export type AdmitVerdict =
  | { readonly kind: 'accept' }
  /** Already in the log, one branch too many, or of a generation that is closed or not open yet: nobody's fault. */
  | { readonly kind: 'ignore' }
  /** The event before it is not here yet. */
  | { readonly kind: 'defer'; readonly missing: EventId }
  /** Final events of these slots, and this one, were trimmed: `restoreEntry` them from the store, then ask again. */
  | { readonly kind: 'load'; readonly slots: readonly Slot[]; readonly id: EventId | null }
  | { readonly kind: 'reject'; readonly reason: AdmitRejectReason; readonly detail: string }

/**
 * Decides about one authentic event. Changes nothing. `isLoaded` says that what the last verdict asked for was looked
 * up: what is still not here is nowhere.
 */
export function admit(
  log: LogIndex,
  event: AuthenticEvent,
  { isLoaded = false }: { readonly isLoaded?: boolean } = {},
): AdmitVerdict {
  const { header } = event
  // L1: what is known is ignored, whichever peer brings it again.
  if (log.entries.has(event.id)) return { kind: 'ignore' }
  const fault = faultOfPlace(header)
  if (fault !== undefined) return fault
  if (!isOpen(log, header)) return { kind: 'ignore' }
  const chain = chainAt(log, header)
  if (header.prev !== null) {
    const before = log.entries.get(header.prev)
    if (before !== undefined) {
      const broken = faultOfPrev(header, before)
      if (broken !== undefined) return broken
    } else if (header.sequence === 0) {
      // L6: where the event before a rotation stands is not known, only its id.
      const isSought = !isLoaded && chainAt(log, closingPlaceOf(header))?.finalTip !== undefined
      if (isSought) return { kind: 'load', slots: [], id: header.prev }
      return { kind: 'defer', missing: header.prev }
    } else if (!isResident(chain, header.sequence - 1)) {
      return { kind: 'load', slots: [slotOf(header, -1), slotOf(header, 0)], id: null }
    } else {
      // L5: not rejected, for it may come later; nothing is admitted before its prev.
      return { kind: 'defer', missing: header.prev }
    }
  }
  return judgeSiblings(chain, header)
}

/**
 * Enters an accepted event, unless it came in meanwhile. Says whether it contradicts another: then `proveFork` can tell
 * by what.
 */
export function apply(log: LogIndex, event: AuthenticEvent): boolean {
  if (log.entries.has(event.id)) return false
  const siblings = entriesAt(log, event.header)
  insertPending(log, event, Math.max(-1, ...siblings.map(({ branch }) => branch)) + 1)
  return siblings.length > 0
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
  | Exclude<AdmitVerdict, { kind: 'accept' }>

/**
 * Decides about authentic events of which each follows the one before. All of the new ones are admitted or none: the
 * last is the one whose signature was checked, and nothing may be held without a checked signature above it.
 */
export function admitSegment(
  log: LogIndex,
  events: readonly AuthenticEvent[],
  { isLoaded = false }: { readonly isLoaded?: boolean } = {},
): SegmentAdmission {
  // First of all: what is held back for its prev is relayed, and whoever gets it then sees these faults in it.
  for (const { header } of events) {
    const fault = faultOfPlace(header)
    if (fault !== undefined) return fault
  }
  const last = events.at(-1)
  if (last === undefined || !isOpen(log, last.header)) return { kind: 'ignore' }
  const slots = slotsToLoad(log, events)
  if (slots.length > 0) return { kind: 'load', slots, id: null }
  const fresh = events.filter(({ id }) => !log.entries.has(id))
  const [first] = fresh
  if (first === undefined) return { kind: 'ignore' }
  const verdict = admit(log, first, { isLoaded })
  if (verdict.kind !== 'accept') return verdict
  const chain = chainAt(log, first.header)
  for (const { header } of fresh.slice(1)) {
    const judged = judgeSiblings(chain, header)
    if (judged.kind !== 'accept') return judged
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
    const isPrevSought = index === 0 && header.sequence > 0 && prev != null && !log.entries.has(prev)
    if (isPrevSought && !isResident(chain, header.sequence - 1)) slots.push(slotOf(header, -1))
    if (!isResident(chain, header.sequence)) slots.push(slotOf(header, 0))
  }
  return slots
}

/** The rules that need the header alone. */
function faultOfPlace({
  kind,
  generation,
  sequence,
  prev,
}: EventHeader): Extract<AdmitVerdict, { kind: 'reject' }> | undefined {
  // L2: a generation begins with a rotation, and a rotation begins a generation.
  const isBeginning = generation > 0 && sequence === 0
  if ((kind === 'key.rotate') !== isBeginning)
    return reject('misplaced-rotation', `a ${kind} at sequence ${sequence} of generation ${generation}`)
  // L3: a chain has one beginning; only the first rotation may follow nothing.
  const isPrevDue = sequence > 0 || generation > 1
  if (prev === null && isPrevDue) return reject('prev-mismatch', `sequence ${sequence} without a prev`)
  if (prev !== null && sequence === 0 && generation === 0)
    return reject('prev-mismatch', 'the first event of all with a prev')
  return undefined
}

/**
 * L2: nothing of a closed generation becomes final any more, and nobody can tell yet what may follow a rotation that is
 * not final. Neither is anybody's fault.
 */
function isOpen(log: LogIndex, { author, generation }: Pick<EventHeader, 'author' | 'generation'>): boolean {
  const current = finalGenerationOf(log, author)
  return generation === current || generation === current + 1
}

/** L4: a chain is one author's, of one generation, without gaps; a rotation follows the generation before. */
function faultOfPrev(header: EventHeader, before: LogEntry): AdmitVerdict | undefined {
  const { generation } = header.sequence === 0 ? closingPlaceOf(header) : header
  if (before.author !== header.author || before.generation !== generation)
    return reject('foreign-prev', 'the prev belongs to another chain')
  if (header.sequence > 0 && before.sequence + 1 !== header.sequence)
    return reject('gap-sequence', `sequence ${header.sequence} after ${before.sequence}`)
  return undefined
}

/** L6, L7: what else stands at this place. */
function judgeSiblings(chain: Chain | undefined, header: EventHeader): AdmitVerdict {
  const { sequence } = header
  // L6: a sibling may be on disk only.
  if (!isResident(chain, sequence)) return { kind: 'load', slots: [slotOf(header, 0)], id: null }
  const siblings = chain?.slots.get(sequence) ?? []
  // L7: a forker gets no more room than reconciliation needs. Another node may have met other branches first.
  return siblings.length < branchesMax ? { kind: 'accept' } : { kind: 'ignore' }
}

/** The chain that a rotation closes. */
function closingPlaceOf({ author, generation }: EventHeader): Pick<Slot, 'author' | 'generation'> {
  return { author, generation: generation - 1 }
}

function slotOf(
  place: { readonly author: OrgId; readonly generation: number; readonly sequence: number },
  offset: 0 | -1,
): Slot {
  return { author: place.author, generation: place.generation, sequence: place.sequence + offset }
}

function reject(reason: AdmitRejectReason, detail: string): Extract<AdmitVerdict, { kind: 'reject' }> {
  return { kind: 'reject', reason, detail }
}
