/** From a value of a declared shape to its one encoding, and strictly back. */
import { equalBytes } from './bytes.js'
import { readCbor, writeCbor } from './cbor.js'
import { CodecError, type Decoded, refuse } from './error.js'
import type { Shape, StraightRead } from './shape.js'
import { readingOf } from './straight.js'

/** Throws `CodecError` with code SHAPE when the value does not fit: that is a mistake of the program. */
export function encode<T>(shape: Shape<T>, value: T): Uint8Array {
  return writeCbor(shape.toWire(value, shape.name))
}

/**
 * Reads bytes from outside. Never throws on any bytes, and does no work beyond a multiple of `bytesMax`, which is
 * checked first. Accepts exactly the bytes that `encode` makes; the result shares no memory with them.
 */
export function decode<T>(
  shape: Shape<T>,
  bytes: Uint8Array,
  limits: { readonly bytesMax: number },
): Decoded<T> {
  if (bytes.length > limits.bytesMax) {
    return refuse('OVERSIZE', `${shape.name}: ${bytes.length} bytes, at most ${limits.bytesMax}`)
  }
  const value = shape.read && readStraight(shape.read, bytes)
  return value === undefined ? decodeByTree(shape, bytes) : { ok: true, value }
}

/** The fast way. Whatever it accepts, `decodeByTree` accepts with the same value. */
function readStraight<T>(read: StraightRead<T>, bytes: Uint8Array): T | undefined {
  const reading = readingOf(bytes)
  const value = read(reading)
  return reading.position === bytes.length ? value : undefined
}

/** The long way: reads the items, then the shape in them, then compares; and says what is wrong. */
function decodeByTree<T>(shape: Shape<T>, bytes: Uint8Array): Decoded<T> {
  const read = readCbor(bytes)
  if (read.kind === 'flawed') return refuse(read.flaw.code, `${shape.name}: ${read.flaw.detail}`)
  try {
    const value = shape.fromWire(read.value, shape.name)
    // The reader admits one encoding of each wire value; this holds mapped shapes to one wire value of each value.
    if (equalBytes(encode(shape, value), bytes)) return { ok: true, value }
    return refuse('NON_CANONICAL', `${shape.name}: its encoding is not these bytes`)
  } catch (error) {
    if (error instanceof CodecError && error.code === 'SHAPE') return refuse('SHAPE', error.message)
    throw error
  }
}
