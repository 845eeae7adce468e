/** SHA-256, and what may take its place. */
import { sha256 as reference } from '@noble/hashes/sha2.js'
import { equal, failsWith, is, seeded, suite } from '../../workspace/kit.ts'
import {
  concatBytes,
  isSha256,
  nobleSha256,
  nodeHash,
  parentLevel,
  type Sha256,
  sha256,
  toHex,
  useSha256,
  utf8,
} from '../src/index.js'

suite('sha256', (it) => {
  it('gives the answer of FIPS 180-4 for abc', () => {
    is(toHex(sha256(utf8('abc'))), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('of parts is that of the parts joined, few or many, short or long', () => {
    const random = seeded(31)
    for (let round = 0; round < 500; round++) {
      const parts = Array.from({ length: random.int(5) }, () =>
        random.bytes(random.int(round % 2 ? 60 : 400)),
      )
      equal(sha256(...parts), reference(concatBytes(...parts)))
    }
  })

  it('gives away arrays that a later call leaves alone', () => {
    const [one, other] = [sha256(utf8('a'), utf8('b')), sha256(utf8('c'), utf8('d'))]
    equal(one, reference(utf8('ab')))
    equal(other, reference(utf8('cd')))
  })
})

/** Computes SHA-256 and counts. */
function counting(): Sha256 & { calls: number } {
  const implementation = {
    name: 'counting',
    calls: 0,
    digest(message: Uint8Array) {
      implementation.calls++
      return reference(message)
    },
  }
  return implementation
}

suite('useSha256', (it) => {
  it('puts an implementation to work for one part and for several', () => {
    const implementation = counting()
    useSha256(implementation)
    implementation.calls = 0
    equal(sha256(utf8('abc')), reference(utf8('abc')))
    equal(sha256(utf8('a'), utf8('bc')), reference(utf8('abc')))
    is(implementation.calls, 2)
    useSha256(nobleSha256)
    sha256(utf8('abc'))
    is(implementation.calls, 2)
  })

  it('refuses what computes another hash, and stays with the one it has', () => {
    const reused = new Uint8Array(32)
    const pooled = new Uint8Array(64)
    const wrong: Record<string, (message: Uint8Array) => Uint8Array> = {
      'always the same': () => new Uint8Array(32),
      'one bit off for long messages': (message) => {
        const digest = reference(message)
        return message.length > 150 ? digest.with(31, (digest[31] ?? 0) ^ 1) : digest
      },
      'without the last byte of a full block': (message) =>
        reference(message.subarray(0, message.length & ~63 || undefined)),
      'cut to 31 bytes': (message) => reference(message).slice(1),
      'in one array for all': (message) => {
        reused.set(reference(message))
        return reused
      },
      'in a part of a larger array': (message) => {
        pooled.set(reference(message))
        return pooled.slice().subarray(0, 32)
      },
      'in a Buffer': (message) => Buffer.from(reference(message)),
      'as text': (message) => toHex(reference(message)) as unknown as Uint8Array, // wrong on purpose
    }
    for (const [name, digest] of Object.entries(wrong)) {
      is(isSha256({ name, digest }), false, name)
      failsWith('HASH', () => useSha256({ name, digest }))
    }
    equal(sha256(utf8('abc')), reference(utf8('abc')))
  })

  it('writes into an array where it can, and is refused where that is another hash or another place', () => {
    const good = (message: Uint8Array, target: Uint8Array, at: number) => target.set(reference(message), at)
    const wrong: Record<string, typeof good> = {
      'one bit off': (message, target, at) => {
        good(message, target, at)
        target[at] = (target[at] ?? 0) ^ 1
      },
      'one byte late': (message, target, at) => target.set(reference(message).subarray(0, 31), at + 1),
      'at the front': (message, target) => target.set(reference(message), 0),
      nothing: () => {},
    }
    for (const [name, digestInto] of Object.entries(wrong))
      is(isSha256({ name, digest: reference, digestInto }), false, name)
    const level = seeded(2).bytes(8 * 32)
    const pairs = [0, 1, 2, 3].map((pair) => level.subarray(64 * pair, 64 * (pair + 1)))
    const expected = concatBytes(...pairs.map((pair) => nodeHash(pair.subarray(0, 32), pair.subarray(32))))
    for (const digestInto of [undefined, good]) {
      useSha256({ name: 'into', digest: reference, ...(digestInto && { digestInto }) })
      equal(parentLevel(level), expected)
    }
    useSha256(nobleSha256)
    failsWith('TREE', () => parentLevel(level.subarray(32)))
    failsWith('TREE', () => parentLevel(level.subarray(1)))
  })
})
