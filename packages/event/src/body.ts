/**
 * What events say. Bodies are closed: integers, fixed-length bytes, enumerations. There is no free text and no
 * open field, so nothing personal can be put on the log by accident.
 */
import {
  bytes,
  bytesUpTo,
  compareBytes,
  type Decoded,
  decode,
  encode,
  field,
  type Infer,
  list,
  nullable,
  oneOf,
  struct,
  uint,
} from '@chirograph/codec'
import { decodeHeader, type SignedHeader } from './header.js'
import {
  bodyBytesMax,
  entriesMax,
  headerBytesMax,
  leaseCountMax,
  leaseUnit,
  paddedSizeMax,
  paddedSizeMin,
  positionMax,
  signatureBytes,
} from './limits.js'
import { credentialTypes, type EventKind, recordClasses, statusReasons } from './vocabulary.js'

const statusEntry = struct('entry', [
  field('handle', bytes(32)),
  field('position', nullable(uint({ max: positionMax }))),
])
const statusEntries = list(statusEntry, { min: 1, max: entriesMax, sortedUniqueBy: (entry) => entry.handle })

const issueBatch = struct('credential.issueBatch', [
  field('root', bytes(32)),
  field('paddedSize', uint({ max: paddedSizeMax })),
  field('recordClass', oneOf(recordClasses)),
  field('credentialType', oneOf(credentialTypes)),
  field('schemaDigest', bytes(32)),
])
const lease = struct('status.lease', [field('count', uint({ max: leaseCountMax }))])
const revoke = struct('status.revoke', [
  field('entries', statusEntries),
  field('reason', oneOf(statusReasons)),
])
const suspend = struct('status.suspend', [
  field('entries', statusEntries),
  field('reason', oneOf(statusReasons)),
  field('untilMs', uint()),
])
const reinstate = struct('status.reinstate', [field('entries', statusEntries)])
const signedHeader = struct('signedHeader', [
  field('headerBytes', bytesUpTo(headerBytesMax)),
  field('signature', bytes(signatureBytes)),
])
const forkEvidence = struct('evidence.fork', [field('first', signedHeader), field('second', signedHeader)])

/** One credential whose status changes: its blinded handle, and its status list position where it has one. */
export type StatusEntry = Infer<typeof statusEntry>

/** Two signed headers at one (author, generation, sequence), the first smaller by header bytes. */
export interface ForkEvidence {
  readonly first: SignedHeader
  readonly second: SignedHeader
}

/** What an event says; `kind` tells which. SPEC.md, "Bodies". */
export type EventBody =
  | ({ readonly kind: 'credential.issueBatch' } & Readonly<Infer<typeof issueBatch>>)
  | ({ readonly kind: 'status.lease' } & Readonly<Infer<typeof lease>>)
  | ({ readonly kind: 'status.revoke' } & Readonly<Infer<typeof revoke>>)
  | ({ readonly kind: 'status.suspend' } & Readonly<Infer<typeof suspend>>)
  | ({ readonly kind: 'status.reinstate' } & Readonly<Infer<typeof reinstate>>)
  | ({ readonly kind: 'evidence.fork' } & ForkEvidence)

/** The canonical bytes of a body. Throws when the body breaks a rule of its kind: that is a bug of the caller. */
export function encodeBody(body: EventBody): Uint8Array {
  const fault = faultOf(body)
  if (fault !== undefined) throw new Error(`${body.kind}: ${fault}`)
  switch (body.kind) {
    case 'credential.issueBatch':
      return encode(issueBatch, body)
    case 'status.lease':
      return encode(lease, body)
    case 'status.revoke':
      return encode(revoke, body)
    case 'status.suspend':
      return encode(suspend, body)
    case 'status.reinstate':
      return encode(reinstate, body)
    case 'evidence.fork':
      return encode(forkEvidence, body)
  }
}

export type DecodedBody =
  | { readonly kind: 'decoded'; readonly body: EventBody }
  | {
      readonly kind: 'reject'
      readonly reason: 'oversize' | 'malformed-body' | 'non-canonical'
      readonly detail: string
    }

/** Reads untrusted body bytes (at most 64 KiB) of a known kind. Never throws. */
export function decodeBody(kind: EventKind, bodyBytes: Uint8Array): DecodedBody {
  const decoded = decodeShape(kind, bodyBytes)
  if (!decoded.ok) {
    if (decoded.code === 'OVERSIZE') return { kind: 'reject', reason: 'oversize', detail: decoded.detail }
    const reason = decoded.code === 'NON_CANONICAL' ? 'non-canonical' : 'malformed-body'
    return { kind: 'reject', reason, detail: `${kind}: ${decoded.detail}` }
  }
  const fault = faultOf(decoded.value)
  if (fault !== undefined) return { kind: 'reject', reason: 'malformed-body', detail: `${kind}: ${fault}` }
  return { kind: 'decoded', body: decoded.value }
}

function decodeShape(kind: EventKind, bodyBytes: Uint8Array): Decoded<EventBody> {
  const options = { bytesMax: bodyBytesMax }
  switch (kind) {
    case 'credential.issueBatch':
      return named(kind, decode(issueBatch, bodyBytes, options))
    case 'status.lease':
      return named(kind, decode(lease, bodyBytes, options))
    case 'status.revoke':
      return named(kind, decode(revoke, bodyBytes, options))
    case 'status.suspend':
      return named(kind, decode(suspend, bodyBytes, options))
    case 'status.reinstate':
      return named(kind, decode(reinstate, bodyBytes, options))
    case 'evidence.fork':
      return named(kind, decode(forkEvidence, bodyBytes, options))
  }
}

function named<K extends EventKind, T>(kind: K, decoded: Decoded<T>): Decoded<{ readonly kind: K } & T> {
  return decoded.ok ? { ok: true, value: { kind, ...decoded.value } } : decoded
}

/** The rules a shape cannot express: what is wrong with the body, or undefined. SPEC.md, "Bodies". */
function faultOf(body: EventBody): string | undefined {
  switch (body.kind) {
    case 'credential.issueBatch':
      return isPaddedSize(body.paddedSize)
        ? undefined
        : `paddedSize ${body.paddedSize} is no power of two from 16 to 2^24`
    case 'status.lease':
      return body.count >= leaseUnit && body.count <= leaseCountMax && body.count % leaseUnit === 0
        ? undefined
        : `count ${body.count} is no multiple of 1,024 from 1,024 to 131,072`
    case 'evidence.fork':
      return faultOfFork(body)
    default:
      return undefined
  }
}

/** A batch is padded to a power of two from 16 to 2²⁴. */
export function isPaddedSize(size: number): boolean {
  return Number.isInteger(size) && size >= paddedSizeMin && size <= paddedSizeMax && (size & (size - 1)) === 0
}

/**
 * The headers of evidence must be headers, not any two kilobytes: an open field here would be a place for free
 * text. Their signatures are checked by those who know the author's key.
 */
function faultOfFork({ first, second }: ForkEvidence): string | undefined {
  const a = decodeHeader(first.headerBytes)
  if (a.kind === 'reject') return `first header: ${a.reason}`
  const b = decodeHeader(second.headerBytes)
  if (b.kind === 'reject') return `second header: ${b.reason}`
  if (compareBytes(a.header.networkId, b.header.networkId) !== 0) return 'headers of two networks'
  if (a.header.author !== b.header.author) return 'headers of two authors'
  if (a.header.generation !== b.header.generation || a.header.sequence !== b.header.sequence)
    return 'headers at two places'
  return compareBytes(first.headerBytes, second.headerBytes) < 0
    ? undefined
    : 'first header is not the smaller'
}
