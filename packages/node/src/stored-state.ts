/** The state as it lies on disk, read page by page when somebody asks. */
import type { MapSource } from '@chirograph/codec'
import { type Store, statePageKey } from '@chirograph/interface'
import { nodeStopped, storeDamaged } from './node-errors.js'

export interface StoredState extends MapSource {
  /** Pages read so far. */
  readonly pagesRead: number
  /** Whoever reads afterwards is told that the node has stopped. */
  close(): void
}

export function createStoredState(store: Store): StoredState {
  let pagesRead = 0
  let isStopped = false
  return {
    page(place) {
      if (isStopped) throw nodeStopped(undefined)
      pagesRead++
      return store.getSync(statePageKey(place))
    },
    damaged: (what) => storeDamaged(`of the state, ${what}`),
    get pagesRead() {
      return pagesRead
    },
    close() {
      isStopped = true
    },
  }
}
