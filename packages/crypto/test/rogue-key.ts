/** The key of one who would sign for others: what a proof of possession is there to keep out. */
import { bls12_381 } from '@noble/curves/bls12-381.js'

/** `secret`·G minus the honest keys. Together with them it adds up to `secret`·G; its own secret nobody knows. */
export function rogueKey(secret: bigint, honest: readonly Uint8Array[]): Uint8Array {
  const { Point } = bls12_381.G1
  return honest
    .reduce((sum, one) => sum.subtract(Point.fromBytes(one)), Point.BASE.multiply(secret))
    .toBytes()
}
