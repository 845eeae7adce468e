/** The portable back end of BLS, on noble: runs wherever JavaScript runs, and is the oracle for the native one. */
import { bls12_381 } from '@noble/curves/bls12-381.js'
import { toHex } from '@chirograph/codec'
import { type Bls, blsSuite, pinBls } from './bls.js'

/** The rule (see `Bls`) in plain JavaScript: some 20 ms for a signature, whatever the number of signers. */
export const nobleBls: Bls = pinBls({
  name: 'noble',
  publicKey: (secretKey) => scheme.getPublicKey(secretKey).toBytes(),
  sign: ({ secretKey, message }) => scheme.sign(scheme.hash(message, blsSuite), secretKey).toBytes(),
  verify({ publicKeys, message, signature }) {
    const sum = sumOfKeys(publicKeys)
    const point = sum && decoded(signature, SignaturePoint)
    // noble answers false where the sum is infinity, as a pairing of it says nothing.
    return (
      sum !== undefined && point !== undefined && scheme.verify(point, scheme.hash(message, blsSuite), sum)
    )
  },
  aggregate(signatures) {
    let sum = SignaturePoint.ZERO
    for (const signature of signatures) {
      const point = decoded(signature, SignaturePoint)
      if (point === undefined) return undefined
      sum = sum.add(point)
    }
    return sum.is0() ? undefined : sum.toBytes()
  },
})

const scheme = bls12_381.longSignatures
const KeyPoint = bls12_381.G1.Point
const SignaturePoint = bls12_381.G2.Point

type Key = typeof KeyPoint.BASE

function sumOfKeys(publicKeys: readonly Uint8Array[]): Key | undefined {
  let sum = KeyPoint.ZERO
  for (const publicKey of publicKeys) {
    const point = keyPointOf(publicKey)
    if (point === undefined) return undefined
    sum = sum.add(point)
  }
  return sum
}

/** Keys by their bytes: to decode one and to check its subgroup takes a millisecond, and a set has few of them. */
const knownKeys = new Map<string, Key>()

/** Some sets of 200 validators. */
const knownKeysMax = 1_024

function keyPointOf(publicKey: Uint8Array): Key | undefined {
  const name = toHex(publicKey)
  const known = knownKeys.get(name)
  if (known !== undefined) return known
  const point = decoded(publicKey, KeyPoint)
  if (point === undefined) return undefined
  if (knownKeys.size === knownKeysMax) knownKeys.clear()
  knownKeys.set(name, point)
  return point
}

function decoded<P>(bytes: Uint8Array, point: { fromBytes(bytes: Uint8Array): P }): P | undefined {
  try {
    return point.fromBytes(bytes)
  } catch {
    // The form was checked before, so noble can throw for two reasons: off the curve, or out of the subgroup.
    return undefined
  }
}
