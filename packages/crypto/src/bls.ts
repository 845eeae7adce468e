/**
 * Signatures that add up: BLS12-381 with public keys in G1 and signatures in G2 (draft-irtf-cfrg-bls-signature-05,
 * minimal-pubkey-size, proof of possession). Many signatures over one message become one of 96 bytes, checked against
 * the sum of the signers' keys.
 *
 * As with ed25519, nodes that must agree need one rule. Exactly this is accepted:
 *
 *   1. Keys are 48 bytes and signatures 96, compressed, with every coordinate below p. None is the point at infinity.
 *   2. Each key and the signature lie on their curve and in its subgroup of order r.
 *   3. There is at least one key, and the sum of the keys is not the point at infinity.
 *   4. e(sum of the keys, H(message)) = e(generator, signature), where H is hash_to_curve with `blsSuite` as its tag.
 *
 * 1 is checked here, once for all back ends; a back end answers for the rest. A sum of keys says who signed only if
 * each key's holder has proven to hold its secret, or a rogue key could cancel others out: whoever keeps a set of keys
 * sees to that first.
 */
import { isCompressedG1, isCompressedG2 } from './bls-encodings.js'

/** A secret key: a number from 1 to r − 1 in 32 bytes, big-endian. */
export const BLS_SECRET_KEY_BYTES = 32
export { BLS_PUBLIC_KEY_BYTES, BLS_SIGNATURE_BYTES } from './bls-encodings.js'

/** The ciphersuite, which is also the domain separation tag of its hash to the curve. */
export const blsSuite = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'

/** A synchronous signature scheme. Every implementation gives the same answer on every input. */
export interface Bls {
  /** The back end, for logs. */
  readonly name: string
  /** SkToPk: 48 bytes. Throws a `RangeError` on anything but a secret key. */
  publicKey(secretKey: Uint8Array): Uint8Array
  /** Deterministic, 96 bytes. Throws a `RangeError` on anything but a secret key. */
  sign(args: { readonly secretKey: Uint8Array; readonly message: Uint8Array }): Uint8Array
  /**
   * Whether all of these keys signed the message (FastAggregateVerify; with one key, Verify). Any bytes of any length
   * may come in: it answers false to nonsense and never throws.
   */
  verify(args: {
    readonly publicKeys: readonly Uint8Array[]
    readonly message: Uint8Array
    readonly signature: Uint8Array
  }): boolean
  /**
   * The sum of signatures, 96 bytes. Undefined for none, for one that is no signature of the rule, and where they add
   * up to the point at infinity.
   */
  aggregate(signatures: readonly Uint8Array[]): Uint8Array | undefined
}

/** Puts the rule's first check, and that of secret keys, around a library. */
export function pinBls(primitive: Bls): Bls {
  return {
    name: primitive.name,
    publicKey: (secretKey) => primitive.publicKey(assertSecretKey(secretKey)),
    sign: ({ secretKey, message }) => primitive.sign({ secretKey: assertSecretKey(secretKey), message }),
    verify: (args) =>
      args.publicKeys.length > 0 &&
      isCompressedG2(args.signature) &&
      args.publicKeys.every(isCompressedG1) &&
      primitive.verify(args),
    aggregate: (signatures) =>
      signatures.length > 0 && signatures.every(isCompressedG2) ? primitive.aggregate(signatures) : undefined,
  }
}

/** A secret key is the node's own; a wrong one is a bug of the caller, never a message from outside. */
function assertSecretKey(secretKey: Uint8Array): Uint8Array {
  if (secretKey.length !== BLS_SECRET_KEY_BYTES)
    throw new RangeError(`a BLS secret key is ${BLS_SECRET_KEY_BYTES} bytes, not ${secretKey.length}`)
  const number = secretKey.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  if (number === 0n || number >= groupOrder)
    throw new RangeError('a BLS secret key is a number from 1 to r − 1')
  return secretKey
}

/** r, the order of the subgroups (draft-irtf-cfrg-pairing-friendly-curves-11, 4.2.1). */
export const groupOrder = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
