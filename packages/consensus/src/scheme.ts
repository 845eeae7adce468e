/**
 * The two schemes by which votes are signed and certificates made. A network has one of them, chosen by its genesis; it
 * shows in the length of the consensus keys.
 */
import { type Bls, type Ed25519, nobleBls } from '@chirograph/crypto'
import type { ValidatorSet } from './validator-set.js'

/** Certificates are lists of ed25519 signatures, or one sum of BLS signatures. */
export type Scheme = 'ed25519' | 'bls12-381'

/** What checks signatures of validators. `bls` is noble unless a faster one is given; ed25519 networks never ask it. */
export interface VoteVerifiers {
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
}

/** On the wire and in `Certificate`; 3 is reserved for ML-DSA. */
export const schemeNumbers = { ed25519: 1, 'bls12-381': 2 } as const

/** Lengths in bytes of a consensus key and of one signature by it, by scheme. */
export const schemeBytes = {
  ed25519: { key: 32, signature: 64 },
  'bls12-381': { key: 48, signature: 96 },
} as const

/** Whether the validator of this index signed the message; never for an index beyond the set. */
export function isSignedByValidator(
  {
    set,
    signer,
    message,
    signature,
  }: SignedBySet & { readonly signer: number; readonly signature: Uint8Array },
  { ed25519, bls = nobleBls }: VoteVerifiers,
): boolean {
  const publicKey = set.keys[signer]
  if (publicKey === undefined) return false
  return set.scheme === 'ed25519'
    ? ed25519.verify({ publicKey, message, signature })
    : bls.verify({ publicKeys: [publicKey], message, signature })
}

/** Whether each of these validators signed the message: as many signatures as signers, or the one sum of them. */
export function isSignedByAll(
  {
    set,
    signers,
    message,
    signatures,
  }: SignedBySet & { readonly signers: readonly number[]; readonly signatures: readonly Uint8Array[] },
  verifiers: VoteVerifiers,
): boolean {
  if (set.scheme === 'ed25519')
    return signers.every((signer, position) => {
      const signature = signatures[position]
      return signature !== undefined && isSignedByValidator({ set, signer, message, signature }, verifiers)
    })
  const publicKeys = signers.flatMap((signer) => set.keys[signer] ?? [])
  const [signature] = signatures
  if (signature === undefined || publicKeys.length !== signers.length) return false
  return (verifiers.bls ?? nobleBls).verify({ publicKeys, message, signature })
}

/** What a certificate carries of these signatures, each of which was checked. */
export function joinSignatures(
  signatures: readonly Uint8Array[],
  { scheme, bls = nobleBls }: { readonly scheme: Scheme; readonly bls?: Bls | undefined },
): readonly Uint8Array[] {
  if (scheme === 'ed25519') return signatures
  const sum = bls.aggregate(signatures)
  // A quorum whose secret keys add up to 0: they would all have to be made together.
  if (sum === undefined) throw new Error('the signatures of a quorum cancel each other out')
  return [sum]
}

interface SignedBySet {
  readonly set: ValidatorSet
  readonly message: Uint8Array
}
