/**
 * The part of the BLS rule that reads encodings only: which bytes may reach a curve at all. Points are compressed as
 * in Zcash's format (draft-irtf-cfrg-pairing-friendly-curves-11, appendix C): x, big-endian, its first three bits used
 * for flags. It runs in front of every back end, because they differ here in what they throw and what they let pass.
 */
import { fromHex } from '@chirograph/codec'

/** A point of G1. */
export const BLS_PUBLIC_KEY_BYTES = 48
/** A point of G2: the imaginary part of x, then the real one. */
export const BLS_SIGNATURE_BYTES = 96

/** Whether the bytes have the form of a point of G1 that is not infinity. Off the curve may still be. */
export function isCompressedG1(bytes: Uint8Array): boolean {
  return bytes.length === BLS_PUBLIC_KEY_BYTES && isNotInfinity(bytes) && isCoordinate(bytes, 0)
}

/** The same for a point of G2. */
export function isCompressedG2(bytes: Uint8Array): boolean {
  return (
    bytes.length === BLS_SIGNATURE_BYTES &&
    isNotInfinity(bytes) &&
    isCoordinate(bytes, 0) &&
    ((bytes[48] as number) & flags) === 0 && // it has 96 bytes
    isCoordinate(bytes, 48)
  )
}

/** The three bits on top: compressed, infinity, and which of the two roots y is. */
const flags = 0xe0

function isNotInfinity(bytes: Uint8Array): boolean {
  return ((bytes[0] as number) & 0xc0) === 0x80 // callers have looked at the length
}

/** Whether the 48 bytes from `start` on, without flags, are a number below p. */
function isCoordinate(bytes: Uint8Array, start: number): boolean {
  for (const [i, bound] of fieldPrime.entries()) {
    const byte = bytes[start + i] as number // callers have looked at the length
    const difference = (i === 0 ? byte & ~flags : byte) - bound
    if (difference !== 0) return difference < 0
  }
  return false
}

/** p (draft-irtf-cfrg-pairing-friendly-curves-11, 4.2.1). */
const fieldPrime = constant(
  '1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
)

function constant(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new Error(`not hex: ${hex}`)
  return bytes
}
