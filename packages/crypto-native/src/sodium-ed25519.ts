/**
 * The back end on libsodium (sodium-native). It refuses small orders and non-canonical forms by itself; the
 * pinned rule's checks run in front all the same, so that the rule is one text and not a library's habit.
 */
import { hash } from 'node:crypto'
import { createRequire } from 'node:module'
import { type Ed25519, pinEd25519 } from '@chirograph/crypto'

/** What is used of sodium-native, which ships no types. It fills the arrays that are to hold its results. */
export interface Sodium {
  crypto_sign_seed_keypair(publicKey: Uint8Array, secretKey: Uint8Array, seed: Uint8Array): void
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
  sodium_memzero(bytes: Uint8Array): void
}

/** Throws what the loader throws where no prebuilt binary fits this machine. */
export function loadSodium(): Sodium {
  // `require` gives any; `Sodium` is a part of sodium-native 5, whose version is pinned in package.json.
  return createRequire(import.meta.url)('sodium-native') as Sodium
}

/** The library loads at the first call, so that importing this module works where there is no binary. */
export function createSodiumEd25519(load: () => Sodium): Ed25519 {
  let loaded: Sodium | undefined
  const sodium = (): Sodium => {
    loaded ??= load()
    return loaded
  }

  /** The public keys of the seeds that signed last, by the seed's hash: no secret outlives its call. */
  const publicKeys = new Map<string, Uint8Array>()

  /** To derive the public key takes as long as to sign with it, and whoever signs once signs again. */
  function publicKeyOf(seed: Uint8Array): Uint8Array {
    // By what the seed is and not by its array: signed with another's public key, a message gives the secret away.
    const name = hash('sha256', seed, 'base64')
    const known = publicKeys.get(name)
    if (known !== undefined) return known
    const { publicKey, secretKey } = keyPair(sodium(), seed)
    sodium().sodium_memzero(secretKey)
    if (publicKeys.size === publicKeysMax) publicKeys.clear()
    publicKeys.set(name, publicKey)
    return publicKey
  }

  return pinEd25519({
    name: 'libsodium',
    publicKey: (seed) => publicKeyOf(seed).slice(),
    sign: ({ seed, message }) => {
      const secretKey = new Uint8Array(64)
      secretKey.set(seed)
      secretKey.set(publicKeyOf(seed), 32)
      const signature = new Uint8Array(64)
      sodium().crypto_sign_detached(signature, unshared(message), secretKey)
      sodium().sodium_memzero(secretKey)
      return signature
    },
    verify: ({ publicKey, message, signature }) =>
      sodium().crypto_sign_verify_detached(unshared(signature), unshared(message), unshared(publicKey)),
  })
}

/** The pinned rule (see `Ed25519`) on libsodium. Its calls throw where sodium-native has no binary. */
export const sodiumEd25519: Ed25519 = createSodiumEd25519(loadSodium)

/** A node signs with four keys, an agent for several institutions with more. */
const publicKeysMax = 64

/** libsodium's secret key is the seed and the public key together. */
function keyPair(sodium: Sodium, seed: Uint8Array): { publicKey: Uint8Array; secretKey: Uint8Array } {
  const publicKey = new Uint8Array(32)
  const secretKey = new Uint8Array(64)
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, unshared(seed))
  return { publicKey, secretKey }
}

/** The addon reads no SharedArrayBuffer: handed one, `verify` answers undefined instead of a boolean. */
function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice()
}
