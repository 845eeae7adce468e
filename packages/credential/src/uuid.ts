/** UUIDs (RFC 9562) as the ids of credentials and achievements: they name without promising a page behind them. */
import { sha256, toHex } from '@chirograph/codec'
import { assert } from './assert.js'

/** Random (version 4), from 16 bytes of the caller's randomness: `urn:uuid:…`. */
export function randomUuidUrn(randomness: Uint8Array): string {
  assert(randomness.length === 16, `a UUID takes 16 bytes, not ${randomness.length}`)
  return uuidUrn(randomness, 4)
}

/** Derived from a name (version 8 over SHA-256, as in RFC 9562 appendix B.2): the same name, the same id. */
export function namedUuidUrn(name: Uint8Array): string {
  return uuidUrn(sha256(name).subarray(0, 16), 8)
}

function uuidUrn(source: Uint8Array, version: number): string {
  const bytes = Uint8Array.from(source)
  // RFC 9562 sections 4.1 and 4.2: the variant in the top bits of byte 8, the version in those of byte 6.
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = toHex(bytes)
  return `urn:uuid:${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')}`
}
