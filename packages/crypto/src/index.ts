/** Hashing domains, keys and signatures, under one rule of each scheme that every node and browser shares. */
export type { Bls } from './bls.js'
export {
  BLS_PUBLIC_KEY_BYTES,
  BLS_SECRET_KEY_BYTES,
  BLS_SIGNATURE_BYTES,
  blsSuite,
  pinBls,
} from './bls.js'
export { BLS_SEED_BYTES_MIN, blsSecretKeyOf } from './bls-key-gen.js'
export type { Domain } from './domain.js'
export { domain, domains, hashDomain, signingBytes } from './domain.js'
export type { Ed25519 } from './ed25519.js'
export { ED25519_SEED_BYTES, pinEd25519 } from './ed25519.js'
export { checkSignatureEncodings, ED25519_PUBLIC_KEY_BYTES, ED25519_SIGNATURE_BYTES } from './encodings.js'
export {
  blsMultikeyOf,
  didKeyOf,
  didKeyVerificationMethod,
  multikeyOf,
  publicKeyOfBlsMultikey,
  publicKeyOfDidKey,
  publicKeyOfMultikey,
} from './multikey.js'
export { nobleBls } from './noble-bls.js'
export { nobleEd25519 } from './noble-ed25519.js'
