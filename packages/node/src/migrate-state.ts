/**
 * Brings the state from the rows of schema 2 into pages. First the pages, the root last and with it the word that rows
 * are to go; then the rows. Whatever ends it in between, the next run goes on: until the root is there, from the rows.
 */
import { decode, mapRoot, toHex } from '@chirograph/codec'
import { type KeyRange, metaKey, type Store, type StoreOp, spaceRange } from '@chirograph/interface'
import { type Genesis, genesisState, restoreState, rowsOf, type StateRow } from '@chirograph/status'
import { heightShape } from './facts.js'
import { schemaOps, stateMoving } from './meta.js'
import { storeDamaged } from './node-errors.js'
import { createPastPages } from './past-pages.js'
import { oldRowRange, oldRowRanges, oldRowSpaceName } from './schema-2.js'
import { createPageWriter } from './state-pages.js'
import { createStoredState } from './stored-state.js'

/** Keys deleted in one batch. */
const keysPerBatch = 4_096

/** Rows that are stored in the layout of schema 2. */
export async function countOldRows(store: Store): Promise<number> {
  let rows = 0
  for (const range of oldRowRanges()) for await (const page of store.pages(range)) rows += page.length
  return rows
}

interface StateMove {
  readonly readGenesis: () => Promise<Genesis>
  readonly schema: string
  /** Called with the rows that are in pages, as far as that can be told: keys are hashes, and come in their order. */
  readonly onMoved: (moved: number, total: number) => void
  readonly signal: AbortSignal | undefined
}

/** Returns the rows moved. Ends with the schema that follows. */
export async function moveState(store: Store, move: StateMove): Promise<number> {
  const { schema, signal } = move
  const moved = await countOldRows(store)
  if (schema !== stateMoving) await writePages(store, move)
  await clear(store, oldRowRanges(), signal)
  await store.batch([...schemaOps(), { kind: 'delete', key: metaKey(oldRowSpaceName) }], { sync: true })
  return moved
}

async function writePages(store: Store, { readGenesis, onMoved, signal }: StateMove): Promise<void> {
  const ends = schemaOps(stateMoving)
  // Before the first checkpoint the state is what the genesis says, and nothing of it is stored.
  const heightBytes = await store.get(metaKey('final-height'))
  if (heightBytes === undefined) return store.batch(ends, { sync: true })
  const height = decode(heightShape, heightBytes, { bytesMax: heightBytes.length })
  if (!height.ok) throw storeDamaged(`the final height: ${height.detail}`)
  const range = oldRowRange(await store.get(metaKey(oldRowSpaceName)))
  if (range === undefined) throw storeDamaged('the note of where the rows of the state lie')
  const genesis = await readGenesis()
  const rows = new Map<string, StateRow>()
  for (const row of rowsOf(genesisState(genesis))) rows.set(toHex(row.key), row)
  // What is no row cannot be kept; that the state is then not the one that was agreed on, `fsck` finds and mends.
  for await (const page of store.pages(range))
    for (const [key, value] of page)
      if (key.length === 33) rows.set(toHex(key.subarray(1)), { key: key.slice(1), value })
  const { map } = restoreState({ genesis, rows: rows.values() })
  mapRoot(map)
  const writer = createPageWriter({
    source: createStoredState(store),
    past: createPastPages((key) => store.getSync(key)),
    readFrom: () => height.value,
  })
  // Of a run that was ended, and may have been of another state: nothing of it is read, and all is written again.
  await clear(store, [spaceRange('statePage'), spaceRange('pastPages')], signal)
  const change = { height: height.value, map, rows: null }
  for (const ops of writer.ahead(change)) {
    await store.batch(ops, { sync: true })
    onMoved(Math.floor(rows.size * shareBefore(ops)), rows.size)
    signal?.throwIfAborted()
  }
  onMoved(rows.size, rows.size)
  await store.batch([...writer.opsOf(change), ...ends], { sync: true })
}

/** How much of all keys lies before the last of these pages: by the first two bytes of its prefix. */
function shareBefore(ops: readonly StoreOp[]): number {
  const [, , first = 0, second = 0] = ops.at(-1)?.key ?? []
  return (first * 256 + second) / 65_536
}

async function clear(
  store: Store,
  ranges: readonly KeyRange[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const range of ranges) {
    let ops: StoreOp[] = []
    for await (const page of store.pages(range)) {
      for (const [key] of page) ops.push({ kind: 'delete', key })
      if (ops.length < keysPerBatch) continue
      await store.batch(ops, { sync: true })
      signal?.throwIfAborted()
      ops = []
    }
    await store.batch(ops, { sync: true })
  }
}
