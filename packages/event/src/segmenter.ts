/** Cuts a chain into segments: as long as the limits allow, and each with its end where a checked signature is. */

import { runBytesMax, segmentBytesMax, segmentBytesSoft, segmentEventsMax } from './limits.js'
import { encodeSegment, type SegmentItem } from './segment.js'

/** An event as a node holds it; the signature is null where none was checked. */
export interface HeldEvent extends SegmentItem {
  readonly signature: Uint8Array | null
}

export interface Segmenter {
  /** Takes the next event of the chain; returns the segments that are complete with it. */
  push(event: HeldEvent): Uint8Array[]
  /** What can still be sent. Events behind the last checked signature cannot. */
  end(): Uint8Array[]
  /** Events taken and not in a segment yet. */
  readonly waiting: number
}

/** For events of one chain, each after the one before. */
export function createSegmenter(): Segmenter {
  let held: HeldEvent[] = []
  let bytes = 0
  let run = 0
  /** Events up to the last one with a signature. */
  let sealed = 0

  function cut(): Uint8Array[] {
    if (sealed === 0) return []
    const items = held.slice(0, sealed)
    const rest = held.slice(sealed)
    const signature = items.at(-1)?.signature ?? null
    held = []
    bytes = run = sealed = 0
    for (const event of rest) hold(event)
    return [encodeSegment({ items, signature })]
  }

  function hold(event: HeldEvent): void {
    held.push(event)
    bytes += bytesOf(event)
    run += runCostOf(event)
    if (event.signature !== null) sealed = held.length
  }

  return {
    push(event) {
      const isOver =
        held.length >= segmentEventsMax ||
        run + runCostOf(event) > runBytesMax ||
        bytes + bytesOf(event) > segmentBytesMax - framingBytes
      const done = isOver || bytes >= segmentBytesSoft ? cut() : []
      hold(event)
      return done
    },
    end: cut,
    get waiting() {
      return held.length
    },
  }
}

/** Heads and signature of a segment with its most events. */
const framingBytes = 1_024

function bytesOf({ headerBytes, bodyBytes }: SegmentItem): number {
  return headerBytes.length + (bodyBytes?.length ?? 1) + 9
}

/** At least what `runBytes` says, told from the length: without references a header has at most 175 bytes. */
function runCostOf({ headerBytes }: SegmentItem): number {
  return headerBytes.length <= 175 ? 51 : headerBytes.length - 60
}
