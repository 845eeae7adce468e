/** A map on disk answers as the same map in memory, whatever was sealed in between, and never wrongly. */
import fc from 'fast-check'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  chunkEntries,
  emptyMap,
  type MapSource,
  type MerkleMap,
  mapChanges,
  mapChunks,
  mapEntries,
  mapFromEntries,
  mapGet,
  mapPages,
  mapRoot,
  mapSet,
  mapSize,
  openMap,
  type PagePlace,
  proveKey,
  sha256,
  toHex,
  utf8,
} from '../src/index.js'

type Entry = readonly [key: Uint8Array, value: Uint8Array]

class Damaged extends Error {}

/** Pages as a store would keep them. */
interface Disk extends MapSource {
  readonly pages: Map<string, Uint8Array>
  /** Of the root. */
  version: number
  reads: number
}

function emptyDisk(): Disk {
  const pages = new Map<string, Uint8Array>()
  return {
    pages,
    version: 0,
    reads: 0,
    page(place) {
      this.reads++
      return pages.get(nameOf(place))
    },
    damaged: (what) => new Damaged(what),
  }
}

const nameOf = ({ depth, prefix, version }: PagePlace) => `${depth}/${toHex(prefix)}/${version}`

const rootAt = (version: number) => nameOf({ depth: 0, prefix: new Uint8Array(), version })

/**
 * Writes what lies between two maps in the next version, and removes what that replaces; returns how many pages it wrote.
 * Until the root is there the map before can be read, and nothing is ever written over.
 */
function store(disk: Disk, before: MerkleMap, after: MerkleMap, isApart = false): number {
  const [root, ...pages] = mapPages({ before, after, version: disk.version + 1, isApart })
  for (const page of pages) {
    is(disk.pages.has(nameOf(page)), false)
    disk.pages.set(nameOf(page), page.bytes)
  }
  const found = openMap({ root: mapRoot(before), version: disk.version, source: disk })
  ok(found)
  equal([...mapEntries(found)], [...mapEntries(before)])
  if (root === undefined) return 0
  disk.pages.set(nameOf(root), root.bytes)
  disk.pages.delete(rootAt(disk.version++))
  for (const page of pages)
    if (page.replaces !== undefined)
      ok(disk.pages.delete(nameOf({ ...page, version: page.replaces })), nameOf(page))
  return pages.length + 1
}

const open = (root: Uint8Array, disk: Disk) => openMap({ root, version: disk.version, source: disk })

/** The same map, of which no more than the root is in memory. */
function seal(map: MerkleMap, disk: Disk): MerkleMap {
  const found = open(mapRoot(map), disk)
  ok(found)
  return found
}

/** Keys that agree in many bits, in few and in none. */
const keys = fc
  .tuple(fc.constantFrom(0x00, 0x01, 0x80, 0xc0, 0xff), fc.nat(3), fc.constantFrom(0x00, 0x01, 0x03, 0x80))
  .map(([first, middle, last]) => {
    const key = new Uint8Array(32)
    key[0] = first
    key[15] = middle
    key[31] = last
    return key
  })
const entries = fc.array(fc.tuple(keys, fc.uint8Array({ maxLength: 40 })), { maxLength: 24 })

const randomKey = (index: number) => sha256(utf8(`key ${index}`))
const randomEntries = (size: number) =>
  Array.from({ length: size }, (_, index): Entry => [randomKey(index), utf8(`value ${index}`)])

function assertAlike(found: MerkleMap, expected: MerkleMap, asked: readonly Uint8Array[]): void {
  equal(mapRoot(found), mapRoot(expected))
  for (const key of asked) {
    equal(mapGet(found, key), mapGet(expected, key))
    equal(proveKey(found, key), proveKey(expected, key))
  }
  is(mapSize(found), mapSize(expected))
  equal([...mapEntries(found)], [...mapEntries(expected)])
  const chunksOf = (map: MerkleMap) =>
    mapChunks(map, { bytesMax: 300 }).map((chunk) => [chunk.depth, chunk.hash, chunkEntries(chunk)])
  equal(chunksOf(found), chunksOf(expected))
}

suite('a map in pages', (it) => {
  it('answers as the same map in memory, sealed, opened anew and changed in any order', () => {
    const then = fc.constantFrom('keep', 'seal')
    const ways = fc.constantFrom('as it grew', 'made anew', 'apart')
    const steps = fc.array(fc.tuple(entries, ways, then), { maxLength: 6 })
    fc.assert(
      fc.property(steps, fc.array(keys, { maxLength: 6 }), (rounds, asked) => {
        const disk = emptyDisk()
        let memory = emptyMap
        let map = emptyMap
        for (const [changes, way, next] of rounds) {
          const before = map
          for (const [key, value] of changes) {
            memory = mapSet(memory, key, value)
            map = mapSet(map, key, value)
          }
          if (way !== 'as it grew') map = mapFromEntries(mapEntries(memory))
          store(disk, before, map, way === 'apart')
          if (next === 'seal' || way === 'apart') map = seal(map, disk)
          assertAlike(map, memory, [...asked, ...changes.map(([key]) => key)])
        }
        const whole = emptyDisk()
        is(disk.pages.size, store(whole, emptyMap, memory), 'nothing is left over')
      }),
      { numRuns: 100 },
    )
  })

  it('keeps what was sealed apart from what became of it', () => {
    const disk = emptyDisk()
    const first = mapFromEntries(randomEntries(200))
    store(disk, emptyMap, first)
    const sealed = seal(first, disk)
    const changed = mapSet(sealed, randomKey(7), utf8('other'))
    equal(mapGet(sealed, randomKey(7)), utf8('value 7'))
    equal(mapGet(changed, randomKey(7)), utf8('other'))
    equal([...mapChanges({ before: sealed, after: changed })], [[randomKey(7), utf8('other')]])
  })

  it('reads one page to be opened, and a few for a look-up among thousands', () => {
    const disk = emptyDisk()
    const map = mapFromEntries(randomEntries(5_000))
    store(disk, emptyMap, map)
    disk.reads = 0
    const found = open(mapRoot(map), disk)
    is(disk.reads, 1)
    ok(found)
    equal(mapGet(found, randomKey(321)), utf8('value 321'))
    ok(disk.reads <= 7, `${disk.reads} pages`)
    const before = disk.reads
    equal(mapGet(found, randomKey(321)), utf8('value 321'))
    is(disk.reads, before, 'what was read is kept')
  })

  it('writes for a change the pages on its way alone', () => {
    const disk = emptyDisk()
    const map = mapFromEntries(randomEntries(5_000))
    const all = store(disk, emptyMap, map)
    const changed = mapSet(seal(map, disk), randomKey(9), utf8('changed'))
    disk.reads = 0
    const pages = [...mapPages({ before: map, after: changed, version: 2 })].length
    ok(pages <= 7 && all > 1_000, `${pages} of ${all} pages`)
    is(disk.reads, 0)
  })

  it('knows where the pages are of a change that was made twice, of which the first goes on', () => {
    const disk = emptyDisk()
    const first = mapFromEntries(randomEntries(500))
    store(disk, emptyMap, first)
    const long = mapSet(first, randomKey(7), utf8('in a later version'))
    store(disk, first, long)
    // As a header is executed when it is proposed, and again when it comes as a checkpoint.
    const change = () => mapSet(long, randomKey(7), utf8('in a still later one'))
    const [once, again] = [change(), change()]
    store(disk, long, again)
    // Over the first: one row under the same first four bits, and not the next.
    const under = randomKey(7)[0] as number
    const near = randomEntries(500).find(([[byte = 0]]) => byte >> 4 === under >> 4 && byte !== under)
    ok(near)
    const second = mapSet(once, randomKey(500), utf8('a new one'))
    store(disk, again, second)
    const third = mapSet(second, near[0], utf8('near'))
    store(disk, second, third)
    const found = open(mapRoot(third), disk)
    ok(found)
    equal([...mapEntries(found)], [...mapEntries(third)])
  })

  it('walks all of a sealed map without keeping it', () => {
    const disk = emptyDisk()
    const map = mapFromEntries(randomEntries(1_000))
    store(disk, emptyMap, map)
    const sealed = seal(map, disk)
    disk.reads = 0
    is([...mapEntries(sealed)].length, 1_000)
    const { reads } = disk
    is([...mapEntries(sealed)].length, 1_000)
    is(disk.reads, 2 * reads)
  })
})

suite('damage of a map in pages', (it) => {
  const map = mapFromEntries(randomEntries(40))
  const root = mapRoot(map)
  const asked = Array.from({ length: 50 }, (_, index) => randomKey(index))
  const answers = asked.map((key) => [mapGet(map, key), proveKey(map, key)])

  /** What a damaged disk says: all as it was, or that it is damaged. */
  function assertNeverWrong(disk: Disk): void {
    let found: MerkleMap | undefined
    try {
      found = open(root, disk)
      if (found === undefined) return
      for (const [index, key] of asked.entries())
        equal([mapGet(found, key), proveKey(found, key)], answers[index])
      equal([...mapEntries(found)], [...mapEntries(map)])
    } catch (error) {
      ok(error instanceof Damaged, String(error))
    }
  }

  const whole = emptyDisk()
  store(whole, emptyMap, map)

  function damaged(change: (disk: Disk) => void): Disk {
    const disk = emptyDisk()
    disk.version = whole.version
    for (const [name, bytes] of whole.pages) disk.pages.set(name, bytes.slice())
    change(disk)
    return disk
  }

  it('is told or does not matter, whichever byte of whichever page it hits', () => {
    let told = 0
    for (const [name, bytes] of whole.pages)
      for (let at = 0; at < bytes.length; at += 4) {
        const disk = damaged(({ pages }) => {
          const page = pages.get(name)
          if (page) page[at] = (page[at] as number) ^ (1 << (at % 8))
        })
        assertNeverWrong(disk)
        told++
      }
    ok(told > 500)
  })

  it('is told where a page is cut short, goes on, is gone or lies elsewhere', () => {
    const names = [...whole.pages.keys()]
    for (const [index, name] of names.entries()) {
      const other = whole.pages.get(names[(index + 1) % names.length] as string) as Uint8Array
      const bytes = whole.pages.get(name) as Uint8Array
      for (const become of [
        undefined,
        bytes.subarray(1),
        bytes.subarray(0, -1),
        new Uint8Array([...bytes, 0]),
        other,
      ]) {
        const disk = damaged(({ pages }) => {
          if (become === undefined) pages.delete(name)
          else pages.set(name, become)
        })
        assertNeverWrong(disk)
        if (names.length === 1) continue
        let isTold = false
        try {
          const found = open(root, disk)
          isTold = found === undefined
          if (found) for (const _ of mapEntries(found));
        } catch {
          isTold = true
        }
        ok(isTold, name)
      }
    }
  })

  it('in an empty map, or one of a lone entry, is no exception', () => {
    equal(open(mapRoot(emptyMap), emptyDisk()), emptyMap)
    const lone = mapSet(emptyMap, randomKey(1), utf8('one'))
    const disk = emptyDisk()
    is(store(disk, emptyMap, lone), 1)
    const found = open(mapRoot(lone), disk)
    ok(found)
    equal([...mapEntries(seal(found, disk))], [...mapEntries(lone)])
    is(open(sha256(), disk), undefined)
    is(open(sha256(), emptyDisk()), undefined)
  })
})
