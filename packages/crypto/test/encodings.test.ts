/** The list of small orders and the bounds, derived again in another way. */

import { ed25519 } from '@noble/curves/ed25519.js'
import { numberToBytesLE } from '@noble/curves/utils.js'
import { toHex } from '@chirograph/codec'
import { equal, is, suite } from '../../workspace/kit.ts'
import { checkSignatureEncodings } from '../src/index.ts'
import { encodingsOf, torsionPoints } from './craft.ts'

const p = 2n ** 255n - 19n
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const goodPoint = ed25519.Point.BASE.toBytes()

suite('ed25519 encodings', (it) => {
  it('refuses all 14 encodings of the 8 points of small order, as A and as R', () => {
    const encodings = torsionPoints.flatMap(encodingsOf)
    equal(encodings.filter((encoding) => encoding.isCanonical).length, 8)
    equal(new Set(encodings.map(({ bytes }) => toHex(bytes))).size, 14)
    for (const { bytes } of encodings) {
      is(isAcceptedA(bytes), false, toHex(bytes))
      is(isAcceptedR(bytes), false, toHex(bytes))
    }
  })

  it('knows every encoding of small order that a lax decoder reads', () => {
    const known = new Set(torsionPoints.flatMap(encodingsOf).map(({ bytes }) => toHex(bytes)))
    // Small orders that are not among them could only hide where y is written in two ways, which is below 19.
    for (const number of [...range(0n, 19n), ...range(p - 19n, 2n ** 255n)]) {
      for (const sign of [0n, 1n]) {
        const bytes = numberToBytesLE(number | (sign << 255n), 32)
        const point = decodeLax(bytes)
        if (point !== undefined) is(point.isSmallOrder(), known.has(toHex(bytes)), toHex(bytes))
      }
    }
  })

  it('refuses y ≥ p with either sign, and accepts y < p of other orders', () => {
    for (const sign of [0n, 1n]) {
      for (const y of range(p, 2n ** 255n)) is(isAcceptedA(numberToBytesLE(y | (sign << 255n), 32)), false)
      for (const y of range(p, 2n ** 255n)) is(isAcceptedR(numberToBytesLE(y | (sign << 255n), 32)), false)
      for (const y of range(p - 19n, p - 1n)) is(isAcceptedA(numberToBytesLE(y | (sign << 255n), 32)), true)
      for (const y of range(2n, 19n)) is(isAcceptedR(numberToBytesLE(y | (sign << 255n), 32)), true)
    }
  })

  it('accepts S up to L − 1 and nothing above', () => {
    for (const s of [0n, 1n, 2n ** 252n, L - 2n, L - 1n]) is(isAcceptedS(s), true, `${s}`)
    for (const s of [L, L + 1n, 2n ** 253n - 1n, 2n ** 253n, 2n ** 255n, 2n ** 256n - 1n])
      is(isAcceptedS(s), false, `${s}`)
  })

  it('reads a Buffer as any array, and leaves its sign bits as they are', () => {
    const point = goodPoint.with(31, (goodPoint[31] ?? 0) | 0x80)
    const publicKey = Buffer.from(point)
    const signature = Buffer.from(signatureOf(point, 0n))
    is(checkSignatureEncodings({ publicKey, signature }), true)
    equal(new Uint8Array(publicKey), point)
    equal(new Uint8Array(signature), signatureOf(point, 0n))
  })

  it('refuses a key or a signature of another length', () => {
    is(checkSignatureEncodings({ publicKey: goodPoint, signature: signatureOf(goodPoint, 0n) }), true)
    for (const length of [0, 31, 33]) {
      is(
        checkSignatureEncodings({
          publicKey: new Uint8Array(length).fill(3),
          signature: signatureOf(goodPoint, 0n),
        }),
        false,
      )
    }
    for (const length of [0, 63, 65]) {
      is(checkSignatureEncodings({ publicKey: goodPoint, signature: new Uint8Array(length).fill(3) }), false)
    }
  })
})

function isAcceptedA(publicKey: Uint8Array): boolean {
  return checkSignatureEncodings({ publicKey, signature: signatureOf(goodPoint, 1n) })
}

function isAcceptedR(encodedR: Uint8Array): boolean {
  return checkSignatureEncodings({ publicKey: goodPoint, signature: signatureOf(encodedR, 1n) })
}

function isAcceptedS(s: bigint): boolean {
  return checkSignatureEncodings({ publicKey: goodPoint, signature: signatureOf(goodPoint, s) })
}

function signatureOf(encodedR: Uint8Array, s: bigint): Uint8Array {
  return Uint8Array.of(...encodedR, ...numberToBytesLE(s, 32))
}

function decodeLax(bytes: Uint8Array): ReturnType<typeof ed25519.Point.fromBytes> | undefined {
  try {
    return ed25519.Point.fromBytes(bytes, true)
  } catch {
    return undefined // off the curve
  }
}

function range(from: bigint, below: bigint): bigint[] {
  return Array.from({ length: Number(below - from) }, (_, i) => from + BigInt(i))
}
