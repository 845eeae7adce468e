/** Who votes in an epoch, how many votes decide, and who leads each view. */
import {
  compareBytes,
  encode,
  field,
  fromHex,
  hexBytes,
  type Infer,
  list,
  struct,
  toHex,
  uint,
} from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import { validatorsMax } from './limits.js'
import { type Scheme, schemeBytes } from './scheme.js'

/** Lowercase hex of 32 bytes: a digest, a root, an organisation id. */
export type Hex = string

/** One voting organisation and its consensus key in hex: 32 bytes of ed25519, or 48 of BLS. */
export interface Validator {
  readonly org: Hex
  readonly key: Hex
}

/** The validators of one epoch, in the byte order of their organisation ids. An index into it names a signer. */
export interface ValidatorSet {
  readonly networkId: Hex
  readonly epoch: number
  readonly scheme: Scheme
  readonly validators: readonly Validator[]
  readonly setHash: Hex
  /** The keys as bytes, in the same order, so that checking a vote decodes nothing. */
  readonly keys: readonly Uint8Array[]
  readonly leaders: readonly number[]
}

export const validatorShape = struct('validator', [
  field('org', hexBytes(32)),
  field('key', hexBytes(32, 48)),
])

const validatorSetShape = struct('validator set', [
  field('networkId', hexBytes(32)),
  field('epoch', uint()),
  field('validators', list(validatorShape, { min: 1, max: validatorsMax })),
])

/**
 * Builds a validator set from its members in any order. Asserts that no organisation or key stands in it twice, and that
 * all keys are of one scheme. Of BLS keys the caller has seen the proofs of possession, or trusts who did.
 */
export function createValidatorSet(members: Infer<typeof validatorSetShape>): ValidatorSet {
  const { networkId, epoch } = members
  const validators = [...members.validators].sort((a, b) =>
    compareBytes(hexToBytes(a.org), hexToBytes(b.org)),
  )
  const distinct = (of: (validator: Validator) => Hex) =>
    new Set(validators.map(of)).size === validators.length
  if (!distinct((v) => v.org) || !distinct((v) => v.key)) {
    throw new Error('a validator set names an organisation or a key twice')
  }
  const scheme = schemeOf(validators)
  const setHash = hashDomain('validator-set', encode(validatorSetShape, { networkId, epoch, validators }))
  return Object.freeze({
    networkId,
    epoch,
    scheme,
    validators,
    setHash: toHex(setHash),
    keys: validators.map((validator) => hexToBytes(validator.key)),
    leaders: permutation(setHash, validators.length),
  })
}

function schemeOf(validators: readonly Validator[]): Scheme {
  const lengths = new Set(validators.map((validator) => validator.key.length / 2))
  if (lengths.size === 1 && lengths.has(schemeBytes.ed25519.key)) return 'ed25519'
  if (lengths.size === 1 && lengths.has(schemeBytes['bls12-381'].key)) return 'bls12-381'
  throw new Error('the keys of a validator set are all of ed25519 or all of BLS')
}

/** Votes that decide: q = ⌊2n/3⌋ + 1. Two quorums of any n share more than f members. */
export function quorumOf(set: ValidatorSet): number {
  return Math.floor((2 * set.validators.length) / 3) + 1
}

/** Faulty validators that the set tolerates: f = ⌈n/3⌉ − 1. */
export function faultsOf(set: ValidatorSet): number {
  return Math.ceil(set.validators.length / 3) - 1
}

/** The index of the validator that may propose in `view`. Fixed for the epoch, so nobody can grind it. */
export function leaderOf(set: ValidatorSet, view: number): number {
  const leader = set.leaders[view % set.leaders.length]
  if (leader === undefined) throw new Error(`no leader for view ${view}`)
  return leader
}

/** The index of an organisation in the set, or undefined for an observer. */
export function validatorIndexOf(set: ValidatorSet, org: Hex): number | undefined {
  const index = set.validators.findIndex((validator) => validator.org === org)
  return index < 0 ? undefined : index
}

/** Fisher–Yates over 32-bit words of a hash chain; rejection sampling keeps it unbiased (Knuth, TAOCP 2, 3.4.2). */
function permutation(setHash: Uint8Array, size: number): number[] {
  const order = Array.from({ length: size }, (_, index) => index)
  const next = wordsFrom(setHash)
  for (let last = size - 1; last > 0; last--) {
    const swap = next(last + 1)
    const held = order[last] as number // last < size: inside the array by the loop's bounds
    order[last] = order[swap] as number // swap ≤ last by the bound given to next
    order[swap] = held
  }
  return order
}

function wordsFrom(seed: Uint8Array): (bound: number) => number {
  let counter = 0
  return (bound) => {
    const limit = 2 ** 32 - (2 ** 32 % bound)
    for (;;) {
      const digest = hashDomain('validator-set', seed, encode(uint(), counter++))
      const word = new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0)
      if (word < limit) return word % bound
    }
  }
}

/** Hex that this package itself produced or that a shape has checked. */
export function hexToBytes(hex: Hex): Uint8Array {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new Error(`not hex: ${hex.slice(0, 80)}`)
  return decoded
}
