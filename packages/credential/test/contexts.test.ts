/** The contexts that are shipped are the pinned ones, and they give every term of a credential a meaning. */

import jsonld from 'jsonld'
import { canonicalizeJson, sha256, toHex, utf8 } from '@chirograph/codec'
import { pinnedContextUrls } from '@chirograph/verifier'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'
import { contextDigests, contextDocument, openBadgesContextUrl, vcContextUrl } from '../src/contexts.ts'
import { copyOf, signedBadge } from './fixtures.ts'

/** Knows the pinned contexts and fetches nothing. */
async function documentLoader(url: string) {
  const document = contextDocument(url)
  if (document === undefined) throw new Error(`not pinned: ${url}`)
  return { contextUrl: null, documentUrl: url, document }
}

const toQuads = (document: unknown): Promise<string> =>
  jsonld.toRDF(document, { documentLoader, safe: true, format: 'application/n-quads' })

suite('the pinned contexts', (it) => {
  it('are shipped, frozen, and have their pinned SHA-256', () => {
    for (const [url, digest] of Object.entries(contextDigests)) {
      const document = contextDocument(url)
      ok(document !== undefined && Object.isFrozen(document['@context']))
      is(toHex(sha256(utf8(canonicalizeJson(document)))), digest)
    }
  })

  it('are those that the verifier lets a credential name', () => {
    equal(Object.keys(contextDigests), pinnedContextUrls)
    equal(pinnedContextUrls, [vcContextUrl, openBadgesContextUrl])
  })

  it('are the only ones there are', () => {
    for (const url of ['https://www.w3.org/2018/credentials/v1', '', 'toString'])
      is(contextDocument(url), undefined)
  })
})

suite('a credential read as JSON-LD', (it) => {
  it('drops no term, so that a proof over its meaning can join later without another digest', async () => {
    // Safe mode fails on every term and type that no context defines.
    const quads = await toQuads(signedBadge())
    for (const meaning of [
      '<https://purl.imsglobal.org/spec/vc/ob/vocab.html#OpenBadgeCredential>',
      '<https://www.w3.org/2018/credentials#validUntil> "2031-06-20T12:00:00Z"',
      '<https://purl.imsglobal.org/spec/vc/ob/vocab.html#awardedDate>',
      '<https://purl.imsglobal.org/spec/vc/ob/vocab.html#identityHash> "Amber Quarry"',
      '<https://purl.imsglobal.org/spec/vc/ob/vocab.html#creditsEarned>',
      '<https://schema.org/targetUrl>',
      '<https://www.w3.org/ns/credentials/status#statusListIndex> "7"',
      `"${'ab'.repeat(32)}"`,
    ]) {
      match(quads, meaning)
    }
  })

  it('is refused when it has a term of its own', async () => {
    const failure = await toQuads({ ...copyOf(signedBadge()), grade: 'A' }).then(
      () => 'no failure',
      (error: Error) => error.message,
    )
    match(failure, 'Safe mode')
  })
})
