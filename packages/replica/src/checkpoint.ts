/** A final header as it is stored, served and gossiped: with its cut's changes, and the certificate where it has one. */
import { bytesUpTo, type Decoded, decode, encode, field, nullable, struct } from '@chirograph/codec'
import {
  type Certificate,
  certificateShape,
  changesBytesMax,
  decodeHeader,
  type Header,
} from '@chirograph/consensus'
import { checkpointBytesMax } from './limits.js'

export interface Checkpoint {
  readonly header: Header
  /** The cut entries that moved, as the proposal carried them. */
  readonly changes: Uint8Array
  /** The FINAL certificate; null for a header that became final with a descendant. */
  readonly certificate: Certificate | null
}

const checkpointShape = struct('checkpoint', [
  field('coreBytes', bytesUpTo(512)),
  field('restBytes', bytesUpTo(512)),
  field('changes', bytesUpTo(changesBytesMax)),
  field('certificate', nullable(certificateShape)),
])

export function encodeCheckpoint({ header, changes, certificate }: Checkpoint): Uint8Array {
  const { coreBytes, restBytes } = header
  return encode(checkpointShape, { coreBytes, restBytes, changes, certificate })
}

export function decodeCheckpoint(checkpointBytes: Uint8Array): Decoded<Checkpoint> {
  const decoded = decode(checkpointShape, checkpointBytes, { bytesMax: checkpointBytesMax })
  if (!decoded.ok) return decoded
  const { coreBytes, restBytes, changes, certificate } = decoded.value
  const header = decodeHeader(coreBytes, restBytes)
  return header.ok ? { ok: true, value: { header: header.value, changes, certificate } } : header
}
