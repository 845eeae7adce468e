import * as dagCbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import {
  type ContentId,
  compareBytes,
  compareContentIds,
  contentId,
  contentIdBytes,
  contentIdFromBytes,
  contentIdOfDigest,
  digestOfContentId,
  parseContentId,
  sha256,
  toHex,
  utf8,
} from '../src/index.js'

const digest = fc.uint8Array({ minLength: 32, maxLength: 32 })

/** As another implementation makes it. */
function referenceCid(codec: number, hashCode: number, digest: Uint8Array): CID {
  const hash = Uint8Array.of(hashCode, digest.length, ...digest)
  return CID.createV1(codec, { code: hashCode, size: digest.length, digest: hash.subarray(2), bytes: hash })
}

suite('content ids', (it) => {
  it('are the CIDv1 that multiformats makes of dag-cbor and SHA-256', () => {
    fc.assert(
      fc.property(digest, (one) => {
        const reference = referenceCid(dagCbor.code, 0x12, one)
        const id = contentIdOfDigest(one)
        is(id, reference.toString())
        equal(contentIdBytes(id), reference.bytes)
        equal(digestOfContentId(id), one)
      }),
    )
  })

  it('compare as their bytes do, which their text does not', () => {
    const sign = fc.record({ a: digest, b: digest, shared: fc.nat(32) })
    let textDiffers = 0
    fc.assert(
      fc.property(sign, ({ a, b, shared }) => {
        const [one, other] = [a, Uint8Array.of(...a.subarray(0, shared), ...b.subarray(shared))].map(
          contentIdOfDigest,
        )
        ok(one && other)
        const expected = compareBytes(contentIdBytes(one), contentIdBytes(other))
        is(compareContentIds(one, other), expected)
        if ((one < other ? -1 : one > other ? 1 : 0) !== expected) textDiffers++
      }),
      { numRuns: 1_000 },
    )
    ok(textDiffers > 0, 'text would have done as well')
  })

  it('name the encoding of an empty array by its SHA-256', () => {
    const digest = '76be8b528d0075f7aae98d6fa57a6d3c83ae480a8469e668d7b0af968995ac71'
    is(toHex(digestOfContentId(contentId(Uint8Array.of(0x80)))), digest)
    is(contentId(Uint8Array.of(0x80)), 'bafyreidwx2fvfdiaox32v2mnn6sxu3j4qoxeqcuenhtgrv5qv6litfnmoe')
  })

  it('depend on the bytes alone', () => {
    is(contentId(utf8('a')), contentIdOfDigest(sha256(utf8('a'))))
    is.not(contentId(utf8('a')), contentId(utf8('b')))
  })

  it('are 59 characters and 36 bytes', () => {
    const id = contentId(utf8('a'))
    is(id.length, 59)
    is(contentIdBytes(id).length, 36)
  })

  it('are asserted where bytes are asked of one: a cast text is a mistake of the program', () => {
    failsWith('TREE', () => contentIdBytes('bafyreia' as ContentId)) // not an id, on purpose
  })

  it('are not made of a digest of another length', () => {
    failsWith('TREE', () => contentIdOfDigest(new Uint8Array(31)))
    failsWith('TREE', () => contentIdOfDigest(new Uint8Array(33)))
  })
})

suite('content ids from outside', (it) => {
  it('are read back from text and from bytes', () => {
    fc.assert(
      fc.property(digest, (one) => {
        const id = contentIdOfDigest(one)
        is(parseContentId(id), id)
        is(contentIdFromBytes(contentIdBytes(id)), id)
      }),
    )
  })

  it('are refused in another base, version, codec or hash, or cut or grown', () => {
    const one = sha256(utf8('a'))
    const id = contentIdOfDigest(one)
    const version0 = CID.createV0(
      referenceCid(0x70, 0x12, one).multihash as Parameters<typeof CID.createV0>[0],
    )
    const others: Record<string, string> = {
      'base58 text': referenceCid(0x71, 0x12, one).toString(base58btc),
      'version 0': version0.toString(),
      'codec raw': referenceCid(0x55, 0x12, one).toString(),
      'hash blake2s-256': referenceCid(0x71, 0x20, one).toString(),
      'a short hash': referenceCid(0x71, 0x12, one.subarray(1)).toString(),
      uppercase: id.toUpperCase(),
      'one character less': id.slice(0, -1),
      'one character more': `${id}a`,
      'a line end': `${id}\n`,
      padding: `${id}=`,
      nothing: '',
    }
    for (const [name, text] of Object.entries(others)) is(parseContentId(text), undefined, name)
    const bytes = contentIdBytes(id)
    is(contentIdFromBytes(bytes.subarray(1)), undefined)
    is(contentIdFromBytes(Uint8Array.of(...bytes, 0)), undefined)
    is(contentIdFromBytes(version0.bytes), undefined)
  })

  it('are refused with any character outside the alphabet, or another multibase letter', () => {
    const id = contentId(utf8('a'))
    for (const character of [
      '0',
      '1',
      '8',
      '9',
      'A',
      'Z',
      '=',
      '-',
      ' ',
      '\0',
      'é',
      '\u0161',
      '😂'[0] ?? '',
    ]) {
      for (let at = 1; at < id.length; at++) {
        is(
          parseContentId(`${id.slice(0, at)}${character}${id.slice(at + 1)}`),
          undefined,
          `${character} at ${at}`,
        )
      }
    }
    for (const letter of ['z', 'B', 'u', 'c', ' '])
      is(parseContentId(`${letter}${id.slice(1)}`), undefined, letter)
  })

  it('have no second text: unused bits of the last character must be zero', () => {
    const id = contentIdOfDigest(new Uint8Array(32))
    ok(id.endsWith('a'))
    is(parseContentId(`${id.slice(0, -1)}b`), undefined)
  })

  it('accept no text with one character changed to another id of the same bytes', () => {
    const alphabet = [...'abcdefghijklmnopqrstuvwxyz234567']
    fc.assert(
      fc.property(digest, fc.nat(58), fc.constantFrom(...alphabet), (one, at, character) => {
        const id = contentIdOfDigest(one)
        const changed = `${id.slice(0, at)}${character}${id.slice(at + 1)}`
        const parsed = parseContentId(changed)
        if (parsed !== undefined) is(contentIdOfDigest(digestOfContentId(parsed)), changed)
      }),
    )
  })
})
