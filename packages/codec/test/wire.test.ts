/** Hostile bytes: what is refused, why, and that our small codec and `@ipld/dag-cbor` mean the same bytes. */
import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { equal, failsWith, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { readCbor, WireLink } from '../src/cbor.js'
import {
  bytes,
  bytesUpTo,
  CodecError,
  contentIdBytes,
  contentIdOfDigest,
  type Decoded,
  decode,
  encode,
  field,
  fromHex,
  link,
  list,
  mapped,
  nullable,
  type Shape,
  sha256,
  struct,
  text,
  toHex,
  uint,
  utf8,
  wireDepthMax,
} from '../src/index.js'

const limits = { bytesMax: 4096 }

/** Takes every value of the data model, so that only the reader can refuse. */
const anything: Shape<unknown> = { name: 'anything', toWire: (value) => value, fromWire: (value) => value }

function read(hex: string): Decoded<unknown> {
  const bytes = fromHex(hex.replaceAll(' ', ''))
  ok(bytes, `${hex} is not hex`)
  return decode(anything, bytes, limits)
}

function codeOf(result: Decoded<unknown>): string {
  return result.ok ? 'ok' : result.code
}

const linkHex = `d82a58250001711220${'07'.repeat(32)}`

suite('decode refuses', (it) => {
  it('more bytes than the caller allows, before it reads any', () => {
    const broken = new Uint8Array(11).fill(0xff)
    equal(decode(uint(), broken, { bytesMax: 10 }), {
      ok: false,
      code: 'OVERSIZE',
      detail: 'a whole number from 0 to 9007199254740991: 11 bytes, at most 10',
    })
    is(codeOf(decode(uint(), broken, { bytesMax: 11 })), 'MALFORMED')
  })

  it('what is outside the data model as MALFORMED', () => {
    const outside: Record<string, string> = {
      nothing: '',
      'a negative number': '20',
      'a map': 'a0',
      'a map of one': 'a1 61 61 01',
      undefined: 'f7',
      'an unassigned simple value': 'e0',
      'a simple value of two bytes': 'f8 ff',
      'a half float': 'f9 3c00',
      'a float': 'fa 3f800000',
      'a double': 'fb 3ff0000000000000',
      'a double that is not a number': 'fb 7ff8000000000000',
      'an infinity': 'f9 7c00',
      'a bigint (2^53)': '1b 0020000000000000',
      'a bigint (2^64 - 1)': '1b ffffffffffffffff',
      'the tag of a bignum': 'c2 41 01',
      'the tag of a date': 'c1 00',
      'a reserved head': '1c',
      'a break': 'ff',
      'bytes after the end': '00 00',
      'text that is not UTF-8': '61 ff',
      'text with an encoded surrogate': '63 eda080',
    }
    for (const [name, hex] of Object.entries(outside)) is(codeOf(read(hex)), 'MALFORMED', name)
  })

  it('what ends early as MALFORMED', () => {
    for (const hex of [
      '18',
      '19 01',
      '1b 00',
      '42 01',
      '58 20 00',
      '61',
      '82 00',
      '81',
      'd8',
      'd8 2a',
      'd8 2a 41',
    ]) {
      is(codeOf(read(hex)), 'MALFORMED', hex)
    }
  })

  it('a length that the bytes cannot hold, without allocating for it', () => {
    for (const head of [
      '5a ffffffff',
      '7a ffffffff',
      '9a ffffffff',
      '9b 001fffffffffffff',
      '5b 001fffffffffffff',
    ]) {
      is(codeOf(read(`${head} 00`)), 'MALFORMED', head)
    }
  })

  it('a nest deeper than the limit, and takes one as deep', () => {
    const nest = (depth: number) => `${'81'.repeat(depth)}00`
    is(codeOf(read(nest(wireDepthMax))), 'ok')
    is(codeOf(read(nest(wireDepthMax + 1))), 'MALFORMED')
    is(codeOf(decode(anything, new Uint8Array(1_000_000).fill(0x81), { bytesMax: 1_000_000 })), 'MALFORMED')
  })

  it('a second encoding of the same value as NON_CANONICAL', () => {
    const longer: Record<string, string> = {
      '23 in two bytes': '18 17',
      '255 in three bytes': '19 00ff',
      '65535 in five bytes': '1a 0000ffff',
      '2^32 - 1 in nine bytes': '1b 00000000ffffffff',
      'a long length of bytes': '58 01 00',
      'a long length of text': '78 01 61',
      'a long length of an array': '98 01 00',
      'a long tag': `d9002a${linkHex.slice(4)}`,
      'bytes of indefinite length': '5f 41 00 ff',
      'text of indefinite length': '7f 61 61 ff',
      'an array of indefinite length': '9f 00 ff',
    }
    for (const [name, hex] of Object.entries(longer)) is(codeOf(read(hex)), 'NON_CANONICAL', name)
  })

  it('any tag but 42, and a tag 42 that is not around bytes with a zero in front', () => {
    for (const hex of [
      linkHex.replace('2a', '2b'),
      'c24100',
      'd82a00',
      'd82a80',
      'd82a40',
      'd82a4101',
      `d82a${linkHex}`,
      'd82a6100',
    ]) {
      is(codeOf(read(hex)), 'MALFORMED', hex)
    }
  })

  it('every CID but version 1 of dag-cbor and sha2-256 where a link is declared', () => {
    const digest = '07'.repeat(32)
    const readLink = (cid: string) => {
      const content = fromHex(`00${cid}`)
      ok(content)
      const encoded = Uint8Array.of(0xd8, 0x2a, ...encode(bytesUpTo(100), content))
      return decode(link(), encoded, limits)
    }
    equal(readLink(`01711220${digest}`), { ok: true, value: contentIdOfDigest(new Uint8Array(32).fill(7)) })
    const others: Record<string, string> = {
      'version 0': `1220${digest}`,
      'version 2': `02711220${digest}`,
      'codec raw': `01551220${digest}`,
      'codec dag-pb': `01701220${digest}`,
      'hash blake2s-256': `01711320${digest}`,
      'hash identity': `01710020${digest}`,
      'a digest cut to 31 bytes': `0171121f${digest.slice(2)}`,
      'a digest shorter than announced': `01711220${digest.slice(2)}`,
      'a byte after the digest': `01711220${digest}00`,
      'a varint in two bytes': `8100711220${digest}`,
      nothing: '',
    }
    for (const [name, cid] of Object.entries(others)) is(codeOf(readLink(cid)), 'SHAPE', name)
    is(codeOf(decode(link(), encode(bytes(36), new Uint8Array(36)), limits)), 'SHAPE')
  })
})

const document = struct('document', [
  field('id', nullable(link())),
  field('numbers', list(uint(), { max: 8 })),
  field('name', text({ max: 64 })),
  field('hash', bytes(32)),
])

suite('decode', (it) => {
  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (noise) => {
        ok(['MALFORMED', 'NON_CANONICAL', 'SHAPE'].includes(codeOf(decode(document, noise, limits))))
        decode(anything, noise, limits)
      }),
      { numRuns: 3000 },
    )
  })

  it('accepts a changed document only when it is the encoding of another one', () => {
    const random = seeded(11)
    const value = {
      id: contentIdOfDigest(sha256()),
      numbers: [1, 300, 70_000],
      name: 'née',
      hash: sha256(utf8('x')),
    }
    const encoded = encode(document, value)
    let accepted = 0
    for (let round = 0; round < 4000; round++) {
      const changed = encoded.slice()
      for (let i = random.int(2); i >= 0; i--) changed[random.int(changed.length)] = random.int(256)
      const result = decode(document, changed, limits)
      if (!result.ok) continue
      accepted++
      equal(encode(document, result.value), changed)
    }
    ok(accepted > 0, 'no change was accepted, so nothing was checked')
  })

  it('refuses a document cut at any byte, and with any byte after it', () => {
    const value = { id: contentIdOfDigest(sha256()), numbers: [1], name: 'a', hash: sha256() }
    const encoded = encode(document, value)
    for (let length = 0; length < encoded.length; length++) {
      is(codeOf(decode(document, encoded.subarray(0, length), limits)), 'MALFORMED')
    }
    for (let byte = 0; byte < 256; byte++) {
      is(codeOf(decode(document, Uint8Array.of(...encoded, byte), limits)), 'MALFORMED')
    }
  })

  it('shares no memory with the bytes it read, not even with a Buffer', () => {
    const encoded = Buffer.from(encode(bytes(32), sha256()))
    const result = decode(bytes(32), encoded, limits)
    encoded.fill(0)
    equal(result, { ok: true, value: sha256() })
    const number = decode(bytes(32), encode(bytes(32), Buffer.from(sha256())), limits)
    equal(number, { ok: true, value: sha256() })
  })

  it('lets the error of a mapping that is itself at fault through, since that is a mistake of the program', () => {
    const to = (): number => {
      throw new CodecError('TREE', 'a bug')
    }
    const faulty = mapped(uint(), { to, from: (value) => value })
    failsWith('TREE', () => decode(faulty, Uint8Array.of(0), limits))
  })
})

/** Values of the data model, as `@ipld/dag-cbor` has them and as this package has them on the wire. */
const { value: pairs } = fc.letrec<{ value: { theirs: unknown; ours: unknown } }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc
      .oneof(fc.nat(300), fc.maxSafeNat(), fc.boolean(), fc.constant(null))
      .map((one) => ({ theirs: one, ours: one })),
    // Their reader drops a byte order mark, so it is no oracle for text that starts with one.
    fc
      .string({ unit: 'binary', maxLength: 300 })
      .filter((one) => !one.startsWith('\uFEFF'))
      .map((one) => ({ theirs: one, ours: one })),
    fc.uint8Array({ maxLength: 300 }).map((one) => ({ theirs: one, ours: one })),
    fc.uint8Array({ minLength: 32, maxLength: 32 }).map((digest) => {
      const cid = contentIdBytes(contentIdOfDigest(digest))
      return { theirs: CID.decode(cid), ours: new WireLink(cid) }
    }),
    fc.array(tie('value'), { maxLength: 30 }).map((items) => ({
      theirs: items.map((item) => item.theirs),
      ours: items.map((item) => item.ours),
    })),
  ),
}))

suite('the wire is dag-cbor', (it) => {
  it('every length of head is written at its bounds as @ipld/dag-cbor writes it', () => {
    for (const number of [
      0,
      23,
      24,
      255,
      256,
      65_535,
      65_536,
      2 ** 32 - 1,
      2 ** 32,
      Number.MAX_SAFE_INTEGER,
    ]) {
      is(toHex(encode(anything, number)), toHex(dagCbor.encode(number)), String(number))
      equal(decode(uint(), encode(uint(), number), limits), { ok: true, value: number })
    }
    for (const length of [0, 23, 24, 255, 256, 65_535, 65_536]) {
      const content = new Uint8Array(length)
      is(toHex(encode(anything, content)), toHex(dagCbor.encode(content)))
    }
  })

  it('every value has the bytes that @ipld/dag-cbor gives it', () => {
    fc.assert(
      fc.property(pairs, ({ theirs, ours }) => {
        const encoded = encode(anything, ours)
        is(encoded.constructor, Uint8Array)
        is(toHex(encoded), toHex(dagCbor.encode(theirs)))
      }),
    )
  })

  it('every value that @ipld/dag-cbor writes is read back', () => {
    fc.assert(
      fc.property(pairs, ({ theirs, ours }) => {
        const encoded = dagCbor.encode(theirs)
        equal(decode(anything, encoded, { bytesMax: encoded.length }), { ok: true, value: ours })
      }),
    )
  })

  it('bytes that are read here are read alike by @ipld/dag-cbor', () => {
    const random = seeded(12)
    const heads = [
      0x00, 0x17, 0x18, 0x19, 0x40, 0x41, 0x58, 0x61, 0x78, 0x80, 0x81, 0x82, 0x98, 0xa0, 0xd8, 0xf4, 0xf6,
    ]
    let accepted = 0
    for (let round = 0; round < 20_000; round++) {
      const noise = Uint8Array.from({ length: 1 + random.int(6) }, () => {
        return random.chance(0.7) ? random.pick(heads) : random.int(256)
      })
      const result = readCbor(noise)
      if (result.kind === 'flawed') continue
      accepted++
      equal(dagCbor.decode(noise), result.value, toHex(noise))
      equal(toHex(dagCbor.encode(result.value)), toHex(noise))
    }
    ok(accepted > 1000, `only ${accepted} inputs were accepted`)
  })
})
