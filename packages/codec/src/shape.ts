/**
 * Declarative closed shapes: every format is declared once, as a positional dag-cbor array without key names, and
 * the declaration is its type, its writer and its strict reader.
 *
 *   const pair = struct('pair', [field('version', constant(1)), field('count', uint({ max: 10 }))])
 *   type Pair = Infer<typeof pair>   // { readonly version: 1, readonly count: number }, on the wire [1, count]
 *
 * Both directions check alike and throw `CodecError` with code SHAPE; `decode` turns that into a value. Most shapes
 * also read straight from canonical bytes, which is fast and gives no reasons.
 */
import { compareBytes, fromHex, hasLoneSurrogate, toHex, utf8 } from './bytes.js'
import { WireLink, writeCbor } from './cbor.js'
import { binaryOfText, type ContentId, contentIdFromBytes, contentIdOfDigest } from './content-id.js'
import { CodecError } from './error.js'
import {
  enterArray,
  enterBytes,
  leaveArray,
  notThere,
  type Reading,
  skip,
  takeCopy,
  takeLink,
  takeNull,
  takeText,
  takeUint,
  takeView,
} from './straight.js'

/** `path` says in errors where the value stands, for example `header.references[2]`. */
export interface Shape<T> {
  readonly name: string
  toWire(value: T, path?: string): unknown
  fromWire(value: unknown, path: string): T
  /**
   * The value whose one encoding stands at the position, or undefined where none does. It takes exactly what
   * `fromWire` takes and `toWire` gives back, so that nothing is left to compare. A shape that cannot promise that
   * has none, and neither have the shapes around it.
   */
  readonly read?: StraightRead<T> | undefined
}

export type StraightRead<T> = (reading: Reading) => T | undefined

/** The type that a shape declares. */
export type Infer<S> = S extends Shape<infer T> ? T : never

/** A whole number from `min` (0) to `max` (2⁵³ − 1). */
export function uint(limits: { readonly min?: number; readonly max?: number } = {}): Shape<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = limits
  declared(isUint(min) && isUint(max) && min <= max, `uint from ${min} to ${max}`)
  return checked(
    `a whole number from ${min} to ${max}`,
    (value): value is number => isUint(value) && value >= min && value <= max,
    (reading) => {
      const value = takeUint(reading) // or notThere, which is below every minimum
      return value >= min && value <= max ? value : undefined
    },
  )
}

export function boolean(): Shape<boolean> {
  return checked(
    'a boolean',
    (value): value is boolean => typeof value === 'boolean',
    (reading) => (skip(reading, wireTrue) ? true : skip(reading, wireFalse) ? false : undefined),
  )
}

/** Exactly this value; a version, for example. */
export function constant<const V extends number | string | boolean>(expected: V): Shape<V> {
  declared(typeof expected !== 'number' || isUint(expected), `constant ${expected}`)
  const encoding = writeCbor(expected)
  return checked(
    `the constant ${JSON.stringify(expected)}`,
    (value): value is V => value === expected,
    (reading) => (skip(reading, encoding) ? expected : undefined),
  )
}

/** Bytes of exactly this length, or of one of these. */
export function bytes(...lengths: readonly [number, ...number[]]): Shape<Uint8Array> {
  declared(lengths.every(isUint), `bytes of length ${lengths.join(' or ')}`)
  return checked(
    `${lengths.join(' or ')} bytes`,
    (value): value is Uint8Array => value instanceof Uint8Array && lengths.includes(value.length),
    (reading) => {
      const length = enterBytes(reading) // or notThere, which is no declared length
      return lengths.includes(length) ? takeCopy(reading, length) : undefined
    },
  )
}

/** At most `max` bytes. */
export function bytesUpTo(max: number): Shape<Uint8Array> {
  declared(isUint(max), `bytes up to ${max}`)
  return checked(
    `at most ${max} bytes`,
    (value): value is Uint8Array => value instanceof Uint8Array && value.length <= max,
    (reading) => {
      const length = enterBytes(reading)
      return length === notThere || length > max ? undefined : takeCopy(reading, length)
    },
  )
}

/** Text of at most `max` bytes in UTF-8 that matches `pattern`. It is compared as it is, never normalised. */
export function text(limits: { readonly max: number; readonly pattern?: RegExp }): Shape<string> {
  const { max, pattern } = limits
  declared(isUint(max), `text up to ${max}`)
  // A pattern with a memory would answer differently for the same text.
  declared(pattern === undefined || !(pattern.global || pattern.sticky), `text with the flags of ${pattern}`)
  const described = `text of at most ${max} bytes${pattern === undefined ? '' : ` that matches ${pattern}`}`
  const fits = (value: unknown): value is string => {
    if (typeof value !== 'string' || value.length > max || hasLoneSurrogate(value)) return false
    if (utf8(value).length > max) return false
    return pattern === undefined || pattern.test(value)
  }
  return checked(described, fits, (reading) => {
    const value = takeText(reading)
    return fits(value) ? value : undefined
  })
}

/** A content id: its text in memory, a CID (tag 42) on the wire. CIDs of any other kind are refused. */
export function link(): Shape<ContentId> {
  const name = 'a CIDv1 of dag-cbor and sha2-256'
  return {
    name,
    toWire(value, path = name) {
      const cid = typeof value === 'string' ? binaryOfText(value) : undefined
      return new WireLink(cid ?? mismatch(path, name, value))
    },
    fromWire(value, path) {
      const id = value instanceof WireLink ? contentIdFromBytes(value.cid) : undefined
      return id ?? mismatch(path, name, value)
    },
    read(reading) {
      const digest = takeLink(reading)
      return digest && contentIdOfDigest(digest)
    },
  }
}

/** Such bytes on the wire, lowercase hex in memory, so that the value can be a key of a Map. */
export function hexBytes(...lengths: readonly [number, ...number[]]): Shape<string> {
  const wire = bytes(...lengths)
  const name = `${wire.name} in hex`
  return {
    name,
    toWire(value, path = name) {
      const binary = typeof value === 'string' ? fromHex(value) : undefined
      return wire.toWire(binary ?? mismatch(path, name, value), path)
    },
    fromWire: (value, path) => toHex(wire.fromWire(value, path)),
    read(reading) {
      const length = enterBytes(reading)
      const binary = lengths.includes(length) ? takeView(reading, length) : undefined
      return binary && toHex(binary)
    },
  }
}

/**
 * `min` (0) to `max` items. With `sortedUniqueBy` the items must ascend strictly by these bytes, or with `ascending`
 * in this order where that is cheaper to tell; writing an unsorted list is a mistake of the program, it is not
 * sorted here.
 */
export function list<T>(
  item: Shape<T>,
  limits: {
    readonly min?: number
    readonly max: number
    readonly sortedUniqueBy?: (item: T) => Uint8Array
    readonly ascending?: (a: T, b: T) => number
  },
): Shape<readonly T[]> {
  const { min = 0, max, sortedUniqueBy, ascending } = limits
  declared(isUint(min) && isUint(max) && min <= max, `list of ${min} to ${max}`)
  const name = `a list of ${min} to ${max} items`
  const checkLength = (value: unknown, path: string): readonly unknown[] => {
    if (Array.isArray(value) && value.length >= min && value.length <= max) return value
    return mismatch(path, name, value)
  }
  const isInOrder = (items: readonly T[]): boolean =>
    (sortedUniqueBy === undefined || isAscending(items.map(sortedUniqueBy), compareBytes)) &&
    (ascending === undefined || isAscending(items, ascending))
  const checkOrder = (items: readonly T[], path: string): void => {
    if (!isInOrder(items)) throw new CodecError('SHAPE', `${path}: items must ascend and be unique`)
  }
  const readItem = item.read
  return {
    name,
    toWire(value, path = name) {
      checkLength(value, path)
      // Not value.map, which would leave the holes of an array as they are.
      const wire = Array.from(value, (one, index) => item.toWire(one, `${path}[${index}]`))
      checkOrder(value, path)
      return wire
    },
    fromWire(value, path) {
      const items = checkLength(value, path).map((one, index) => item.fromWire(one, `${path}[${index}]`))
      checkOrder(items, path)
      return items
    },
    read:
      readItem &&
      ((reading) => {
        const length = enterArray(reading) // or notThere, which is below every minimum
        if (length < min || length > max) return undefined
        const items: T[] = []
        while (items.length < length) {
          const one = readItem(reading)
          if (one === undefined) return undefined
          items.push(one)
        }
        leaveArray(reading)
        return isInOrder(items) ? items : undefined
      }),
  }
}

function isAscending<T>(items: readonly T[], compare: (a: T, b: T) => number): boolean {
  for (let i = 1; i < items.length; i++) {
    if (compare(items[i - 1] as T, items[i] as T) >= 0) return false // both indexes are below the length
  }
  return true
}

/** The shape, or null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  const { read } = shape
  return {
    name: `${shape.name}, or null`,
    toWire: (value, path) => (value === null ? null : shape.toWire(value, path)),
    fromWire: (value, path) => (value === null ? null : shape.fromWire(value, path)),
    read: read && ((reading) => (takeNull(reading) ? null : read(reading))),
  }
}

/** A closed set of names: text in memory, its small number on the wire. */
export function oneOf<const M extends Readonly<Record<string, number>>>(numbers: M): Shape<keyof M & string> {
  type Name = keyof M & string
  const byName = new Map<unknown, number>(Object.entries(numbers))
  // Object.entries yields exactly the names of M.
  const byNumber = new Map<unknown, Name>([...byName].map(([name, number]) => [number, name as Name]))
  declared(byName.size > 0 && byNumber.size === byName.size, 'oneOf needs names with different numbers')
  declared([...byNumber.keys()].every(isUint), 'oneOf needs numbers from 0')
  const name = `one of ${[...byName.keys()].join(', ')}`
  return {
    name,
    toWire: (value, path = name) => byName.get(value) ?? mismatch(path, name, value),
    fromWire: (value, path) => byNumber.get(value) ?? mismatch(path, name, value),
    read: (reading) => byNumber.get(takeUint(reading)), // notThere has no name
  }
}

/** One position of a struct. */
export interface Field<N extends string, T> {
  readonly name: N
  readonly shape: Shape<T>
}

export function field<const N extends string, T>(name: N, shape: Shape<T>): Field<N, T> {
  return { name, shape }
}

/** What a struct with these fields is in memory. */
export type StructOf<F extends readonly Field<string, unknown>[]> = {
  readonly [P in F[number] as P['name']]: P extends Field<string, infer T> ? T : never
}

/**
 * An object in memory, an array of exactly these positions on the wire. Properties that are not declared are not
 * written, so a value may carry more than the wire does.
 */
export function struct<const F extends readonly Field<string, unknown>[]>(
  name: string,
  fields: F,
): Shape<StructOf<F>> {
  declared(
    new Set(fields.map((one) => one.name)).size === fields.length,
    `struct ${name} names a field twice`,
  )
  return {
    name,
    toWire(value, path = name) {
      if (typeof value !== 'object' || value === null) return mismatch(path, name, value)
      // The type of value is computed from these very names.
      const object = value as Readonly<Record<string, unknown>>
      return fields.map((one) => one.shape.toWire(object[one.name], `${path}.${one.name}`))
    },
    fromWire(value, path) {
      if (!Array.isArray(value) || value.length !== fields.length) {
        return mismatch(path, `${name}, an array of ${fields.length}`, value)
      }
      const object: Record<string, unknown> = {}
      for (let i = 0; i < fields.length; i++) {
        const one = fields[i] as Field<string, unknown> // the index is below the length
        object[one.name] = one.shape.fromWire(value[i], `${path}.${one.name}`)
      }
      // Every field was read by its own shape, and StructOf says no more than that.
      return object as StructOf<F>
    },
    read: straightStruct(fields),
  }
}

function straightStruct<const F extends readonly Field<string, unknown>[]>(
  fields: F,
): StraightRead<StructOf<F>> | undefined {
  const reads: StraightRead<unknown>[] = []
  for (const { shape } of fields) {
    if (shape.read === undefined) return undefined
    reads.push(shape.read)
  }
  const names = fields.map((one) => one.name)
  // Copied for every value, so that all have one layout from the start and setting a field does not change it.
  const template: Readonly<Record<string, unknown>> = Object.fromEntries(
    names.map((name) => [name, undefined]),
  )
  return (reading) => {
    if (enterArray(reading) !== reads.length) return undefined
    const object = { ...template }
    for (let i = 0; i < reads.length; i++) {
      const value = (reads[i] as StraightRead<unknown>)(reading) // there are as many as names
      if (value === undefined) return undefined
      object[names[i] as string] = value
    }
    leaveArray(reading)
    return object as StructOf<F> // as in fromWire
  }
}

/** The same value in the same bytes, which reading makes a B: a name for what the shape has checked. */
export function branded<T, B extends T>(shape: Shape<T>): Shape<B> {
  return shape as unknown as Shape<B> // that is the declaration; to be written, every B is a T
}

/**
 * The same wire form under another type in memory. `to` makes the value read, and refuses it with undefined; `from`
 * gives back what is written. They must be inverse, else `decode` says NON_CANONICAL: it compares, since these two
 * cannot promise it, so there is no `read`.
 */
export function mapped<A, B>(
  shape: Shape<A>,
  functions: { readonly to: (inner: A) => B | undefined; readonly from: (outer: B) => A },
): Shape<B> {
  return {
    name: shape.name,
    toWire: (value, path) => shape.toWire(functions.from(value), path),
    fromWire(value, path) {
      const outer = functions.to(shape.fromWire(value, path))
      return outer === undefined ? mismatch(path, `${shape.name}, restricted`, value) : outer
    },
  }
}

/** A shape whose value is the same in memory and on the wire. */
function checked<T>(name: string, fits: (value: unknown) => value is T, read: StraightRead<T>): Shape<T> {
  return {
    name,
    toWire: (value, path = name) => (fits(value) ? value : mismatch(path, name, value)),
    fromWire: (value, path) => (fits(value) ? value : mismatch(path, name, value)),
    read,
  }
}

const wireFalse = writeCbor(false)
const wireTrue = writeCbor(true)

/** The largest number on the wire is 2⁵³ − 1, and −0 is not a number of the wire. */
function isUint(value: unknown): value is number {
  return Number.isSafeInteger(value) && !Object.is(value, -0) && (value as number) >= 0 // a safe integer is a number
}

function mismatch(path: string, expected: string, value: unknown): never {
  throw new CodecError('SHAPE', `${path}: expected ${expected}, got ${describe(value)}`)
}

/** What it is, not what it holds: details end up in logs. */
function describe(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'number' || value === null || value === undefined) return String(value)
  if (typeof value === 'string') return `text of length ${value.length}`
  return typeof value
}

function declared(isRight: boolean, what: string): void {
  if (!isRight) throw new CodecError('SHAPE_DECLARATION', what)
}
