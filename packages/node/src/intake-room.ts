/** Whether more events may come in: what is not final is in memory whole, and an author alone could fill it. */
import { decodeSegment } from '@chirograph/event'
import { decodeSegmentFrame, isAwaited, type Replica, stuckSize } from '@chirograph/replica'

/** Events that are not final are in memory whole; above this no more are taken until some became final. */
export const pendingEventsMax = 262_144
export const pendingBytesMax = 512 * 1024 * 1024

export function isPendingFull(replica: Pick<Replica, 'log' | 'final' | 'frozen'>): boolean {
  const { pending } = replica.log
  const stuck = stuckSize(replica)
  const [count, bytes] = [pending.count - stuck.count, pending.bytes - stuck.bytes]
  return count > pendingEventsMax || bytes > pendingBytesMax
}

/** While it is full, only what a cut is known to have is let in: nothing becomes final without it. */
export function isGossipWelcome(
  replica: Pick<Replica, 'log' | 'final' | 'frozen' | 'lacking'>,
  bytes: Uint8Array,
): boolean {
  if (!isPendingFull(replica)) return true
  const frame = replica.lacking.size > 0 ? decodeSegmentFrame(bytes) : undefined
  if (!frame?.ok) return false
  return frame.value.every((segment) => {
    const decoded = decodeSegment(segment)
    return decoded.kind === 'decoded' && isAwaited(replica, decoded.segment.last.header)
  })
}
