/** A range read in portions, one ahead of the reader, so that the disk works while the reader does. */

import type { RangeBounds, StoreEntry } from '@chirograph/interface'
import type { BinaryLevel } from './level-store.js'
import { readAheadBytes, readAheadEntries } from './limits.js'

/** Yields pages of entries from one LevelDB snapshot; leaving the loop closes the LevelDB iterator. */
export async function* readPages(
  level: BinaryLevel,
  { from, to, limit = -1, reverse = false }: RangeBounds,
): AsyncGenerator<readonly StoreEntry[], void, undefined> {
  if (limit === 0) return
  const iterator = level.iterator({ gte: from, lt: to, limit, reverse, highWaterMarkBytes: readAheadBytes })
  try {
    let ahead = iterator.nextv(readAheadEntries)
    for (;;) {
      const portion = await ahead
      if (portion.length === 0) return
      ahead = iterator.nextv(readAheadEntries)
      // Nobody may ever wait for this portion; its failure is then of no interest.
      ahead.catch(() => {})
      yield portion
    }
  } finally {
    await iterator.close()
  }
}
