import fc from 'fast-check'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  type CheckedChunk,
  type ChunkSlot,
  checkMapChunk,
  checkMapManifest,
  chunkEntries,
  closeChunk,
  decode,
  emptyMap,
  encode,
  type ManifestNode,
  type MapEntry,
  type MapManifest,
  type MerkleMap,
  mapChunkNodesMax,
  mapChunkShape,
  mapChunks,
  mapEntries,
  mapFromEntries,
  mapGet,
  mapManifestShape,
  mapOfChunks,
  mapPages,
  mapRoot,
  mapSet,
  mapSize,
  packChunk,
  proveKey,
  sha256,
  toHex,
  utf8,
} from '../src/index.js'

const manifestShape = mapManifestShape({ nodesMax: 10_000 })
const chunkShape = mapChunkShape({ bytesMax: 100_000 })
const limits = { bytesMax: 200_000 }

/** Keys of which many agree in their first or in all but their last bits. */
const keys = fc
  .tuple(fc.constantFrom(0x00, 0x01, 0x80, 0xc0, 0xff), fc.nat(3), fc.constantFrom(0x00, 0x01, 0x03, 0x80))
  .map(([first, middle, last]) => keyOf({ 0: first, 15: middle, 31: last }))
const maps = fc
  .array(fc.tuple(keys, fc.uint8Array({ maxLength: 30 })), { maxLength: 40 })
  .map((entries) => entries.reduce((map, [key, value]) => mapSet(map, key, value), emptyMap))
const sizes = fc.integer({ min: 40, max: 600 })

function keyOf(bytes: Readonly<Record<number, number>>): Uint8Array {
  const key = new Uint8Array(32)
  for (const [index, byte] of Object.entries(bytes)) key[Number(index)] = byte
  return key
}

function randomMap(seed: number, size: number): MerkleMap {
  const random = seeded(seed)
  return mapFromEntries(Array.from({ length: size }, () => [random.bytes(32), random.bytes(random.int(20))]))
}

function slotsOf(root: Uint8Array, manifest: MapManifest): readonly ChunkSlot[] {
  const verdict = checkMapManifest({ root, manifest })
  if (verdict.kind === 'invalid') throw new Error(verdict.reason)
  return verdict.manifest.slots
}

/** What arrives when a map is cut, sent, checked and joined. */
function sent(
  map: MerkleMap,
  bytesMax: number,
  { packed, onOpen = () => {} }: { readonly packed?: CheckedChunk[]; readonly onOpen?: () => void } = {},
): MerkleMap | undefined {
  const chunks = mapChunks(map, { bytesMax })
  const manifest = decode(manifestShape, encode(manifestShape, chunks), limits)
  ok(manifest.ok)
  const verdict = checkMapManifest({ root: mapRoot(map), manifest: manifest.value })
  if (verdict.kind === 'invalid') throw new Error(verdict.reason)
  const wires = new Map(
    chunks.map((chunk) => [toHex(chunk.hash), encode(chunkShape, chunkEntries(chunk))] as const),
  )
  const checked = new Map<string, CheckedChunk>()
  for (const slot of verdict.manifest.slots) {
    const entries = decode(chunkShape, wires.get(toHex(slot.hash)) ?? new Uint8Array(), limits)
    ok(entries.ok)
    const chunk = checkMapChunk({ slot, entries: entries.value })
    if (chunk.kind === 'invalid') throw new Error(chunk.reason)
    checked.set(toHex(slot.hash), chunk.chunk)
    if (packed === undefined) continue
    const kept = entries.value
    const pack = packChunk({
      slot,
      chunk: chunk.chunk,
      entries() {
        onOpen()
        return kept
      },
    })
    checked.set(toHex(slot.hash), pack)
    packed.push(pack)
  }
  return mapOfChunks(verdict.manifest, checked)
}

function reasonOf(verdict: { readonly kind: string; readonly reason?: string }): string {
  return verdict.reason ?? verdict.kind
}

/** A single chunk of a map with several, its slot, and its entries. */
function oneChunk(): { slot: ChunkSlot; entries: readonly MapEntry[] } {
  const map = randomMap(7, 60)
  const chunks = mapChunks(map, { bytesMax: 800 })
  const [slot] = slotsOf(mapRoot(map), chunks)
  const [chunk] = chunks
  ok(slot && chunk)
  const entries = chunkEntries(chunk)
  ok(chunks.length > 2 && entries.length > 3)
  return { slot, entries }
}

suite('chunks of a Merkle map', (it) => {
  it('rebuild exactly the map that was cut, whatever its keys and the size of the chunks', () => {
    fc.assert(
      fc.property(maps, sizes, (map, bytesMax) => {
        const rebuilt = sent(map, bytesMax)
        ok(rebuilt)
        equal([...mapEntries(rebuilt)], [...mapEntries(map)])
        is(mapSize(rebuilt), mapSize(map))
        equal(mapRoot(rebuilt), mapRoot(map))
        // A map that was put together goes on like any other.
        const [key, value] = [sha256(utf8('later')), utf8('value')]
        equal(mapRoot(mapSet(rebuilt, key, value)), mapRoot(mapSet(map, key, value)))
        equal(mapChunks(rebuilt, { bytesMax }), mapChunks(map, { bytesMax }))
      }),
    )
  })

  it('make the same map when they are packed, opened by need and closed again', () => {
    fc.assert(
      fc.property(maps, sizes, (map, bytesMax) => {
        const packed: CheckedChunk[] = []
        const rebuilt = sent(map, bytesMax, { packed })
        ok(rebuilt)
        equal(mapRoot(rebuilt), mapRoot(map))
        is(mapSize(rebuilt), mapSize(map))
        for (const [key, value] of mapEntries(map)) {
          equal(mapGet(rebuilt, key), value)
          equal(proveKey(rebuilt, key), proveKey(map, key))
          for (const chunk of packed) closeChunk(chunk)
        }
        equal([...mapEntries(rebuilt)], [...mapEntries(map)])
        equal(
          [...mapPages({ before: emptyMap, after: rebuilt, version: 1 })],
          [...mapPages({ before: emptyMap, after: map, version: 1 })],
        )
        const [key, value] = [sha256(utf8('later')), utf8('value')]
        equal(mapRoot(mapSet(rebuilt, key, value)), mapRoot(mapSet(map, key, value)))
        const chunksOf = (one: MerkleMap) =>
          mapChunks(one, { bytesMax: 200 }).map((chunk) => [
            chunk.depth,
            chunk.hash,
            chunkEntries(chunk).map((entry) => [entry.key, entry.value]),
          ])
        equal(chunksOf(rebuilt), chunksOf(map))
      }),
    )
  })

  it('hold nothing when they are packed until they are looked into, and then one of them', () => {
    const map = randomMap(3, 400)
    const packed: CheckedChunk[] = []
    let opens = 0
    const rebuilt = sent(map, 2_000, { packed, onOpen: () => opens++ })
    ok(rebuilt && packed.length > 8)
    is(opens, 0)
    const [[key, value] = [new Uint8Array(32), undefined]] = mapEntries(map)
    for (const times of [1, 1]) {
      equal(mapGet(rebuilt, key), value)
      is(opens, times, 'what was looked into is kept')
    }
    for (const chunk of packed) closeChunk(chunk)
    equal(mapGet(rebuilt, key), value)
    is(opens, 2)
    // A walk reads each, and keeps none.
    is([...mapEntries(rebuilt)].length, 400)
    is(opens, 2 + packed.length - 1)
    is([...mapPages({ before: emptyMap, after: rebuilt, version: 1 })].length > 50, true)
    is(opens, 2 + 2 * (packed.length - 1))
  })

  it('are within their size, unless an entry alone is not, and none could be larger', () => {
    fc.assert(
      fc.property(maps, sizes, (map, bytesMax) => {
        const chunks = mapChunks(map, { bytesMax })
        const sizeOf = (entries: readonly MapEntry[]) => encode(chunkShape, entries).length
        for (const chunk of chunks) {
          const entries = chunkEntries(chunk)
          ok(entries.length <= 1 || sizeOf(entries) <= bytesMax)
        }
        // Two neighbours of one depth are siblings when the first is on the left.
        const slots = slotsOf(mapRoot(map), chunks)
        for (const [index, slot] of slots.entries()) {
          const next = slots[index + 1]
          if (next?.depth !== slot.depth) continue
          if (commonBits(slot.prefix, next.prefix) !== slot.depth - 1) continue
          const both = chunks.filter(({ hash }) =>
            [slot, next].some((one) => toHex(one.hash) === toHex(hash)),
          )
          const weight = both.flatMap(chunkEntries).reduce((sum, { value }) => sum + 40 + value.length, 0)
          ok(weight > bytesMax)
        }
      }),
    )
  })

  it('stay the same where the map stays the same', () => {
    const map = randomMap(11, 500)
    const changed = mapSet(map, sha256(utf8('one')), utf8('more'))
    const [before, after] = [map, changed].map(
      (one) => new Set(mapChunks(one, { bytesMax: 2_000 }).map(({ hash }) => toHex(hash))),
    )
    ok(before && after && after.size > 8)
    const added = [...after].filter((hash) => !before.has(hash))
    ok(added.length === 1 || added.length === 2, 'the changed chunk, or the two that it became')
  })

  it('have a bounded number of inner nodes, even of keys that were made to agree', () => {
    // 400 pairs that part in their last bit: over 200 inner nodes each.
    const pairs = Array.from({ length: 400 }, (_, index) => {
      const key = { 0: index >> 8, 1: index & 255 }
      return [keyOf(key), keyOf({ ...key, 31: 1 })]
    })
    const map = mapFromEntries(pairs.flat().map((key) => [key, new Uint8Array(1)]))
    const chunks = mapChunks(map, { bytesMax: 100_000 })
    ok(chunks.length > 2)
    const slots = slotsOf(mapRoot(map), chunks)
    const filled = chunks.filter(({ top }) => top !== undefined)
    for (const [index, slot] of slots.entries()) {
      const chunk = filled[index]
      ok(chunk)
      is(checkMapChunk({ slot, entries: chunkEntries(chunk) }).kind, 'valid')
    }
    const whole = { depth: 0, hash: mapRoot(map), prefix: new Uint8Array(32), entriesMin: 1 } as const
    const entries = Array.from(mapEntries(map), ([key, value]) => ({ key, value }))
    ok(pairs.length * 200 > mapChunkNodesMax)
    is(reasonOf(checkMapChunk({ slot: whole, entries })), 'too-many-nodes')
  })

  it('have a manifest of at most 37 bytes each', () => {
    const chunks = mapChunks(randomMap(9, 2_000), { bytesMax: 1_000 })
    ok(chunks.length > 50)
    ok(encode(manifestShape, chunks).length <= 3 + 37 * chunks.length)
  })

  it('make no map while one is missing', () => {
    const map = randomMap(3, 50)
    const verdict = checkMapManifest({ root: mapRoot(map), manifest: mapChunks(map, { bytesMax: 700 }) })
    ok(verdict.kind === 'valid')
    is(mapOfChunks(verdict.manifest, new Map()), undefined)
  })

  it('need nothing of an empty map', () => {
    const chunks = mapChunks(emptyMap, { bytesMax: 100 })
    equal(chunks, [{ depth: 0, hash: new Uint8Array(32), top: undefined }])
    const verdict = checkMapManifest({ root: mapRoot(emptyMap), manifest: chunks })
    ok(verdict.kind === 'valid')
    equal(verdict.manifest.slots, [])
    equal(mapOfChunks(verdict.manifest, new Map()), emptyMap)
  })
})

suite('a map chunk is refused', (it) => {
  it('when its keys do not ascend: wrong-order, duplicate-key', () => {
    const { slot, entries } = oneChunk()
    const [first, second, ...rest] = entries
    ok(first && second)
    is(reasonOf(checkMapChunk({ slot, entries })), 'valid')
    is(reasonOf(checkMapChunk({ slot, entries: [second, first, ...rest] })), 'wrong-order')
    is(reasonOf(checkMapChunk({ slot, entries: [first, first, second, ...rest] })), 'duplicate-key')
  })

  it('when a key does not belong under its node: wrong-prefix, wrong-key', () => {
    const { slot, entries } = oneChunk()
    const foreign = { key: Uint8Array.from(slot.prefix, (byte, i) => (i === 0 ? byte ^ 0x80 : byte)) }
    is(
      reasonOf(checkMapChunk({ slot, entries: [...entries, { ...foreign, value: utf8('x') }] })),
      'wrong-prefix',
    )
    for (const length of [0, 31, 33]) {
      const odd = { key: new Uint8Array(length), value: utf8('x') }
      is(reasonOf(checkMapChunk({ slot, entries: [odd, ...entries] })), 'wrong-key')
    }
  })

  it('when an entry is missing, added or another one: wrong-hash, too-few-entries', () => {
    const { slot, entries } = oneChunk()
    is(reasonOf(checkMapChunk({ slot, entries: entries.slice(1) })), 'wrong-hash')
    is(reasonOf(checkMapChunk({ slot, entries: [] })), 'too-few-entries')
    const [first, ...rest] = entries
    ok(first)
    is(
      reasonOf(checkMapChunk({ slot, entries: [{ ...first, value: utf8('other') }, ...rest] })),
      'wrong-hash',
    )
  })

  it('when it is one entry beside nothing, even where the root agrees: too-few-entries', () => {
    // An honest trie has this leaf one level higher.
    const key = keyOf({ 31: 5 })
    const lone = mapChunks(mapFromEntries([[key, utf8('v')]]), { bytesMax: 100 })[0]
    ok(lone)
    for (const isLeft of [true, false]) {
      const filled: ManifestNode = { depth: 1, hash: lone.hash }
      const nothing: ManifestNode = { depth: 1, hash: new Uint8Array(32) }
      const manifest = isLeft ? [filled, nothing] : [nothing, filled]
      const root = sha256(Uint8Array.of(1), ...manifest.map(({ hash }) => hash))
      const [slot] = slotsOf(root, manifest)
      ok(slot)
      const entries = [{ key: isLeft ? key : keyOf({ 0: 0x80, 31: 5 }), value: utf8('v') }]
      is(reasonOf(checkMapChunk({ slot, entries })), 'too-few-entries')
    }
  })

  it('when any single byte of it was changed', () => {
    const { slot, entries } = oneChunk()
    const wire = encode(chunkShape, entries)
    const random = seeded(5)
    for (let at = 0; at < wire.length; at++) {
      const changed = wire.with(at, (wire[at] as number) ^ (1 + random.int(255)))
      const decoded = decode(chunkShape, changed, limits)
      if (decoded.ok) is(checkMapChunk({ slot, entries: decoded.value }).kind, 'invalid', `byte ${at}`)
    }
  })

  it('without throwing, whatever its bytes', () => {
    const { slot, entries } = oneChunk()
    const wire = encode(chunkShape, entries)
    const random = seeded(6)
    for (let round = 0; round < 3_000; round++) {
      const length = random.int(wire.length + 20)
      const hostile = new Uint8Array(length)
      hostile.set(wire.subarray(0, length))
      for (let flips = random.int(6); flips > 0 && length > 0; flips--)
        hostile[random.int(length)] = random.int(256)
      const decoded = decode(chunkShape, hostile, limits)
      if (!decoded.ok || toHex(hostile) === toHex(wire)) continue
      is(checkMapChunk({ slot, entries: decoded.value }).kind, 'invalid')
    }
  })
})

suite('a manifest is refused', (it) => {
  const map = randomMap(9, 80)
  const root = mapRoot(map)
  const manifest: MapManifest = mapChunks(map, { bytesMax: 500 }).map(({ depth, hash }) => ({ depth, hash }))
  const refusal = (nodes: MapManifest) => reasonOf(checkMapManifest({ root, manifest: nodes }))

  it('for another root, order or hash: wrong-root', () => {
    is(refusal(manifest), 'valid')
    is(reasonOf(checkMapManifest({ root: sha256(root), manifest })), 'wrong-root')
    const twins = manifest.findIndex((node, index) => node.depth === manifest[index + 1]?.depth)
    const swapped = manifest.slice()
    swapped.splice(twins, 2, ...manifest.slice(twins, twins + 2).reverse())
    is(refusal(swapped), 'wrong-root')
  })

  it('when its depths make no tree: too-few, too-many, wrong-depth, too-deep', () => {
    is(refusal([]), 'too-few')
    is(refusal(manifest.slice(0, -1)), 'too-few')
    is(refusal([...manifest, ...manifest.slice(-1)]), 'too-many')
    is(refusal(manifest.slice(1)), 'wrong-depth')
    const hash = sha256()
    is(refusal([{ depth: 257, hash }]), 'too-deep')
    is(refusal([{ depth: Number.NaN, hash }]), 'too-deep')
    is(refusal([{ depth: -1, hash }]), 'wrong-depth')
  })

  it('with an inner node over nothing, even where the root agrees: empty-inner', () => {
    const empty = { depth: 1, hash: new Uint8Array(32) }
    const over = sha256(Uint8Array.of(1), empty.hash, empty.hash)
    is(reasonOf(checkMapManifest({ root: over, manifest: [empty, empty] })), 'empty-inner')
  })

  it('when any single byte of it was changed', () => {
    const wire = encode(manifestShape, manifest)
    const random = seeded(8)
    for (let at = 0; at < wire.length; at++) {
      const changed = wire.with(at, (wire[at] as number) ^ (1 + random.int(255)))
      const decoded = decode(manifestShape, changed, limits)
      if (decoded.ok) is(checkMapManifest({ root, manifest: decoded.value }).kind, 'invalid', `byte ${at}`)
    }
  })

  it('without throwing, whatever its depths', () => {
    const node = fc.record({ depth: fc.nat(300), hash: fc.constantFrom(new Uint8Array(32), sha256()) })
    fc.assert(
      fc.property(fc.array(node, { maxLength: 30 }), (nodes) => {
        is(checkMapManifest({ root, manifest: nodes }).kind, 'invalid')
      }),
      { numRuns: 1_000 },
    )
  })
})

function commonBits(a: Uint8Array, b: Uint8Array): number {
  for (let bit = 0; bit < 256; bit++) {
    const mask = 0x80 >> (bit & 7)
    if (((a[bit >> 3] as number) & mask) !== ((b[bit >> 3] as number) & mask)) return bit
  }
  return 256
}
