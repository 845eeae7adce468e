/** Cuts a chain into segments: as long as the limits allow, and each with its end where a checked signature is. */

import { runBytesMax, segmentBytesMax, segmentBytesSoft, segmentEventsMax, signatureBytes } from './limits.js'
import { encodeSegment, runBytes, type SegmentItem } from './segment.js'

/** An event as a node holds it; the signature is null where none was checked. */
export interface HeldEvent extends SegmentItem {
  readonly signature: Uint8Array | null
}

export interface Segmenter {
  /** Takes the next event of the chain; returns the segments that are complete with it. */
  push(event: HeldEvent): readonly Uint8Array[]
  /** What can still be sent. Events behind the last checked signature cannot. */
  end(): readonly Uint8Array[]
  /** Whether a segment has room for the event and those behind the last signature. If not, `end` and `seal` first. */
  hasRoomFor(event: HeldEvent): boolean
  /**
   * Ends a segment with the first `count` of those that wait and others that follow them, of which the last is signed.
   * Undefined when it would be too long.
   */
  seal(count: number, others: readonly HeldEvent[]): Uint8Array | undefined
  /** Events taken and not in a segment yet. */
  readonly waiting: readonly HeldEvent[]
}

/** For events of one chain, each after the one before. */
export function createSegmenter(): Segmenter {
  let held: HeldEvent[] = []
  let load = nothing
  /** Events up to the last one with a signature, and what those behind it would take by themselves. */
  let sealed = 0
  let loadBehind = nothing

  function hold(events: readonly HeldEvent[]): void {
    held = []
    load = loadBehind = nothing
    sealed = 0
    for (const event of events) add(event)
  }

  function add(event: HeldEvent): void {
    held.push(event)
    load = plus(load, event)
    loadBehind = event.signature === null ? plus(loadBehind, event) : nothing
    if (event.signature !== null) sealed = held.length
  }

  function cut(): readonly Uint8Array[] {
    if (sealed === 0) return none
    const items = held.slice(0, sealed)
    hold(held.slice(sealed))
    return [segmentEndingAtLast(items)]
  }

  return {
    push(event) {
      const done = isOver(plus(load, event)) || load.bytes >= segmentBytesSoft ? cut() : none
      add(event)
      return done
    },
    end: cut,
    hasRoomFor: (event) => !isOver(plus(loadBehind, event)),
    seal(count, others) {
      const items = [...held.slice(0, count), ...others]
      if (isOver(items.reduce(plus, nothing))) return undefined
      hold(held.slice(count))
      return segmentEndingAtLast(items)
    },
    get waiting() {
      return held
    },
  }
}

/**
 * The same from the end of a chain to its beginning, for whoever knows the id of the event that comes first: a segment
 * need not end at a signature then. It does where it can, and between two signatures that its taker keeps there is never
 * more than between two of its sender's; so the taker can pass on what it took.
 */
export function createDescendingSegmenter(): Pick<Segmenter, 'push' | 'end'> {
  /** Descending. */
  let held: HeldEvent[] = []
  let load = nothing

  function hold(events: readonly HeldEvent[]): void {
    held = [...events]
    load = held.reduce(plus, nothing)
  }

  function take(count: number): Uint8Array {
    const items = held.slice(0, count).reverse()
    hold(held.slice(count))
    return segmentEndingAtLast(items)
  }

  /** Above the lowest signature, so that the next segment ends with it; all where there is none below the first event. */
  function cut(): Uint8Array {
    let at = held.length - 1
    while (at > 0 && held[at]?.signature === null) at--
    return take(at > 0 ? at : held.length)
  }

  return {
    push(event) {
      const isSigned = event.signature !== null
      let next = plus(load, event)
      let done = none
      // A segment that could not end at a signature ends the run that was cut, and takes no more with it.
      let isEnd = isSigned && held[0]?.signature === null
      while (held.length > 0 && (isEnd || isOver(next) || load.bytes >= segmentBytesSoft)) {
        done = [...done, isSigned ? take(held.length) : cut()]
        next = plus(load, event)
        isEnd = false
      }
      held.push(event)
      load = next
      return done
    },
    end() {
      const done: Uint8Array[] = []
      while (held.length > 0) done.push(cut())
      return done
    },
  }
}

/**
 * What a segment holds so far. Counted to the byte: what was taken in as one segment must always go out as one, however
 * close to the limits its maker went.
 */
interface Load {
  readonly events: number
  readonly bytes: number
  readonly run: number
}

const none: readonly Uint8Array[] = []

/** The array of two, and the signature. */
const nothing: Load = { events: 0, bytes: 1 + 2 + signatureBytes, run: 0 }

function plus({ events, bytes, run }: Load, { headerBytes, bodyBytes }: SegmentItem): Load {
  const body = bodyBytes === null ? 1 : headBytes(bodyBytes.length) + bodyBytes.length
  return {
    events: events + 1,
    bytes: bytes + 1 + headBytes(headerBytes.length) + headerBytes.length + body,
    run: run + runBytes({ references: { length: referenceCountOf(headerBytes) } }),
  }
}

function isOver({ events, bytes, run }: Load): boolean {
  if (events > segmentEventsMax || bytes + headBytes(events) > segmentBytesMax) return true
  return run > runBytesMax && events > 1
}

function segmentEndingAtLast(items: readonly HeldEvent[]): Uint8Array {
  return encodeSegment({ items, signature: items.at(-1)?.signature ?? null })
}

/** Bytes of a CBOR head (RFC 8949, section 3). */
function headBytes(value: number): number {
  if (value < 24) return 1
  if (value < 0x100) return 2
  if (value < 0x1_0000) return 3
  return value < 0x1_0000_0000 ? 5 : 9
}

/** Of a valid header, without decoding it: behind version, network and author two numbers and prev stand before them. */
function referenceCountOf(headerBytes: Uint8Array): number {
  let at = 2 + 34 + 34
  for (const _number of ['generation', 'sequence']) at += 1 + followingBytes(headerBytes[at] ?? 0)
  const isNull = headerBytes[at] === 0xf6
  // A link: its tag, and 37 bytes with their head.
  at += isNull ? 1 : 2 + 2 + 37
  return (headerBytes[at] ?? 0x80) & 0x1f
}

/** Bytes that follow the first one of a whole number. */
function followingBytes(first: number): number {
  return first < 24 ? 0 : 2 ** (first - 24)
}
