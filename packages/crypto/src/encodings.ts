/**
 * The part of the pinned ed25519 rule that reads encodings only: which A, R and S may reach an equation at
 * all. It runs in front of every back end, because they differ here (see ed25519.ts).
 */
import { equalBytes, fromHex } from '@chirograph/codec'

/** The encoding of the point A. */
export const ED25519_PUBLIC_KEY_BYTES = 32
/** The encoding of the point R, 32 bytes, then the scalar S, 32 bytes little-endian. */
export const ED25519_SIGNATURE_BYTES = 64

/**
 * Whether public key A (32 bytes) and signature R ‖ S (64 bytes) are canonical, and A and R not of small
 * order. Points off the curve pass: the equation refuses them. For public bytes only; it is not constant
 * time.
 */
export function checkSignatureEncodings(args: {
  readonly publicKey: Uint8Array
  readonly signature: Uint8Array
}): boolean {
  const { publicKey, signature } = args
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES || signature.length !== ED25519_SIGNATURE_BYTES)
    return false
  const encodedR = signature.subarray(0, 32)
  const encodedS = signature.subarray(32)
  return isAcceptablePoint(publicKey) && isAcceptablePoint(encodedR) && isBelow(encodedS, groupOrder)
}

/** A point is y in 255 bits and the lowest bit of x on top (RFC 8032, 5.1.2). */
function isAcceptablePoint(point: Uint8Array): boolean {
  const y = new Uint8Array(point) // a copy, where slice would write into the memory of a Buffer of Node
  y[31] = (y[31] as number) & 0x7f // it has 32 bytes
  if (!isBelow(y, fieldPrime)) return false
  return !smallOrderEncodings.some((encoding) => equalBytes(encoding, point))
}

/** Little-endian numbers of the same length. */
function isBelow(number: Uint8Array, bound: Uint8Array): boolean {
  for (let i = bound.length - 1; i >= 0; i--) {
    const difference = (number[i] as number) - (bound[i] as number) // i is below both lengths
    if (difference !== 0) return difference < 0
  }
  return false
}

/** p = 2²⁵⁵ − 19 (RFC 8032, 5.1). */
const fieldPrime = constant('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')

/** L = 2²⁵² + 27742317777372353535851937790883648493 (RFC 8032, 5.1). */
const groupOrder = constant('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')

/**
 * Every encoding of the eight points whose order divides the cofactor 8, canonical or not.
 *
 * The curve is −x² + y² = 1 + d·x²·y², and doubling takes (x, y) to y = (x² + y²) / (1 − d·x²·y²). Going
 * backwards from the neutral point (0, 1): it is the double of (0, −1), which has order 2; that is the double
 * of the points with y = 0, so x² = −1, which have order 4; those are the doubles of the points with x² =
 * −y², which have order 8, where the curve says d·y⁴ + 2·y² − 1 = 0. So there are (0, ±1), (±√−1, 0) and
 * (±x₈, ±y₈): eight points, each with one canonical encoding, the first eight below.
 *
 * A lax decoder reads further encodings in two ways, and in both at once:
 * - the sign bit set where x = 0, since −0 = 0: y = 1 and y = −1;
 * - y + p where that is below 2²⁵⁵, so only for y < 19: of the values of y here, 0 and 1.
 * That makes six more. (The canonical form already refuses the last four of them, by y ≥ p.)
 */
const smallOrderEncodings: readonly Uint8Array[] = [
  '0100000000000000000000000000000000000000000000000000000000000000', // (0, 1)
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // (0, −1)
  '0000000000000000000000000000000000000000000000000000000000000000', // (√−1, 0)
  '0000000000000000000000000000000000000000000000000000000000000080', // (−√−1, 0)
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', // (x₈, y₈)
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85', // (−x₈, y₈)
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a', // (x₈, −y₈)
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa', // (−x₈, −y₈)
  '0100000000000000000000000000000000000000000000000000000000000080', // (−0, 1)
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', // (−0, −1)
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // (√−1, 0 + p)
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', // (−√−1, 0 + p)
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f', // (0, 1 + p)
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff', // (−0, 1 + p)
].map(constant)

function constant(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new Error(`not hex: ${hex}`)
  return bytes
}
