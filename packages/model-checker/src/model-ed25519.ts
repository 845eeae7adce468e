/**
 * Signatures as a model has them: nobody makes another's, which the scenario sees to by never asking for one. They are
 * hashes, because a checker makes thousands of them and what ed25519 refuses is tested elsewhere.
 */
import { concatBytes, equalBytes, sha256 } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'

export const modelEd25519: Ed25519 = {
  name: 'model',
  publicKey: (seed) => seed,
  sign: ({ seed, message }) => tagOf(seed, message),
  verify: ({ publicKey, message, signature }) => equalBytes(signature, tagOf(publicKey, message)),
}

/** 64 bytes, as every signature here must have. */
function tagOf(key: Uint8Array, message: Uint8Array): Uint8Array {
  const tag = sha256(concatBytes(key, message))
  return concatBytes(tag, tag)
}
