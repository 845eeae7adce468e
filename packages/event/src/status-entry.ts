/** A credential as the events name it whose status changes: by a blinded handle that tells nobody whose it is. */
import { bytes, field, type Infer, list, nullable, struct, uint } from '@chirograph/codec'
import { entriesMax, positionMax } from './limits.js'

const statusEntry = struct('entry', [
  field('handle', bytes(32)),
  field('position', nullable(uint({ max: positionMax }))),
])

/** One credential whose status changes: its blinded handle, and its status list position where it has one. */
export type StatusEntry = Infer<typeof statusEntry>

/** 1 to `max` entries, strictly ascending by handle. */
export function statusEntriesUpTo(max = entriesMax) {
  return list(statusEntry, { min: 1, max, sortedUniqueBy: (entry) => entry.handle })
}
