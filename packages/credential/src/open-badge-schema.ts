/**
 * The shape of an Open Badges 3.0 credential on VC 2.0, as one self-contained JSON Schema (draft 2020-12). Its digest
 * goes on the log with every batch, so that a reader knows what the credentials of the batch were checked against.
 * Every change to it is a new schema with a new digest; digests of credentials do not depend on it.
 *
 * Source: 1EdTech Open Badges 3.0, AchievementCredential.
 */
import { canonicalizeJson, sha256, utf8 } from '@chirograph/codec'
import { endorsements, image, list, openBadgeClasses } from './open-badge-classes.js'
import { conditional, instant, type Schema, text, uri, vcSchema } from './vc-schema.js'

const badgeTypes = 'a list with "VerifiableCredential" and "OpenBadgeCredential" in it'
const isBadge = { anyOf: [{ const: 'OpenBadgeCredential' }, { const: 'AchievementCredential' }] }

/** An Open Badges 3.0 credential, with or without its proof. */
export const openBadgeSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Open Badges 3.0 credential on the W3C VC Data Model 2.0, as Chirograph checks it',
  ...vcSchema,
  properties: {
    ...propertiesOf(vcSchema),
    type: {
      description: badgeTypes,
      type: 'array',
      items: text,
      allOf: [
        { contains: { const: 'VerifiableCredential' }, description: badgeTypes },
        { contains: isBadge, description: badgeTypes },
      ],
    },
    name: text,
    description: text,
    issuer: {
      description: "the issuer's Profile, or its URI",
      ...conditional(
        { type: 'string' },
        { pass: uri, fail: { $ref: '#/$defs/profile', description: "the issuer's Profile, or its URI" } },
      ),
    },
    awardedDate: instant,
    credentialSubject: { $ref: '#/$defs/subject', description: 'an AchievementSubject' },
    evidence: list({ $ref: '#/$defs/evidence' }),
    ...image,
    ...endorsements,
  },
  required: ['@context', 'id', 'type', 'name', 'issuer', 'validFrom', 'credentialSubject'],
  $defs: openBadgeClasses,
}

/** SHA-256 (32 bytes) of the schema's canonical JSON (RFC 8785): the `schemaDigest` of a batch. */
export const openBadgeSchemaDigest: Uint8Array = sha256(utf8(canonicalizeJson(openBadgeSchema)))

function propertiesOf(schema: Schema): Schema {
  return schema.properties as Schema // vcSchema writes its properties as an object of schemas
}
