/**
 * Signatures that nobody honest makes, from known discrete logarithms and torsion parts. Whether the pinned
 * rule accepts one follows from whole numbers alone, so the verdict here owes nothing to any verifier.
 */

import type { EdwardsPoint } from '@noble/curves/abstract/edwards.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@chirograph/codec'
import { hex } from './ed25519-vectors.ts'

const { Point } = ed25519
const p = Point.Fp.ORDER
const L = Point.Fn.ORDER

/** T, 2·T … 8·T = (0, 1) at index 0, where T has order 8. */
export const torsionPoints: readonly EdwardsPoint[] = multiplesOf(
  Point.fromBytes(hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')),
)

export interface Recipe {
  /** A = a·B + torsionA·T, so a = 0 makes A of small order. 0 ≤ a < L. */
  readonly a: bigint
  readonly torsionA: number
  /** R = r·B + torsionR·T. 0 ≤ r < L. */
  readonly r: bigint
  readonly torsionR: number
  /** S is written as S + this·L, at most 15; once less where that would not fit 32 bytes. */
  readonly addedL: number
  /** Which encoding of A and R, counted around; 0 is the canonical one. */
  readonly encodingA: number
  readonly encodingR: number
  readonly message: Uint8Array
}

export interface Crafted {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
  readonly accepted: boolean
}

export function craft(recipe: Recipe): Crafted {
  const { a, torsionA, r, torsionR, addedL, message } = recipe
  const publicKey = pick(encodingsOf(pointOf(a, torsionA)), recipe.encodingA)
  const encodedR = pick(encodingsOf(pointOf(r, torsionR)), recipe.encodingR)
  const k = bytesToNumberLE(sha512(concatBytes(encodedR.bytes, publicKey.bytes, message))) % L
  const s = (r + k * a) % L

  // S·B = R + k·A is true of the multiples of B by construction, so it hangs on the multiples of T.
  const isTorsionZero = (BigInt(torsionR) + k * BigInt(torsionA)) % 8n === 0n
  return {
    publicKey: publicKey.bytes,
    message,
    signature: concatBytes(encodedR.bytes, numberToBytesLE(s + timesThatFit(addedL, s) * L, 32)),
    accepted:
      publicKey.isCanonical && encodedR.isCanonical && addedL === 0 && a !== 0n && r !== 0n && isTorsionZero,
  }
}

/**
 * Tries messages until the torsion parts cancel; needs about eight tries, and some recipes never get there.
 */
export function craftCancelling(recipe: Recipe): Crafted | undefined {
  for (let i = 0; i < 64; i++) {
    const crafted = craft({ ...recipe, message: concatBytes(recipe.message, Uint8Array.of(i)) })
    if (crafted.accepted) return crafted
  }
  return undefined
}

/** The equation that the rule is not: RFC 8032 allows it too, and libraries move between the two. */
export function verifyCofactored({ publicKey, message, signature }: Omit<Crafted, 'accepted'>): boolean {
  return ed25519.verify(signature, message, publicKey)
}

export function isTorsionFree(publicKey: Uint8Array): boolean {
  return Point.fromBytes(publicKey).isTorsionFree()
}

export interface Encoding {
  readonly bytes: Uint8Array
  readonly isCanonical: boolean
}

/**
 * Every 32 bytes that a lax decoder reads as the point: y + p where it fits 255 bits, any sign where x = 0.
 */
export function encodingsOf(point: EdwardsPoint): readonly Encoding[] {
  const { x, y } = point.toAffine()
  const encodings: Encoding[] = []
  for (const number of [y, y + p].filter((candidate) => candidate < 2n ** 255n)) {
    for (const sign of x === 0n ? [0n, 1n] : [x & 1n]) {
      encodings.push({
        bytes: numberToBytesLE(number | (sign << 255n), 32),
        isCanonical: number < p && sign === (x & 1n),
      })
    }
  }
  return encodings
}

/** 16·L is above 2²⁵⁶, so S + 15·L passes it where S is among the last 16·(L − 2²⁵²) below L. */
function timesThatFit(addedL: number, s: bigint): bigint {
  const most = (2n ** 256n - 1n - s) / L
  return BigInt(addedL) < most ? BigInt(addedL) : most
}

function pointOf(scalar: bigint, torsion: number): EdwardsPoint {
  const torsionPoint = torsionPoints[torsion]
  if (torsionPoint === undefined) throw new Error(`there is no ${torsion}·T`)
  return Point.BASE.multiplyUnsafe(scalar).add(torsionPoint)
}

function pick(encodings: readonly Encoding[], index: number): Encoding {
  return encodings[index % encodings.length] as Encoding // the index is below the length, which is at least 1
}

function multiplesOf(point: EdwardsPoint): EdwardsPoint[] {
  const multiples = [Point.ZERO]
  for (let i = 1; i < 8; i++) multiples.push(multiples[i - 1]?.add(point) ?? Point.ZERO)
  return multiples
}
