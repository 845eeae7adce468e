/**
 * Content ids: the name of an encoding is its hash. One form only: CIDv1, dag-cbor, SHA-256.
 *
 * In memory an id is its text (`bafyrei…`, 59 characters), so that it can be a key of a Map; what is hashed or
 * signed holds its 36 bytes. Source: https://github.com/multiformats/cid.
 */
import { CodecError } from './error.js'
import { sha256 } from './hash.js'
import { digestBytes } from './limits.js'

declare const contentIdBrand: unique symbol

/** The text of a CIDv1 (base32 lowercase, dag-cbor, SHA-256). Only this file makes one. */
export type ContentId = string & { readonly [contentIdBrand]: true }

/** An event is named by the content id of its header. */
export type EventId = ContentId

/** CID version 1, codec dag-cbor 0x71, hash sha2-256 0x12 of 32 bytes 0x20. */
export const contentIdPrefix = Uint8Array.of(0x01, 0x71, 0x12, 0x20)

/** The id of these bytes. */
export function contentId(bytes: Uint8Array): ContentId {
  return contentIdOfDigest(sha256(bytes))
}

/** The id of whatever has this SHA-256 digest (32 bytes; anything else throws `TREE`). */
export function contentIdOfDigest(digest: Uint8Array): ContentId {
  if (digest.length !== digestBytes)
    throw new CodecError('TREE', `a digest has 32 bytes, not ${digest.length}`)
  return textOfDigest(digest)
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
  return isContentId(bytes) ? textOfDigest(bytes.subarray(contentIdPrefix.length)) : undefined
}

/** By the bytes of the ids, in which their text does not sort: in base32 the digits come after the letters. */
export function compareContentIds(a: ContentId, b: ContentId): -1 | 0 | 1 {
  if (a === b) return 0
  // Text of one length and alphabet, five bits a character, so the first that differs decides.
  for (let i = 0; i < textLength; i++) {
    // Characters of ids are in the table.
    const difference =
      (valueOfCharacter[a.charCodeAt(i)] as number) - (valueOfCharacter[b.charCodeAt(i)] as number)
    if (difference !== 0) return difference < 0 ? -1 : 1
  }
  return 0
}

/**
 * The text of the CIDv1 that the prefix and these 32 bytes make. Every event read makes several and every comparison
 * by bytes undoes two, so both ways are base32 (RFC 4648 section 6) for this one length: twice as fast as for any
 * length, and the text is flat, where one put together of pieces would be copied again when it becomes a key.
 */
function textOfDigest(digest: Uint8Array): ContentId {
  let length = prefixText.length
  // The prefix ends inside a character, of which it fills two bits with zeros.
  let bits = 0
  let bitCount = 2
  for (let i = 0; i < digestBytes; i++) {
    bits = ((bits << 8) | (digest[i] as number)) & 0x1fff // callers give 32 bytes
    for (bitCount += 8; bitCount >= 5; ) {
      bitCount -= 5
      codesOfText[length++] = codeOfValue[(bits >> bitCount) & 31] as number
    }
  }
  codesOfText[length] = codeOfValue[(bits << (5 - bitCount)) & 31] as number
  return String.fromCharCode.apply(undefined, codesOfText) as ContentId // base32 of a CIDv1
}

/** As `contentIdBytes`, of text that may be no content id at all. */
export function binaryOfText(text: string): Uint8Array | undefined {
  if (text.length !== textLength || text[0] !== prefixText[0]) return undefined
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
/** The multibase letter of base32, and as many characters as the prefix fills. */
const prefixText = 'bafyrei'
const textLength = 59
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'
const notBase32 = 0xff

const valueOfCharacter = new Uint8Array(128).fill(notBase32)
const codeOfValue = Uint8Array.from(alphabet, (character) => character.charCodeAt(0))
for (const [value, code] of codeOfValue.entries()) valueOfCharacter[code] = value

/** The text being written; only its last 52 characters ever change. */
const codesOfText = Array.from(prefixText.padEnd(textLength, alphabet), (character) =>
  character.charCodeAt(0),
)

function isContentId(bytes: Uint8Array): boolean {
  return bytes.length === binaryLength && contentIdPrefix.every((byte, i) => byte === bytes[i])
}
