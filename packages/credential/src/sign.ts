/**
 * Signs a credential with an `eddsa-jcs-2022` proof: W3C Data Integrity EdDSA Cryptosuites v1.0, section 3.3. The
 * hashes come from the verifier, so that both sides hash one way. SPEC.md, "Proof".
 */

import { base58btc } from 'multiformats/bases/base58'
import { type Ed25519, multikeyOf } from '@chirograph/crypto'
import { jcsProofHash } from '@chirograph/verifier'
import { assert } from './assert.js'
import { freeze, isObject, type Json, type JsonObject } from './json.js'

export interface SigningKey {
  /** 32 bytes of an assertion key of the issuer: never its log key. */
  readonly seed: Uint8Array
  readonly did: string
  /** A DID URL: the DID, `#`, and the key as multikey (`z6Mk…`), for the verifier takes the key from there. */
  readonly verificationMethod: string
  readonly ed25519: Ed25519
}

/**
 * The credential with a proof set of one proof; the credential itself stays as it is, and so does its digest, which
 * leaves proofs out. `created` is an instant in XML Schema form. Throws when the key is not the issuer's own, or
 * when there is a proof already: those are mistakes of the caller.
 */
export function signCredential(
  args: SigningKey & { readonly credential: JsonObject; readonly created: string },
): JsonObject {
  const { credential, did, verificationMethod, created, seed, ed25519 } = args
  assert(credential.proof === undefined, 'the credential has a proof already')
  assert(issuerOf(credential) === did, `the credential's issuer is not ${did}`)
  const key = multikeyOf(ed25519.publicKey(seed))
  assert(verificationMethod === `${did}#${key}`, `the seed is not that of ${verificationMethod}`)
  assert(!did.startsWith('did:key:') || did === `did:key:${key}`, `the seed is not that of ${did}`)
  return freeze({
    ...credential,
    proof: [jcsProof({ document: credential, verificationMethod, created, seed, ed25519 })],
  })
}

/** An `eddsa-jcs-2022` proof over a document without proof: any JSON document, not only credentials. */
export function jcsProof(args: {
  readonly document: JsonObject
  readonly verificationMethod: string
  readonly created: string
  readonly seed: Uint8Array
  readonly ed25519: Ed25519
}): JsonObject {
  const { document, verificationMethod, created, seed, ed25519 } = args
  const context: Json | undefined = document['@context']
  const proofOptions = {
    type: 'DataIntegrityProof',
    cryptosuite: 'eddsa-jcs-2022',
    created,
    verificationMethod,
    proofPurpose: 'assertionMethod',
    // Section 3.3.1, step 2: the proof says which contexts it was made under.
    ...(context !== undefined && { '@context': context }),
  }
  const signature = ed25519.sign({ seed, message: jcsProofHash({ document, proofOptions }) })
  return { ...proofOptions, proofValue: base58btc.encode(signature) }
}

function issuerOf(credential: JsonObject): unknown {
  return isObject(credential.issuer) ? credential.issuer.id : credential.issuer
}
