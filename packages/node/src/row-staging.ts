/**
 * Where a snapshot's rows lie before it is taken: in the place that is not read. They are many, so they come in many
 * batches; the small one that then says where the rows are is all or nothing.
 */
import { emptyMap } from '@chirograph/codec'
import { pageSpaceOf, type RowSpace, type Store, type StoreOp, stateRowKey } from '@chirograph/interface'
import { type NetworkState, rowsOf } from '@chirograph/status'
import { clearSpaces } from './clear-spaces.js'
import { type Pace, writePages } from './state-pages.js'

/** Rows in one batch: some milliseconds of the event loop; four times as many showed in its delay. */
const rowsPerBatch = 1_024

/** Writes all rows of a state into a space with their pages, in the place of what lay there. Durable when it resolves. */
export async function stageRows(
  store: Store,
  space: RowSpace,
  { state, breathe, signal }: { state: NetworkState } & Pace,
): Promise<void> {
  await clearRows(store, space, signal)
  let ops: StoreOp[] = []
  for (const { key, value } of rowsOf(state)) {
    ops.push({ kind: 'put', key: stateRowKey(key, space), value })
    if (ops.length < rowsPerBatch) continue
    // Each is synced: a later sync does not reach back over a log file that was rotated in between.
    await store.batch(ops, { sync: true })
    signal.throwIfAborted()
    ops = []
    await breathe()
  }
  await store.batch(ops, { sync: true })
  await writePages(store, space, { before: emptyMap, after: state.map, breathe, signal })
}

/**
 * Empties a space that is not read: after a snapshot was taken, or broken off. Durable when it resolves, or a power cut
 * could bring rows back among those that were staged since.
 */
export async function clearRows(store: Store, space: RowSpace, signal?: AbortSignal): Promise<void> {
  await clearSpaces(store, [space, pageSpaceOf[space]], signal)
}
