/**
 * Points on the curves of BLS12-381 with a part of small order: a signer's key or signature, and a point whose order
 * divides the cofactor. Pairings hardly tell them from the honest ones; a check of the subgroup must.
 */
import { bls12_381 } from '@noble/curves/bls12-381.js'

const { Fp, Fp2 } = bls12_381.fields
const r = bls12_381.fields.Fr.ORDER

/** draft-irtf-cfrg-pairing-friendly-curves-11, 4.2.1. */
const cofactorG1 = 0x396c8c00_5555e156_8c00aaab_0000aaabn
const cofactorG2 =
  0x5d543a95414e7f1091d50792876a202cd91de4547085abaa68a205b2e5a7ddfa628f1cb4d9e82ef21537e293a6691ae1616ec6e786f0c70cf1c38e31c7238e5n

/** The small primes in the cofactors. */
export const smallOrdersG1 = [3n, 11n, 10177n, 859267n] as const
export const smallOrdersG2 = [13n, 23n, 2713n, 11953n, 262069n] as const

/** A public key, and a point of this order together. */
export function keyWithPart(publicKey: Uint8Array, order: bigint): Uint8Array {
  const { Point } = bls12_381.G1
  const part = pointOfOrder(order, cofactorG1, (x) => {
    const y = rootOf(Fp, Fp.add(Fp.mul(Fp.sqr(x), x), 4n))
    return y === undefined ? undefined : Point.fromAffine({ x, y })
  })
  const { x, y } = Point.fromBytes(publicKey).add(part).toAffine()
  return compressed(bigEndian(x), y)
}

/** A signature, and a point of this order together. */
export function signatureWithPart(signature: Uint8Array, order: bigint): Uint8Array {
  const { Point } = bls12_381.G2
  const part = pointOfOrder(order, cofactorG2, (c0) => {
    const x = Fp2.create({ c0, c1: 1n })
    const y = rootOf(Fp2, Fp2.add(Fp2.mul(Fp2.sqr(x), x), Fp2.create({ c0: 4n, c1: 4n })))
    return y === undefined ? undefined : Point.fromAffine({ x, y })
  })
  const { x, y } = Point.fromBytes(signature).add(part).toAffine()
  return compressed([...bigEndian(x.c1), ...bigEndian(x.c0)], y.c1 === 0n ? y.c0 : y.c1)
}

interface Group<P> {
  add(other: P): P
  double(): P
  is0(): boolean
}

/** The first one that follows from x = 1, 2, 3, … */
function pointOfOrder<P extends Group<P>>(
  order: bigint,
  cofactor: bigint,
  pointAt: (x: bigint) => P | undefined,
): P {
  if (cofactor % order !== 0n) throw new Error(`${order} does not divide the cofactor`)
  let scalar = r * cofactor
  while (scalar % order === 0n) scalar /= order
  for (let x = 1n; ; x++) {
    const point = pointAt(x)
    let part = point && times(point, scalar)
    if (part === undefined || part.is0()) continue
    for (let next = times(part, order); !next.is0(); next = times(part, order)) part = next
    return part
  }
}

/** By hand, since noble multiplies in the subgroup only. */
function times<P extends Group<P>>(point: P, scalar: bigint): P {
  const bits = scalar.toString(2).slice(1)
  let sum = point
  for (const bit of bits) {
    sum = sum.double()
    if (bit === '1') sum = sum.add(point)
  }
  return sum
}

function rootOf<T>(field: { sqrt(value: T): T }, square: T): T | undefined {
  try {
    return field.sqrt(square)
  } catch {
    // Half of all x have no y.
    return undefined
  }
}

function compressed(x: Iterable<number>, y: bigint): Uint8Array {
  const bytes = Uint8Array.from(x)
  bytes[0] = (bytes[0] ?? 0) | 0x80 | (y > (Fp.ORDER - 1n) / 2n ? 0x20 : 0)
  return bytes
}

function bigEndian(number: bigint): number[] {
  const hex = number.toString(16).padStart(96, '0')
  return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16))
}
