/**
 * The back end on node:crypto, which needs no addon. OpenSSL decides the cofactorless equation, but takes A and
 * R of small order and A that is not canonical: the pinned rule's checks run in front.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { type Ed25519, pinEd25519 } from '@chirograph/crypto'

/** The pinned rule (see `Ed25519`) on node:crypto. */
export const nodeEd25519: Ed25519 = pinEd25519({
  name: 'node:crypto',
  publicKey: (seed) => {
    const spki = createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' })
    return Uint8Array.from(spki.subarray(spkiPrefixBytes))
  },
  sign: ({ seed, message }) => Uint8Array.from(sign(null, message, privateKeyOf(seed))),
  verify: ({ publicKey, message, signature }) => verify(null, message, publicKeyOf(publicKey), signature),
})

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' })
}

/** By JWK (RFC 8037): OpenSSL reads DER through its generic decoders, at a multiple of the cost. */
function publicKeyOf(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}

/**
 * PrivateKeyInfo up to the seed (RFC 8410, section 7): version 0, id-Ed25519, an octet string in an octet
 * string.
 */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** SubjectPublicKeyInfo up to the key (RFC 8410, section 4): id-Ed25519 and the head of a bit string. */
const spkiPrefixBytes = 12
