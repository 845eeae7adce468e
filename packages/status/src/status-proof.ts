/**
 * The portable status proof: a checkpoint header, the certificate that makes it final, and paths from its state root
 * to everything that decides about one credential. Format: SPEC.md, "Status proof". The verifier judges it.
 */
import {
  bytes,
  bytesUpTo,
  constant,
  type Decoded,
  decode,
  encode,
  field,
  type Infer,
  link,
  list,
  mapProofShape,
  nullable,
  struct,
  uint,
} from '@chirograph/codec'
import { handoverBytesMax } from '@chirograph/consensus'
import { handoversMax, leafPathLengthMax, rowBytesMax, statusProofBytesMax } from './limits.js'

/** A header core is about 200 bytes; the certificate bound is that of 200 signatures. */
const headerCoreBytesMax = 512
const certificateBytesMax = 16_384

const presentRowShape = struct('row proof', [
  field('value', bytesUpTo(rowBytesMax)),
  field('proof', mapProofShape),
])

const maybeRowShape = struct('row or absence proof', [
  field('value', nullable(bytesUpTo(rowBytesMax))),
  field('proof', mapProofShape),
])

/** Where the credential's leaf stands in its batch. */
const leafShape = struct('leaf', [
  field('batch', link()),
  field('index', uint()),
  field('path', list(bytes(32), { max: leafPathLengthMax })),
])

const statusProofShape = struct('status proof', [
  field('version', constant(1)),
  field('headerCore', bytesUpTo(headerCoreBytesMax)),
  field('certificate', bytesUpTo(certificateBytesMax)),
  field('org', presentRowShape),
  field('batch', presentRowShape),
  field('credential', maybeRowShape),
  field('leaf', leafShape),
  // From the validators of the reader's anchor to those of the header; of earlier epochs too, as the writer knows no anchor.
  field('handovers', list(bytesUpTo(handoverBytesMax), { max: handoversMax })),
])

export type StatusProof = Infer<typeof statusProofShape>
export type LeafPosition = StatusProof['leaf']

/** Canonical bytes: one encoding for one proof. */
export function encodeStatusProof(proof: StatusProof): Uint8Array {
  return encode(statusProofShape, proof)
}

/** Reads hostile bytes; refuses more than `statusProofBytesMax` (64 KiB), other fields and other encodings. */
export function decodeStatusProof(proofBytes: Uint8Array): Decoded<StatusProof> {
  return decode(statusProofShape, proofBytes, { bytesMax: statusProofBytesMax })
}
