/** Validator sets with BLS keys, and votes and certificates of them. */
import { toHex } from '@chirograph/codec'
import {
  type Certificate,
  createCertificate,
  createValidatorSet,
  quorumOf,
  type SignedVote,
  signVote,
  type ValidatorSet,
  type Verified,
  type VoteType,
} from '@chirograph/consensus'
import { blsSecretKeyOf, nobleEd25519 } from '@chirograph/crypto'
import { fastestBls } from '../../crypto-native/src/index.ts'
import { filled } from './cluster.ts'

export const bls = fastestBls()
export const verifiers = { ed25519: nobleEd25519, bls }

export const secretKeyOf = (index: number) => blsSecretKeyOf(new Uint8Array(32).fill(index + 1))

/** `size` validators; the secret keys are those of `secretKeyOf`, unless given. */
export function blsSetOf(
  size: number,
  {
    secretKeys = Array.from({ length: size }, (_, index) => secretKeyOf(index)),
    network = 255,
    epoch = 0,
  } = {},
): ValidatorSet {
  return createValidatorSet({
    networkId: filled(network),
    epoch,
    validators: secretKeys.map((secretKey, index) => ({
      org: filled(index + 1),
      key: toHex(bls.publicKey(secretKey)),
    })),
  })
}

export interface What {
  readonly type: VoteType
  readonly view: number
  readonly digest: string | null
}

export function blsVote(
  set: ValidatorSet,
  { signer, secretKey = secretKeyOf(signer), ...what }: What & { signer: number; secretKey?: Uint8Array },
): Verified<SignedVote> {
  return signVote(
    { ...what, epoch: set.epoch, setHash: set.setHash },
    { signer, sign: (message) => bls.sign({ secretKey, message }) },
  )
}

/** By the first q validators, or by those named; of a set with other secret keys, by those. */
export function blsCertificate(
  set: ValidatorSet,
  {
    signers = firstOf(quorumOf(set)),
    secretKeys = [],
    ...what
  }: What & { signers?: readonly number[]; secretKeys?: readonly Uint8Array[] },
): Verified<Certificate> {
  return createCertificate(
    signers.map((signer) =>
      blsVote(set, { ...what, signer, secretKey: secretKeys[signer] ?? secretKeyOf(signer) }),
    ),
    { set, height: 7, bls },
  )
}

export function firstOf(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
