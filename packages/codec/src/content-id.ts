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
export function contentIdBytes(id: ContentId): Uint8Array {
  const bytes = binaryOfText(id)
  if (bytes === undefined) throw new CodecError('TREE', 'text that is no content id was called one')
  return bytes
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

/**
 * As `contentIdBytes`, of text that may be no content id at all. Ids are compared and sorted by their bytes all the
 * time, so this is base32 for the one length (RFC 4648 section 6), several times as fast as for any length.
 */
export function binaryOfText(text: string): Uint8Array | undefined {
  if (text.length !== textLength || text[0] !== base32.prefix) return undefined
  const bytes = new Uint8Array(binaryLength)
  let length = 0
  let bits = 0
  let bitCount = 0
  for (let i = 1; i < textLength; i++) {
    const value = valueOfCharacter[text.charCodeAt(i)] ?? notBase32
    if (value === notBase32) return undefined
    bits = (bits << 5) | value
    bitCount += 5
    if (bitCount < 8) continue
    bitCount -= 8
    bytes[length++] = bits >> bitCount
    bits &= (1 << bitCount) - 1
  }
  // 58 characters hold two bits more than 36 bytes; were they free, four texts would name the same bytes.
  return bits === 0 && isContentId(bytes) ? bytes : undefined
}

const binaryLength = contentIdPrefix.length + digestBytes
const textLength = 59
const notBase32 = 0xff

const valueOfCharacter = new Uint8Array(128).fill(notBase32)
for (const [value, character] of [...'abcdefghijklmnopqrstuvwxyz234567'].entries()) {
  valueOfCharacter[character.charCodeAt(0)] = value
}

function isContentId(bytes: Uint8Array): boolean {
  return bytes.length === binaryLength && contentIdPrefix.every((byte, i) => byte === bytes[i])
}
