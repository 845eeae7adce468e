/** Bytes and their text forms. Every reader is strict: one text for the same bytes, `undefined` for any other. */
import { bytesToHex, concatBytes as concat, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base64url } from 'multiformats/bases/base64'
import { CodecError } from './error.js'

/** Lexicographic by unsigned byte, a prefix first: the one order in which anything is sorted. */
export function compareBytes(a: Uint8Array, b: Uint8Array): -1 | 0 | 1 {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    // Both indexes are below the length, so neither side is undefined.
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference < 0 ? -1 : 1
  }
  if (a.length === b.length) return 0
  return a.length < b.length ? -1 : 1
}

/** Not constant time: for public bytes only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && compareBytes(a, b) === 0
}

export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  return concat(...parts)
}

/** Lowercase. */
export function toHex(bytes: Uint8Array): string {
  return bytesToHex(bytes)
}

/** Lowercase only, so that equal bytes have equal text and text can be a key. */
export function fromHex(text: string): Uint8Array | undefined {
  return lowercaseHex.test(text) ? hexToBytes(text) : undefined
}

const lowercaseHex = /^(?:[0-9a-f]{2})*$/

/** RFC 4648 section 5, without padding. */
export function toBase64url(bytes: Uint8Array): string {
  return base64url.baseEncode(bytes)
}

/** RFC 4648 section 5, without padding; bits after the last byte must be zero. */
export function fromBase64url(text: string): Uint8Array | undefined {
  if (!base64urlText.test(text) || text.length % 4 === 1) return undefined
  const last = text.length % 4 === 0 ? 0 : base64urlAlphabet.indexOf(text.slice(-1))
  // Two characters hold 12 bits for one byte, three hold 18 for two: 4 or 2 bits are left over.
  if (last % (text.length % 4 === 2 ? 16 : 4) !== 0) return undefined
  return base64url.baseDecode(text)
}

const base64urlAlphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const base64urlText = /^[A-Za-z0-9_-]*$/

/** Throws `TEXT` on a lone surrogate, which has no UTF-8 form. No normalisation: text is compared as it is. */
export function utf8(text: string): Uint8Array {
  if (hasLoneSurrogate(text)) throw new CodecError('TEXT', 'a lone surrogate has no UTF-8 form')
  return utf8ToBytes(text)
}

/** Invalid UTF-8 is refused, never replaced by U+FFFD; a byte order mark is a character like any other. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    // With `fatal` the decoder says so by throwing; it throws for nothing else.
    return undefined
  }
}

// Of the platform this package asks for nothing else, so it is declared here and no library of types is pulled in.
declare const TextDecoder: new (
  label: 'utf-8',
  options: { fatal: true; ignoreBOM: true },
) => { decode(bytes: Uint8Array): string }

/** It keeps no state between calls. https://encoding.spec.whatwg.org/#interface-textdecoder */
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Whether the text holds a surrogate that is not half of a pair, and so has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return loneSurrogate.test(text)
}

// With the u flag a surrogate pair is one character, so this finds only lone ones.
const loneSurrogate = /\p{Surrogate}/u
