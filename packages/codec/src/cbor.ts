/**
 * The data model of the wire and its one encoding: whole numbers, bytes, text, arrays, booleans, null and content
 * ids, in deterministic dag-cbor (https://ipld.io/specs/codecs/dag-cbor/spec/, RFC 8949). Maps, floats, negative
 * numbers and all other tags do not exist.
 *
 * Written here and not taken from `@ipld/dag-cbor`, which the tests hold against it: hostile bytes are refused with a
 * named reason before anything is allocated for them, and headers are written and read about twice as fast.
 */
import { fromUtf8, utf8 } from './bytes.js'
import { CodecError, type DecodeCode } from './error.js'
import { wireDepthMax } from './limits.js'

/** A content id on the wire: the binary CID, which stands in tag 42 behind a zero byte. */
export class WireLink {
  readonly cid: Uint8Array

  constructor(cid: Uint8Array) {
    this.cid = cid
  }
}

export type WireValue = number | boolean | null | string | Uint8Array | WireLink | readonly WireValue[]

/** Throws SHAPE for a value outside the data model, TEXT for text without a UTF-8 form. */
export function writeCbor(value: unknown): Uint8Array {
  // Measured first, because an allocation costs more than all the writing of a header.
  const output: Output = { bytes: new Uint8Array(sizeOf(value)), length: 0 }
  writeValue(output, value)
  return output.bytes
}

export interface Flaw {
  readonly code: Extract<DecodeCode, 'MALFORMED' | 'NON_CANONICAL'>
  readonly detail: string
}

/** Accepts exactly what `writeCbor` makes. Never throws; what it allocates is bounded by the length of `bytes`. */
export function readCbor(
  bytes: Uint8Array,
): { readonly kind: 'read'; readonly value: WireValue } | { readonly kind: 'flawed'; readonly flaw: Flaw } {
  // A Buffer of Node slices without copying; through this view it copies.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  const input: Input = { bytes: view, position: 0, flaw: undefined }
  const value = readValue(input, 0)
  const rest = bytes.length - input.position
  if (rest > 0) malformed(input, `${rest} bytes after the end`)
  return input.flaw === undefined ? { kind: 'read', value } : { kind: 'flawed', flaw: input.flaw }
}

// Major types of RFC 8949 section 3.1: the upper three bits of an item's first byte.
export const majorUint = 0
export const majorBytes = 2
export const majorText = 3
export const majorArray = 4
const majorTag = 6
const majorSimple = 7

const [simpleFalse, simpleTrue, simpleNull] = [20, 21, 22]
const tagOfCid = 42
/** The multibase prefix of binary, which dag-cbor puts before a CID. */
const identityPrefix = 0x00

/** How many bytes `writeValue` will write; refuses what cannot be written. */
function sizeOf(value: unknown): number {
  if (typeof value === 'number') return sizeOfHead(value)
  if (value instanceof Uint8Array) return sizeOfHead(value.length) + value.length
  if (typeof value === 'string') return sizeOf(utf8(value))
  if (Array.isArray(value)) {
    let size = sizeOfHead(value.length)
    for (const item of value) size += sizeOf(item)
    return size
  }
  if (value instanceof WireLink)
    return sizeOfHead(tagOfCid) + sizeOfHead(value.cid.length + 1) + value.cid.length + 1
  if (value === null || typeof value === 'boolean') return 1
  throw new CodecError('SHAPE', `a ${typeof value} has no encoding`)
}

/** The argument goes into the first byte up to 23, else into the 1, 2, 4 or 8 that hold it. */
function sizeOfHead(argument: number): number {
  if (!Number.isSafeInteger(argument) || argument < 0)
    throw new CodecError('SHAPE', `${argument} has no encoding`)
  if (argument < 24) return 1
  return argument < 2 ** 8 ? 2 : argument < 2 ** 16 ? 3 : argument < 2 ** 32 ? 5 : 9
}

interface Output {
  readonly bytes: Uint8Array
  length: number
}

function writeValue(output: Output, value: unknown): void {
  if (typeof value === 'number') writeHead(output, majorUint, value)
  else if (value instanceof Uint8Array) {
    writeHead(output, majorBytes, value.length)
    append(output, value)
  } else if (typeof value === 'string') {
    const encoded = utf8(value)
    writeHead(output, majorText, encoded.length)
    append(output, encoded)
  } else if (Array.isArray(value)) {
    writeHead(output, majorArray, value.length)
    for (const item of value) writeValue(output, item)
  } else if (value instanceof WireLink) {
    writeHead(output, majorTag, tagOfCid)
    writeHead(output, majorBytes, value.cid.length + 1)
    output.bytes[output.length++] = identityPrefix
    append(output, value.cid)
  } else if (value === null) writeHead(output, majorSimple, simpleNull)
  else writeHead(output, majorSimple, value === true ? simpleTrue : simpleFalse)
}

function writeHead(output: Output, major: number, argument: number): void {
  const more = sizeOfHead(argument) - 1
  const short = more === 0 ? argument : 24 + Math.log2(more)
  output.bytes[output.length++] = (major << 5) | short
  for (let i = more - 1; i >= 0; i--) output.bytes[output.length++] = Math.floor(argument / 256 ** i) % 256
}

function append(output: Output, bytes: Uint8Array): void {
  output.bytes.set(bytes, output.length)
  output.length += bytes.length
}

/** The first flaw stays; after it all that is read is null. */
interface Input {
  readonly bytes: Uint8Array
  position: number
  flaw: Flaw | undefined
}

/** Recursive, since `depth`, the number of arrays around the item, is bounded. */
function readValue(input: Input, depth: number): WireValue {
  const start = input.position
  const first = input.bytes[start]
  if (first === undefined) return malformed(input, 'the bytes end early')
  const major = first >> 5
  if (major === majorSimple) return readSimple(input, first & 31)
  if (major !== majorUint && major !== majorTag && (major < majorBytes || major > majorArray)) {
    return malformed(input, `a negative number or a map at ${start}`)
  }
  const argument = readArgument(input, first & 31)
  if (argument === null) return null
  if (major === majorUint) return argument
  if (major === majorTag) return readLink(input, argument)
  // An item of an array takes a byte at least, so this bounds bytes, text and arrays alike.
  if (argument > input.bytes.length - input.position)
    return malformed(input, `${argument} announced at ${start}`)
  if (major === majorArray) return readArray(input, argument, depth)
  const content = input.bytes.slice(input.position, input.position + argument)
  input.position += argument
  if (major === majorBytes) return content
  return fromUtf8(content) ?? malformed(input, `text at ${start} is not UTF-8`)
}

function readSimple(input: Input, short: number): WireValue {
  input.position++
  if (short === simpleNull) return null
  if (short === simpleFalse || short === simpleTrue) return short === simpleTrue
  return malformed(input, `a float or simple value at ${input.position - 1}`)
}

/** The argument of the head at the position, which moves behind it. */
function readArgument(input: Input, short: number): number | null {
  const start = input.position++
  if (short < 24) return short
  if (short === 31) return nonCanonical(input, `indefinite length at ${start}`)
  if (short > 27) return malformed(input, `a reserved head at ${start}`)
  const end = input.position + 2 ** (short - 24)
  if (end > input.bytes.length) return malformed(input, 'the bytes end early')
  let argument = 0
  for (; input.position < end; input.position++) {
    argument = argument * 256 + (input.bytes[input.position] as number) // below end, so defined
  }
  if (argument > Number.MAX_SAFE_INTEGER) return malformed(input, `a number above 2^53 - 1 at ${start}`)
  const smallest = short === 24 ? 24 : 2 ** (8 * 2 ** (short - 25))
  return argument < smallest
    ? nonCanonical(input, `a number at ${start} is not in its shortest form`)
    : argument
}

function readLink(input: Input, tag: number): WireValue {
  if (tag !== tagOfCid) return malformed(input, `tag ${tag}`)
  const content = (input.bytes[input.position] ?? 0) >> 5 === majorBytes ? readValue(input, 0) : null
  if (!(content instanceof Uint8Array)) return malformed(input, 'a content id that is not bytes')
  if (content[0] !== identityPrefix) return malformed(input, 'a content id without its zero byte')
  return new WireLink(content.subarray(1))
}

function readArray(input: Input, length: number, depth: number): WireValue {
  if (depth === wireDepthMax) return malformed(input, `nested deeper than ${wireDepthMax}`)
  const items: WireValue[] = []
  while (items.length < length && input.flaw === undefined) items.push(readValue(input, depth + 1))
  return items
}

function malformed(input: Input, detail: string): null {
  input.flaw ??= { code: 'MALFORMED', detail }
  return null
}

function nonCanonical(input: Input, detail: string): null {
  input.flaw ??= { code: 'NON_CANONICAL', detail }
  return null
}
