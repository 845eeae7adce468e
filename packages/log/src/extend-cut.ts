/**
 * What a proposed cut makes final on top of its parent: the check that every voter runs. The same changes over the
 * same parent give the same events in the same order on every node. Rules L11 to L15 of SPEC.md.
 */
import type { EventId } from '@chirograph/codec'
import { type AuthenticEvent, type OrgId, signatureBytes } from '@chirograph/event'
import type { Cut, CutEntry } from './cut.js'
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
 * Applies changes to a cut. `frozen` tells which authors the parent's state holds frozen. `bytesMax` counts header,
 * signature and body bytes of the new events (`eventBytes`); `eventsMax` counts the events.
 */
export function extendCut(
  log: LogIndex,
  args: {
    readonly parent: Cut
    readonly changes: readonly CutEntry[]
    readonly frozen: (author: OrgId) => boolean
    readonly bytesMax: number
    readonly eventsMax: number
  },
): ExtendedCut {
  const { parent, changes, frozen, bytesMax, eventsMax } = args
  // What the changes alone show comes first, so that a bad proposal is never fetched for.
  const fault = faultOfChanges({ parent, changes, frozen, eventsMax })
  if (fault !== undefined) return fault

  const found: AuthenticEvent[] = []
  const missing: CutEntry[] = []
  for (const change of changes) {
    const base = parent.get(change.author)
    if (isSameEntry(base, change)) continue
    const lane = laneBetween(log, base, change)
    if (lane.kind === 'invalid') return lane
    if (lane.kind === 'missing') missing.push(change)
    else for (const event of lane.events) found.push(event)
  }
  // L14: everything is here before anything is judged as a whole.
  if (missing.length > 0) return missingFrom(parent, missing)
  let size = 0
  for (const event of found) size += eventBytes(event)
  if (size > bytesMax) return invalid('too-many-bytes', `${size} bytes, at most ${bytesMax}`)
  const cut = new Map(parent)
  for (const change of changes) cut.set(change.author, change)
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
  readonly eventsMax: number
}): Invalid | undefined {
  const { parent, changes, frozen, eventsMax } = args
  if (changes.length > cutChangesMax) return invalid('too-many-changes', `${changes.length} changes`)
  let total = 0
  let previous: CutEntry | undefined
  for (const change of changes) {
    if (previous !== undefined && previous.author >= change.author)
      return invalid('unsorted-changes', `${change.author} after ${previous.author}`)
    previous = change
    const base = parent.get(change.author)
    const fault = faultOfChange(base, change, frozen)
    if (fault !== undefined) return fault
    total += change.sequence - (base?.sequence ?? -1)
  }
  return total > eventsMax ? invalid('too-many-events', `${total} events, at most ${eventsMax}`) : undefined
}

function faultOfChange(
  base: CutEntry | undefined,
  change: CutEntry,
  frozen: (author: OrgId) => boolean,
): Invalid | undefined {
  if (isSameEntry(base, change)) return undefined
  // L12: a frozen author stays where it was.
  if (frozen(change.author)) return invalid('frozen-author', `${change.author} is frozen`)
  if (change.generation !== (base?.generation ?? 0))
    return invalid('wrong-generation', `generation ${change.generation} was not begun by a rotation`)
  if (base !== undefined && change.sequence <= base.sequence)
    return invalid('behind-parent', `${change.author} at ${change.sequence}, the parent at ${base.sequence}`)
  return undefined
}

function isSameEntry(base: CutEntry | undefined, change: CutEntry): boolean {
  return (
    base !== undefined &&
    base.id === change.id &&
    base.generation === change.generation &&
    base.sequence === change.sequence
  )
}

type Lane =
  | { readonly kind: 'events'; readonly events: AuthenticEvent[] }
  | { readonly kind: 'missing' }
  | Invalid

/** L13: the new entry descends from the parent's by prev alone, and says of its event what its header says. */
function laneBetween(log: LogIndex, base: CutEntry | undefined, change: CutEntry): Lane {
  const tip = log.entries.get(change.id)
  if (tip === undefined) return { kind: 'missing' }
  if (
    tip.author !== change.author ||
    tip.generation !== change.generation ||
    tip.sequence !== change.sequence
  )
    return invalid('entry-mismatch', `${change.id} stands elsewhere`)
  const events: AuthenticEvent[] = []
  const from = (base?.sequence ?? -1) + 1
  let entry: LogEntry | undefined = tip
  for (;;) {
    // An author's chain in the index has no gaps, so only final events can have been trimmed away.
    if (entry?.event === undefined)
      return invalid('already-final', `the chain of ${change.author} is final beyond the parent`)
    events.push(entry.event)
    if (entry.sequence === from) break
    entry = entry.prev === null ? undefined : log.entries.get(entry.prev)
  }
  if (entry.prev !== (base?.id ?? null))
    return invalid('not-descendant', `${change.id} does not follow the parent's entry`)
  return { kind: 'events', events: events.reverse() }
}

function missingFrom(parent: Cut, missing: readonly CutEntry[]): ExtendedCut {
  const ranges = missing.map(({ author, generation, sequence }) => {
    const fromSequence = (parent.get(author)?.sequence ?? -1) + 1
    return { author, generation, fromSequence, toSequence: sequence }
  })
  return { kind: 'missing', ids: missing.map((change) => change.id), ranges }
}

function invalid(reason: CutFault, detail: string): Invalid {
  return { kind: 'invalid', reason, detail }
}
