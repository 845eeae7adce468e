/**
 * The portable back end, on noble: runs wherever JavaScript runs, and is the oracle for the native ones.
 *
 * noble's own `verify` decides the cofactored equation, which accepts more, so the equation is written out
 * here on its points.
 */

import type { EdwardsPoint } from '@noble/curves/abstract/edwards.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { equalBytes } from '@chirograph/codec'
import { type Ed25519, pinEd25519 } from './ed25519.js'

/** The pinned rule (see `Ed25519`) in plain JavaScript. */
export const nobleEd25519: Ed25519 = pinEd25519({
  name: 'noble',
  publicKey: (seed) => ed25519.getPublicKey(seed),
  sign: ({ seed, message }) => ed25519.sign(message, seed),
  verify: ({ publicKey, message, signature }) => {
    const pointA = decodePoint(publicKey)
    if (pointA === undefined) return false
    const encodedR = signature.subarray(0, 32)
    const k = Point.Fn.create(
      bytesToNumberLE(sha512.create().update(encodedR).update(publicKey).update(message).digest()),
    )
    const scalarS = bytesToNumberLE(signature.subarray(32))
    // Compared as bytes: R is canonical, so that is equality of points, and R off the curve fails.
    const pointR = Point.BASE.multiplyUnsafe(scalarS).subtract(pointA.multiplyUnsafe(k))
    return equalBytes(pointR.toBytes(), encodedR)
  },
})

const { Point } = ed25519

/** Decodes as RFC 8032, 5.1.3 does. A point of mixed order is a point: only its equation is judged. */
function decodePoint(encoded: Uint8Array): EdwardsPoint | undefined {
  try {
    return Point.fromBytes(encoded)
  } catch {
    // 32 canonical bytes came in, so noble can throw for one reason only: no point has this y.
    return undefined
  }
}
