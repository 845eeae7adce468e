/**
 * Proof that an organisation has the secret key of its BLS consensus key. Without it a rogue key, made of others' keys,
 * would cancel them out of a sum: its holder alone could make a certificate that names them as its signers.
 *
 * It is a signature by the key over the organisation and the key, under a domain of its own, as Ethereum's deposits do.
 * The draft has a tag of its own for this, which the native library does not offer; either way no signature made for
 * something else is such a proof, nor the other way round.
 */
import { concatBytes } from '@chirograph/codec'
import { BLS_PUBLIC_KEY_BYTES, type Bls, nobleBls, signingBytes } from '@chirograph/crypto'

interface Possession {
  /** Organisation id, 32 bytes. */
  readonly org: Uint8Array
  /** BLS public key, 48 bytes. */
  readonly key: Uint8Array
}

/** Made once, when the keys of an institution are: 96 bytes. */
export function provePossession({
  org,
  secretKey,
  bls = nobleBls,
}: {
  readonly org: Uint8Array
  readonly secretKey: Uint8Array
  readonly bls?: Bls
}): Uint8Array {
  return bls.sign({ secretKey, message: possessionBytes({ org, key: bls.publicKey(secretKey) }) })
}

/** Whether the proof is one of this organisation for this key. Any bytes may come in for key and proof. */
export function provesPossession({
  org,
  key,
  proof,
  bls = nobleBls,
}: Possession & { readonly proof: Uint8Array; readonly bls?: Bls | undefined }): boolean {
  if (key.length !== BLS_PUBLIC_KEY_BYTES) return false
  return bls.verify({ publicKeys: [key], message: possessionBytes({ org, key }), signature: proof })
}

function possessionBytes({ org, key }: Possession): Uint8Array {
  return signingBytes('possession', concatBytes(org, key))
}
