/**
 * How the vectors write wire values in JSON, and a second opinion on their bytes: `@ipld/dag-cbor` reads and writes
 * them here, so nothing in this file comes from the implementation that the vectors test.
 */
import { decode, encode } from '@ipld/dag-cbor'

/** Numbers, texts, booleans, null and lists stand for themselves. */
export type Notation =
  | number
  | string
  | boolean
  | null
  | { readonly bytes: string }
  | { readonly link: string }
  | readonly Notation[]

/** Bytes of an input: hex, or parts that are joined, so that large inputs stay short. */
export type ByteParts = string | readonly (string | { readonly repeat: string; readonly times: number })[]

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function bytesOf(hex: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new Error(`not hex: ${hex.slice(0, 80)}`)
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

export function joinParts(parts: ByteParts): Uint8Array {
  if (typeof parts === 'string') return bytesOf(parts)
  const hex = parts.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times)))
  return bytesOf(hex.join(''))
}

/** A byte string, from hex or from bytes. */
export function byteString(value: Uint8Array | string): { bytes: string } {
  return { bytes: typeof value === 'string' ? value : hexOf(value) }
}

/** The bytes that dag-cbor gives the value. */
export function encodeNotation(value: Notation): Uint8Array {
  return encode(plainOf(value))
}

/** What dag-cbor reads from the bytes. */
export function decodeNotation(bytes: Uint8Array): Notation {
  return notationOf(decode<unknown>(bytes))
}

/** The 36 bytes of a CIDv1 in its base32 text (RFC 4648 section 6, lowercase, `b` in front). */
export function linkBytes(text: string): Uint8Array {
  const values = [...text.slice(1)].map((character) => 'abcdefghijklmnopqrstuvwxyz234567'.indexOf(character))
  if (text[0] !== 'b' || values.includes(-1)) throw new Error(`not base32: ${text}`)
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('')
  const octets = bits.match(/.{8}/g) ?? []
  return Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2))
}

function plainOf(value: Notation): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('bytes' in value) return bytesOf(value.bytes)
  if ('link' in value) return cidOf(value.link)
  return value.map(plainOf)
}

/** A CID object without asking for its library: dag-cbor makes one when it reads tag 42. */
function cidOf(text: string): unknown {
  return decode(Uint8Array.of(0xd8, 42, 0x58, 37, 0, ...linkBytes(text)))
}

function notationOf(value: unknown): Notation {
  if (value instanceof Uint8Array) return byteString(value)
  if (Array.isArray(value)) return value.map(notationOf)
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value
  if (value === null) return null
  if (typeof value === 'object' && 'asCID' in value) return { link: String(value) }
  throw new Error(`no notation for a ${typeof value}`)
}
