/**
 * Checks documents against the schemas of this package and says what is wrong in a way that a person can act on:
 * where, what belongs there, what was found.
 */

import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import { parseJson } from '@chirograph/codec'
import { isObject, type JsonObject, type Problem, quote } from './json.js'
import { credentialBytesMax, problemsMax } from './limits.js'
import { openBadgeSchema } from './open-badge-schema.js'
import { type Schema, vcSchema } from './vc-schema.js'

export type CheckedDocument =
  | { readonly kind: 'valid'; readonly credential: JsonObject }
  /** At most `problemsMax` problems, in the order of the schema. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

/**
 * Whether a document is an Open Badges 3.0 credential on VC 2.0: its shape, never its truth. Takes JSON text of at
 * most `credentialBytesMax` bytes, or JSON that was parsed within that bound.
 */
export function checkOpenBadge(source: unknown): CheckedDocument {
  return check(source, validators.openBadge)
}

/** The same for any verifiable credential: the rules of VC 2.0 that need no JSON-LD. */
export function checkVerifiableCredential(source: unknown): CheckedDocument {
  return check(source, validators.vc)
}

function check(source: unknown, validator: () => ValidateFunction): CheckedDocument {
  if (typeof source !== 'string') return checkParsed(source, validator())
  const parsed = parseJson(source, { bytesMax: credentialBytesMax })
  if (parsed.ok) return checkParsed(parsed.value, validator())
  const problem = { path: '', expected: `JSON of at most ${credentialBytesMax} bytes`, got: parsed.detail }
  return { kind: 'invalid', problems: [problem] }
}

function checkParsed(document: unknown, validate: ValidateFunction): CheckedDocument {
  if (!validate(document)) return { kind: 'invalid', problems: problemsOf(validate.errors ?? []) }
  const credential = document as JsonObject // every schema of this package asks for an object of JSON
  const disorder = disorderOf(credential)
  return disorder === undefined ? { kind: 'valid', credential } : { kind: 'invalid', problems: [disorder] }
}

/** VC 2.0 section 4.9: a validity period ends after it begins. */
function disorderOf({ validFrom, validUntil }: JsonObject): Problem | undefined {
  if (typeof validFrom !== 'string' || typeof validUntil !== 'string') return undefined
  if (Date.parse(validUntil) >= Date.parse(validFrom)) return undefined
  return {
    path: '/validUntil',
    expected: `an instant not before validFrom, ${validFrom}`,
    got: quote(validUntil),
  }
}

/** Compiled on first use: it takes longer than a whole verification. */
const validators = { openBadge: compiled(openBadgeSchema), vc: compiled(vcSchema) }

function compiled(schema: Schema): () => ValidateFunction {
  let validate: ValidateFunction | undefined
  return () => {
    if (validate === undefined) {
      // strictTypes and strictRequired ask for types beside every keyword, which conditional schemas do not have.
      const ajv = new Ajv2020({
        allErrors: true,
        verbose: true,
        strict: true,
        strictTypes: false,
        strictRequired: false,
        strictTuples: false,
      })
      ajvFormats.default(ajv, ['uri', 'date-time', 'date'])
      validate = ajv.compile(schema)
    }
    return validate
  }
}

function problemsOf(errors: readonly ErrorObject[]): Problem[] {
  // Each failed alternative reports itself; the one message of the choice as a whole says it better.
  const choices = errors
    .filter(({ keyword }) => keyword === 'anyOf' || keyword === 'contains')
    .map(({ schemaPath }) => `${schemaPath}/`)
  const told = errors.filter(
    ({ keyword, schemaPath }) => keyword !== 'if' && !choices.some((choice) => schemaPath.startsWith(choice)),
  )
  const problems = new Map<string, Problem>()
  for (const error of told) {
    if (problems.size === problemsMax) break
    const problem = problemOf(error)
    // The first error at a place is the most telling: what follows there follows from it.
    if (!problems.has(problem.path)) problems.set(problem.path, problem)
  }
  return [...problems.values()]
}

function problemOf(error: ErrorObject): Problem {
  const { instancePath, keyword, parentSchema, data } = error
  const params: { readonly [name: string]: unknown } = error.params
  if (keyword === 'required') {
    const member = String(params.missingProperty)
    const described = isObject(parentSchema?.properties) ? parentSchema.properties[member] : undefined
    return {
      path: `${instancePath}/${pointerPart(member)}`,
      expected: descriptionOf(described) ?? 'a value',
      got: 'nothing',
    }
  }
  if (keyword === 'additionalProperties') {
    const member = String(params.additionalProperty)
    const found = isObject(data) ? data[member] : undefined
    return {
      path: `${instancePath}/${pointerPart(member)}`,
      expected: 'no member of this name',
      got: quote(found),
    }
  }
  const expected = descriptionOf(parentSchema) ?? `a value that passes ${keyword}`
  return { path: instancePath, expected, got: quote(data) }
}

function descriptionOf(schema: unknown): string | undefined {
  return isObject(schema) && typeof schema.description === 'string' ? schema.description : undefined
}

/** RFC 6901 section 3. */
function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
