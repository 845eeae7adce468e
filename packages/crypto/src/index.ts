/** Hashing domains, keys and signatures, under one ed25519 rule that every node and browser shares. */
export type { Domain } from './domain.js'
export { domain, domains, hashDomain, signingBytes } from './domain.js'
export type { Ed25519 } from './ed25519.js'
export { ED25519_SEED_BYTES, pinEd25519 } from './ed25519.js'
export { checkSignatureEncodings, ED25519_PUBLIC_KEY_BYTES, ED25519_SIGNATURE_BYTES } from './encodings.js'
export {
  didKeyOf,
  didKeyVerificationMethod,
  multikeyOf,
  publicKeyOfDidKey,
  publicKeyOfMultikey,
} from './multikey.js'
export { nobleEd25519 } from './noble-ed25519.js'
