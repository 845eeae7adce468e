/** The fast way of `decode` and the long way are one: for any shape and any bytes the same value, or the same refusal. */
import { equal, is, ok, type Seeded, seeded, suite } from '../../workspace/kit.ts'
import {
  boolean,
  branded,
  bytes,
  bytesUpTo,
  compareBytes,
  compareContentIds,
  constant,
  contentIdOfDigest,
  type Decoded,
  decode,
  encode,
  field,
  hexBytes,
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
  wireDepthMax,
} from '../src/index.js'
import { readingOf } from '../src/straight.js'

const limits = { bytesMax: 100_000 }

/** A shape that cannot be read straight is read the long way. */
function decodeTheLongWay(shape: Shape<unknown>, encoded: Uint8Array): Decoded<unknown> {
  return decode({ ...shape, read: undefined }, encoded, limits)
}

function readStraight(shape: Shape<unknown>, encoded: Uint8Array): unknown {
  const reading = readingOf(encoded)
  const value = shape.read?.(reading)
  return reading.position === encoded.length ? value : undefined
}

interface Sample {
  readonly shape: Shape<unknown>
  value(): unknown
}

/** Any shape there is, with values for it. */
function anyShape(random: Seeded, depth = 0): Sample {
  const make = random.pick(depth < 3 ? [...scalars, ...composites, ...composites] : scalars)
  return make(random, depth)
}

type Maker = (random: Seeded, depth: number) => Sample

const sample = <T>(shape: Shape<T>, value: () => T): Sample => ({ shape: shape as Shape<unknown>, value })
const bounds = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]
const someId = (random: Seeded) => contentIdOfDigest(random.bytes(32))

const scalars: readonly Maker[] = [
  (random) => sample(uint(), () => random.pick(bounds)),
  (random) => sample(uint({ min: 3, max: 300 }), () => 3 + random.int(298)),
  (random) => sample(boolean(), () => random.chance(0.5)),
  (random) => {
    const expected = random.pick([7, 1000, 'seven', '', true, false])
    return sample(constant(expected), () => expected)
  },
  (random) => {
    const length = random.pick([0, 1, 23, 24, 32, 300])
    return sample(bytes(length), () => random.bytes(length))
  },
  (random) => sample(bytesUpTo(40), () => random.bytes(random.int(41))),
  (random) => sample(text({ max: 30 }), () => random.pick(['', 'plain', 'née', '🜲🜲', '\uFEFFmark'])),
  (random) => sample(text({ max: 9, pattern: /^[a-z]*$/ }), () => random.pick(['', 'lower', 'ninechars'])),
  (random) => sample(link(), () => someId(random)),
  (random) => {
    const length = random.pick([0, 2, 32])
    return sample(hexBytes(length), () => toHex(random.bytes(length)))
  },
  (random) => sample(bytes(3, 24, 0), () => random.bytes(random.pick([0, 3, 24]))),
  (random) => sample(hexBytes(32, 48), () => toHex(random.bytes(random.pick([32, 48])))),
  (random) => sample(oneOf({ red: 1, green: 24, blue: 70_000 }), () => random.pick(['red', 'green', 'blue'])),
]

const composites: readonly Maker[] = [
  (random, depth) => {
    const fields = Array.from(
      { length: random.int(5) },
      (_, i) => [`f${i}`, anyShape(random, depth + 1)] as const,
    )
    return sample(
      struct(
        'random',
        fields.map(([name, { shape }]) => field(name, shape)),
      ),
      () => Object.fromEntries(fields.map(([name, one]) => [name, one.value()])),
    )
  },
  (random, depth) => {
    const item = anyShape(random, depth + 1)
    return sample(list(item.shape, { min: 1, max: 4 }), () =>
      Array.from({ length: 1 + random.int(4) }, () => item.value()),
    )
  },
  (random) =>
    sample(list(link(), { max: 4, ascending: compareContentIds }), () =>
      Array.from({ length: random.int(5) }, () => someId(random)).sort(compareContentIds),
    ),
  (random) =>
    sample(list(bytes(3), { max: 4, sortedUniqueBy: (one) => one }), () =>
      Array.from({ length: random.int(5) }, () => random.bytes(3)).sort(compareBytes),
    ),
  (random, depth) => {
    const inner = anyShape(random, depth + 1)
    return sample(nullable(inner.shape), () => (random.chance(0.5) ? null : inner.value()))
  },
  (random, depth) => {
    const inner = anyShape(random, depth + 1)
    return { shape: branded(inner.shape), value: inner.value }
  },
]

/** First bytes that mean something, right and wrong ones. */
const heads = [
  0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1f, 0x20, 0x40, 0x57, 0x58, 0x59, 0x5f, 0x60, 0x78, 0x7f, 0x80,
  0x81, 0x84, 0x98, 0x9f, 0xa0, 0xc1, 0xd8, 0x2a, 0xf4, 0xf5, 0xf6, 0xf7, 0xf9, 0xfb, 0xff,
]

function mutated(random: Seeded, honest: Uint8Array): Uint8Array {
  const out = [...honest]
  for (let times = 1 + random.int(3); times > 0; times--) {
    const at = random.int(out.length + 1)
    const byte = random.chance(0.6) ? random.pick(heads) : random.int(256)
    const change = random.int(7)
    if (change < 3) out[Math.min(at, Math.max(0, out.length - 1))] = byte
    else if (change === 3) out.splice(at, 0, byte)
    else if (change === 4) out.splice(at, 1 + random.int(2))
    else if (change === 5) out.length = at
    // The same number in more bytes than it needs.
    else out.splice(at, 1, ((out[at] ?? 0) & 0xe0) | 24, (out[at] ?? 0) & 0x1f)
  }
  return Uint8Array.from(out)
}

suite('decode, straight and the long way', (it) => {
  it('agree on any shape and any bytes: on the value, or on code and reason', () => {
    const random = seeded(20_250_301)
    let accepted = 0
    let refused = 0
    for (let round = 0; round < 1_500; round++) {
      const { shape, value } = anyShape(random)
      for (let i = 0; i < 30; i++) {
        const encoded = encode(shape, value())
        const bytes = i < 4 ? encoded : mutated(random, encoded)
        const expected = decodeTheLongWay(shape, bytes)
        const straight = readStraight(shape, bytes)
        equal(decode(shape, bytes, limits), expected, toHex(bytes))
        equal(straight, expected.ok ? expected.value : undefined, toHex(bytes))
        if (i < 4) ok(expected.ok, toHex(bytes))
        if (expected.ok) accepted++
        else refused++
      }
    }
    ok(accepted > 8_000 && refused > 8_000, `${accepted} accepted, ${refused} refused`)
  })

  it('agree on how deep arrays may nest', () => {
    for (const depth of [wireDepthMax, wireDepthMax + 1]) {
      let shape: Shape<unknown> = uint() as Shape<unknown>
      for (let i = 0; i < depth; i++) shape = list(shape, { max: 1 }) as Shape<unknown>
      const encoded = new Uint8Array(depth + 1).fill(0x81, 0, depth)
      const result = decode(shape, encoded, limits)
      equal(result, decodeTheLongWay(shape, encoded))
      is(result.ok, depth === wireDepthMax)
    }
  })

  it('agree where arrays stand side by side as often as they may nest', () => {
    const shape = list(list(uint(), { max: 1 }), { max: 100 }) as Shape<unknown>
    const encoded = encode(shape, Array(100).fill([1]))
    ok(readStraight(shape, encoded) !== undefined)
  })

  it('leave a mapping to the long way, with all that is around it', () => {
    const halved = mapped(uint(), { to: (one) => Math.floor(one / 2), from: (half) => half * 2 })
    for (const shape of [
      halved,
      nullable(halved),
      list(halved, { max: 3 }),
      struct('s', [field('a', halved)]),
    ])
      is(shape.read, undefined)
    is(codeOf(decode(halved, Uint8Array.of(4), limits)), 'ok')
    is(codeOf(decode(halved, Uint8Array.of(5), limits)), 'NON_CANONICAL')
  })

  it('read a Buffer as plain arrays of their own', () => {
    const shape = struct('pair', [field('small', bytes(32)), field('large', bytes(300))])
    const value = { small: new Uint8Array(32).fill(1), large: new Uint8Array(300).fill(2) }
    const frame = Buffer.concat([Buffer.alloc(5), encode(shape, value)]).subarray(5)
    const result = decode(shape, frame, limits)
    frame.fill(0)
    equal(result, { ok: true, value })
    ok(
      result.ok &&
        result.value.small.buffer.byteLength === 32 &&
        result.value.large.buffer.byteLength === 300,
    )
  })
})

function codeOf(result: Decoded<unknown>): string {
  return result.ok ? 'ok' : result.code
}
