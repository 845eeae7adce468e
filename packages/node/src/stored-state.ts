/**
 * The state as it lies on disk, read page by page when somebody asks, from a snapshot of the store: what is final later
 * does not change what is read of a state that somebody still holds.
 */
import type { MapSource } from '@chirograph/codec'
import { type Store, type StoreSnapshot, statePageKey } from '@chirograph/interface'
import { nodeStopped, storeDamaged } from './node-errors.js'

export interface StoredState {
  /** Reads the state that is on disk now, for all who hold it. What was opened before the last one is closed. */
  open(): MapSource
  /** The same for one who closes it. */
  openAlone(): OwnedSource
  /** Pages read by all sources so far. */
  readonly pagesRead: number
  /** Whoever reads from it afterwards is told that the node has stopped. */
  close(): void
}

export interface OwnedSource extends MapSource {
  close(): void
}

/**
 * Sources that can be read at a time: that of the final state, and the one before, of which members may still be
 * fetching a snapshot. Each keeps what was overwritten since from being cleared away.
 */
const openMax = 2

export function createStoredState(store: Store): StoredState {
  let open: StoreSnapshot[] = []
  let pagesRead = 0
  let isStopped = false

  function sourceOf(snapshot: StoreSnapshot): MapSource {
    return {
      page(place) {
        if (isStopped) throw nodeStopped(undefined)
        pagesRead++
        return snapshot.get(statePageKey(place))
      },
      damaged: (what) => storeDamaged(`of the state, ${what}`),
    }
  }

  return {
    open() {
      const snapshot = store.snapshot()
      open = [snapshot, ...open]
      for (const past of open.splice(openMax)) past.close()
      return sourceOf(snapshot)
    },
    openAlone() {
      const snapshot = store.snapshot()
      return { ...sourceOf(snapshot), close: () => snapshot.close() }
    },
    get pagesRead() {
      return pagesRead
    },
    close() {
      isStopped = true
      for (const past of open.splice(0)) past.close()
    },
  }
}
