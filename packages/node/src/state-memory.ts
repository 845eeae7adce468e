/** How much of the state is in memory: when it is much, all of it is let go, and read again by need. */
import { mapSize } from '@chirograph/codec'
import type { Replica } from '@chirograph/replica'
import type { PageWriter } from './state-pages.js'
import type { StoredState } from './stored-state.js'

export interface StateMemoryLimits {
  /** Rows of a state that stays in memory whole: at about 1.2 kB each 20 MB. */
  readonly wholeRowsMax: number
  /** Pages of a larger one that are held before all are let go: of 16 rows and nodes each, 40 MB. */
  readonly heldPagesMax: number
  /** Pages on disk that are kept for those who fetch a state from before: below a kilobyte each. */
  readonly pastPagesMax: number
}

export const stateMemoryLimits: StateMemoryLimits = {
  wholeRowsMax: 16_384,
  heldPagesMax: 8_192,
  pastPagesMax: 65_536,
}

export interface StateMemory {
  /** Lets go of what is too much. To be called where what is on disk may be what the replica holds for final. */
  review(): void
}

export function createStateMemory({
  replica,
  stored,
  pages,
  limits,
  isOnDisk,
  seal,
  letGoOfPast,
}: {
  readonly replica: Replica
  readonly stored: StoredState
  readonly pages: PageWriter
  readonly limits: StateMemoryLimits
  /** Whether what is on disk is what the replica holds for final. */
  readonly isOnDisk: () => boolean
  readonly seal: () => void
  /** Whoever fetches a state from before has to go on with a newer one. */
  readonly letGoOfPast: () => void
}): StateMemory {
  let readBefore = stored.pagesRead

  function isMuch(): boolean {
    if (pages.isApart) return true
    if (mapSize(replica.final.state.map) <= limits.wholeRowsMax) return false
    return pages.held + stored.pagesRead - readBefore > limits.heldPagesMax
  }

  return {
    review() {
      if (pages.pastRead > limits.pastPagesMax) letGoOfPast()
      if (!isOnDisk() || !isMuch()) return
      seal()
      pages.noteSealed(replica.final.state.map)
      readBefore = stored.pagesRead
    },
  }
}
