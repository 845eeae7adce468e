/** A transport key as a libp2p identity. */

import { createPrivateKey, createPublicKey } from 'node:crypto'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'

/** The peer id (`12D3Koo…`) of a 32-byte ed25519 seed. */
export function peerIdOfSeed(seed: Uint8Array): string {
  return peerIdFromPrivateKey(privateKeyOfSeed(seed)).toString()
}

/** @param seed 32 bytes (RFC 8032 private key). */
export function privateKeyOfSeed(seed: Uint8Array): PrivateKey {
  if (seed.length !== 32) throw new RangeError(`a transport key has 32 bytes, not ${seed.length}`)
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  // libp2p's raw form is the seed and the public key: 64 bytes.
  return privateKeyFromRaw(Buffer.concat([seed, publicKey]))
}

/** What comes before the seed in the PKCS #8 form of an ed25519 private key (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
