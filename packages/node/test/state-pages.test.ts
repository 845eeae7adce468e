/** When pages of the state go down with a checkpoint, when before it, and what a start finds in between. */
import {
  emptyMap,
  type MapSource,
  type MerkleMap,
  mapChanges,
  mapEntries,
  mapFromEntries,
  mapRoot,
  mapSet,
  mapSize,
  openMap,
  sealMap,
  sha256,
  utf8,
} from '@chirograph/codec'
import { memoryDisk, type Store, type StoreSnapshot, spaceRange, statePageKey } from '@chirograph/interface'
import type { StateRow } from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { createPageWriter, type PageWriter, type StateChange } from '../src/state-pages.js'
import { createStoredState } from '../src/stored-state.js'

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

function sourceOf(snapshot: StoreSnapshot): MapSource {
  return { page: (place) => snapshot.get(statePageKey(place)), damaged: (what) => new Error(what) }
}

/** Whether a start would find this map, and all of it. */
function holds(store: Store, map: MerkleMap): boolean {
  const snapshot = store.snapshot()
  const found = openMap({ root: mapRoot(map), source: sourceOf(snapshot) })
  if (found !== undefined) equal([...mapEntries(found)], [...mapEntries(map)])
  snapshot.close()
  return found !== undefined
}

async function countOf(store: Store): Promise<number> {
  let count = 0
  for await (const page of store.pages(spaceRange('statePage'))) count += page.length
  return count
}

/** A writer as a start makes it, of a store that holds this map. */
function writerOn(store: Store, onDisk?: MerkleMap): PageWriter {
  return createPageWriter({
    onDisk,
    open() {
      const snapshot = store.snapshot()
      return { ...sourceOf(snapshot), close: () => snapshot.close() }
    },
  })
}

function rowsBetween(before: MerkleMap, after: MerkleMap): StateRow[] {
  return Array.from(mapChanges({ before, after }), ([key, value]) => ({ key, value }))
}

const rowsOf = (map: MerkleMap) => rowsBetween(emptyMap, map)

/** As the runner of effects does it. `onBatch` is called when a batch is on disk that goes before. */
async function write(
  { store, writer }: { readonly store: Store; readonly writer: PageWriter },
  change: StateChange,
  onBatch = () => {},
): Promise<void> {
  if (writer.isLong(change))
    for (const ops of writer.ahead(change.map)) {
      await store.batch(ops, { sync: true })
      onBatch()
    }
  await store.batch(writer.opsOf(change), { sync: true })
  writer.settled()
}

suite('pages of the state', (it) => {
  it('go down with a checkpoint that changes few rows: those on the way to them, in their places', async () => {
    const store = await memoryDisk().open()
    const writer = writerOn(store)
    const first = mapOf(2_000)
    await write({ store, writer }, { map: first, rows: rowsOf(first) })
    ok(holds(store, first))
    const all = await countOf(store)
    const second = changed(first, 7, 8)
    const change = { map: second, rows: rowsBetween(first, second) }
    is(writer.isLong(change), false)
    const ops = writer.opsOf(change)
    ok(ops.length <= 5 && ops.every(({ kind }) => kind === 'put'), `${ops.length} operations`)
    await store.batch(ops, { sync: true })
    ok(holds(store, second))
    is(await countOf(store), all)
  })

  it('go down before one that changes few rows which are long', async () => {
    const writer = writerOn(await memoryDisk().open(), mapOf(100))
    const rows = (bytesEach: number) =>
      Array.from({ length: 400 }, (_, index) => ({ key: keyOf(index), value: new Uint8Array(bytesEach) }))
    for (const [bytesEach, isLong] of [
      [1_024, false],
      [12_288, true],
    ] as const)
      is(writer.isLong({ map: mapOf(400), rows: rows(bytesEach) }), isLong)
  })

  it('go down before one that changes many, and the state before is whole until then', async () => {
    const store = await memoryDisk().open()
    const writer = writerOn(store)
    const first = mapOf(8_000)
    let batches = 0
    await write({ store, writer }, { map: first, rows: rowsOf(first) }, () => {
      batches++
      is(holds(store, first), false)
    })
    ok(batches > 3 && holds(store, first))
    const all = await countOf(store)
    let map = first
    for (const to of [2_500, 5_000, 7_500]) {
      const [before, after] = [map, changed(map, to - 2_500, to)]
      const atFirst = batches
      await write({ store, writer }, { map: after, rows: rowsBetween(before, after) }, () => {
        batches++
        ok(holds(store, before))
      })
      ok(batches > atFirst + 2 && holds(store, after))
      is(await countOf(store), all, 'what was read before is gone')
      map = after
    }
  })

  it('that were left by a process that ended before the last of them do no harm, and go with the next', async () => {
    const store = await memoryDisk().open()
    const first = mapOf(6_000)
    await write({ store, writer: writerOn(store) }, { map: first, rows: rowsOf(first) })
    const all = await countOf(store)
    const wanted = changed(first, 0, 4_000)
    let left = 2
    for (const ops of writerOn(store, first).ahead(wanted)) {
      if (left-- === 0) break
      await store.batch(ops, { sync: true })
    }
    ok(holds(store, first) && (await countOf(store)) > all)
    // Changes in place, and a long one to something else, over what is left.
    const again = { store, writer: writerOn(store, first) }
    const small = changed(first, 5_000, 5_010)
    await write(again, { map: small, rows: rowsBetween(first, small) })
    ok(holds(store, small))
    const other = changed(small, 0, 6_000)
    await write(again, { map: other, rows: rowsBetween(small, other) })
    ok(holds(store, other))
    is(await countOf(store), all)
  })

  it('of a snapshot that agrees in part with what was there are found again where they lie, after each change', async () => {
    const store = await memoryDisk().open()
    const writer = writerOn(store)
    const first = mapOf(6_000)
    await write({ store, writer }, { map: first, rows: rowsOf(first) })
    // Half of the pages move into the other slot, and stay there.
    const second = changed(first, 0, 3_000)
    await write({ store, writer }, { map: second, rows: rowsBetween(first, second) })
    const wanted = new Map(mapEntries(changed(second, 5_990, 6_000)))
    const snapshot = mapFromEntries(wanted)
    mapRoot(snapshot)
    await write({ store, writer }, { map: snapshot, rows: null })
    ok(holds(store, snapshot))
    const all = await countOf(store)
    let map = snapshot
    for (const index of [10, 2_000, 4_000, 5_995, 11]) {
      const next = changed(map, index, index + 3)
      await write({ store, writer }, { map: next, rows: rowsBetween(map, next) })
      ok(holds(store, next), `after the change at ${index}`)
      map = next
    }
    is(await countOf(store), all)
    writer.noteSealed(map)
    const last = changed(map, 100, 110)
    await write({ store, writer }, { map: last, rows: rowsBetween(map, last) })
    ok(holds(store, last))
  })

  it('of a state that is held can be read while long changes of it follow each other, and until it is let go', async () => {
    const store = await memoryDisk().open()
    const stored = createStoredState(store)
    const first = mapOf(16_000)
    await write({ store, writer: writerOn(store) }, { map: first, rows: rowsOf(first) })
    const onDisk = openMap({ root: mapRoot(first), source: stored.open() })
    ok(onDisk)
    const writer = createPageWriter({ onDisk, open: stored.openAlone })
    // Several headers became final before the disk had the first: each is made from the one before, in memory.
    let map: MerkleMap = onDisk
    const made = [0, 1, 2, 3].map((index) => {
      const before = map
      map = changed(map, index * 2_100, index * 2_100 + 2_100)
      return { map, rows: rowsBetween(before, map) }
    })
    for (const change of made) {
      ok(writer.isLong(change))
      await write({ store, writer }, change)
    }
    for (const one of made) equal([...mapEntries(one.map)].length, mapSize(one.map))
    const sealed = sealMap(map, stored.open())
    writer.noteSealed(sealed)
    equal([...mapEntries(sealed)], [...mapEntries(map)])
    writer.stop()
    stored.close()
  })

  it('are counted as held in memory until they are let go of, and all of them after a long change', async () => {
    const store = await memoryDisk().open()
    const writer = writerOn(store)
    const few = mapOf(100)
    await write({ store, writer }, { map: few, rows: rowsOf(few) })
    const small = writer.held
    ok(small > 16 && small < 200)
    const large = mapOf(5_000)
    await write({ store, writer }, { map: large, rows: rowsBetween(few, large) })
    is(writer.held, Number.POSITIVE_INFINITY)
    writer.noteSealed(large)
    is(writer.held, 0)
    is(mapSize(large), 5_000)
  })
})
