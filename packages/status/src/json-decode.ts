/**
 * Closed decoding of JSON that people edit and hand around (genesis, anchor): every object has exactly the fields
 * that are named, every text, list and number has a bound, and the first thing wrong is reported with its path.
 */

/** Reads a JSON value; throws `JsonRefused`, which only `decodeJson` catches. */
export type JsonDecoder<T> = (value: unknown, path: string) => T

export type JsonDecoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly path: string; readonly detail: string }

/** What a decoder throws and `decodeJson` turns into a value. `path` is like `organisations[3].logKey`. */
export class JsonRefused extends Error {
  readonly path: string
  constructor(path: string, detail: string) {
    super(detail)
    this.path = path
  }
}

/** Runs a decoder on a parsed JSON value. Never throws on hostile input. */
export function decodeJson<T>(decoder: JsonDecoder<T>, value: unknown): JsonDecoded<T> {
  try {
    return { ok: true, value: decoder(value, '') }
  } catch (thrown) {
    if (!(thrown instanceof JsonRefused)) throw thrown
    return { ok: false, path: thrown.path, detail: thrown.message }
  }
}

type Fields<T> = { readonly [K in keyof T]: JsonDecoder<T[K]> }

type OptionalKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T]
type RequiredFields<T> = Fields<Omit<T, OptionalKeys<T>>>
type OptionalFields<T> = { readonly [K in OptionalKeys<T>]-?: JsonDecoder<Exclude<T[K], undefined>> }

/**
 * An object with exactly these fields: a missing one and an unknown one are both refused. Those of `optional` may be
 * missing.
 */
export function jsonObject<T>(
  fields: RequiredFields<T>,
  ...[optional]: OptionalKeys<T> extends never ? [] : [optional: OptionalFields<T>]
): JsonDecoder<T> {
  const decoders = { ...fields, ...optional } as Record<string, JsonDecoder<unknown>> // both are of decoders
  const names = Object.keys(decoders)
  return (value, path) => {
    if (!isPlainObject(value)) throw new JsonRefused(path, 'must be an object')
    const unknown = Object.keys(value).find((name) => !names.includes(name))
    if (unknown !== undefined) throw new JsonRefused(join(path, unknown.slice(0, 40)), 'is not a known field')
    const missing = Object.keys(fields).find((name) => !Object.hasOwn(value, name))
    if (missing !== undefined) throw new JsonRefused(join(path, missing), 'is missing')
    const entries = names.flatMap((name) => {
      const decode = decoders[name]
      if (decode === undefined || !Object.hasOwn(value, name)) return []
      return [[name, decode(value[name], join(path, name))] as const]
    })
    return Object.fromEntries(entries) as T // one entry for every key that must be there, each made by its own decoder
  }
}

export function jsonList<T>(
  item: JsonDecoder<T>,
  { min = 0, max }: { min?: number; max: number },
): JsonDecoder<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw new JsonRefused(path, 'must be a list')
    if (value.length < min) throw new JsonRefused(path, `must have at least ${min} entries`)
    if (value.length > max) throw new JsonRefused(path, `must have at most ${max} entries`)
    return value.map((entry: unknown, index) => item(entry, `${path}[${index}]`))
  }
}

export function jsonText({ min = 1, max, pattern, hint }: TextBounds): JsonDecoder<string> {
  return (value, path) => {
    if (typeof value !== 'string') throw new JsonRefused(path, 'must be a text')
    if (value.length < min)
      throw new JsonRefused(path, min === 1 ? 'must not be empty' : `must have ${min} characters`)
    if (value.length > max) throw new JsonRefused(path, `must have at most ${max} characters`)
    if (pattern !== undefined && !pattern.test(value))
      throw new JsonRefused(path, hint ?? `must match ${pattern}`)
    return value
  }
}

interface TextBounds {
  readonly min?: number
  readonly max: number
  readonly pattern?: RegExp
  /** What is wrong, in words, when the pattern does not match. */
  readonly hint?: string
}

/** A whole number of at least `min` (default 0) and at most `max`. */
export function jsonUint({ min = 0, max }: { min?: number; max: number }): JsonDecoder<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new JsonRefused(path, 'must be a whole number')
    }
    if (value < min || value > max) throw new JsonRefused(path, `must be from ${min} to ${max}`)
    return value
  }
}

/** One of a closed list of texts or numbers. */
export function jsonOneOf<const T extends string | number>(options: readonly T[]): JsonDecoder<T> {
  return (value, path) => {
    const found = options.find((option) => option === value)
    if (found === undefined) throw new JsonRefused(path, `must be one of ${options.join(', ')}`)
    return found
  }
}

export function jsonNullable<T>(decoder: JsonDecoder<T>): JsonDecoder<T | null> {
  return (value, path) => (value === null ? null : decoder(value, path))
}

/** Refuses what `test` finds wrong with a decoded value; `test` returns the complaint. */
export function jsonChecked<T>(
  decoder: JsonDecoder<T>,
  test: (value: T) => string | undefined,
): JsonDecoder<T> {
  return (value, path) => {
    const decoded = decoder(value, path)
    const complaint = test(decoded)
    if (complaint !== undefined) throw new JsonRefused(path, complaint)
    return decoded
  }
}

/** 32 bytes as 64 lowercase hex characters: an organisation id, a hash. */
export const jsonHex32: JsonDecoder<string> = jsonHex(32)

/** So many bytes as lowercase hex. */
export function jsonHex(length: number): JsonDecoder<string> {
  const characters = 2 * length
  const pattern = new RegExp(`^[0-9a-f]{${characters}}$`)
  return jsonText({ max: characters, pattern, hint: `must be ${characters} lowercase hex characters` })
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}
