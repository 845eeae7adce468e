/** When pages of the state go down with a checkpoint, when before it, and what a start finds in between. */
import '../../../test/native.ts'
import {
  emptyMap,
  encode,
  type MapSource,
  type MerkleMap,
  mapChanges,
  mapEntries,
  mapFromEntries,
  mapRoot,
  mapSet,
  mapSize,
  openMap,
  sha256,
  toHex,
  utf8,
} from '@chirograph/codec'
import { keySpaces, memoryDisk, metaKey, type Store, spaceRange, statePageKey } from '@chirograph/interface'
import type { StateRow } from '@chirograph/status'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { heightShape } from '../src/facts.js'
import { clearPastPages, createPastPages, decodeTurn } from '../src/past-pages.js'
import { createPageWriter, type PageWriter, type StateChange } from '../src/state-pages.js'

const keyOf = (index: number) => sha256(utf8(`row ${index}`))

function mapOf(size: number): MerkleMap {
  const rows = Array.from({ length: size }, (_, index) => [keyOf(index), utf8(`value ${index}`)] as const)
  const map = mapFromEntries(rows)
  mapRoot(map)
  return map
}

function changed(map: MerkleMap, from: number, to: number): MerkleMap {
  let after = map
  for (let index = from; index < to; index++) after = mapSet(after, keyOf(index), utf8(`changed ${index}`))
  mapRoot(after)
  return after
}

function sourceOf(store: Store): MapSource {
  return { page: (place) => store.getSync(statePageKey(place)), damaged: (what) => new Error(what) }
}

/** Whether a start would find this map at this height, and all of it. */
function holds(store: Store, map: MerkleMap, height: number): boolean {
  const found = openMap({ root: mapRoot(map), version: height, source: sourceOf(store) })
  if (found !== undefined) equal([...mapEntries(found)], [...mapEntries(map)])
  return found !== undefined
}

async function countOf(store: Store, space: 'statePage' | 'pastPages' = 'statePage'): Promise<number> {
  let count = 0
  for await (const page of store.pages(spaceRange(space))) count += page.length
  return count
}

interface Disk {
  readonly store: Store
  readonly writer: PageWriter
  /** Of the checkpoint that is on disk. */
  height: number
  /** The lowest height that somebody reads, where that is below the one on disk. */
  readFrom: number
}

/** A writer as a start makes it, of a store that holds this map. */
function diskOn(store: Store, onDisk?: { readonly height: number; readonly map: MerkleMap }): Disk {
  const disk: Omit<Disk, 'writer'> = {
    store,
    height: onDisk?.height ?? 0,
    readFrom: Number.POSITIVE_INFINITY,
  }
  const writer = createPageWriter({
    onDisk,
    source: sourceOf(store),
    past: createPastPages((key) => store.getSync(key)),
    readFrom: () => Math.min(disk.height, disk.readFrom),
  })
  return Object.assign(disk, { writer })
}

function rowsBetween(before: MerkleMap, after: MerkleMap): StateRow[] {
  return Array.from(mapChanges({ before, after }), ([key, value]) => ({ key, value }))
}

const rowsOf = (map: MerkleMap) => rowsBetween(emptyMap, map)

/** The next height, as the runner of effects writes it. `onBatch` is called when a batch is on disk that goes before. */
async function write(
  disk: Disk,
  { map, rows }: Omit<StateChange, 'height'>,
  onBatch = () => {},
): Promise<number> {
  const { store, writer } = disk
  const change = { height: disk.height + 1, map, rows }
  if (writer.isLong(change))
    for (const ops of writer.ahead(change)) {
      await store.batch(ops, { sync: true })
      onBatch()
    }
  const ops = writer.opsOf(change)
  const height = {
    kind: 'put',
    key: metaKey('final-height'),
    value: encode(heightShape, change.height),
  } as const
  await store.batch([...ops, height], { sync: true })
  disk.height++
  return ops.length
}

/** Heights at which nothing changes, until all that was replaced is removed but the root of the last but one. */
async function rest(disk: Disk, map: MerkleMap): Promise<void> {
  do await write(disk, { map, rows: [] })
  while (disk.writer.past > 1)
}

suite('pages of the state', (it) => {
  it('go down with a checkpoint that changes few rows: those on the way to them, and what they replace goes with the next', async () => {
    const disk = diskOn(await memoryDisk().open())
    const { store, writer } = disk
    const first = mapOf(2_000)
    await write(disk, { map: first, rows: rowsOf(first) })
    ok(holds(store, first, 1))
    const all = await countOf(store)
    const second = changed(first, 7, 8)
    const rows = rowsBetween(first, second)
    is(writer.isLong({ height: 2, map: second, rows }), false)
    const ops = await write(disk, { map: second, rows })
    ok(ops <= 7, `${ops} operations`)
    ok(holds(store, second, 2) && holds(store, first, 1), 'both can be read')
    ok((await countOf(store)) > all)
    await rest(disk, second)
    ok(holds(store, second, disk.height))
    is(await countOf(store), all + 1, 'the root of the height before, which the next removes')
  })

  it('are never written over, so that nothing may be read as it was before', async () => {
    const inner = await memoryDisk().open()
    const written = new Set<string>()
    const batch: Store['batch'] = (ops, options) => {
      for (const { kind, key } of ops)
        if (kind === 'put' && key[0] !== keySpaces.meta) is(written.size, written.add(toHex(key)).size - 1)
      return inner.batch(ops, options)
    }
    const disk = diskOn({ ...inner, batch })
    let map = mapOf(3_000)
    await write(disk, { map, rows: rowsOf(map) })
    for (const [from, to] of [
      [0, 10],
      [5, 2_500],
      [0, 10],
      [2_999, 3_000],
    ] as const) {
      const next = changed(map, from, to)
      await write(disk, { map: next, rows: rowsBetween(map, next) })
      if (disk.writer.isApart) disk.writer.noteSealed(opened(inner, next, disk.height))
      map = next
    }
    ok(holds(inner, map, disk.height))
  })

  it('are kept for as long as somebody reads the state before, and removed then', async () => {
    const disk = diskOn(await memoryDisk().open())
    const { store, writer } = disk
    const first = mapOf(3_000)
    await write(disk, { map: first, rows: rowsOf(first) })
    const all = await countOf(store)
    disk.readFrom = 1
    let map = first
    for (let index = 0; index < 50; index++) {
      const next = changed(map, index * 40, index * 40 + 40)
      await write(disk, { map: next, rows: rowsBetween(map, next) })
      map = next
      ok(holds(store, first, 1) && holds(store, next, disk.height))
    }
    ok(writer.past > 2_000, `${writer.past} pages`)
    is(writer.pastRead, writer.past)
    disk.readFrom = disk.height - 1
    ok(writer.pastRead > 0 && writer.pastRead < 200, `${writer.pastRead} pages of one change`)
    // Who reads nothing from before need not let go of anything while these wait to be removed.
    disk.readFrom = Number.POSITIVE_INFINITY
    ok(writer.pastRead === 0 && writer.past > 2_000)
    await rest(disk, map)
    is(await countOf(store), all + 1)
    ok(holds(store, map, disk.height))
  })

  it('go down before one that changes few rows which are long', async () => {
    const { writer } = diskOn(await memoryDisk().open(), { height: 1, map: mapOf(100) })
    const rows = (bytesEach: number) =>
      Array.from({ length: 400 }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(bytesEach) }))
    for (const [bytesEach, isLong] of [
      [1_024, false],
      [12_288, true],
    ] as const)
      is(writer.isLong({ height: 2, map: mapOf(400), rows: rows(bytesEach) }), isLong)
  })

  it('go down before one that changes many, and the state before is whole until then', async () => {
    const disk = diskOn(await memoryDisk().open())
    const { store } = disk
    const first = mapOf(8_000)
    let batches = 0
    await write(disk, { map: first, rows: rowsOf(first) }, () => {
      batches++
      is(holds(store, first, 1), false)
    })
    ok(batches > 3 && holds(store, first, 1))
    const all = await countOf(store)
    let map = first
    for (const to of [2_500, 5_000, 7_500]) {
      const [before, after, height] = [map, changed(map, to - 2_500, to), disk.height]
      const atFirst = batches
      await write(disk, { map: after, rows: rowsBetween(before, after) }, () => {
        batches++
        ok(holds(store, before, height))
      })
      ok(batches > atFirst + 2 && holds(store, after, height + 1))
      map = after
    }
    await rest(disk, map)
    is(await countOf(store), all + 1, 'what was read before is gone')
  })

  it('that a process left when it ended before the last of them are removed at the next start', async () => {
    const store = await memoryDisk().open()
    const first = mapOf(6_000)
    await write(diskOn(store), { map: first, rows: rowsOf(first) })
    const all = await countOf(store)
    const wanted = changed(first, 0, 4_000)
    let left = 2
    for (const ops of diskOn(store, { height: 1, map: opened(store, first, 1) }).writer.ahead({
      height: 2,
      map: wanted,
    })) {
      if (left-- === 0) break
      await store.batch(ops, { sync: true })
    }
    ok(holds(store, first, 1) && (await countOf(store)) > all)
    await clearPastPages(store)
    is(await countOf(store), all)
    is(await countOf(store, 'pastPages'), 0)
    ok(holds(store, first, 1))
    // The same height again, and it stays.
    const again = diskOn(store, { height: 1, map: opened(store, first, 1) })
    await write(again, { map: wanted, rows: rowsBetween(first, wanted) })
    await clearPastPages(store)
    ok(holds(store, wanted, 2))
    is(await countOf(store), all)
    is(await countOf(store, 'pastPages'), 0)
  })

  it('that are of no use are named in a note that nothing can lead astray', async () => {
    const store = await memoryDisk().open()
    const disk = diskOn(store)
    const first = mapOf(300)
    await write(disk, { map: first, rows: rowsOf(first) })
    const second = changed(first, 0, 3)
    await write(disk, { map: second, rows: rowsBetween(first, second) })
    for await (const [key, value] of store.range(spaceRange('pastPages'))) {
      const turn = decodeTurn(value)
      ok(turn)
      for (const page of [...turn.brought, ...turn.replaced]) is(page[0], keySpaces.statePage)
      for (const wrong of [
        value.subarray(0, 3),
        value.subarray(0, -1),
        Uint8Array.of(0xff, ...value.subarray(1)),
      ])
        is(decodeTurn(wrong), undefined)
      await store.batch([{ kind: 'put', key, value: Uint8Array.of(9) }], { sync: true })
    }
    await failsWith('NODE_STORE_DAMAGED', clearPastPages(store))
    ok(holds(store, second, 2))
  })

  it('of a snapshot that agrees in part with what was there are found again where they lie, after each change', async () => {
    const disk = diskOn(await memoryDisk().open())
    const { store, writer } = disk
    const first = mapOf(6_000)
    await write(disk, { map: first, rows: rowsOf(first) })
    const second = changed(first, 0, 3_000)
    await write(disk, { map: second, rows: rowsBetween(first, second) })
    const wanted = new Map(mapEntries(changed(second, 5_990, 6_000)))
    const snapshot = mapFromEntries(wanted)
    mapRoot(snapshot)
    await write(disk, { map: snapshot, rows: null })
    ok(holds(store, snapshot, disk.height))
    await rest(disk, snapshot)
    const all = await countOf(store)
    let map = snapshot
    for (const index of [10, 2_000, 4_000, 5_995, 11]) {
      const next = changed(map, index, index + 3)
      await write(disk, { map: next, rows: rowsBetween(map, next) })
      ok(holds(store, next, disk.height), `after the change at ${index}`)
      map = next
    }
    await rest(disk, map)
    is(await countOf(store), all)
    const sealed = opened(store, map, disk.height)
    writer.noteSealed(sealed)
    const last = changed(sealed, 100, 110)
    await write(disk, { map: last, rows: rowsBetween(sealed, last) })
    ok(holds(store, last, disk.height))
  })

  it('of a state that is held can be read while long changes of it follow each other, and until it is let go', async () => {
    const store = await memoryDisk().open()
    const first = mapOf(16_000)
    await write(diskOn(store), { map: first, rows: rowsOf(first) })
    const onDisk = opened(store, first, 1)
    const disk = diskOn(store, { height: 1, map: onDisk })
    disk.readFrom = 1
    // Several headers became final before the disk had the first: each is made from the one before, in memory.
    let map: MerkleMap = onDisk
    const made = [0, 1, 2, 3].map((index) => {
      const before = map
      map = changed(map, index * 2_100, index * 2_100 + 2_100)
      return { map, rows: rowsBetween(before, map) }
    })
    for (const [index, change] of made.entries()) {
      ok(disk.writer.isLong({ height: index + 2, ...change }))
      await write(disk, change)
    }
    for (const one of made) equal([...mapEntries(one.map)].length, mapSize(one.map))
    const sealed = opened(store, map, disk.height)
    disk.writer.noteSealed(sealed)
    equal([...mapEntries(sealed)], [...mapEntries(map)])
  })

  it('are counted as held in memory until they are let go of, and all of them after a long change', async () => {
    const disk = diskOn(await memoryDisk().open())
    const { writer, store } = disk
    const few = mapOf(100)
    await write(disk, { map: few, rows: rowsOf(few) })
    const small = writer.held
    ok(small > 16 && small < 200)
    const large = mapOf(5_000)
    await write(disk, { map: large, rows: rowsBetween(few, large) })
    is(writer.held, Number.POSITIVE_INFINITY)
    writer.noteSealed(opened(store, large, disk.height))
    is(writer.held, 0)
    is(mapSize(large), 5_000)
  })
})

/** The map as a start finds it. */
function opened(store: Store, map: MerkleMap, height: number): MerkleMap {
  const found = openMap({ root: mapRoot(map), version: height, source: sourceOf(store) })
  ok(found)
  return found
}
