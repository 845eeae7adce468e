/** How a store reads a range portion by portion, so that it holds on to nothing while its reader does other things. */
import { momentEntriesMax } from './limits.js'
import type { RangeBounds, StoreEntry } from './store.js'

/** Whether all of it is read in one portion, whatever comes meanwhile. */
export function isOfOneMoment({ limit }: Pick<RangeBounds, 'limit'>): boolean {
  return limit !== undefined && limit <= momentEntriesMax
}

/** What is left of a range behind a portion of it. */
export function rangeBehind(bounds: RangeBounds, portion: readonly StoreEntry[]): RangeBounds {
  const last = portion.at(-1)
  if (last === undefined) return bounds
  const [key] = last
  const limit = bounds.limit === undefined ? undefined : bounds.limit - portion.length
  if (bounds.reverse === true) return { ...bounds, to: key.slice(), limit }
  return { ...bounds, from: successor(key), limit }
}

/** The first key behind another. */
function successor(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}
