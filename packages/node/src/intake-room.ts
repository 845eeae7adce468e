/** Whether more events may come in: what is not final is in memory whole, and an author alone could fill it. */
import { type DecodedSegmentVerdict, decodeSegment } from '@chirograph/event'
import { decodeSegmentFrame, isAwaited, type Replica, stuckSize } from '@chirograph/replica'

/** Events that are not final are in memory whole; above this no more are taken until some became final. */
export const pendingEventsMax = 262_144
export const pendingBytesMax = 512 * 1024 * 1024

type Room = Pick<Replica, 'log' | 'final' | 'frozen' | 'lacking' | 'config'>

export function isPendingFull(replica: Pick<Replica, 'log' | 'final' | 'frozen'>): boolean {
  const { pending } = replica.log
  const stuck = stuckSize(replica)
  const [count, bytes] = [pending.count - stuck.count, pending.bytes - stuck.bytes]
  return count > pendingEventsMax || bytes > pendingBytesMax
}

/** While it is full, only what a cut is known to have is let in: nothing becomes final without it. */
export function isGossipWelcome(replica: Room, bytes: Uint8Array): boolean {
  if (!isPendingFull(replica)) return true
  const frame = replica.lacking.size > 0 ? decodeSegmentFrame(bytes) : undefined
  return frame?.ok === true && frame.value.every((segment) => isNeeded(replica, decodeSegment(segment)))
}

/** Whether a header that is to be executed may lack these, and there is room for that. */
export function isNeeded(replica: Room, segment: DecodedSegmentVerdict): boolean {
  if (segment.kind !== 'decoded') return false
  const { first, events } = segment.segment
  let bytes = 0
  for (const { headerBytes, bodyBytes } of events) bytes += headerBytes.length + (bodyBytes?.length ?? 0)
  return isAwaited(replica, first.header, bytes)
}
