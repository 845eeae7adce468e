/**
 * Where the state lay in schema 2, for the migration and for nothing else: the value of each row that a header had
 * changed under its key, in one of two key spaces, of which a note names the one to read. Every other space is as it was.
 */
import type { KeyRange } from '@chirograph/interface'

const spaces = [0x09, 0x17] as const

/** The note; where it lacks, the first place is read. */
export const oldRowSpaceName = 'row-space'

/** The rows that were read, with `note` as its value. Undefined where the note names neither place. */
export function oldRowRange(note: Uint8Array | undefined): KeyRange | undefined {
  const space = spaces[note === undefined ? 0 : note.length === 1 ? (note[0] ?? -1) : -1]
  return space === undefined ? undefined : rangeOf(space)
}

export function oldRowRanges(): KeyRange[] {
  return spaces.map(rangeOf)
}

function rangeOf(space: number): KeyRange {
  return { from: Uint8Array.of(space), to: Uint8Array.of(space + 1) }
}
