import fc from 'fast-check'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64url,
  fromHex,
  fromUtf8,
  sha256,
  toBase64url,
  toHex,
  utf8,
} from '../src/index.js'

const anyBytes = fc.uint8Array({ maxLength: 80 })

suite('bytes: order', (it) => {
  it('sorts as the hex text sorts, a prefix first', () => {
    fc.assert(
      fc.property(anyBytes, anyBytes, (a, b) => {
        const [left, right] = [toHex(a), toHex(b)]
        is(compareBytes(a, b), left < right ? -1 : left > right ? 1 : 0)
        is(equalBytes(a, b), left === right)
      }),
    )
    is(compareBytes(Uint8Array.of(1), Uint8Array.of(1, 0)), -1)
    is(compareBytes(Uint8Array.of(0xff), Uint8Array.of(0x7f, 0xff)), 1)
  })

  it('tells bytes apart that differ in one place or in length', () => {
    ok(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2)))
    is(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3)), false)
    is(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 0)), false)
  })

  it('joins parts in the order given', () => {
    equal(concatBytes(Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)), Uint8Array.of(1, 2, 3))
    equal(concatBytes(), new Uint8Array(0))
  })
})

suite('bytes: hex and base64url', (it) => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        equal(fromHex(toHex(bytes)), bytes)
        equal(fromBase64url(toBase64url(bytes)), bytes)
        is(toBase64url(bytes), Buffer.from(bytes).toString('base64url'))
      }),
    )
  })

  it('has one hex text for the same bytes: lowercase, two digits a byte', () => {
    is(toHex(Uint8Array.of(0, 0x0a, 0xff)), '000aff')
    for (const text of ['0', 'AB', 'aB', '0x00', '0g', ' 00', '00\n', '000'])
      is(fromHex(text), undefined, text)
  })

  it('has one base64url text for the same bytes: no padding, no other alphabet, no bits to spare', () => {
    is(toBase64url(Uint8Array.of(0xfb, 0xff)), '-_8')
    for (const text of ['A', 'AAAAA', 'AA==', '+_8', '-/8', '-_9', 'AB', 'A A', '-_8\n']) {
      is(fromBase64url(text), undefined, text)
    }
  })

  it('takes as base64url exactly the texts that it writes', () => {
    const text = fc.string({ unit: fc.constantFrom(...'AQgwBZaz09-_='), maxLength: 9 })
    fc.assert(
      fc.property(text, (one) => {
        const bytes = fromBase64url(one)
        const canonical = toBase64url(Uint8Array.from(Buffer.from(one, 'base64url')))
        if (bytes === undefined) is.not(canonical, one)
        else is(toBase64url(bytes), one)
      }),
    )
  })
})

suite('bytes: UTF-8', (it) => {
  it('reads back every text, a byte order mark in front included', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => is(fromUtf8(utf8(text)), text)))
    for (const text of ['', '\uFEFF', '\uFEFF\uFEFFa', 'a\uFEFF', 'é', 'e\u0301', '😂', '\0']) {
      is(fromUtf8(utf8(text)), text)
    }
  })

  it('does not normalise: two spellings of é stay two texts', () => {
    equal(utf8('é'), Uint8Array.of(0xc3, 0xa9))
    equal(utf8('e\u0301'), Uint8Array.of(0x65, 0xcc, 0x81))
  })

  it('refuses to write a lone surrogate', () => {
    for (const text of ['\ud800', 'a\udc00', '\udc00\ud800', '😂\ud83d']) failsWith('TEXT', () => utf8(text))
  })

  it('refuses bytes that are not UTF-8, and replaces nothing', () => {
    const bad: Record<string, number[]> = {
      'a lone continuation': [0x80],
      'a cut sequence': [0xe2, 0x82],
      'an overlong slash': [0xc0, 0xaf],
      'an overlong NUL': [0xe0, 0x80, 0x80],
      'an encoded surrogate': [0xed, 0xa0, 0x80],
      'beyond U+10FFFF': [0xf4, 0x90, 0x80, 0x80],
      'no such byte': [0x61, 0xff],
    }
    for (const [name, bytes] of Object.entries(bad)) is(fromUtf8(Uint8Array.from(bytes)), undefined, name)
  })

  it('accepts exactly the bytes that a fatal decoder accepts', () => {
    const oracle = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    const nearText = fc.array(
      fc.constantFrom(0x00, 0x61, 0x80, 0xa0, 0xbf, 0xc3, 0xe2, 0xed, 0xef, 0xf0, 0xf4),
      {
        maxLength: 6,
      },
    )
    fc.assert(
      fc.property(nearText, (numbers) => {
        const bytes = Uint8Array.from(numbers)
        let expected: string | undefined
        try {
          expected = oracle.decode(bytes)
        } catch {
          expected = undefined
        }
        is(fromUtf8(bytes), expected)
      }),
      { numRuns: 500 },
    )
  })
})

suite('hash', (it) => {
  it('is SHA-256 of the parts one after another (FIPS 180-4, "abc")', () => {
    const expected = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    is(toHex(sha256(utf8('abc'))), expected)
    is(toHex(sha256(utf8('a'), utf8(''), utf8('bc'))), expected)
    is(toHex(sha256()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })
})
