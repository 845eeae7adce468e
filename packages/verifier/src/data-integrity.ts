/**
 * The `eddsa-jcs-2022` cryptosuite: W3C Data Integrity EdDSA Cryptosuites v1.0, section 3.3. Hashing and checking one
 * proof of a credential; which of the issuer's keys counts is decided elsewhere.
 */
import { base58btc } from 'multiformats/bases/base58'
import { canonicalizeJson, concatBytes, sha256, utf8 } from '@chirograph/codec'
import { type Ed25519, publicKeyOfMultikey } from '@chirograph/crypto'
import { parseDateTime } from './date-time.js'
import { asList, isObject, type JsonObject } from './json-value.js'
import { proofValueLengthMax, uriLengthMax } from './limits.js'

/** Why one proof does not count. */
export type ProofFault =
  | 'unsupported-cryptosuite'
  | 'unsupported-proof-chain'
  | 'unsupported-verification-method'
  | 'proof-malformed'
  | 'proof-context-mismatch'
  | 'proof-purpose'
  | 'proof-expired'
  | 'bad-signature'

/** A proof whose signature holds, and by which key of which DID it claims to be made. */
export interface CheckedProof {
  readonly kind: 'verified'
  readonly did: string
  readonly key: Uint8Array
}

export type ProofVerdict =
  | CheckedProof
  | { readonly kind: 'invalid'; readonly fault: ProofFault; readonly detail: string }

/**
 * What is signed: SHA-256(JCS(proof options)) ‖ SHA-256(JCS(document)), 64 bytes. A `proof` member of the document and
 * a `proofValue` of the options are left out. Throws a CodecError (`JCS_…`) for what JSON cannot say.
 */
export function jcsProofHash(args: {
  readonly document: JsonObject
  readonly proofOptions: JsonObject
}): Uint8Array {
  const { proof: _proof, ...document } = args.document
  const { proofValue: _value, ...options } = args.proofOptions
  return concatBytes(hashOf(options), hashOf(document))
}

/**
 * Checks one proof of a document (both parsed JSON) at a moment in Unix milliseconds. The key is the one that the
 * verification method itself names: `did:key:z6Mk…#z6Mk…`, or `did:web:…#z6Mk…`, where only the organisation's row on
 * the log can say whether the key is the DID's.
 */
export function verifyJcsProof(args: {
  readonly document: JsonObject
  readonly proof: unknown
  readonly atMs: number
  readonly ed25519: Ed25519
}): ProofVerdict {
  const { document, proof, atMs, ed25519 } = args
  if (!isObject(proof)) return invalid('proof-malformed', 'the proof is not an object')
  const fault = faultOfOptions(proof, atMs)
  if (fault !== undefined) return fault
  const signed = signedDocument(document, proof)
  if (signed === undefined)
    return invalid('proof-context-mismatch', 'the proof was made under other contexts')
  const method = keyOfVerificationMethod(proof.verificationMethod)
  if (method === undefined) {
    return invalid(
      'unsupported-verification-method',
      'the proof names no ed25519 key of a did:key or did:web',
    )
  }
  const signature = decodeProofValue(proof.proofValue)
  if (signature === undefined)
    return invalid('proof-malformed', 'the proof value is not 64 bytes in base58btc')
  const message = jcsProofHash({ document: signed, proofOptions: proof })
  if (!ed25519.verify({ publicKey: method.key, message, signature })) {
    return invalid(
      'bad-signature',
      'the signature is not that of the key it names, or the credential was changed',
    )
  }
  return { kind: 'verified', ...method }
}

/** Section 3.3.5 (proof configuration), and what VC Data Integrity 1.0 asks of every proof. */
function faultOfOptions(proof: JsonObject, atMs: number): ProofVerdict | undefined {
  if (proof.type !== 'DataIntegrityProof' || proof.cryptosuite !== 'eddsa-jcs-2022') {
    return invalid('unsupported-cryptosuite', 'only eddsa-jcs-2022 proofs are checked here')
  }
  // The earlier proof would have to be hashed too (VC Data Integrity 1.0, section 4.3), so ignoring it is no option.
  if (proof.previousProof !== undefined)
    return invalid('unsupported-proof-chain', 'the proof is part of a chain')
  if (proof.proofPurpose !== 'assertionMethod') {
    return invalid('proof-purpose', 'the proof was made for another purpose than to assert a credential')
  }
  const { created, expires } = proof
  if (created !== undefined && timeOf(created) === undefined) {
    return invalid('proof-malformed', 'the proof has no valid time of creation')
  }
  if (expires === undefined) return undefined
  const expiresMs = timeOf(expires)
  if (expiresMs === undefined) return invalid('proof-malformed', 'the proof has no valid time of expiry')
  return atMs >= expiresMs ? invalid('proof-expired', 'the signature itself has expired') : undefined
}

/**
 * Section 3.3.2, step 4: the document's contexts must begin with those of the proof, and only those were signed.
 * Undefined where they do not.
 */
function signedDocument(document: JsonObject, proof: JsonObject): JsonObject | undefined {
  const ofProof = proof['@context']
  if (ofProof === undefined) return document
  const [has, wants] = [asList(document['@context']), asList(ofProof)]
  const isPrefix = wants.every((context, index) => {
    const found = has[index]
    return found !== undefined && canonicalizeJson(found) === canonicalizeJson(context)
  })
  return isPrefix ? { ...document, '@context': ofProof } : undefined
}

/** The DID and key that a verification method spells out; undefined for every other method. */
function keyOfVerificationMethod(method: unknown): { did: string; key: Uint8Array } | undefined {
  if (typeof method !== 'string' || method.length > uriLengthMax) return undefined
  const hash = method.indexOf('#')
  if (hash < 0) return undefined
  const [did, fragment] = [method.slice(0, hash), method.slice(hash + 1)]
  const key = publicKeyOfMultikey(fragment)
  if (key === undefined) return undefined
  // A did:key names its only key twice.
  const isOwn = did.startsWith('did:key:')
    ? did === `did:key:${fragment}`
    : /^did:web:[A-Za-z0-9.%:_-]+$/.test(did)
  return isOwn ? { did, key } : undefined
}

function decodeProofValue(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || value.length > proofValueLengthMax) return undefined
  if (!/^z[1-9A-HJ-NP-Za-km-z]+$/.test(value)) return undefined
  const signature = base58btc.decode(value)
  return signature.length === 64 ? signature : undefined
}

function timeOf(value: unknown): number | undefined {
  return typeof value === 'string' ? parseDateTime(value) : undefined
}

function hashOf(value: JsonObject): Uint8Array {
  return sha256(utf8(canonicalizeJson(value)))
}

function invalid(fault: ProofFault, detail: string): ProofVerdict {
  return { kind: 'invalid', fault, detail }
}
