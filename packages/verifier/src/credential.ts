/**
 * Reading a credential: whatever came in becomes plain JSON once, so that every check sees the same document, and its
 * outer form is held against the W3C Verifiable Credentials Data Model 2.0. SPEC V1 to V5.
 */
import { CodecError, canonicalizeJson, parseJson } from '@chirograph/codec'
import { type Check, cannotTell, fail, pass } from './check.js'
import { credentialsContextUrl, isChirographContext, isPinnedContext } from './contexts.js'
import { asList, isObject, type JsonObject } from './json-value.js'
import { contextsMax, credentialBytesMax, proofsMax, typesMax, uriLengthMax } from './limits.js'
import { networkEntryType } from './status-entry.js'

export type CredentialReading =
  | { readonly kind: 'document'; readonly document: JsonObject }
  | { readonly kind: 'unreadable'; readonly check: Check }

/** Takes JSON text or a parsed value. Parsed values are copied by their canonical text, which also bounds their size. */
export function readCredential(credential: unknown): CredentialReading {
  const text = typeof credential === 'string' ? credential : canonicalTextOf(credential)
  if (text === undefined) return unreadable(fail('not-json', 'This is not JSON.'))
  const parsed = parseJson(text, { bytesMax: credentialBytesMax })
  if (!parsed.ok) {
    return parsed.code === 'OVERSIZE'
      ? unreadable(cannotTell('too-large', 'This is too large to be examined.'))
      : unreadable(fail('not-json', 'This is not valid JSON.'))
  }
  if (!isObject(parsed.value)) return unreadable(fail('not-a-credential', 'This is not a credential.'))
  return { kind: 'document', document: parsed.value }
}

/** Whether the document has the outer form of a credential whose contexts are all known. */
export function checkSchema(document: JsonObject): Check {
  const fault = faultOfForm(document)
  if (fault !== undefined) return fail('not-a-credential', `This is not a W3C 2.0 credential: ${fault}.`)
  const contexts = asList(document['@context'])
  if (contexts.length > contextsMax || !contexts.every(isPinnedContext)) {
    return cannotTell('context-not-pinned', 'The credential uses a vocabulary that is not known here.')
  }
  if (hasNetworkEntry(document) && !contexts.some(isChirographContext)) {
    return fail('status-context-missing', 'The credential has a network status entry but not its vocabulary.')
  }
  return pass('well-formed', 'The credential has the form of a W3C 2.0 credential.')
}

/** The DID or URL of the issuer, if it has the form of one. */
export function issuerOf(document: JsonObject): string | undefined {
  const { issuer } = document
  const id = isObject(issuer) ? issuer.id : issuer
  return isUri(id) ? id : undefined
}

/** The proofs of the proof set; undefined when there are too many to check. */
export function proofsOf(document: JsonObject): readonly unknown[] | undefined {
  const proofs = asList(document.proof)
  return proofs.length > proofsMax ? undefined : proofs
}

/** What keeps the document from being a VC 2.0 credential, section 4 of the data model, in words. */
function faultOfForm(document: JsonObject): string | undefined {
  const contexts = document['@context']
  if (!Array.isArray(contexts) || contexts[0] !== credentialsContextUrl)
    return 'its first context is another one'
  const types = asList(document.type)
  if (types.length > typesMax || types.some((type) => typeof type !== 'string'))
    return 'its types are not texts'
  if (!types.includes('VerifiableCredential')) return 'its types do not include VerifiableCredential'
  if (document.id !== undefined && !isUri(document.id)) return 'its id is no address'
  if (issuerOf(document) === undefined) return 'it names no issuer'
  const subjects = asList(document.credentialSubject)
  if (subjects.length === 0 || !subjects.every(isObject)) return 'it says nothing about anybody'
  // These two words have no meaning in 2.0; whoever reads past them reads past an expiry date.
  const outdated = ['issuanceDate', 'expirationDate'].find((name) => document[name] !== undefined)
  return outdated === undefined ? undefined : `${outdated} is a word of version 1.1`
}

function hasNetworkEntry(document: JsonObject): boolean {
  return asList(document.credentialStatus).some(
    (entry) => isObject(entry) && asList(entry.type).includes(networkEntryType),
  )
}

function isUri(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= uriLengthMax &&
    /^[A-Za-z][A-Za-z0-9+.-]*:[^\s]+$/.test(value)
  )
}

function canonicalTextOf(value: unknown): string | undefined {
  try {
    return canonicalizeJson(value)
  } catch (thrown) {
    // What JSON cannot say is the sender's fault; anything else thrown here is a bug.
    if (thrown instanceof CodecError) return undefined
    throw thrown
  }
}

function unreadable(check: Check): CredentialReading {
  return { kind: 'unreadable', check }
}
