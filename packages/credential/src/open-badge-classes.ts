/**
 * The classes of the Open Badges 3.0 data model as JSON Schemas (draft 2020-12), written from their definitions.
 * Classes that the specification lets others extend are open here, the rest closed.
 *
 * Source: 1EdTech Open Badges 3.0, data model.
 */
import { achievementTypes } from '@chirograph/verifier'
import { conditional, instant, type Schema, text, typed, uri, vcSchema } from './vc-schema.js'

const number: Schema = { type: 'number', description: 'a number' }
const extension = { type: 'string', pattern: '^ext:[A-Za-z0-9._-]+$' }
const language: Schema = {
  type: 'string',
  pattern: '^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$',
  description: 'a language code, such as en or es-MX',
}
const markdown: Schema = { type: 'string', description: 'text, Markdown allowed' }
const hash: Schema = {
  type: 'string',
  pattern: '^(?:sha256\\$[0-9A-Fa-f]{64}|md5\\$[0-9A-Fa-f]{32})$',
  description: 'a hash after the name of its algorithm, such as sha256$…',
}
const jws: Schema = {
  type: 'string',
  pattern: '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]+$',
  description: 'a compact JWS',
}

export function list(items: Schema): Schema {
  return { type: 'array', items, description: 'a list' }
}

function oneOfNames(names: readonly string[], description: string): Schema {
  return { description, anyOf: [{ enum: names }, extension] }
}

/** A class of the data model. Its `type` must name it. */
function model(
  name: string,
  shape: { readonly required?: Schema; readonly optional?: Schema; readonly closed?: boolean },
): Schema {
  const { required = {}, optional = {}, closed = false } = shape
  return {
    type: 'object',
    description: `an object of type ${name}`,
    properties: { type: typed(name), ...required, ...optional },
    required: ['type', ...Object.keys(required)],
    ...(closed && { additionalProperties: false }),
  }
}

const identifierTypes = [
  'name',
  'sourcedId',
  'systemId',
  'productId',
  'userName',
  'accountId',
  'emailAddress',
  'nationalIdentityNumber',
  'isbn',
  'issn',
  'lisSourcedId',
  'oneRosterSourcedId',
  'sisSourcedId',
  'ltiContextId',
  'ltiDeploymentId',
  'ltiToolId',
  'ltiPlatformId',
  'ltiUserId',
  'identifier',
]
const identifierType = oneOfNames(identifierTypes, 'a type of identifier that Open Badges knows, or ext:…')

const resultTypes = [
  'GradePointAverage',
  'LetterGrade',
  'Percent',
  'PerformanceLevel',
  'PredictedScore',
  'RawScore',
  'Result',
  'RubricCriterion',
  'RubricCriterionLevel',
  'RubricScore',
  'ScaledScore',
  'Status',
]
const targetTypes = [
  'ceasn:Competency',
  'ceterms:Credential',
  'CFItem',
  'CFRubric',
  'CFRubricCriterion',
  'CFRubricCriterionLevel',
  'CTDL',
]

export const image = { image: { $ref: '#/$defs/image', description: 'an Image' } }
const alignment = { alignment: list({ $ref: '#/$defs/alignment' }) }
const otherIdentifier = { otherIdentifier: list({ $ref: '#/$defs/identifierEntry' }) }
export const endorsements = { endorsement: list({ $ref: '#/$defs/endorsement' }), endorsementJwt: list(jws) }

/** The `$defs` of the schema. */
export const openBadgeClasses = {
  // An image may be a data: URI, so its length is bounded by the credential's only.
  image: model('Image', {
    required: { id: { type: 'string', format: 'uri', description: 'a URI' } },
    optional: { caption: text },
    closed: true,
  }),
  identifierEntry: model('IdentifierEntry', {
    required: { identifier: text, identifierType },
    closed: true,
  }),
  identity: {
    ...model('IdentityObject', {
      required: {
        hashed: { type: 'boolean', description: 'true or false' },
        identityHash: text,
        identityType: identifierType,
      },
      optional: { salt: text },
      closed: true,
    }),
    ...conditional(
      { properties: { hashed: { const: true } }, required: ['hashed'] },
      { pass: { properties: { identityHash: hash } } },
    ),
  },
  address: model('Address', {
    optional: {
      addressCountry: text,
      addressCountryCode: {
        type: 'string',
        pattern: '^[A-Z]{2}$',
        description: 'a country code of two letters',
      },
      addressRegion: text,
      addressLocality: text,
      streetAddress: text,
      postOfficeBoxNumber: text,
      postalCode: text,
      geo: model('GeoCoordinates', { required: { latitude: number, longitude: number }, closed: true }),
    },
    closed: true,
  }),
  profile: model('Profile', {
    required: { id: uri },
    optional: {
      name: text,
      url: uri,
      phone: text,
      description: text,
      email: text,
      address: { $ref: '#/$defs/address', description: 'an Address' },
      official: text,
      parentOrg: { $ref: '#/$defs/profile', description: 'a Profile' },
      familyName: text,
      givenName: text,
      additionalName: text,
      patronymicName: text,
      honorificPrefix: text,
      honorificSuffix: text,
      familyNamePrefix: text,
      dateOfBirth: { type: 'string', format: 'date', description: 'a date, such as 2001-02-03' },
      ...image,
      ...otherIdentifier,
      ...endorsements,
    },
  }),
  alignment: model('Alignment', {
    required: { targetName: text, targetUrl: uri },
    optional: {
      targetCode: text,
      targetDescription: text,
      targetFramework: text,
      targetType: oneOfNames(targetTypes, 'a type of target that Open Badges knows, or ext:…'),
    },
  }),
  rubricLevel: model('RubricCriterionLevel', {
    required: { id: uri, name: text },
    optional: { description: text, level: text, points: text, ...alignment },
  }),
  resultDescription: model('ResultDescription', {
    required: {
      id: uri,
      name: text,
      resultType: oneOfNames(resultTypes, 'a type of result that Open Badges knows, or ext:…'),
    },
    optional: {
      allowedValue: list(text),
      requiredLevel: uri,
      requiredValue: text,
      rubricCriterionLevel: list({ $ref: '#/$defs/rubricLevel' }),
      valueMax: text,
      valueMin: text,
      ...alignment,
    },
  }),
  result: model('Result', {
    optional: {
      achievedLevel: uri,
      resultDescription: uri,
      status: {
        enum: ['Completed', 'Enrolled', 'Failed', 'InProgress', 'OnHold', 'Withdrew'],
        description: 'Completed, Enrolled, Failed, InProgress, OnHold or Withdrew',
      },
      value: text,
      ...alignment,
    },
  }),
  related: model('Related', {
    required: { id: uri },
    optional: { inLanguage: language, '@language': language, version: text },
    closed: true,
  }),
  achievement: model('Achievement', {
    required: {
      id: uri,
      name: text,
      description: text,
      criteria: {
        type: 'object',
        description: 'an object with a narrative, or the id of a page',
        properties: { id: uri, narrative: markdown },
        anyOf: [{ required: ['narrative'] }, { required: ['id'] }],
      },
    },
    optional: {
      achievementType: oneOfNames(achievementTypes, 'a type of achievement that Open Badges knows, or ext:…'),
      creator: { $ref: '#/$defs/profile', description: 'a Profile' },
      creditsAvailable: number,
      fieldOfStudy: text,
      humanCode: text,
      inLanguage: language,
      '@language': language,
      related: list({ $ref: '#/$defs/related' }),
      resultDescription: list({ $ref: '#/$defs/resultDescription' }),
      specialization: text,
      tag: list(text),
      version: text,
      ...alignment,
      ...image,
      ...otherIdentifier,
      ...endorsements,
    },
  }),
  evidence: model('Evidence', {
    // The evidence itself may be a data: URI.
    optional: {
      id: { type: 'string', format: 'uri', description: 'a URI' },
      narrative: markdown,
      name: text,
      description: text,
      genre: text,
      audience: text,
    },
  }),
  subject: {
    ...model('AchievementSubject', {
      required: { achievement: { $ref: '#/$defs/achievement', description: 'an Achievement' } },
      optional: {
        id: uri,
        identifier: list({ $ref: '#/$defs/identity' }),
        activityStartDate: instant,
        activityEndDate: instant,
        creditsEarned: number,
        licenseNumber: text,
        narrative: markdown,
        result: list({ $ref: '#/$defs/result' }),
        role: text,
        source: { $ref: '#/$defs/profile', description: 'a Profile' },
        term: text,
        ...image,
      },
    }),
    description: 'an AchievementSubject with an id or an identifier',
    anyOf: [{ required: ['id'] }, { properties: { identifier: { minItems: 1 } }, required: ['identifier'] }],
  },
  endorsement: {
    ...model('EndorsementCredential', {
      required: {
        id: uri,
        credentialSubject: model('EndorsementSubject', {
          required: { id: uri },
          optional: { endorsementComment: markdown },
        }),
      },
    }),
    allOf: [vcSchema],
  },
} satisfies Record<string, Schema>
