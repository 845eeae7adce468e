import fc from 'fast-check'
import { equal, failsWith, is, match, ok, suite } from '../../workspace/kit.ts'
import {
  boolean,
  bytes,
  bytesUpTo,
  type ContentId,
  compareBytes,
  constant,
  contentIdBytes,
  contentIdOfDigest,
  type Decoded,
  decode,
  encode,
  field,
  hexBytes,
  type Infer,
  link,
  list,
  mapped,
  nullable,
  oneOf,
  type Shape,
  struct,
  text,
  toHex,
  uint,
} from '../src/index.js'

const limits = { bytesMax: 4096 }
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })
const contentIds = digest.map(contentIdOfDigest)
const byBytes = (a: ContentId, b: ContentId) => compareBytes(contentIdBytes(a), contentIdBytes(b))

function codeOf(result: Decoded<unknown>): string {
  return result.ok ? 'ok' : result.code
}

/** The value of `writer` does not fit `reader`, whichever way it goes. */
function refuses<T>(reader: Shape<T>, writer: Shape<unknown>, value: unknown): void {
  is(codeOf(decode(reader, encode(writer, value), limits)), 'SHAPE')
  failsWith('SHAPE', () => encode(reader as Shape<unknown>, value)) // hostile on purpose
}

const colour = oneOf({ red: 1, green: 2 })
const header = struct('header', [
  field('version', constant(1)),
  field('author', hexBytes(32)),
  field('sequence', uint()),
  field('prev', nullable(link())),
  field('references', list(link(), { max: 16, sortedUniqueBy: contentIdBytes })),
  field('colour', colour),
  field('hash', bytes(32)),
  field('note', text({ max: 40 })),
  field('isFinal', boolean()),
])
type Header = Infer<typeof header>

const headers: fc.Arbitrary<Header> = fc.record(
  {
    version: fc.constant(1 as const),
    author: digest.map(toHex),
    sequence: fc.maxSafeNat(),
    prev: fc.option(contentIds),
    references: fc.uniqueArray(contentIds, { maxLength: 16 }).map((ids) => ids.sort(byBytes)),
    colour: fc.constantFrom('red', 'green'),
    hash: digest,
    note: fc.string({ unit: 'binary', maxLength: 10 }),
    isFinal: fc.boolean(),
  },
  { noNullPrototype: true },
)

suite('shapes', (it) => {
  it('read back every value they write, in bytes that decode once and the same', () => {
    fc.assert(
      fc.property(headers, (value) => {
        const encoded = encode(header, value)
        equal(decode(header, encoded, { bytesMax: encoded.length }), { ok: true, value })
        equal(encode(header, value), encoded)
      }),
    )
  })

  it('write a struct as an array of its positions, without names', () => {
    const pair = struct('pair', [field('version', constant(1)), field('count', uint())])
    equal(encode(pair, { version: 1, count: 10 }), Uint8Array.of(0x82, 1, 10))
  })

  it('do not write properties that are not declared', () => {
    const one = struct('one', [field('count', uint())])
    const value = { count: 3, extra: 'kept in memory' }
    equal(encode(one, value), Uint8Array.of(0x81, 3))
  })

  it('take a struct of exactly its length', () => {
    const pair = struct('pair', [field('a', uint()), field('b', uint())])
    for (const length of [0, 1, 3]) {
      const other = encode(list(uint(), { max: 3 }), Array(length).fill(1))
      is(codeOf(decode(pair, other, limits)), 'SHAPE')
    }
    failsWith('SHAPE', () => encode(pair as Shape<unknown>, { a: 1 }))
    failsWith('SHAPE', () => encode(pair as Shape<unknown>, null))
  })

  it('bound whole numbers on both ends, from 0 to 2^53 - 1 unless told otherwise', () => {
    const small = uint({ min: 2, max: 5 })
    for (const value of [2, 5]) equal(decode(small, encode(small, value), limits), { ok: true, value })
    for (const value of [1, 6]) refuses(small, uint(), value)
    const largest = Number.MAX_SAFE_INTEGER
    equal(decode(uint(), encode(uint(), largest), limits), { ok: true, value: largest })
    for (const value of [-1, -0, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      failsWith('SHAPE', () => encode(uint(), value))
    }
  })

  it('refuse to write what is of another type', () => {
    for (const value of [undefined, 1n, 'text', null, {}, Symbol('s'), () => 1, new Map()]) {
      failsWith('SHAPE', () => encode(uint() as Shape<unknown>, value))
      failsWith('SHAPE', () => encode(bytes(1) as Shape<unknown>, value))
      failsWith('SHAPE', () => encode(list(uint(), { max: 1 }) as Shape<unknown>, value))
    }
  })

  it('take a constant as that value and no other', () => {
    refuses(constant(1), uint(), 2)
    refuses(constant('a'), text({ max: 1 }), 'b')
    refuses(constant(true), boolean(), false)
    refuses(constant(1), boolean(), true)
  })

  it('take bytes of the declared length, or up to it', () => {
    refuses(bytes(2), bytes(1), Uint8Array.of(1))
    refuses(bytes(2), bytes(3), Uint8Array.of(1, 2, 3))
    refuses(bytesUpTo(2), bytes(3), Uint8Array.of(1, 2, 3))
    refuses(bytes(1), text({ max: 1 }), 'a')
    equal(decode(bytesUpTo(2), encode(bytes(1), Uint8Array.of(7)), limits), {
      ok: true,
      value: Uint8Array.of(7),
    })
  })

  it('take bytes of one of several lengths, and of none between', () => {
    for (const [either, wire] of [
      [bytes(1, 3), bytes(1, 2, 3)],
      [hexBytes(1, 3), hexBytes(1, 2, 3)],
    ] as const) {
      for (const length of [1, 3]) {
        const value = wire.name.endsWith('hex') ? '0a'.repeat(length) : new Uint8Array(length).fill(10)
        equal(decode(either as Shape<unknown>, encode(wire as Shape<unknown>, value), limits), {
          ok: true,
          value,
        })
      }
      refuses(
        either as Shape<unknown>,
        wire as Shape<unknown>,
        wire.name.endsWith('hex') ? '0a0a' : Uint8Array.of(10, 10),
      )
    }
    is(bytes(64, 96).name, '64 or 96 bytes')
  })

  it('count text in bytes of UTF-8 and match its pattern', () => {
    const wide = text({ max: 100 })
    refuses(text({ max: 3 }), wide, 'éé')
    equal(decode(text({ max: 4 }), encode(wide, 'éé'), limits), { ok: true, value: 'éé' })
    refuses(text({ max: 9, pattern: /^[a-z]+$/ }), wide, 'a1')
    refuses(wide, bytes(1), Uint8Array.of(0x61))
    failsWith('SHAPE', () => encode(wide, 'a\ud800'))
  })

  it('keep text as it is: neither normalised nor relieved of a byte order mark', () => {
    for (const value of ['e\u0301', '\u00e9', '\uFEFFa', '\u212B']) {
      equal(decode(text({ max: 9 }), encode(text({ max: 9 }), value), limits), { ok: true, value })
    }
  })

  it('take hex of the declared length in lowercase', () => {
    const two = hexBytes(2)
    equal(encode(two, '0aff'), Uint8Array.of(0x42, 0x0a, 0xff))
    for (const value of ['0AFF', '0a', '0aff00', '', 'zzzz']) failsWith('SHAPE', () => encode(two, value))
    is(codeOf(decode(two, encode(bytes(3), Uint8Array.of(1, 2, 3)), limits)), 'SHAPE')
  })

  it('bound a list on both ends', () => {
    const some = list(uint(), { min: 1, max: 2 })
    const any = list(uint(), { max: 9 })
    refuses(some, any, [])
    refuses(some, any, [1, 2, 3])
    equal(decode(some, encode(any, [2, 1]), limits), { ok: true, value: [2, 1] })
    failsWith('SHAPE', () => encode(any, new Array<number>(2)))
  })

  it('refuse a list out of order, or with one item twice, where it must ascend', () => {
    const ascending = list(uint(), { max: 9, sortedUniqueBy: (item) => Uint8Array.of(item) })
    const any = list(uint(), { max: 9 })
    for (const value of [
      [2, 1],
      [1, 1],
      [1, 3, 2],
    ])
      refuses(ascending, any, value)
    equal(decode(ascending, encode(any, [1, 2, 3]), limits), { ok: true, value: [1, 2, 3] })
  })

  it('let null stand only where it is allowed', () => {
    equal(decode(nullable(uint()), encode(nullable(uint()), null), limits), { ok: true, value: null })
    refuses(uint(), nullable(uint()), null)
  })

  it('write names as their numbers and take no others', () => {
    equal(encode(colour, 'green'), Uint8Array.of(2))
    equal(decode(colour, Uint8Array.of(1), limits), { ok: true, value: 'red' })
    for (const other of [0, 3]) is(codeOf(decode(colour, Uint8Array.of(other), limits)), 'SHAPE')
    for (const name of ['blue', 'toString', '__proto__']) {
      failsWith('SHAPE', () => encode(colour as Shape<string>, name))
    }
  })

  it('map a value there and back, and refuse what the mapping refuses', () => {
    const even = mapped(uint(), {
      to: (n) => (n % 2 === 0 ? `n${n}` : undefined),
      from: (s) => Number(s.slice(1)),
    })
    equal(encode(even, 'n4'), Uint8Array.of(4))
    equal(decode(even, Uint8Array.of(4), limits), { ok: true, value: 'n4' })
    is(codeOf(decode(even, Uint8Array.of(5), limits)), 'SHAPE')
  })

  it('refuse bytes whose value a mapping writes otherwise', () => {
    const lossy = mapped(uint(), { to: (n) => n - (n % 2), from: (n) => n })
    equal(decode(lossy, Uint8Array.of(4), limits), { ok: true, value: 4 })
    is(codeOf(decode(lossy, Uint8Array.of(5), limits)), 'NON_CANONICAL')
  })

  it('say where the flaw is and what was expected, not what the value holds', () => {
    const people = struct('people', [field('names', list(text({ max: 3 }), { max: 2 }))])
    const thrown = failsWith('SHAPE', () => encode(people, { names: ['a', 'secret'] }))
    is(thrown.message, 'SHAPE: people.names[1]: expected text of at most 3 bytes, got text of length 6')
    const result = decode(people, Uint8Array.of(0x81, 0x81, 0x01), limits)
    ok(!result.ok)
    match(result.detail, 'people.names[0]')
  })

  it('are refused when they are declared wrongly', () => {
    failsWith('SHAPE_DECLARATION', () => uint({ max: 2 ** 53 }))
    failsWith('SHAPE_DECLARATION', () => uint({ min: 2, max: 1 }))
    failsWith('SHAPE_DECLARATION', () => bytes(-1))
    failsWith('SHAPE_DECLARATION', () => hexBytes(32, 0.5))
    failsWith('SHAPE_DECLARATION', () => constant(0.5))
    failsWith('SHAPE_DECLARATION', () => list(uint(), { min: 2, max: 1 }))
    failsWith('SHAPE_DECLARATION', () => text({ max: 1, pattern: /a/g }))
    failsWith('SHAPE_DECLARATION', () => oneOf({ a: 1, b: 1 }))
    failsWith('SHAPE_DECLARATION', () => oneOf({}))
    failsWith('SHAPE_DECLARATION', () => struct('s', [field('a', uint()), field('a', uint())]))
  })
})
