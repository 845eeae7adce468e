/**
 * How far a leader proposes to go. Authors share the byte cap fairly: the next event is always taken from the
 * author who got least so far, and among equals from the one who waited longest. Rules L18 to L20 of SPEC.md.
 */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import type { Cut, CutEntry } from './cut.js'
import { eventBytes } from './extend-cut.js'
import { createHeap } from './heap.js'
import { cutChangesMax } from './limits.js'
import type { Chain, LogEntry, LogIndex } from './log-index.js'

/** One author's events that a cut may take, from the parent's entry on. */
interface Lane {
  readonly author: OrgId
  readonly chain: Chain
  readonly waitingSince: number
  /** The last event taken, or the parent's entry. */
  at: { readonly sequence: number; readonly id: EventId | null }
  takenBytes: number
  tip: LogEntry | undefined
}

/**
 * The changed entries of a cut over `parent`, sorted by author; empty when nothing new may become final.
 * `extendCut` with the same arguments accepts them. Authors that are frozen, or known here to have forked, are
 * left out. `bytesMax` must be at least `cutBytesMin`, or a large event could wait for ever.
 */
export function planCut(
  log: LogIndex,
  args: {
    readonly parent: Cut
    readonly frozen: (author: OrgId) => boolean
    readonly bytesMax: number
    readonly eventsMax: number
  },
): CutEntry[] {
  const { parent, frozen, bytesMax, eventsMax } = args
  const lanes = lanesOf(log, parent, frozen)
  const heap = createHeap<Lane>(isBefore)
  for (const lane of lanes.values()) heap.push(lane)
  const waiting = new Map<EventId, Lane[]>()
  const changed: Lane[] = []
  let bytes = 0
  let events = 0
  for (let lane = heap.pop(); lane !== undefined && events < eventsMax; lane = heap.pop()) {
    const next = nextOf(lane)
    if (next === undefined) continue
    const awaited = awaitedBy(log, lanes, next.event)
    if (awaited !== undefined) {
      const waiters = waiting.get(awaited) ?? []
      waiting.set(awaited, waiters)
      waiters.push(lane)
      continue
    }
    const size = eventBytes(next.event)
    // What does not fit ends its own lane only; a smaller event of another author may still fit.
    if (bytes + size > bytesMax || (lane.tip === undefined && changed.length === cutChangesMax)) continue
    if (lane.tip === undefined) changed.push(lane)
    bytes += size
    events++
    lane.tip = next.entry
    lane.at = next.entry
    lane.takenBytes += size
    heap.push(lane)
    for (const waiter of waiting.get(next.entry.id) ?? []) heap.push(waiter)
    waiting.delete(next.entry.id)
  }
  return changed
    .flatMap(({ tip }) => (tip === undefined ? [] : [entryOf(tip)]))
    .sort((a, b) => (a.author < b.author ? -1 : 1))
}

/** L18: least taken first, then longest waiting. So an author who got nothing comes first next time. */
function isBefore(a: Lane, b: Lane): boolean {
  if (a.takenBytes !== b.takenBytes) return a.takenBytes < b.takenBytes
  if (a.waitingSince !== b.waitingSince) return a.waitingSince < b.waitingSince
  return a.author < b.author
}

/** L19: neither a frozen author nor one known to have forked is carried on. */
function lanesOf(log: LogIndex, parent: Cut, frozen: (author: OrgId) => boolean): Map<OrgId, Lane> {
  const lanes = new Map<OrgId, Lane>()
  for (const [author, generations] of log.chains) {
    const base = parent.get(author)
    const chain = generations.get(base?.generation ?? 0)
    if (chain === undefined || chain.fork !== undefined || frozen(author)) continue
    const at = { sequence: base?.sequence ?? -1, id: base?.id ?? null }
    const first = nextOf({ chain, at })
    if (first === undefined) continue
    const waitingSince = first.entry.arrival
    lanes.set(author, { author, chain, waitingSince, at, takenBytes: 0, tip: undefined })
  }
  return lanes
}

function nextOf({
  chain,
  at,
}: Pick<Lane, 'chain' | 'at'>): { readonly entry: LogEntry; readonly event: AuthenticEvent } | undefined {
  const entry = chain.slots.get(at.sequence + 1)?.find((one) => one.prev === at.id)
  return entry?.event === undefined ? undefined : { entry, event: entry.event }
}

/**
 * L20: the event must not be made void by haste. A reference that this log can still make final is taken first; one
 * that is unknown, or of an author left out, is not waited for, so no liar holds up an honest chain.
 */
function awaitedBy(log: LogIndex, lanes: Map<OrgId, Lane>, event: AuthenticEvent): EventId | undefined {
  return event.header.references.find((id) => {
    const entry = log.entries.get(id)
    // A lane has only what is not final.
    const lane = entry === undefined ? undefined : lanes.get(entry.author)
    return entry !== undefined && lane !== undefined && entry.sequence > lane.at.sequence
  })
}

function entryOf({ author, generation, sequence, id }: LogEntry): CutEntry {
  return { author, generation, sequence, id }
}
