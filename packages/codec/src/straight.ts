/**
 * Canonical dag-cbor read straight into values, without a tree of wire values in between. Each function takes one
 * item at the position and moves behind it, or answers that it does not stand there in its one encoding. None says
 * why not: for that `decode` reads once more the long way (cbor.ts), so that every refusal has one origin.
 *
 * Profiled on headers of 300 bytes, the long way spends most on what is thrown away again: the tree, the second
 * encoding to compare with, and buffers above 64 bytes, which the engine makes outside its heap at half a microsecond
 * each.
 */
import { fromUtf8 } from './bytes.js'
import { majorArray, majorBytes, majorText, majorUint, WireLink, writeCbor } from './cbor.js'
import { contentIdPrefix } from './content-id.js'
import { digestBytes, wireDepthMax } from './limits.js'

/** How far bytes were read. Where an item was not there, position and depth mean nothing any more. */
export interface Reading {
  readonly bytes: Uint8Array
  position: number
  /** The arrays around the item. */
  depth: number
}

export function readingOf(bytes: Uint8Array): Reading {
  // A Buffer of Node slices without copying; a plain view of it copies. A view costs as much as a small slice, and
  // ten times that on an array of 64 bytes or fewer, so it is made only where it is needed.
  const isPlain = Object.getPrototypeOf(bytes) === Uint8Array.prototype
  const plain = isPlain ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  return { bytes: plain, position: 0, depth: 0 }
}

/** A length or number that is not there. */
export const notThere = -1

export function takeUint(reading: Reading): number {
  return takeHead(reading, majorUint)
}

/** The length of an array whose items follow; `leaveArray` comes after them. */
export function enterArray(reading: Reading): number {
  return reading.depth++ === wireDepthMax ? notThere : takeHead(reading, majorArray)
}

export function leaveArray(reading: Reading): void {
  reading.depth--
}

/** The length of a byte string that is wholly there; the position is at its content. */
export function enterBytes(reading: Reading): number {
  const length = takeHead(reading, majorBytes)
  return length <= reading.bytes.length - reading.position ? length : notThere
}

/** As many bytes, of which there are enough, as a copy: a small value must not keep a whole frame in memory. */
export function takeCopy(reading: Reading, length: number): Uint8Array {
  const start = reading.position
  reading.position += length
  return reading.bytes.slice(start, reading.position)
}

/** As many bytes to be looked at and let go, or undefined where they end early. */
export function takeView(reading: Reading, length: number): Uint8Array | undefined {
  const start = reading.position
  if (length > reading.bytes.length - start) return undefined
  reading.position += length
  return reading.bytes.subarray(start, reading.position)
}

export function takeText(reading: Reading): string | undefined {
  const length = takeHead(reading, majorText)
  const content = length === notThere ? undefined : takeView(reading, length)
  return content && fromUtf8(content)
}

/** Whether null stands there. */
export function takeNull(reading: Reading): boolean {
  return skip(reading, wireNull)
}

const wireNull = writeCbor(null)

/** The digest in a link, to be looked at and let go. */
export function takeLink(reading: Reading): Uint8Array | undefined {
  return skip(reading, wireLinkHead) ? takeView(reading, digestBytes) : undefined
}

/** A link up to its digest: the same bytes in every one. */
const wireLinkHead = writeCbor(
  new WireLink(Uint8Array.of(...contentIdPrefix, ...new Uint8Array(digestBytes))),
).subarray(0, -digestBytes)

/** Whether exactly these bytes come next; the position moves only then. */
export function skip(reading: Reading, expected: Uint8Array): boolean {
  const { bytes, position } = reading
  // Past the end there is undefined, which equals no byte.
  for (let i = 0; i < expected.length; i++) if (bytes[position + i] !== expected[i]) return false
  reading.position = position + expected.length
  return true
}

/** The argument of a head of this major type in its shortest form (RFC 8949 section 3). */
function takeHead(reading: Reading, major: number): number {
  const { bytes, position } = reading
  if (position >= bytes.length) return notThere
  const short = (bytes[position] as number) - (major << 5) // the position is below the length
  if (short < 0 || short > 27) return notThere
  if (short < 24) {
    reading.position = position + 1
    return short
  }
  const end = position + 1 + (1 << (short - 24))
  if (end > bytes.length) return notThere
  let argument = 0
  for (let i = position + 1; i < end; i++) argument = argument * 256 + (bytes[i] as number) // below the length
  const smallest = smallestArguments[short - 24] as number // 24 to 27 were told apart above
  if (argument < smallest || argument > Number.MAX_SAFE_INTEGER) return notThere
  reading.position = end
  return argument
}

/** What 1, 2, 4 and 8 bytes begin with; below, fewer do. */
const smallestArguments = [24, 2 ** 8, 2 ** 16, 2 ** 32]
