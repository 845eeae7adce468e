/** The signed event: one noun for everything institutions tell each other. Made, encoded and decoded here. */
import {
  bytes,
  bytesUpTo,
  decode,
  type EventId,
  encode,
  equalBytes,
  field,
  sha256,
  struct,
} from '@chirograph/codec'
import { signingBytes } from '@chirograph/crypto'
import { decodeBody, type EventBody, encodeBody } from './body.js'
import { decodeHeader, type EventHeader, encodeHeader, type SignedHeader, sortReferences } from './header.js'
import { bodyBytesMax, signatureBytes, wireBytesMax } from './limits.js'
import type { OrgId } from './organisation.js'

/** A well-formed event: canonical, its body is the one its header names. Its signature may be anybody's. */
export interface SignedEvent {
  readonly id: EventId
  readonly header: EventHeader
  readonly headerBytes: Uint8Array
  /** 64 bytes over the domain `event` and the header bytes. */
  readonly signature: Uint8Array
  readonly body: EventBody
  readonly bodyBytes: Uint8Array
}

declare const authenticBrand: unique symbol

/**
 * An event that its author stands behind: its own signature was checked, or it is a prev-ancestor of one whose was.
 * The id excludes the signature, so nothing else could have been signed above it. Without a checked signature of its
 * own it has none here: what was not checked is not kept. SPEC.md, "Segments".
 */
export type AuthenticEvent = Omit<SignedEvent, 'signature'> & {
  readonly signature: Uint8Array | null
  readonly [authenticBrand]: true
}

/** An event whose own signature was checked against its author's key on this network. */
export type VerifiedEvent = SignedEvent & AuthenticEvent

export type EventRejectReason =
  | 'oversize'
  | 'malformed'
  | 'non-canonical'
  | 'unknown-version'
  | 'unknown-kind'
  | 'malformed-body'
  | 'body-mismatch'
  | 'wrong-network'
  | 'unknown-author'
  | 'bad-signature'
  | 'broken-chain'
  | 'missing-body'

export interface EventRejected {
  readonly kind: 'reject'
  readonly reason: EventRejectReason
  readonly detail: string
}

export type DecodedEvent = { readonly kind: 'decoded'; readonly event: SignedEvent } | EventRejected

/** What an author decides about a new event; the rest of the header follows from the body. */
export interface NewEvent {
  readonly networkId: Uint8Array
  readonly author: OrgId
  readonly generation: number
  readonly sequence: number
  readonly prev: EventId | null
  /** In any order; sorted here. */
  readonly references: readonly EventId[]
  readonly timeMs: number
  readonly body: EventBody
}

const wireShape = struct('event', [
  // Parts over their own limits are read, so that the refusal can say `oversize`; all together are bounded.
  field('headerBytes', bytesUpTo(wireBytesMax)),
  field('signature', bytes(signatureBytes)),
  field('bodyBytes', bytesUpTo(wireBytesMax)),
])

/**
 * Makes an event. `sign` gets the bytes to sign (domain and header) and returns a 64-byte signature by the
 * author's log key; it is trusted to be the author's. Throws when a field or the body breaks a rule of its shape.
 */
export function createEvent(input: NewEvent, sign: (message: Uint8Array) => Uint8Array): VerifiedEvent {
  const { body, references, ...place } = input
  const bodyBytes = encodeBody(body)
  const header: EventHeader = {
    version: 1,
    ...place,
    references: sortReferences(references),
    kind: body.kind,
    bodyLength: bodyBytes.length,
    bodyHash: sha256(bodyBytes),
  }
  const headerBytes = encodeHeader(header)
  const signature = sign(signingBytes('event', headerBytes))
  const made = assembleEvent({ headerBytes, signature, bodyBytes })
  if (made.kind === 'reject')
    throw new Error(`made an event that is rejected: ${made.reason}: ${made.detail}`)
  return made.event as VerifiedEvent // the caller holds the key and has just signed these bytes
}

/** The canonical bytes of an event as it travels, at most `wireBytesMax`. */
export function encodeEvent(event: SignedEvent): Uint8Array {
  return encode(wireShape, event)
}

/** Reads an untrusted event. The first rule it breaks, in the order of SPEC.md "Checks", is named. Never throws. */
export function decodeEvent(wire: Uint8Array): DecodedEvent {
  const decoded = decode(wireShape, wire, { bytesMax: wireBytesMax })
  if (decoded.ok) return assembleEvent(decoded.value)
  if (decoded.code === 'OVERSIZE') return reject('oversize', decoded.detail)
  return reject(decoded.code === 'NON_CANONICAL' ? 'non-canonical' : 'malformed', decoded.detail)
}

/** Joins an untrusted signed header and a body that were kept or sent apart. Never throws. */
export function assembleEvent(parts: SignedHeader & { readonly bodyBytes: Uint8Array }): DecodedEvent {
  const { headerBytes, signature, bodyBytes } = parts
  if (signature.length !== signatureBytes)
    return reject('malformed', `signature of ${signature.length} bytes, not ${signatureBytes}`)
  if (bodyBytes.length > bodyBytesMax)
    return reject('oversize', `body of ${bodyBytes.length} bytes, at most ${bodyBytesMax}`)
  const decoded = decodeHeader(headerBytes)
  if (decoded.kind === 'reject') return decoded
  const { id, header } = decoded
  if (bodyBytes.length !== header.bodyLength)
    return reject('body-mismatch', `body of ${bodyBytes.length} bytes, the header says ${header.bodyLength}`)
  if (!equalBytes(sha256(bodyBytes), header.bodyHash))
    return reject('body-mismatch', 'the body hashes to another value than the header says')
  const content = decodeBody(header.kind, bodyBytes)
  if (content.kind === 'reject') return content
  return { kind: 'decoded', event: { id, header, headerBytes, signature, body: content.body, bodyBytes } }
}

function reject(reason: EventRejectReason, detail: string): EventRejected {
  return { kind: 'reject', reason, detail }
}
