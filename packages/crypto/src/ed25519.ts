/**
 * The signature scheme of Chirograph: ed25519 (RFC 8032) under one pinned rule of verification.
 *
 * RFC 8032 leaves room: libraries accept different odd signatures. Between nodes that must agree, a signature
 * that one accepts and another refuses splits the network, so exactly this is accepted:
 *
 *   1. A, R and S are canonical: y < p, no sign bit where x = 0, S < L.
 *   2. Neither A nor R is of small order.
 *   3. S·B = R + k·A holds as it stands (cofactorless), where k = SHA-512(R ‖ A ‖ message) mod L.
 *
 * 1 and 2 are checked here, once for all back ends (`checkSignatureEncodings`); a back end answers for 3
 * alone. Background: Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020.
 */
import { checkSignatureEncodings } from './encodings.js'

/** RFC 8032's private key: 32 uniformly random bytes. */
export const ED25519_SEED_BYTES = 32

/** A synchronous signature scheme. Every implementation gives the same answer on every input. */
export interface Ed25519 {
  /** The back end, for logs. */
  readonly name: string
  /** Seed 32 bytes → public key 32 bytes (RFC 8032, 5.1.5). Throws a `RangeError` on any other length. */
  publicKey(seed: Uint8Array): Uint8Array
  /** Deterministic (RFC 8032, 5.1.6), 64 bytes. Throws a `RangeError` when the seed is not 32 bytes. */
  sign(args: { readonly seed: Uint8Array; readonly message: Uint8Array }): Uint8Array
  /** The pinned rule. Any bytes of any length may come in: it answers false to nonsense and never throws. */
  verify(args: {
    readonly publicKey: Uint8Array
    readonly message: Uint8Array
    readonly signature: Uint8Array
  }): boolean
}

/**
 * Puts the pinned rule's checks around a library. The library sees only seeds of 32 bytes and encodings that
 * passed 1 and 2; its `verify` decides the cofactorless equation.
 */
export function pinEd25519(primitive: Ed25519): Ed25519 {
  return {
    name: primitive.name,
    publicKey: (seed) => primitive.publicKey(assertSeed(seed)),
    sign: ({ seed, message }) => primitive.sign({ seed: assertSeed(seed), message }),
    verify: (args) => checkSignatureEncodings(args) && primitive.verify(args),
  }
}

/** A seed is the node's own; one of another length is a bug of the caller, never a message from outside. */
function assertSeed(seed: Uint8Array): Uint8Array {
  if (seed.length === ED25519_SEED_BYTES) return seed
  throw new RangeError(`an ed25519 seed is ${ED25519_SEED_BYTES} bytes, not ${seed.length}`)
}
