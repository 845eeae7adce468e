/** A final header as it is stored, served and gossiped: with its cut's changes, and the certificate where it has one. */
import { bytesUpTo, type Decoded, decode, encode, field, nullable, struct } from '@chirograph/codec'
import {
  type Certificate,
  certificateShape,
  changesBytesMax,
  decodeHeader,
  type Header,
  isClosedBy,
  isFinalOf,
} from '@chirograph/consensus'
import { checkpointBytesMax } from './limits.js'

export interface Checkpoint {
  readonly header: Header
  /** The cut entries that moved, as the proposal carried them. */
  readonly changes: Uint8Array
  /** The FINAL certificate; null for a header that became final with a descendant. */
  readonly certificate: Certificate | null
  /** The header that the certificate is of, where that is a tail of this one. */
  readonly tail: Header | null
}

const checkpointShape = struct('checkpoint', [
  field('coreBytes', bytesUpTo(512)),
  field('restBytes', bytesUpTo(512)),
  field('changes', bytesUpTo(changesBytesMax)),
  field('certificate', nullable(certificateShape)),
])

const tailedShape = struct('tailed checkpoint', [
  field('coreBytes', bytesUpTo(512)),
  field('restBytes', bytesUpTo(512)),
  field('changes', bytesUpTo(changesBytesMax)),
  field('certificate', certificateShape),
  field('tailCoreBytes', bytesUpTo(512)),
  field('tailRestBytes', bytesUpTo(512)),
])

export function encodeCheckpoint({ header, changes, certificate, tail }: Checkpoint): Uint8Array {
  const { coreBytes, restBytes } = header
  if (tail === null || certificate === null)
    return encode(checkpointShape, { coreBytes, restBytes, changes, certificate })
  const tailBytes = { tailCoreBytes: tail.coreBytes, tailRestBytes: tail.restBytes }
  return encode(tailedShape, { coreBytes, restBytes, changes, certificate, ...tailBytes })
}

/** The header that the certificate is of: its core is what a proof carries. */
export function certifiedHeader({ header, tail }: Pick<Checkpoint, 'header' | 'tail'>): Header {
  return tail ?? header
}

/** Whether the certificate, where there is one, says FINAL of the header or of a tail of it. Its signatures are not checked. */
export function isCertificateOf({ header, certificate, tail }: Checkpoint): boolean {
  if (tail !== null && !isClosedBy(header, tail)) return false
  return certificate === null ? tail === null : isFinalOf(certificate, certifiedHeader({ header, tail }))
}

export function decodeCheckpoint(checkpointBytes: Uint8Array): Decoded<Checkpoint> {
  const options = { bytesMax: checkpointBytesMax }
  // An array of six is one that became final by a tail.
  if (checkpointBytes[0] === 0x86) {
    const decoded = decode(tailedShape, checkpointBytes, options)
    if (!decoded.ok) return decoded
    const { tailCoreBytes, tailRestBytes, ...plain } = decoded.value
    const tail = decodeHeader(tailCoreBytes, tailRestBytes)
    return tail.ok ? withHeader({ ...plain, tail: tail.value }) : tail
  }
  const decoded = decode(checkpointShape, checkpointBytes, options)
  return decoded.ok ? withHeader({ ...decoded.value, tail: null }) : decoded
}

function withHeader({
  coreBytes,
  restBytes,
  ...rest
}: Omit<Checkpoint, 'header'> & { coreBytes: Uint8Array; restBytes: Uint8Array }): Decoded<Checkpoint> {
  const header = decodeHeader(coreBytes, restBytes)
  return header.ok ? { ok: true, value: { header: header.value, ...rest } } : header
}
