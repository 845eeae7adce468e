/** From a seed to a BLS secret key: KeyGen of draft-irtf-cfrg-bls-signature-05, 2.3, without key_info. */
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { concatBytes, sha256, utf8 } from '@chirograph/codec'
import { BLS_SECRET_KEY_BYTES, groupOrder } from './bls.js'

/** At least this much, and uniformly random; more is used whole. */
export const BLS_SEED_BYTES_MIN = 32

/** A number from 1 to r − 1 in 32 bytes, big-endian. Throws a `RangeError` on a seed below 32 bytes. */
export function blsSecretKeyOf(seed: Uint8Array): Uint8Array {
  if (seed.length < BLS_SEED_BYTES_MIN)
    throw new RangeError(`a BLS seed is at least ${BLS_SEED_BYTES_MIN} bytes, not ${seed.length}`)
  const ikm = concatBytes(seed, Uint8Array.of(0))
  const info = Uint8Array.of(0, wideBytes)
  let salt = utf8('BLS-SIG-KEYGEN-SALT-')
  for (;;) {
    salt = sha256(salt)
    const wide = hkdf(nobleSha256, ikm, salt, info, wideBytes)
    const number = wide.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) % groupOrder
    // Never seen, since its chance is 2⁻²⁵⁵; the draft goes on with the next salt.
    if (number !== 0n) return bigEndian(number)
  }
}

/** L = ⌈3 · ⌈log2 r⌉ / 16⌉, so that taking it modulo r favours no number. */
const wideBytes = 48

function bigEndian(number: bigint): Uint8Array {
  const bytes = new Uint8Array(BLS_SECRET_KEY_BYTES)
  let rest = number
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return bytes
}
