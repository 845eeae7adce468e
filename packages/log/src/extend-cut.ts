/**
 * What a proposed cut makes final on top of its parent: the check that every voter runs. The same changes over the
 * same parent give the same events in the same order on every node. Rules L11 to L15 and L32 of SPEC.md.
 */
import type { EventId } from '@chirograph/codec'
import { type AuthenticEvent, type OrgId, signatureBytes } from '@chirograph/event'
import { type Cut, type CutEntry, isInCut } from './cut.js'
import { cutChangesMax } from './limits.js'
import type { LogEntry, LogIndex } from './log-index.js'
import { orderEvents } from './order.js'
import type { Range } from './sync-plan.js'

export type CutFault =
  | 'too-many-changes'
  | 'unsorted-changes'
  | 'frozen-author'
  | 'wrong-generation'
  | 'behind-parent'
  | 'entry-mismatch'
  | 'not-descendant'
  | 'already-final'
  | 'too-many-events'
  | 'too-many-bytes'

export type ExtendedCut =
  /** The new cut, and what it makes final, in final order. */
  | { readonly kind: 'extended'; readonly cut: Cut; readonly events: AuthenticEvent[] }
  /** Not judged yet: the tips that are not here, and the ranges of their authors' chains that would bring them. */
  | { readonly kind: 'missing'; readonly ids: EventId[]; readonly ranges: Range[] }
  | { readonly kind: 'invalid'; readonly reason: CutFault; readonly detail: string }

/**
 * Applies changes to a cut. `frozen` tells which authors the parent's state holds frozen, and `approved` by which
 * rotation such an author may go on. `bytesMax` counts header, signature and body bytes of the new events
 * (`eventBytes`); `eventsMax` counts the events.
 */
export function extendCut(
  log: LogIndex,
  args: {
    readonly parent: Cut
    readonly changes: readonly CutEntry[]
    readonly frozen: (author: OrgId) => boolean
    readonly approved?: (author: OrgId) => EventId | undefined
    readonly bytesMax: number
    readonly eventsMax: number
  },
): ExtendedCut {
  const { parent, changes, frozen, bytesMax, eventsMax, approved = nobodyApproved } = args
  // What the changes alone show comes first, so that a bad proposal is never fetched for.
  const fault = faultOfChanges({ parent, changes, frozen, approved, eventsMax })
  if (fault !== undefined) return fault

  const found: AuthenticEvent[] = []
  const missing: CutEntry[] = []
  const moved: CutEntry[] = []
  for (const change of changes) {
    const base = parent.get(change.author)
    if (isSameEntry(base, change)) continue
    const lane = laneBetween(log, parent, change)
    if (lane.kind === 'invalid') return lane
    if (lane.kind === 'missing') {
      missing.push(change)
      continue
    }
    const unapproved = frozen(change.author) ? faultOfRecovery(lane, approved(change.author)) : undefined
    if (unapproved !== undefined) return unapproved
    for (const event of lane.events) found.push(event)
    moved.push(lane.closed === undefined ? change : { ...change, closed: lane.closed })
  }
  // L14: everything is here before anything is judged as a whole.
  if (missing.length > 0) return missingFrom(parent, missing)
  // A rotation hides how many events lie before it, so they are counted again.
  if (found.length > eventsMax)
    return invalid('too-many-events', `${found.length} events, at most ${eventsMax}`)
  let size = 0
  for (const event of found) size += eventBytes(event)
  if (size > bytesMax) return invalid('too-many-bytes', `${size} bytes, at most ${bytesMax}`)
  const cut = new Map(parent)
  for (const entry of moved) cut.set(entry.author, entry)
  return { kind: 'extended', cut, events: orderEvents(found) }
}

/** What an event counts for under the byte cap of a cut: its signature too, whether this node holds it or not. */
export function eventBytes(event: AuthenticEvent): number {
  return event.headerBytes.length + signatureBytes + event.bodyBytes.length
}

type Invalid = Extract<ExtendedCut, { kind: 'invalid' }>

/** L11 to L13: the rules that need only the parent and the changes. */
function faultOfChanges(args: {
  readonly parent: Cut
  readonly changes: readonly CutEntry[]
  readonly frozen: (author: OrgId) => boolean
  readonly approved: (author: OrgId) => EventId | undefined
  readonly eventsMax: number
}): Invalid | undefined {
  const { parent, changes, eventsMax } = args
  if (changes.length > cutChangesMax) return invalid('too-many-changes', `${changes.length} changes`)
  let total = 0
  let previous: CutEntry | undefined
  for (const change of changes) {
    if (previous !== undefined && previous.author >= change.author)
      return invalid('unsorted-changes', `${change.author} after ${previous.author}`)
    previous = change
    const base = parent.get(change.author)
    const fault = faultOfChange(base, change, args)
    if (fault !== undefined) return fault
    total += change.sequence - (base?.generation === change.generation ? base.sequence : -1)
  }
  return total > eventsMax ? invalid('too-many-events', `${total} events, at most ${eventsMax}`) : undefined
}

function faultOfChange(
  base: CutEntry | undefined,
  change: CutEntry,
  {
    frozen,
    approved,
  }: {
    readonly frozen: (author: OrgId) => boolean
    readonly approved: (author: OrgId) => EventId | undefined
  },
): Invalid | undefined {
  if (isSameEntry(base, change)) return undefined
  const { author, generation, sequence } = change
  const current = base?.generation ?? 0
  if (generation !== current && generation !== current + 1)
    return invalid('wrong-generation', `generation ${generation} after ${current}`)
  // L12: a frozen author stays where it was, until a quorum lets it go on in the next generation.
  if (frozen(author) && (generation === current || approved(author) === undefined))
    return invalid('frozen-author', `${author} is frozen`)
  if (base !== undefined && generation === current && sequence <= base.sequence)
    return invalid('behind-parent', `${author} at ${sequence}, the parent at ${base.sequence}`)
  return undefined
}

/** L12: by the rotation that was approved, and over nothing of the frozen generation that was not final. */
function faultOfRecovery(lane: Steps, approved: EventId | undefined): Invalid | undefined {
  const [first] = lane.events
  return first?.id === approved
    ? undefined
    : invalid('frozen-author', `${first?.id ?? 'nothing'} is not the rotation that was approved`)
}

const nobodyApproved = (): undefined => undefined

function isSameEntry(base: CutEntry | undefined, change: CutEntry): boolean {
  return (
    base !== undefined &&
    base.id === change.id &&
    base.generation === change.generation &&
    base.sequence === change.sequence
  )
}

interface Steps {
  readonly kind: 'events'
  /** In the order of the chain. */
  readonly events: readonly AuthenticEvent[]
  /** Where the generation before the new entry's ended; undefined when nothing is known to have been closed. */
  readonly closed?: CutEntry | null | undefined
}

type Lane = Steps | { readonly kind: 'missing' } | Invalid

/** L13: the new entry descends from the parent's, and says of its event what its header says. */
function laneBetween(log: LogIndex, parent: Cut, change: CutEntry): Lane {
  const base = parent.get(change.author)
  const tip = log.entries.get(change.id)
  if (tip === undefined) return { kind: 'missing' }
  const isElsewhere =
    tip.author !== change.author || tip.generation !== change.generation || tip.sequence !== change.sequence
  if (isElsewhere) return invalid('entry-mismatch', `${change.id} stands elsewhere`)
  if (change.generation === (base?.generation ?? 0)) {
    const steps = stepsDown(log, tip, { to: (base?.sequence ?? -1) + 1 })
    if (steps.kind === 'invalid') return steps
    const follows = steps.lowest.prev === (base?.id ?? null)
    return follows ? { kind: 'events', events: steps.events, closed: base?.closed } : notDescendant(change)
  }
  return laneOverRotation(log, parent, { tip, base, change })
}

/**
 * L32: a rotation follows an event of the generation before that is in the parent's cut, or in this one. Nothing else of
 * that generation becomes final any more, so its owner need not race against whoever else has its key.
 */
function laneOverRotation(
  log: LogIndex,
  parent: Cut,
  lane: { readonly tip: LogEntry; readonly base: CutEntry | undefined; readonly change: CutEntry },
): Lane {
  const { tip, base, change } = lane
  const upper = stepsDown(log, tip, { to: 0 })
  if (upper.kind === 'invalid') return upper
  const closed = base === undefined ? null : bare(base)
  const { prev } = upper.lowest
  const closing = prev === null ? undefined : log.entries.get(prev)
  // What the log holds a rotation above and not in memory is final (L30).
  if (prev === null || closing === undefined || isInCut(log, parent, prev))
    return { kind: 'events', events: upper.events, closed }
  const lower = stepsDown(log, closing, { to: (base?.sequence ?? -1) + 1 })
  if (lower.kind === 'invalid') return lower
  if (lower.lowest.prev !== (base?.id ?? null)) return notDescendant(change)
  return { kind: 'events', events: [...lower.events, ...upper.events], closed: bare(closing) }
}

/** From an entry down by prev to a sequence of its chain. */
function stepsDown(
  log: LogIndex,
  from: LogEntry,
  { to }: { readonly to: number },
): { readonly kind: 'steps'; readonly events: AuthenticEvent[]; readonly lowest: LogEntry } | Invalid {
  if (from.sequence < to) return invalid('not-descendant', `${from.id} lies before the parent's entry`)
  const events: AuthenticEvent[] = []
  let entry: LogEntry | undefined = from
  for (;;) {
    // An author's chain in the index has no gaps, so only final events can have been trimmed away.
    if (entry?.event === undefined)
      return invalid('already-final', `the chain of ${from.author} is final beyond the parent`)
    events.push(entry.event)
    if (entry.sequence === to) return { kind: 'steps', events: events.reverse(), lowest: entry }
    entry = entry.prev === null ? undefined : log.entries.get(entry.prev)
  }
}

function notDescendant({ id }: CutEntry): Invalid {
  return invalid('not-descendant', `${id} does not follow the parent's entry`)
}

function bare({ author, generation, sequence, id }: CutEntry): CutEntry {
  return { author, generation, sequence, id }
}

function missingFrom(parent: Cut, missing: readonly CutEntry[]): ExtendedCut {
  const ranges = missing.map(({ author, generation, sequence }) => {
    const base = parent.get(author)
    const fromSequence = base?.generation === generation ? base.sequence + 1 : 0
    return { author, generation, fromSequence, toSequence: sequence }
  })
  return { kind: 'missing', ids: missing.map((change) => change.id), ranges }
}

function invalid(reason: CutFault, detail: string): Invalid {
  return { kind: 'invalid', reason, detail }
}
