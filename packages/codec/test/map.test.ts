import fc from 'fast-check'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import {
  compareBytes,
  emptyMap,
  fromHex,
  type MerkleMap,
  mapChanges,
  mapEntries,
  mapFromEntries,
  mapGet,
  mapRoot,
  mapSet,
  mapSize,
  sha256,
  toHex,
  utf8,
} from '../src/index.js'

type Entry = readonly [key: Uint8Array, value: Uint8Array]

/** Keys whose first and last bits alone differ, so that paths are short, long and everything between. */
const keys = fc
  .tuple(fc.constantFrom(0x00, 0x01, 0x80, 0xc0, 0xff), fc.nat(3), fc.constantFrom(0x00, 0x01, 0x03, 0x80))
  .map(([first, middle, last]) => {
    const key = new Uint8Array(32)
    key[0] = first
    key[15] = middle
    key[31] = last
    return key
  })
const values = fc.uint8Array({ maxLength: 4 })
const entryLists = fc.array(fc.tuple(keys, values), { maxLength: 40 })

function setAll(map: MerkleMap, entries: readonly Entry[]): MerkleMap {
  return entries.reduce((one, [key, value]) => mapSet(one, key, value), map)
}

/** The definition, with nothing shared, cached or built step by step. */
function referenceRoot(entries: readonly Entry[], depth = 0): Uint8Array {
  const [first] = entries
  if (first === undefined) return new Uint8Array(32)
  if (entries.length === 1) return sha256(Uint8Array.of(0), first[0], sha256(first[1]))
  const isOne = ([key]: Entry) => (((key[depth >> 3] as number) >> (7 - (depth % 8))) & 1) === 1
  const left = referenceRoot(
    entries.filter((one) => !isOne(one)),
    depth + 1,
  )
  return sha256(Uint8Array.of(1), left, referenceRoot(entries.filter(isOne), depth + 1))
}

/** What a Map of JavaScript holds after the same, ascending by key. */
function model(entries: readonly Entry[]): Entry[] {
  const byHex = new Map(entries.map(([key, value]) => [toHex(key), [key, value] as const]))
  return [...byHex.values()].sort(([a], [b]) => compareBytes(a, b))
}

function keyOf(hex: string): Uint8Array {
  const key = fromHex(hex.padEnd(64, '0'))
  ok(key)
  return key
}

suite('Merkle map', (it) => {
  it('has a root of zeros when empty', () => {
    equal(mapRoot(emptyMap), new Uint8Array(32))
    is(mapSize(emptyMap), 0)
    is(mapGet(emptyMap, keyOf('00')), undefined)
  })

  it('has as root of one entry the hash of its leaf, however the key begins', () => {
    const key = sha256(utf8('key'))
    const map = mapSet(emptyMap, key, utf8('value'))
    equal(mapRoot(map), sha256(Uint8Array.of(0), key, sha256(utf8('value'))))
  })

  it('puts bit 0 of a key left and bit 1 right, most significant first', () => {
    const [low, high] = [keyOf('7f'), keyOf('80')]
    const map = mapFromEntries([
      [high, utf8('high')],
      [low, utf8('low')],
    ])
    const leaf = (key: Uint8Array, value: string) => sha256(Uint8Array.of(0), key, sha256(utf8(value)))
    equal(mapRoot(map), sha256(Uint8Array.of(1), leaf(low, 'low'), leaf(high, 'high')))
  })

  it('has empty siblings of zeros on the way to two keys that part late', () => {
    const [a, b] = [keyOf('00'), keyOf('20')]
    const map = setAll(emptyMap, [
      [a, utf8('a')],
      [b, utf8('b')],
    ])
    const leaf = (key: Uint8Array, value: string) => sha256(Uint8Array.of(0), key, sha256(utf8(value)))
    const empty = new Uint8Array(32)
    const third = sha256(Uint8Array.of(1), leaf(a, 'a'), leaf(b, 'b'))
    const second = sha256(Uint8Array.of(1), third, empty)
    equal(mapRoot(map), sha256(Uint8Array.of(1), second, empty))
  })

  it('holds what a Map holds after the same, under the root of the definition', () => {
    fc.assert(
      fc.property(entryLists, (entries) => {
        const expected = model(entries)
        const map = setAll(emptyMap, entries)
        equal(
          [...mapEntries(map)],
          expected.map(([key, value]) => [key, value]),
        )
        is(mapSize(map), expected.length)
        for (const [key, value] of expected) equal(mapGet(map, key), value)
        equal(mapRoot(map), referenceRoot(expected))
      }),
    )
  })

  it('has the same root whatever the order, and when built at once', () => {
    fc.assert(
      fc.property(
        entryLists
          .map(model)
          .chain((entries) =>
            fc.tuple(fc.constant(entries), fc.shuffledSubarray(entries, { minLength: entries.length })),
          ),
        ([entries, shuffled]) => {
          const root = mapRoot(setAll(emptyMap, entries))
          equal(mapRoot(setAll(emptyMap, shuffled)), root)
          const bulk = mapFromEntries(shuffled)
          equal(mapRoot(bulk), root)
          is(mapSize(bulk), entries.length)
        },
      ),
    )
  })

  it('does not know a key it was not given', () => {
    fc.assert(
      fc.property(entryLists, keys, (entries, key) => {
        const others = entries.filter(([one]) => compareBytes(one, key) !== 0)
        is(mapGet(setAll(emptyMap, others), key), undefined)
      }),
    )
  })

  it('keeps every earlier map as it was', () => {
    fc.assert(
      fc.property(entryLists, keys, values, (entries, key, value) => {
        const before = setAll(emptyMap, entries)
        const expected = model(entries)
        mapRoot(mapSet(before, key, value))
        equal(
          [...mapEntries(before)],
          expected.map(([k, v]) => [k, v]),
        )
        equal(mapRoot(before), referenceRoot(expected))
      }),
    )
  })

  it('is returned itself when it holds the entry already', () => {
    const map = mapSet(emptyMap, keyOf('01'), utf8('a'))
    is(mapSet(map, keyOf('01'), utf8('a')), map)
    is.not(mapSet(map, keyOf('01'), utf8('b')), map)
  })

  it('gives its root as a copy, so that nobody can change it', () => {
    const map = mapSet(emptyMap, keyOf('01'), utf8('a'))
    const root = toHex(mapRoot(map))
    mapRoot(map).fill(0)
    mapRoot(emptyMap).fill(1)
    is(toHex(mapRoot(map)), root)
    equal(mapRoot(emptyMap), new Uint8Array(32))
  })

  it('takes keys of 32 bytes and no others', () => {
    for (const length of [0, 31, 33]) {
      const key = new Uint8Array(length)
      failsWith('TREE', () => mapSet(emptyMap, key, key))
      failsWith('TREE', () => mapGet(emptyMap, key))
      failsWith('TREE', () => mapFromEntries([[key, key]]))
    }
  })

  it('is not built of entries that name a key twice', () => {
    const key = keyOf('01')
    failsWith('TREE', () =>
      mapFromEntries([
        [key, utf8('a')],
        [key.slice(), utf8('a')],
      ]),
    )
  })
})

suite('changes between two maps', (it) => {
  it('are the entries that are new or have another value, ascending by key', () => {
    fc.assert(
      fc.property(entryLists, entryLists, (first, second) => {
        const before = setAll(emptyMap, first)
        const after = setAll(before, second)
        const known = new Map(model(first).map(([key, value]) => [toHex(key), toHex(value)]))
        const expected = model([...first, ...second]).filter(
          ([key, value]) => known.get(toHex(key)) !== toHex(value),
        )
        equal(
          [...mapChanges({ before, after })],
          expected.map(([key, value]) => [key, value]),
        )
      }),
    )
  })

  it('are the same between maps that share nothing, and do not name what only the earlier one holds', () => {
    fc.assert(
      fc.property(entryLists, entryLists, (first, second) => {
        const [before, after] = [mapFromEntries(model(first)), mapFromEntries(model(second))]
        const known = new Map(model(first).map(([key, value]) => [toHex(key), toHex(value)]))
        const expected = model(second).filter(([key, value]) => known.get(toHex(key)) !== toHex(value))
        equal(
          [...mapChanges({ before, after })],
          expected.map(([key, value]) => [key, value]),
        )
      }),
    )
  })
})
