/**
 * The W3C VC Data Model 2.0 as far as a JSON Schema (draft 2020-12) can tell: everything that holds for any
 * credential before JSON-LD is looked at. Every `description` says what belongs there, in words that fit
 * "expected …"; messages are made of them.
 *
 * Source: W3C Verifiable Credentials Data Model v2.0 (2025), sections 4 and 5. Written from the prose.
 */

import { vcContextUrl } from './contexts.js'
import { uriCharactersMax } from './limits.js'

/** A JSON Schema, as far as this package writes them. */
export interface Schema {
  readonly [keyword: string]: unknown
}

export const text: Schema = { type: 'string', description: 'text' }

export const uri: Schema = {
  type: 'string',
  format: 'uri',
  maxLength: uriCharactersMax,
  description: 'a URI, such as https://… or did:…',
}

/** XML Schema dateTimeStamp: the zone is required, and the separator is a capital T. */
export const instant: Schema = {
  type: 'string',
  format: 'date-time',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT[^\\s]+$',
  description: 'a date and time with its zone, such as 2026-06-12T09:30:00Z',
}

/** A `type` that must name this class, alone or among others. */
export function typed(name: string): Schema {
  return {
    description: `"${name}", or a list with "${name}" in it`,
    anyOf: [{ const: name }, { type: 'array', items: { type: 'string' }, contains: { const: name } }],
  }
}

/** What a value must be when it passes a condition, and when it does not. */
export function conditional(
  condition: Schema,
  { pass, fail }: { readonly pass: Schema | true; readonly fail?: Schema },
): Schema {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits a schema
  return { if: condition, then: pass, ...(fail !== undefined && { else: fail }) }
}

/** One value, or a list of at least one. */
export function oneOrMany(schema: Schema): Schema {
  return {
    ...(schema.description !== undefined && { description: schema.description }),
    ...conditional(
      { type: 'array' },
      { pass: { minItems: 1, items: schema, description: 'at least one' }, fail: schema },
    ),
  }
}

/** Text, or text with its language and direction; nothing else may ride along. */
const languageDescription = 'text, or an object with @value and at most @language and @direction'
const languageText: Schema = {
  description: languageDescription,
  ...conditional(
    { type: 'object' },
    {
      pass: {
        properties: { '@value': text, '@language': text, '@direction': { enum: ['ltr', 'rtl'] } },
        required: ['@value'],
        additionalProperties: false,
      },
      fail: { type: 'string', description: languageDescription },
    },
  ),
}

const anyType: Schema = {
  description: 'the name of its type, or a list of names',
  anyOf: [
    { type: 'string', minLength: 1 },
    { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
  ],
}

/** Section 4.4 and others: an object that says its type, and may have one id. */
function typedObject(description: string, more: { readonly required?: readonly string[] } = {}): Schema {
  return {
    type: 'object',
    description,
    properties: { id: uri, type: anyType },
    required: ['type', ...(more.required ?? [])],
  }
}

const names = { name: oneOrMany(languageText), description: oneOrMany(languageText) }

const issuerDescription = "the issuer's URI, or an object with it as id"
const issuer: Schema = {
  description: issuerDescription,
  ...conditional(
    { type: 'object' },
    {
      pass: { properties: { id: uri, ...names }, required: ['id'] },
      fail: { ...uri, description: issuerDescription },
    },
  ),
}

/** Any verifiable credential, with or without its proof. */
export const vcSchema: Schema = {
  type: 'object',
  description: 'a verifiable credential: a JSON object',
  properties: {
    '@context': {
      type: 'array',
      description: `a list of contexts that starts with "${vcContextUrl}"`,
      minItems: 1,
      prefixItems: [{ const: vcContextUrl, description: `"${vcContextUrl}"` }],
      items: {
        description: "a context's URL, or an object",
        ...conditional(
          { type: 'object' },
          { pass: true, fail: { ...uri, description: "a context's URL, or an object" } },
        ),
      },
    },
    id: uri,
    type: typed('VerifiableCredential'),
    ...names,
    issuer,
    validFrom: instant,
    validUntil: instant,
    credentialSubject: oneOrMany({
      type: 'object',
      description: 'what is claimed, as an object that is not empty',
      minProperties: 1,
      properties: { id: uri },
    }),
    credentialStatus: oneOrMany(typedObject('a status entry with its type')),
    credentialSchema: oneOrMany(typedObject('a schema with its type and id', { required: ['id'] })),
    refreshService: oneOrMany(typedObject('a service with its type')),
    termsOfUse: oneOrMany(typedObject('terms with their type')),
    evidence: oneOrMany(typedObject('evidence with its type')),
    proof: oneOrMany(typedObject('a proof with its type')),
  },
  required: ['@context', 'type', 'issuer', 'credentialSubject'],
}
