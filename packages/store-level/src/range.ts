/** A range read in portions, one ahead of the reader, so that the disk works while the reader does. */

import { isOfOneMoment, type RangeBounds, rangeBehind, type StoreEntry } from '@chirograph/interface'
import type { BinaryLevel } from './level-store.js'
import { readAheadBytes, readAheadEntries } from './limits.js'

/**
 * Yields pages of entries, each read by an iterator of its own that is closed at once. An iterator of this binding is a
 * snapshot of LevelDB, and while there is one a compaction keeps several values of a key; where a table ends between two
 * of them, the newer one may then be moved below the older, and what was written last is not what is read any more, in
 * whatever table it was (google/leveldb issue 320, in LevelDB 1.20 which the binding is made of). So a reader that takes
 * its time must not hold one. A `get` and a `getMany` are one as well, from the call until a thread of the pool has read;
 * `getSync` is none. So what is short is made rare here, and not impossible: whatever is open when a compaction begins counts.
 */
export async function* readPages(
  level: BinaryLevel,
  bounds: RangeBounds,
): AsyncGenerator<readonly StoreEntry[], void, undefined> {
  let rest = bounds
  let ahead = readPortion(level, rest)
  for (;;) {
    const portion = await ahead
    if (portion.length === 0) return
    // Whatever came since then is of another moment.
    if (isOfOneMoment(bounds)) return yield portion
    rest = rangeBehind(rest, portion)
    ahead = readPortion(level, rest)
    // Nobody may ever wait for this portion; its failure is then of no interest.
    ahead.catch(() => {})
    yield portion
  }
}

async function readPortion(
  level: BinaryLevel,
  { from, to, limit = Number.POSITIVE_INFINITY, reverse = false }: RangeBounds,
): Promise<StoreEntry[]> {
  if (limit === 0) return []
  const most = Math.min(limit, readAheadEntries)
  const highWaterMarkBytes = isOfOneMoment({ limit }) ? Number.MAX_SAFE_INTEGER : readAheadBytes
  const iterator = level.iterator({ gte: from, lt: to, limit: most, reverse, highWaterMarkBytes })
  try {
    return await iterator.nextv(most)
  } finally {
    await iterator.close()
  }
}
