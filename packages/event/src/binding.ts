/**
 * How a credential is tied to the log without being on it. The holder's copy carries a nonce; the log carries a
 * handle made from issuer and nonce, and a Merkle root over leaves made from handle and credential.
 */
import { canonicalizeJson, sha256, utf8 } from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import { type OrgId, orgIdBytes } from './organisation.js'

/** The blinded name (32 bytes) of a credential. Only who knows the 32-byte nonce can link the two. */
export function handleOf(args: { readonly issuer: OrgId; readonly nonce: Uint8Array }): Uint8Array {
  const { issuer, nonce } = args
  if (nonce.length !== 32) throw new Error(`a nonce has 32 bytes, not ${nonce.length}`)
  return hashDomain('handle', orgIdBytes(issuer), nonce)
}

/**
 * The digest (32 bytes) of a credential: a domain-separated hash of its canonical JSON (RFC 8785) without proof.
 * A `proof` member is left out here, so that signed and unsigned copies give the same digest.
 * Throws a CodecError (`JCS_…`) for what JSON cannot say.
 */
export function credentialDigest(credential: Readonly<Record<string, unknown>>): Uint8Array {
  const { proof: _proof, ...unsigned } = credential
  return hashDomain('credential', utf8(canonicalizeJson(unsigned)))
}

/** The leaf (32 bytes) of a credential in its batch: SHA-256(0x00 ‖ handle ‖ digest). */
export function leafOf(args: { readonly handle: Uint8Array; readonly digest: Uint8Array }): Uint8Array {
  const { handle, digest } = args
  if (handle.length !== 32 || digest.length !== 32) throw new Error('handle and digest have 32 bytes each')
  leafMessage.set(handle, 1)
  leafMessage.set(digest, 33)
  return sha256(leafMessage)
}

/** 0x00, handle, digest; written over for every leaf, as an array of 65 bytes costs more to make than to hash. */
const leafMessage = new Uint8Array(65)
