/**
 * The one text of a JSON value: RFC 8785, JSON Canonicalization Scheme. Credentials are hashed and signed in it.
 */
import { hasLoneSurrogate } from './bytes.js'
import { CodecError } from './error.js'
import { jsonDepthMax } from './limits.js'

/**
 * Canonical JSON text. Throws `CodecError` on what JSON cannot say: JCS_NUMBER (NaN, infinities), JCS_TEXT (a lone
 * surrogate), JCS_TYPE (undefined, functions, bigints, instances of classes), JCS_DEPTH (deeper than 64, or
 * cyclic). Whatever `parseJson` accepts has a canonical text.
 */
export function canonicalizeJson(value: unknown): string {
  return write(value, 0)
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return writeText(value)
  if (typeof value === 'number') return writeNumber(value)
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value !== 'object') throw new CodecError('JCS_TYPE', `a ${typeof value} is not JSON`)
  if (depth === jsonDepthMax) throw new CodecError('JCS_DEPTH', `nested deeper than ${jsonDepthMax}`)
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join(',')}]`
  if (!isPlain(value)) throw new CodecError('JCS_TYPE', 'an instance of a class is not JSON')
  const members = Object.entries(value).map(([name, member]): [string, string] => {
    return [name, `${writeText(name)}:${write(member, depth + 1)}`]
  })
  // RFC 8785 section 3.2.3: by UTF-16 code units, which is how < compares; names of an object are unique.
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([, member]) => member).join(',')}}`
}

/** RFC 8785 section 3.2.2.2 takes the escapes of ECMAScript. */
function writeText(text: string): string {
  if (hasLoneSurrogate(text)) throw new CodecError('JCS_TEXT', 'text holds a lone surrogate')
  return JSON.stringify(text)
}

/** RFC 8785 section 3.2.2.3 takes Number::toString of ECMAScript, which also writes −0 as 0. */
function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new CodecError('JCS_NUMBER', `${value} is not JSON`)
  return String(value)
}

/** Made by a literal or by JSON.parse, in this realm or another: its prototype is a root, or it has none. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}
