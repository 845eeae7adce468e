/**
 * What waits and cannot become final: of a frozen author its generation, whose branches may still restrict, and until a
 * rotation is approved whatever comes after it. A bounded part of both is kept, each for itself: who has only the key
 * that forked cannot fill the place of the rotation.
 */
import { type OrgId, segmentBytesMax } from '@chirograph/event'
import {
  branchesMax,
  type Cut,
  type LogIndex,
  pendingBytesIn,
  pendingSizeOf,
  type Range,
  type Slot,
  stopComparing,
} from '@chirograph/log'
import { approvedRotation } from '@chirograph/status'
import { cutEventsMax, frozenBytesMax, frozenEventsMax, locatorsMax } from './limits.js'
import type { Replica } from './replica.js'

interface Size {
  readonly count: number
  readonly bytes: number
}

/**
 * Whether these events of one chain are too many to keep. Nodes may keep different parts of a chain, and agree to stop
 * comparing (log, L22). What a header is known to need is kept beyond that (F5).
 */
export function isOverfull(replica: Replica, place: Slot, more: Size): boolean {
  const frozen = replica.frozen.get(place.author)
  if (frozen === undefined || place.generation < frozen) return false
  const isLater = place.generation > frozen
  // Nothing more of the frozen generation becomes final, however its author goes on.
  if (isLater && isAwaited(replica, place, more.bytes)) return false
  const size = isLater
    ? laterSize(replica, place.author, frozen)
    : frozenSize(replica.log, place.author, frozen)
  const isFull =
    size !== undefined &&
    (size.count + more.count > frozenEventsMax || size.bytes + more.bytes > frozenBytesMax)
  if (isFull) stopComparing(replica.log, place)
  return isFull
}

/** How much of what waits cannot become final: to let it hold up what can would let a fork do harm. */
export function stuckSize(replica: Pick<Replica, 'log' | 'final' | 'frozen'>): Size {
  let [count, bytes] = [0, 0]
  for (const [author, generation] of replica.frozen) {
    const sizes = [frozenSize(replica.log, author, generation), laterSize(replica, author, generation)]
    for (const size of sizes) {
      count += size?.count ?? 0
      bytes += size?.bytes ?? 0
    }
  }
  return { count, bytes }
}

/**
 * Whether events that begin at a place are taken though there is no room: a header that is to be executed needs some
 * that are not here, and they may be those. Rule F5 of SPEC.md: an author cannot use that to bring whatever it likes.
 */
export function isAwaited(
  replica: Pick<Replica, 'lacking' | 'log' | 'config'>,
  first: Slot,
  bytes: number,
): boolean {
  const range = replica.lacking.get(nameOf(first))
  if (range === undefined) return false
  if (first.sequence < range.fromSequence || first.sequence > range.toSequence) return false
  const { cutBytesMax } = replica.config.genesis.parameters
  return pendingBytesIn(replica.log, range) + bytes <= branchesMax * cutBytesMax + segmentBytesMax
}

/** Takes note of the chains of a header over this parent that are not here whole. */
export function noteLacking(
  { lacking }: Pick<Replica, 'lacking'>,
  { ranges, parent }: { readonly ranges: readonly Range[]; readonly parent: Cut },
): void {
  lacking.clear()
  for (const range of ranges.slice(0, locatorsMax)) {
    lacking.set(nameOf(range), range)
    const { author, generation } = range
    const base = parent.get(author)
    if (generation !== (base?.generation ?? 0) + 1) continue
    // What the rotation follows is not known without it: anything that a cut has room for, from the parent's entry on.
    const fromSequence = (base?.sequence ?? -1) + 1
    const closing = { author, generation: generation - 1, fromSequence }
    lacking.set(nameOf(closing), { ...closing, toSequence: fromSequence + cutEventsMax - 1 })
  }
}

function nameOf({ author, generation }: Pick<Slot, 'author' | 'generation'>): string {
  return `${author}/${generation}`
}

function frozenSize(log: LogIndex, author: OrgId, generation: number): Size {
  return pendingSizeOf(log, { author, from: generation, to: generation })
}

/** Undefined once a quorum approved how the author goes on. */
function laterSize(
  { log, final }: Pick<Replica, 'log' | 'final'>,
  author: OrgId,
  frozen: number,
): Size | undefined {
  if (approvedRotation(final.state, author) !== undefined) return undefined
  return pendingSizeOf(log, { author, from: frozen + 1, to: Number.MAX_SAFE_INTEGER })
}
