/**
 * What waits and cannot become final: of a frozen author its generation, whose branches may still restrict, and until a
 * rotation is approved whatever comes after it. A bounded part of both is kept, each for itself: who has only the key
 * that forked cannot fill the place of the rotation.
 */
import type { OrgId } from '@chirograph/event'
import { type LogIndex, pendingSizeOf, stopComparing } from '@chirograph/log'
import { approvedRotation } from '@chirograph/status'
import { frozenBytesMax, frozenEventsMax } from './limits.js'
import type { Replica } from './replica.js'

interface Size {
  readonly count: number
  readonly bytes: number
}

/**
 * Whether these events of one chain are too many to keep. Nodes may keep different parts of a chain, and agree to stop
 * comparing (log, L22). What a header is known to need is kept however much there is.
 */
export function isOverfull(
  replica: Replica,
  place: { readonly author: OrgId; readonly generation: number },
  more: Size,
): boolean {
  const frozen = replica.frozen.get(place.author)
  if (frozen === undefined || place.generation < frozen || isAwaited(replica, place)) return false
  const isLater = place.generation > frozen
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

/** Whether a header that is to be executed has events of this chain that are not here. */
export function isAwaited(
  { lacking }: Pick<Replica, 'lacking'>,
  { author, generation }: { readonly author: OrgId; readonly generation: number },
): boolean {
  return lacking.has(`${author}/${generation}`)
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
