/**
 * What a certificate proves, found out here once more and by other code than production's: an oracle that asked the code
 * it judges would be as wrong as that.
 */
import {
  type Certificate,
  checkCertificate,
  type ValidatorSet,
  voteSigningBytes,
} from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'

/** The most that may be faulty: fewer than a third. */
export function faultsAmong(size: number): number {
  let faults = 0
  while (3 * (faults + 1) < size) faults++
  return faults
}

/** Votes that decide: all but the faulty. */
export function quorumAmong(size: number): number {
  return size - faultsAmong(size)
}

/** What is wrong with a certificate; undefined when a quorum of the set signed what it says. */
export function flawOfCertificate(
  certificate: Certificate,
  {
    set,
    ed25519,
    bls,
  }: { readonly set: ValidatorSet; readonly ed25519: Ed25519; readonly bls?: Bls | undefined },
): string | undefined {
  const { type, view, digest, signers, signatures } = certificate
  const size = set.validators.length
  const named = set.validators.flatMap((_, index) =>
    ((signers[Math.floor(index / 8)] ?? 0) & (2 ** (index % 8))) > 0 ? [index] : [],
  )
  if (named.length < quorumAmong(size)) return `${named.length} of ${size} signed it`
  const checked = checkCertificate(certificate, { set, ed25519, bls })
  if (checked.kind === 'invalid') return checked.reason
  // Another scheme has one signature for all, and no second way to check it.
  if (set.scheme !== 'ed25519') return undefined
  if (signatures.length !== named.length) return `${signatures.length} signatures of ${named.length}`
  const message = voteSigningBytes({ type, epoch: set.epoch, setHash: set.setHash, view, digest })
  const isSigned = named.every((signer, position) => {
    const [publicKey, signature] = [set.keys[signer], signatures[position]]
    return publicKey !== undefined && signature !== undefined
      ? ed25519.verify({ publicKey, message, signature })
      : false
  })
  return isSigned ? undefined : 'a signature is none'
}
