/** How much of the state is in memory: when it is much, all of it is let go, and read again by need. */
import { type MapSource, mapSize } from '@chirograph/codec'
import type { RowSpace, Store } from '@chirograph/interface'
import type { Replica } from '@chirograph/replica'
import type { PageWriter } from './state-pages.js'
import type { StoredState } from './stored-state.js'

/** A state of so many rows stays in memory whole: at about 1.2 kB each 20 MB. */
const wholeRowsMax = 16_384

/** Pages of a larger one that are held before all are let go: of 16 rows and nodes each, 40 MB. */
const heldPagesMax = 8_192

export interface StateMemoryLimits {
  readonly wholeRowsMax: number
  readonly heldPagesMax: number
}

export const stateMemoryLimits: StateMemoryLimits = { wholeRowsMax, heldPagesMax }

export interface StateMemory {
  /** To be called where what is final is on disk: lets go of what is too much, and writes pages that lack. */
  review(): void
  stop(): Promise<void>
}

export function createStateMemory({
  store,
  replica,
  stored,
  pages,
  limits,
  ...args
}: {
  readonly store: Store
  readonly replica: Replica
  readonly stored: StoredState
  readonly pages: PageWriter
  readonly limits: StateMemoryLimits
  readonly space: () => RowSpace
  /** Whether what is on disk is what the replica holds for final. */
  readonly isOnDisk: () => boolean
  readonly seal: (source: MapSource) => void
  readonly breathe: () => Promise<void>
  readonly onFailure: (error: unknown) => void
}): StateMemory {
  const stopping = new AbortController()
  const { signal } = stopping
  let readBefore = stored.pagesRead
  let running: Promise<void> | null = null

  function isMuch(): boolean {
    if (mapSize(replica.final.state.map) <= limits.wholeRowsMax) return false
    return pages.held + stored.pagesRead - readBefore > limits.heldPagesMax
  }

  function letGo(): void {
    if (signal.aborted || !pages.isCurrent || !args.isOnDisk() || !isMuch()) return
    args.seal(stored.open(args.space()))
    pages.noteSealed(replica.final.state.map)
    readBefore = stored.pagesRead
  }

  async function catchUp(): Promise<void> {
    try {
      await pages.catchUp(store, args.space(), { breathe: args.breathe, signal })
    } catch (error) {
      if (!signal.aborted) args.onFailure(error)
    }
    running = null
    letGo()
  }

  return {
    review() {
      if (pages.isBehind && !signal.aborted) running ??= catchUp()
      else letGo()
    },
    async stop() {
      stopping.abort()
      await running
      stored.close()
    },
  }
}
