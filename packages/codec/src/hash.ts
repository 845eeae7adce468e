/** The one hash of the protocol. */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'

/** SHA-256 (FIPS 180-4) of the parts one after another: 32 bytes. Callers make the parts unambiguous. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts
  return nobleSha256(parts.length === 1 && first !== undefined ? first : concatBytes(...parts))
}
