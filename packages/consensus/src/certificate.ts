/** A quorum's votes in one portable piece: the proof that a header is notarized or final, or that a view was skipped. */
import {
  bytes,
  bytesUpTo,
  type Decoded,
  decode,
  encode,
  field,
  hexBytes,
  type Infer,
  list,
  mapped,
  nullable,
  type Shape,
  struct,
  uint,
} from '@chirograph/codec'
import type { Bls } from '@chirograph/crypto'
import { certificateBytesMax, validatorsMax } from './limits.js'
import { isSignedByAll, joinSignatures, schemeBytes, schemeNumbers, type VoteVerifiers } from './scheme.js'
import { quorumOf, type ValidatorSet } from './validator-set.js'
import { type SignedVote, type Verified, voteSigningBytes, voteTypes } from './vote.js'

const wireShape = struct('certificate', [
  field('scheme', uint({ min: 1, max: 2 })),
  field('type', voteTypes),
  field('epoch', uint()),
  field('view', uint()),
  field('height', uint()),
  field('digest', nullable(hexBytes(32))),
  field('signers', bytesUpTo(Math.ceil(validatorsMax / 8))),
  field('signatures', list(bytes(64, 96), { min: 1, max: validatorsMax })),
])

/**
 * Scheme 1: a list of ed25519 signatures in the order of the bitmap's set bits. Scheme 2: one BLS signature, the sum of
 * those of the same votes.
 */
export const certificateShape: Shape<Infer<typeof wireShape>> = {
  ...mapped(wireShape, {
    to: (certificate) => (hasFormOfScheme(certificate) ? certificate : undefined),
    from: (certificate) => certificate,
  }),
  // Nothing is mapped to something else, so what reads straight is canonical here too.
  read(reading) {
    const certificate = wireShape.read?.(reading)
    return certificate && hasFormOfScheme(certificate) ? certificate : undefined
  },
}

function hasFormOfScheme({ scheme, signatures }: Infer<typeof wireShape>): boolean {
  const { signature } = scheme === schemeNumbers.ed25519 ? schemeBytes.ed25519 : schemeBytes['bls12-381']
  const isCountRight = scheme === schemeNumbers.ed25519 || signatures.length === 1
  return isCountRight && signatures.every((one) => one.length === signature)
}

/** `height` repeats the header's for a reader's convenience (0 for a skip); only the digest is signed. */
export type Certificate = Infer<typeof certificateShape>

export type CertificateRejectReason =
  | 'malformed'
  | 'wrong-epoch'
  | 'wrong-scheme'
  | 'wrong-bitmap'
  | 'unknown-signer'
  | 'below-quorum'
  | 'signature-count'
  | 'bad-signature'

/** Builds a certificate from a quorum of verified votes of one type, view and digest. Asserts the quorum. */
export function createCertificate(
  votes: readonly Verified<SignedVote>[],
  { set, height, bls }: { set: ValidatorSet; height: number; bls?: Bls | undefined },
): Verified<Certificate> {
  const first = votes[0]
  if (first === undefined || votes.length < quorumOf(set))
    throw new Error('a certificate needs a quorum of votes')
  const signers = new Uint8Array(bitmapLength(set))
  const ordered = [...votes].sort((a, b) => a.signer - b.signer)
  for (const vote of ordered) setBit(signers, vote.signer)
  const certificate: Certificate = {
    scheme: schemeNumbers[set.scheme],
    type: first.type,
    epoch: set.epoch,
    view: first.view,
    height,
    digest: first.digest,
    signers,
    signatures: joinSignatures(
      ordered.map((vote) => vote.signature),
      { scheme: set.scheme, bls },
    ),
  }
  return certificate as Verified<Certificate> // made of verified votes only
}

/**
 * Checks a certificate against the set that it claims to come from: a quorum of distinct members, each with a valid
 * signature over the vote that the certificate's fields spell out, alone or in the sum. A bitmap cannot name a signer
 * twice; a list with more or fewer signatures than set bits is refused, and a sum of other signers does not check.
 */
export function checkCertificate(
  certificate: Certificate,
  { set, ...verifiers }: { set: ValidatorSet } & VoteVerifiers,
):
  | { kind: 'valid'; certificate: Verified<Certificate> }
  | { kind: 'invalid'; reason: CertificateRejectReason } {
  const invalid = (reason: CertificateRejectReason) => ({ kind: 'invalid', reason }) as const
  if (certificate.epoch !== set.epoch) return invalid('wrong-epoch')
  if (certificate.scheme !== schemeNumbers[set.scheme]) return invalid('wrong-scheme')
  if ((certificate.type === 'skip') !== (certificate.digest === null)) return invalid('malformed')
  if (certificate.signers.length !== bitmapLength(set)) return invalid('wrong-bitmap')
  const signers = signersOf(certificate)
  if (signers.some((signer) => signer >= set.validators.length)) return invalid('unknown-signer')
  if (signers.length < quorumOf(set)) return invalid('below-quorum')
  const { type, epoch, view, digest, signatures } = certificate
  const expected = set.scheme === 'ed25519' ? signers.length : 1
  if (signatures.length !== expected) return invalid('signature-count')
  const message = voteSigningBytes({ type, epoch, setHash: set.setHash, view, digest })
  if (!isSignedByAll({ set, signers, message, signatures }, verifiers)) return invalid('bad-signature')
  return { kind: 'valid', certificate: certificate as Verified<Certificate> } // every signature checked above
}

/** Indices of the validators whose bit is set, ascending. Bit i is bit (i mod 8) of byte ⌊i/8⌋, LSB first. */
export function signersOf(certificate: Certificate): number[] {
  const signers: number[] = []
  certificate.signers.forEach((byte, position) => {
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) signers.push(position * 8 + bit)
  })
  return signers
}

export function encodeCertificate(certificate: Certificate): Uint8Array {
  return encode(certificateShape, certificate)
}

export function decodeCertificate(certificateBytes: Uint8Array): Decoded<Certificate> {
  return decode(certificateShape, certificateBytes, { bytesMax: certificateBytesMax })
}

/** Whether two certificates certify the same thing, whoever signed. */
export function certifySame(a: Certificate, b: Certificate): boolean {
  return a.type === b.type && a.epoch === b.epoch && a.view === b.view && a.digest === b.digest
}

function bitmapLength(set: ValidatorSet): number {
  return Math.ceil(set.validators.length / 8)
}

function setBit(bitmap: Uint8Array, index: number): void {
  const position = index >> 3
  bitmap[position] = (bitmap[position] ?? 0) | (1 << (index & 7))
}
