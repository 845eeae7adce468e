/**
 * Text forms of public keys: Multikey (W3C Controlled Identifiers v1.0, 2.2.2) of ed25519 and of BLS, and did:key (the
 * did:key method, W3C CCG) of ed25519. Format only: whether the bytes are a usable key, a signature's check decides.
 */

import { base58btc } from 'multiformats/bases/base58'
import { concatBytes, equalBytes } from '@chirograph/codec'
import { BLS_PUBLIC_KEY_BYTES } from './bls-encodings.js'
import { ED25519_PUBLIC_KEY_BYTES } from './encodings.js'

/** Public key, 32 bytes → `z6Mk…`, 48 characters. Throws a `RangeError` on any other length. */
export function multikeyOf(publicKey: Uint8Array): string {
  if (publicKey.length !== ED25519_PUBLIC_KEY_BYTES) {
    throw new RangeError(
      `an ed25519 public key is ${ED25519_PUBLIC_KEY_BYTES} bytes, not ${publicKey.length}`,
    )
  }
  return base58btc.encode(concatBytes(ed25519Multicodec, publicKey))
}

/** The 32 bytes in `z6Mk…`, or undefined if the text is not the Multikey of an ed25519 public key. */
export function publicKeyOfMultikey(text: string): Uint8Array | undefined {
  if (!ed25519Multikey.test(text)) return undefined
  const bytes = base58btc.decode(text)
  if (!equalBytes(bytes.subarray(0, 2), ed25519Multicodec)) return undefined
  return bytes.slice(2)
}

/** BLS public key, 48 bytes → `z3tE…`, 70 characters. Throws a `RangeError` on any other length. */
export function blsMultikeyOf(publicKey: Uint8Array): string {
  if (publicKey.length !== BLS_PUBLIC_KEY_BYTES)
    throw new RangeError(`a BLS public key is ${BLS_PUBLIC_KEY_BYTES} bytes, not ${publicKey.length}`)
  return base58btc.encode(concatBytes(blsMulticodec, publicKey))
}

/** The 48 bytes in `z3tE…`, or undefined if the text is not the Multikey of a BLS public key in G1. */
export function publicKeyOfBlsMultikey(text: string): Uint8Array | undefined {
  if (!blsMultikey.test(text)) return undefined
  const bytes = base58btc.decode(text)
  if (!equalBytes(bytes.subarray(0, 2), blsMulticodec)) return undefined
  return bytes.slice(2)
}

/** `did:key:z6Mk…` */
export function didKeyOf(publicKey: Uint8Array): string {
  return didKeyPrefix + multikeyOf(publicKey)
}

/** The 32 bytes in `did:key:z6Mk…`, or undefined for any other text, a DID with a fragment included. */
export function publicKeyOfDidKey(did: string): Uint8Array | undefined {
  return did.startsWith(didKeyPrefix) ? publicKeyOfMultikey(did.slice(didKeyPrefix.length)) : undefined
}

/** `did:key:z6Mk…#z6Mk…`: a did:key has one key for signatures, named by itself. */
export function didKeyVerificationMethod(publicKey: Uint8Array): string {
  return `${didKeyOf(publicKey)}#${multikeyOf(publicKey)}`
}

const didKeyPrefix = 'did:key:'

/** ed25519-pub, code 0xed, as an unsigned varint. */
const ed25519Multicodec = Uint8Array.of(0xed, 0x01)

/**
 * `z` for base58btc, then 34 bytes that begin with 0xed01: always 47 digits, the first three `6Mk`. The
 * length is settled here because base58 takes quadratic time, and hostile text can be long.
 */
const ed25519Multikey = /^z6Mk[1-9A-HJ-NP-Za-km-z]{44}$/

/** bls12_381-g1-pub, code 0xea, as an unsigned varint. */
const blsMulticodec = Uint8Array.of(0xea, 0x01)

/** 50 bytes that begin with 0xea01: always 69 digits, the first three `3tE`. */
const blsMultikey = /^z3tE[1-9A-HJ-NP-Za-km-z]{66}$/
