/**
 * Content ids: the name of an encoding is its hash. One form only: CIDv1, dag-cbor, SHA-256.
 *
 * In memory an id is its text (`bafyrei…`, 59 characters), so that it can be a key of a Map; what is hashed or
 * signed holds its 36 bytes. Source: https://github.com/multiformats/cid.
 */
import { base32 } from 'multiformats/bases/base32'
import { concatBytes } from './bytes.js'
import { CodecError } from './error.js'
import { sha256 } from './hash.js'
import { digestBytes } from './limits.js'

declare const contentIdBrand: unique symbol

/** The text of a CIDv1 (base32 lowercase, dag-cbor, SHA-256). Only this file makes one. */
export type ContentId = string & { readonly [contentIdBrand]: true }

/** An event is named by the content id of its header. */
export type EventId = ContentId

/** CID version 1, codec dag-cbor 0x71, hash sha2-256 0x12 of 32 bytes 0x20. */
const contentIdPrefix = Uint8Array.of(0x01, 0x71, 0x12, 0x20)

/** The id of these bytes. */
export function contentId(bytes: Uint8Array): ContentId {
  return contentIdOfDigest(sha256(bytes))
}

/** The id of whatever has this SHA-256 digest (32 bytes; anything else throws `TREE`). */
export function contentIdOfDigest(digest: Uint8Array): ContentId {
  if (digest.length !== digestBytes)
    throw new CodecError('TREE', `a digest has 32 bytes, not ${digest.length}`)
  // The prefix and 32 bytes are a CIDv1, and this is its text.
  return base32.encode(concatBytes(contentIdPrefix, digest)) as ContentId
}

/** The SHA-256 digest that the id holds: 32 bytes. */
export function digestOfContentId(id: ContentId): Uint8Array {
  return contentIdBytes(id).slice(contentIdPrefix.length)
}

/** The binary CID: 36 bytes. Ids are sorted by these. */
export function contentIdBytes(id: ContentId): Uint8Array<ArrayBuffer> {
  return base32.decode(id)
}

/** Text from outside; `undefined` for any other base, version, codec, hash, case or length. */
export function parseContentId(text: string): ContentId | undefined {
  // It is the text of these bytes, and they were checked.
  return binaryOfText(text) === undefined ? undefined : (text as ContentId)
}

/** A binary CID from outside; `undefined` for any other version, codec, hash or length. */
export function contentIdFromBytes(bytes: Uint8Array): ContentId | undefined {
  // The text of a checked CID.
  return isContentId(bytes) ? (base32.encode(bytes) as ContentId) : undefined
}

/** As `contentIdBytes`, of text that may be no content id at all. */
export function binaryOfText(text: string): Uint8Array | undefined {
  if (!contentIdText.test(text)) return undefined
  const bytes = base32.decode(text)
  return isContentId(bytes) ? bytes : undefined
}

// 36 bytes are 288 bits: 57 whole characters and one that holds 3 bits, so its low 2 bits are zero.
const contentIdText = /^b[a-z2-7]{57}[aeimquy4]$/

function isContentId(bytes: Uint8Array): boolean {
  return (
    bytes.length === contentIdPrefix.length + digestBytes &&
    contentIdPrefix.every((byte, i) => byte === bytes[i])
  )
}
