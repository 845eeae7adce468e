/** When pages of the state go down with a checkpoint, when behind it, and what a start finds in between. */
import {
  emptyMap,
  type MapSource,
  type MerkleMap,
  mapEntries,
  mapFromEntries,
  mapRoot,
  mapSet,
  openMap,
  sha256,
  toHex,
  utf8,
} from '@chirograph/codec'
import { memoryDisk, metaKey, type Store, spaceRange, statePageKey } from '@chirograph/interface'
import { is, ok, suite } from '../../workspace/kit.ts'
import { pagesBehindName } from '../src/meta.js'
import { createPageWriter, type PageWriter } from '../src/state-pages.js'

const keyOf = (index: number) => sha256(utf8(`row ${index}`))
const textOf = (index: number) => utf8(`value ${index}`)

function mapOf(size: number): MerkleMap {
  const map = mapFromEntries(
    Array.from({ length: size }, (_, index) => [keyOf(index), textOf(index)] as const),
  )
  mapRoot(map)
  return map
}

function changed(map: MerkleMap, index: number): MerkleMap {
  const after = mapSet(map, keyOf(index), utf8('changed'))
  mapRoot(after)
  return after
}

/** A map that takes more pages than go down with one checkpoint. */
const large = mapOf(30_000)

const space = 'stateRow'
const calm = { breathe: async () => {}, signal: new AbortController().signal }

/** Whether what a store holds of pages is this map, whole. */
async function holds(store: Store, map: MerkleMap): Promise<boolean> {
  const snapshot = store.snapshot()
  const values = new Map(Array.from(mapEntries(map), ([key, value]) => [toHex(key), value]))
  const source: MapSource = {
    page: (place) => snapshot.get(statePageKey(place, space)),
    value: (key) => values.get(toHex(key)),
    damaged: (what) => new Error(what),
  }
  const found = openMap({ root: mapRoot(map), source })
  if (found !== undefined) is([...mapEntries(found)].length, values.size)
  snapshot.close()
  return found !== undefined
}

async function isMarked(store: Store): Promise<boolean> {
  return (await store.get(metaKey(pagesBehindName))) !== undefined
}

async function checkpoint(store: Store, writer: PageWriter, map: MerkleMap): Promise<number> {
  const ops = writer.opsOf(map, space)
  await store.batch(ops, { sync: true })
  return ops.length
}

const fresh = () => createPageWriter({ laidOut: emptyMap, latest: emptyMap })

suite('pages of the state', (it) => {
  it('go down with each checkpoint while they are few', async () => {
    const store = await memoryDisk().open()
    const writer = fresh()
    const first = mapOf(500)
    ok((await checkpoint(store, writer, first)) > 100)
    ok(await holds(store, first))
    const second = changed(first, 7)
    ok((await checkpoint(store, writer, second)) < 6)
    ok((await holds(store, second)) && writer.isCurrent && !writer.isBehind)
  })

  it('are written behind a checkpoint that takes too many, with a mark until they are there', async () => {
    const store = await memoryDisk().open()
    const writer = fresh()
    await checkpoint(store, writer, mapOf(500))
    is(await checkpoint(store, writer, large), 1)
    ok((await isMarked(store)) && writer.isBehind && !writer.isCurrent)
    is(await holds(store, large), false)
    await writer.catchUp(store, space, calm)
    ok((await holds(store, large)) && writer.isCurrent)
    is(await isMarked(store), false)
    const after = changed(large, 11)
    ok((await checkpoint(store, writer, after)) < 8)
    ok(await holds(store, after))
  })

  it('of what became final meanwhile follow with the next checkpoint', async () => {
    const store = await memoryDisk().open()
    const writer = fresh()
    await checkpoint(store, writer, large)
    const meanwhile = changed(large, 1)
    let isTold = false
    const breathe = async () => {
      if (!isTold) is(await checkpoint(store, writer, meanwhile), 0)
      isTold = true
    }
    await writer.catchUp(store, space, { ...calm, breathe })
    ok(isTold && !writer.isBehind && !writer.isCurrent)
    const after = changed(meanwhile, 2)
    await checkpoint(store, writer, after)
    ok((await holds(store, after)) && writer.isCurrent)
  })

  it('are not taken for whole when the process ends before the last of them', async () => {
    const store = await memoryDisk().open()
    const writer = fresh()
    await checkpoint(store, writer, large)
    const ending = new AbortController()
    const breathe = async () => ending.abort()
    let reason: unknown
    await writer.catchUp(store, space, { breathe, signal: ending.signal }).catch((error: unknown) => {
      reason = error
    })
    is(reason, ending.signal.reason)
    ok(await isMarked(store))
    is(await holds(store, large), false)
    // The next start knows nothing of what is there, and clears it away.
    const surplus = statePageKey({ depth: 252, prefix: new Uint8Array(32) }, space)
    await store.batch([{ kind: 'put', key: surplus, value: utf8('old') }], { sync: true })
    const again = createPageWriter({ laidOut: null, latest: large })
    await again.catchUp(store, space, calm)
    ok(await holds(store, large))
    is(await store.get(surplus), undefined)
    is(await isMarked(store), false)
  })

  it('of a state that a snapshot replaced are written no further', async () => {
    const store = await memoryDisk().open()
    const writer = fresh()
    await checkpoint(store, writer, large)
    const other = mapOf(3)
    let written = 0
    const breathe = async () => {
      writer.note(other)
      for await (const page of store.pages(spaceRange('statePage'))) written += page.length
    }
    await writer.catchUp(store, space, { ...calm, breathe })
    let left = 0
    for await (const page of store.pages(spaceRange('statePage'))) left += page.length
    ok(written > 0)
    is(left, written)
    ok(writer.isCurrent && !writer.isBehind)
  })
})
