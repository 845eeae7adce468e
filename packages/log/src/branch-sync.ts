/**
 * How two nodes that hold different branches of one author come to hold both: each sends a short list of ids, the
 * other answers with the events that do not lie below them. One round trip, whatever the branches look like.
 * Rule L27 of SPEC.md; the locator is Bitcoin's (the `getblocks` message).
 */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { locatorHeadsMax, locatorMax } from './limits.js'
import { chainAt, finalGenerationOf, headsOf, type LogEntry, type LogIndex, type Slot } from './log-index.js'
import type { Range } from './sync-plan.js'

/** An author's heads, and the sequences behind the highest whose ids complete a locator; the store has those. */
export interface LocatorPlan {
  readonly heads: readonly EventId[]
  /** At doubling distances behind the highest head, down to 0; at most 54. */
  readonly sequences: readonly number[]
}

export function planLocator(log: LogIndex, author: OrgId, generation: number): LocatorPlan {
  const heads = headsOf(log, author, generation).reverse().slice(0, locatorHeadsMax)
  const top = heads[0]?.sequence ?? 0
  const sequences: number[] = []
  for (let distance = 1; distance <= top; distance *= 2) sequences.push(top - distance)
  if (top > 0 && sequences.at(-1) !== 0) sequences.push(0)
  return { heads: heads.map(({ id }) => id), sequences }
}

/** What whoever sent a locator may lack of one chain. */
export interface BranchPlan {
  /** Of what is final here: everything above the highest final event that the locator names; null when nothing. */
  readonly final: Range | null
  /** What is not final and not below an event of the locator, in order of sequence. */
  readonly pending: readonly LogEntry[]
}

/**
 * Plans the answer to an untrusted locator, which is cut at `locatorMax`. `placeOf` gives the sequence of an event
 * that is in the store and not in the index: such events are final (L30).
 */
export function planBranches(
  log: LogIndex,
  args: {
    readonly author: OrgId
    readonly generation: number
    readonly locator: readonly EventId[]
    readonly placeOf: (id: EventId) => number | undefined
    readonly entriesMax: number
  },
): BranchPlan {
  const { author, generation, locator, placeOf, entriesMax } = args
  const chain = chainAt(log, { author, generation })
  if (chain === undefined) return { final: null, pending: [] }
  const held = new Set<EventId>()
  let finalTo = -1
  for (const id of locator.slice(0, locatorMax)) {
    let entry = log.entries.get(id)
    if (entry === undefined) finalTo = Math.max(finalTo, placeOf(id) ?? -1)
    if (entry?.author !== author || entry.generation !== generation) continue
    while (entry !== undefined && !entry.isFinal && !held.has(entry.id)) {
      held.add(entry.id)
      const before: LogEntry | undefined = entry.prev === null ? undefined : log.entries.get(entry.prev)
      // The prev of what is not final is in memory, or final and trimmed: then it is the event one below.
      if (before === undefined && entry.prev !== null) finalTo = Math.max(finalTo, entry.sequence - 1)
      entry = before
    }
    if (entry?.isFinal) finalTo = Math.max(finalTo, entry.sequence)
  }
  const toSequence = chain.finalTip?.sequence ?? -1
  const final = toSequence > finalTo ? { author, generation, fromSequence: finalTo + 1, toSequence } : null
  const isClosed = generation < finalGenerationOf(log, author)
  const pending = (isClosed ? [] : [...chain.slots])
    .sort(([a], [b]) => a - b)
    .flatMap(([, entries]) => entries.filter((entry) => !entry.isFinal && !held.has(entry.id)))
    .slice(0, entriesMax)
  return { final, pending }
}

/**
 * Events that are not final as stretches of which each follows the one before; the events of a branch stand behind
 * what they branch from. In order of sequence, so that each stretch finds its prev admitted.
 */
export function stretchesOf(pending: readonly LogEntry[]): (readonly LogEntry[])[] {
  const stretches: LogEntry[][] = []
  const open = new Map<EventId, LogEntry[]>()
  for (const entry of pending) {
    const before = entry.prev === null ? undefined : open.get(entry.prev)
    const stretch = before ?? []
    if (before === undefined) stretches.push(stretch)
    else if (entry.prev !== null) open.delete(entry.prev)
    stretch.push(entry)
    open.set(entry.id, stretch)
  }
  return stretches
}

/**
 * The ways on from a final event, through what is not final, up to an event whose signature was checked, without the
 * event itself; the shortest first. With one of them a segment can end where the final branch has no signature of its
 * own, because its author signed another one.
 */
export function sealsOf(log: LogIndex, event: Slot & { readonly id: EventId }): LogEntry[][] {
  const chain = chainAt(log, event)
  const seals: LogEntry[][] = []
  let level: LogEntry[][] = [[]]
  for (let sequence = event.sequence + 1; level.length > 0; sequence++) {
    const above = chain?.slots.get(sequence) ?? []
    const longer = level.flatMap((way) => {
      const before = way.at(-1)?.id ?? event.id
      return above.filter((next) => !next.isFinal && next.prev === before).map((next) => [...way, next])
    })
    seals.push(...longer.filter((way) => way.at(-1)?.isVerified))
    level = longer.filter((way) => !way.at(-1)?.isVerified)
  }
  return seals
}

/** A range of a chain with one branch in two parts: what is final and in the store, and what is in memory whole. */
export function splitRange(log: LogIndex, range: Range): BranchPlan {
  const chain = chainAt(log, range)
  const tip = chain?.finalTip?.sequence ?? -1
  const pending: LogEntry[] = []
  for (let sequence = Math.max(range.fromSequence, tip + 1); sequence <= range.toSequence; sequence++)
    pending.push(...(chain?.slots.get(sequence) ?? []))
  const toSequence = Math.min(range.toSequence, tip)
  return { final: toSequence < range.fromSequence ? null : { ...range, toSequence }, pending }
}

/**
 * Events held of an author that are not final although its chain is final up to `tip`: branches that were passed over,
 * and what was not final of a generation when the next one began.
 */
export function straysOf(log: LogIndex, tip: Slot): LogEntry[] {
  const strays: LogEntry[] = []
  for (const [generation, chain] of log.chains.get(tip.author) ?? []) {
    // With one head there is one branch, and nothing of it was passed over.
    const isPassed = generation < tip.generation || (generation === tip.generation && chain.heads.size > 1)
    if (!isPassed) continue
    for (const entries of chain.slots.values())
      for (const entry of entries) if (!entry.isFinal && isAtOrBefore(entry, tip)) strays.push(entry)
  }
  return strays
}

/** Whether a place of a chain lies at or before another one of the same author. */
export function isAtOrBefore(place: Omit<Slot, 'author'>, tip: Omit<Slot, 'author'>): boolean {
  return (
    place.generation < tip.generation ||
    (place.generation === tip.generation && place.sequence <= tip.sequence)
  )
}
