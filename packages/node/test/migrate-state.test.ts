/** Rows of schema 2 that become pages: what a migration that was ended left is no part of what a later one makes. */
import '../../../test/native.ts'
import { encode, sha256, utf8 } from '@chirograph/codec'
import {
  memoryDisk,
  metaKey,
  readPastPagesKey,
  type Store,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { makeNetwork } from '../../status/test/network.ts'
import { failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { heightShape } from '../src/facts.js'
import { moveState } from '../src/migrate-state.js'
import { clearPastPages } from '../src/past-pages.js'
import { oldRowRanges } from '../src/schema-2.js'

/** A store of schema 2 with so many rows. */
async function putRows(store: Store, { rows, height }: { rows: number; height: number }): Promise<void> {
  const [space = 0] = oldRowRanges()[0]?.from ?? []
  const ops: StoreOp[] = Array.from({ length: rows }, (_, index) => {
    return {
      kind: 'put',
      key: Uint8Array.of(space, ...sha256(utf8(`row ${index}`))),
      value: utf8(`at ${height}`),
    }
  })
  ops.push({ kind: 'put', key: metaKey('final-height'), value: encode(heightShape, height) })
  await store.batch(ops, { sync: true })
}

/** Versions of the pages that are there, which are the last bytes of their keys. */
async function versionsOf(store: Store): Promise<number[]> {
  const versions = new Set<number>()
  for await (const [key] of store.range(spaceRange('statePage'))) versions.add(key.at(-1) ?? 0)
  return [...versions]
}

suite('a migration of the state', (it) => {
  it('leaves no page of one that was ended, and followed by checkpoints in the layout before', async () => {
    const store = await memoryDisk().open()
    const { genesis } = makeNetwork({})
    const readGenesis = async () => genesis
    await putRows(store, { rows: 6_000, height: 5 })
    const stop = new AbortController()
    const onMoved = () => stop.abort(Object.assign(new Error('ended'), { code: 'ENDED' }))
    await failsWith('ENDED', moveState(store, { readGenesis, schema: '2', onMoved, signal: stop.signal }))
    is((await versionsOf(store)).join(), '5')
    await putRows(store, { rows: 6_100, height: 7 })
    await moveState(store, { readGenesis, schema: '2', onMoved: () => {}, signal: undefined })
    is((await versionsOf(store)).join(), '7')
    for await (const [key] of store.range(spaceRange('pastPages'))) is(readPastPagesKey(key).height, 7)
    await clearPastPages(store)
    is((await versionsOf(store)).join(), '7')
    for await (const _ of store.range(spaceRange('pastPages'))) ok(false, 'a note is left')
  })
})
