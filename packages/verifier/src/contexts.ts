/**
 * The JSON-LD contexts whose meaning is settled. A credential that names another one may say something else than its
 * words suggest, so it cannot pass. Nothing is fetched: the credential package ships the documents, pinned by hash.
 */
import { canonicalizeJson } from '@chirograph/codec'

/** W3C Verifiable Credentials Data Model 2.0; must stand first. */
export const credentialsContextUrl = 'https://www.w3.org/ns/credentials/v2'

/** Every context that a credential may name by URL. */
export const pinnedContextUrls: readonly string[] = [
  credentialsContextUrl,
  // 1EdTech Open Badges 3.0, context of version 3.0.3.
  'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json',
]

/** The inline context that defines the network's status entry. A credential carries exactly this object. */
export const chirographContext = Object.freeze({
  ChirographStatusEntry: Object.freeze({
    '@id': 'urn:chirograph:vocab#StatusEntry',
    '@context': Object.freeze({
      '@protected': true,
      id: '@id',
      type: '@type',
      network: 'urn:chirograph:vocab#network',
      issuer: 'urn:chirograph:vocab#issuer',
      nonce: 'urn:chirograph:vocab#nonce',
    }),
  }),
})

/** Whether an entry of `@context` is one of those above. */
export function isPinnedContext(context: unknown): boolean {
  return typeof context === 'string' ? pinnedContextUrls.includes(context) : isChirographContext(context)
}

/** Whether an entry of `@context` is the network's own, member by member. The entry must be JSON. */
export function isChirographContext(context: unknown): boolean {
  return typeof context === 'object' && canonicalizeJson(context) === chirographContextText
}

const chirographContextText = canonicalizeJson(chirographContext)
