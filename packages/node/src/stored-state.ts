/**
 * The state as it lies on disk, read row by row when somebody asks, from a snapshot of the store: what is final later
 * does not change what is read of a state that somebody still holds.
 */
import { type MapSource, toHex } from '@chirograph/codec'
import {
  type RowSpace,
  type Store,
  type StoreSnapshot,
  statePageKey,
  stateRowKey,
} from '@chirograph/interface'
import { type Genesis, genesisState, rowsOf } from '@chirograph/status'
import { storeDamaged } from './node-errors.js'

export interface StoredState {
  /** Reads the state that is on disk now. What an earlier source is of, is to be let go of by the next call. */
  open(space: RowSpace): MapSource
  /** Pages read by all sources so far. */
  readonly pagesRead: number
  close(): void
}

/**
 * Sources that can be read at a time: that of the final state, and the one before, of which members may still be
 * fetching a snapshot. Each keeps what was overwritten since from being cleared away.
 */
const openMax = 2

export function createStoredState(store: Store, genesis: Genesis): StoredState {
  // Rows that no header has changed are not on disk.
  const first = new Map<string, Uint8Array>()
  for (const { key, value } of rowsOf(genesisState(genesis))) first.set(toHex(key), value)
  let open: StoreSnapshot[] = []
  let pagesRead = 0
  return {
    open(space) {
      const snapshot = store.snapshot()
      open = [snapshot, ...open]
      for (const past of open.splice(openMax)) past.close()
      return {
        page(place) {
          pagesRead++
          return snapshot.get(statePageKey(place, space))
        },
        value: (key) => snapshot.get(stateRowKey(key, space)) ?? first.get(toHex(key)),
        damaged: (what) => storeDamaged(`of the state, ${what}`),
      }
    },
    get pagesRead() {
      return pagesRead
    },
    close() {
      for (const past of open.splice(0)) past.close()
    },
  }
}
