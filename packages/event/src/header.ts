/**
 * The signed header: who says what kind of thing, at which place of its chain. The id of an event is the content
 * id of these bytes; the signature is not part of it.
 */
import {
  bytes,
  compareContentIds,
  constant,
  contentId,
  decode,
  type EventId,
  encode,
  field,
  link,
  list,
  nullable,
  struct,
  uint,
} from '@chirograph/codec'
import { bodyBytesMax, generationMax, headerBytesMax, referencesMax } from './limits.js'
import { type OrgId, orgId } from './organisation.js'
import { type EventKind, eventKinds, kindOfNumber } from './vocabulary.js'

/** The fields of a header. SPEC.md, "Header". */
export interface EventHeader {
  readonly version: 1
  /** 32 bytes: the hash of the genesis document. */
  readonly networkId: Uint8Array
  readonly author: OrgId
  /** The author's key period, from 0. */
  readonly generation: number
  /** The place in the author's chain, from 0. */
  readonly sequence: number
  /** The event before it in the chain; null for the first. */
  readonly prev: EventId | null
  /** Other authors' events that the body speaks of, in byte order. */
  readonly references: readonly EventId[]
  readonly kind: EventKind
  readonly bodyLength: number
  /** SHA-256 of the body bytes. */
  readonly bodyHash: Uint8Array
  /** What the author's clock said, in milliseconds since 1970. A claim, never an order. */
  readonly timeMs: number
}

/** A header as it travels: its canonical bytes and the signature over them. */
export interface SignedHeader {
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array
}

export type HeaderRejectReason =
  | 'oversize'
  | 'malformed'
  | 'non-canonical'
  | 'unknown-version'
  | 'unknown-kind'

export type DecodedHeader =
  | { readonly kind: 'decoded'; readonly id: EventId; readonly header: EventHeader }
  | { readonly kind: 'reject'; readonly reason: HeaderRejectReason; readonly detail: string }

const headerShape = struct('header', [
  field('version', constant(1)),
  field('networkId', bytes(32)),
  field('author', orgId()),
  field('generation', uint({ max: generationMax })),
  field('sequence', uint()),
  field('prev', nullable(link())),
  field('references', list(link(), { max: referencesMax, ascending: compareContentIds })),
  field('kind', uint()),
  field('bodyLength', uint({ max: bodyBytesMax })),
  field('bodyHash', bytes(32)),
  field('timeMs', uint()),
])

/** The canonical bytes of a header. Throws a CodecError when a field does not fit its shape. */
export function encodeHeader(header: EventHeader): Uint8Array {
  return encode(headerShape, { ...header, kind: eventKinds[header.kind] })
}

/** Reads untrusted header bytes (at most 2 KiB) and names the event by them. Never throws. */
export function decodeHeader(headerBytes: Uint8Array): DecodedHeader {
  if (headerBytes.length > headerBytesMax)
    return reject('oversize', `header of ${headerBytes.length} bytes, at most ${headerBytesMax}`)
  const version = versionOf(headerBytes)
  if (version !== undefined && version !== 1) return reject('unknown-version', `version ${version}`)
  const decoded = decode(headerShape, headerBytes, { bytesMax: headerBytesMax })
  if (!decoded.ok)
    return reject(decoded.code === 'NON_CANONICAL' ? 'non-canonical' : 'malformed', decoded.detail)
  const kind = kindOfNumber(decoded.value.kind)
  if (kind === undefined) return reject('unknown-kind', `kind ${decoded.value.kind}`)
  return { kind: 'decoded', id: contentId(headerBytes), header: { ...decoded.value, kind } }
}

/** Sorts references as the header wants them: by the bytes of the id, each once. */
export function sortReferences(references: readonly EventId[]): EventId[] {
  return [...new Set(references)].sort(compareContentIds)
}

/**
 * The version, read before the shape is known: every version's header is a CBOR array of fewer than 24 elements
 * whose first is a version below 24, so its first two bytes are 0x80 + length and the version.
 */
function versionOf(headerBytes: Uint8Array): number | undefined {
  const [array, version] = headerBytes
  if (array === undefined || version === undefined) return undefined
  return array > 0x80 && array < 0x98 && version < 24 ? version : undefined
}

function reject(reason: HeaderRejectReason, detail: string): DecodedHeader {
  return { kind: 'reject', reason, detail }
}
