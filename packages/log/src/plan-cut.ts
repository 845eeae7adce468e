/**
 * How far a leader proposes to go. Authors share the byte cap fairly: the next event is always taken from the
 * author who got least so far, and among equals from the one who waited longest. Rules L18 to L20 of SPEC.md.
 */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { type Cut, type CutEntry, isInCut } from './cut.js'
import { eventBytes } from './extend-cut.js'
import { createHeap } from './heap.js'
import { cutChangesMax } from './limits.js'
import type { Chain, LogEntry, LogIndex } from './log-index.js'

/** The last event taken of an author, or the parent's entry. */
interface Place {
  readonly generation: number
  readonly sequence: number
  readonly id: EventId | null
}

/** One author's events that a cut may take, from the parent's entry on. */
interface Lane {
  readonly author: OrgId
  /** The chain of the parent's generation, and the one that a rotation would begin. */
  readonly current: Chain | undefined
  readonly next: Chain | undefined
  /** The one rotation by which a frozen author may go on; undefined for an author that is not frozen. */
  readonly recovery: EventId | undefined
  readonly isInParent: (id: EventId) => boolean
  isOver: boolean
  readonly waitingSince: number
  at: Place
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
    /** By which rotation a frozen author may go on. */
    readonly approved?: (author: OrgId) => EventId | undefined
    /** Whether a rotation of this author would take effect; one that would not is left out. */
    readonly mayRotate?: (author: OrgId) => boolean
    /** An event that cannot be judged here yet: it waits, and what follows it or refers to it. */
    readonly isUndecided?: (event: AuthenticEvent) => boolean
    readonly bytesMax: number
    readonly eventsMax: number
  },
): CutEntry[] {
  const { bytesMax, eventsMax, isUndecided = () => false } = args
  const lanes = lanesOf(log, args)
  const heap = createHeap<Lane>(isBefore)
  for (const lane of lanes.values()) heap.push(lane)
  const waiting = new Map<EventId, Lane[]>()
  const changed: Lane[] = []
  let bytes = 0
  let events = 0
  for (let lane = heap.pop(); lane !== undefined && events < eventsMax; lane = heap.pop()) {
    const next = nextOf(lane)
    if (next === undefined || isUndecided(next.event)) continue
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
    lane.isOver ||= next.entry.kind === 'key.rotate'
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

/**
 * L19: neither a frozen author nor one known to have forked is carried on; a frozen one by an approved rotation alone.
 */
function lanesOf(log: LogIndex, args: Parameters<typeof planCut>[1]): Map<OrgId, Lane> {
  const { parent, frozen, approved, mayRotate = () => true } = args
  const lanes = new Map<OrgId, Lane>()
  for (const [author, generations] of log.chains) {
    const base = parent.get(author)
    const generation = base?.generation ?? 0
    const recovery = frozen(author) ? approved?.(author) : undefined
    const current = generations.get(generation)
    if (recovery === undefined && (frozen(author) || isForked(current))) continue
    const next = mayRotate(author) ? generations.get(generation + 1) : undefined
    const at = { generation, sequence: base?.sequence ?? -1, id: base?.id ?? null }
    // What the log holds a rotation above and not in memory is final (L30).
    const isInParent = (id: EventId) => !log.entries.has(id) || isInCut(log, parent, id)
    const start = { author, current, next, recovery, isInParent, at, isOver: false }
    const first = nextOf(start)
    if (first === undefined) continue
    const waitingSince = first.entry.arrival
    lanes.set(author, { ...start, waitingSince, takenBytes: 0, tip: undefined })
  }
  return lanes
}

type Next = { readonly entry: LogEntry; readonly event: AuthenticEvent }

function nextOf(lane: Omit<Lane, 'waitingSince' | 'takenBytes' | 'tip'>): Next | undefined {
  const { current, next, recovery, at } = lane
  if (lane.isOver) return isForked(next) ? undefined : following(next, at)
  const rotation = rotationOf(lane)
  if (rotation !== undefined) return rotation
  return recovery === undefined ? following(current, at) : undefined
}

function following(chain: Chain | undefined, at: Place): Next | undefined {
  return wholeOf(chain?.slots.get(at.sequence + 1)?.find((one) => one.prev === at.id))
}

/**
 * L19: a rotation goes before what else waits in the generation that it closes. It is taken even where its author forked
 * at it: only once the generation is open can the fork be judged.
 */
function rotationOf(lane: Omit<Lane, 'waitingSince' | 'takenBytes' | 'tip'>): Next | undefined {
  const { next, recovery, isInParent, at } = lane
  const candidates = next?.slots.get(0) ?? []
  return wholeOf(
    candidates.find(({ id, prev }) => {
      if (recovery !== undefined && id !== recovery) return false
      return prev === null || isInParent(prev) || (recovery === undefined && prev === at.id)
    }),
  )
}

function wholeOf(entry: LogEntry | undefined): Next | undefined {
  return entry?.event === undefined ? undefined : { entry, event: entry.event }
}

function isForked(chain: Chain | undefined): boolean {
  return chain !== undefined && (chain.isForked || chain.fork !== undefined)
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
    if (entry === undefined || lane === undefined) return false
    const { generation, sequence } = lane.at
    return entry.generation > generation || (entry.generation === generation && entry.sequence > sequence)
  })
}

function entryOf({ author, generation, sequence, id }: LogEntry): CutEntry {
  return { author, generation, sequence, id }
}
