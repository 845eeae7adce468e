/** Segments on their way into the replica: decoded, and their signatures checked where that costs this thread least. */
import type { OrgId } from '@chirograph/event'
import type { SignatureJob } from '@chirograph/interface'
import { type Replica, type SegmentInput, segmentInput, signatureOfSegment } from '@chirograph/replica'
import type { SignatureDesk } from './signature-desk.js'

export interface SegmentSource {
  readonly from: string
  readonly isGossip: boolean
}

export type SegmentIntake = (
  segments: readonly Uint8Array[],
  source: SegmentSource,
) => Promise<readonly SegmentInput[]>

/** Segments that are checked together: some milliseconds of a thread, and of what a liar can waste. */
export const intakeSegmentsMax = 256

/** Bytes that are decoded together: a millisecond of this thread, unless a single segment has more. */
const intakeBytesMax = 64 * 1024

/** Cuts a frame into what is taken in at once. */
export function* slicesOf(segments: readonly Uint8Array[]): Generator<readonly Uint8Array[]> {
  let slice: Uint8Array[] = []
  let bytes = 0
  for (const segment of segments) {
    if (slice.length === intakeSegmentsMax || (slice.length > 0 && bytes + segment.length > intakeBytesMax)) {
      yield slice
      slice = []
      bytes = 0
    }
    slice.push(segment)
    bytes += segment.length
  }
  if (slice.length > 0) yield slice
}

/**
 * Without a desk the replica checks every signature itself, in its step. Of the gossip of an author no more is under
 * check than there is `room` for: what lies beyond will be passed over, and to check it would be for nothing.
 */
export function createSegmentIntake(
  replica: Replica,
  desk: SignatureDesk | undefined,
  room: (author: OrgId) => number,
): SegmentIntake {
  /** Gossiped segments under check, by author; those of nobody are not here. */
  const underCheck = new Map<OrgId, number>()

  function hasRoom(author: OrgId): boolean {
    return (underCheck.get(author) ?? 0) < room(author)
  }

  function count(author: OrgId, more: 1 | -1): void {
    const total = (underCheck.get(author) ?? 0) + more
    if (total === 0) underCheck.delete(author)
    else underCheck.set(author, total)
  }

  return async (segments, { from, isGossip }) => {
    const inputs = segments.map((bytes) => segmentInput({ replica, bytes, from, isGossip }))
    if (desk === undefined) return inputs
    const jobs: SignatureJob[] = []
    const places: number[] = []
    const gossiping: OrgId[] = []
    for (const [place, { segment }] of inputs.entries()) {
      if (segment.kind !== 'decoded') continue
      const { author } = segment.segment.last.header
      if (isGossip && !hasRoom(author)) continue
      const job = signatureOfSegment(replica, segment.segment)
      if (job === undefined) continue
      jobs.push(job)
      places.push(place)
      if (!isGossip) continue
      gossiping.push(author)
      count(author, 1)
    }
    const answers = await desk.check(jobs)
    for (const author of gossiping) count(author, -1)
    for (const [index, place] of places.entries()) {
      const [input, isSigned] = [inputs[place], answers[index]]
      if (input !== undefined && isSigned !== undefined) inputs[place] = { ...input, isSigned }
    }
    return inputs
  }
}
