/**
 * A cut: how far each author's chain is final (or proposed to be). Two cuts with the same root make the same
 * events final. SPEC.md, "Cut".
 */
import {
  type Decoded,
  decode,
  type EventId,
  encode,
  field,
  leafHash,
  link,
  list,
  merkleRoot,
  struct,
  uint,
} from '@chirograph/codec'
import { generationMax, type OrgId, orgId, orgIdBytes } from '@chirograph/event'
import { cutChangesBytesMax, cutChangesMax } from './limits.js'
import type { LogIndex } from './log-index.js'

/** The last event of an author that a cut contains. */
export interface CutEntry {
  readonly author: OrgId
  readonly generation: number
  readonly sequence: number
  readonly id: EventId
  /**
   * Where the generation before ended in this cut, null if it had nothing final. Kept by those who followed the move of
   * the entry, never sent: it tells what else is in the cut until that is final.
   */
  readonly closed?: CutEntry | null
}

/** One entry for each author with an event in the cut. */
export type Cut = ReadonlyMap<OrgId, CutEntry>

/** On the wire [author 32, generation, sequence, id]. */
export const cutEntryShape = struct('cutEntry', [
  field('author', orgId()),
  field('generation', uint({ max: generationMax })),
  field('sequence', uint()),
  field('id', link()),
])

const changesShape = list(cutEntryShape, {
  max: cutChangesMax,
  sortedUniqueBy: (entry) => orgIdBytes(entry.author),
})

/** Before anything is final. */
export const emptyCut: Cut = new Map()

/** The Merkle root (RFC 6962) over the encoded entries in byte order of the authors: 32 bytes. */
export function cutRoot(cut: Cut): Uint8Array {
  return merkleRoot(cutEntries(cut).map((entry) => leafHash(encode(cutEntryShape, entry))))
}

/** The entries in byte order of the authors. */
export function cutEntries(cut: Cut): CutEntry[] {
  return [...cut.values()].sort((a, b) => (a.author < b.author ? -1 : 1))
}

/** The cut that these entries (one for each author) make; for a cut that was stored or sent. */
export function cutOf(entries: Iterable<CutEntry>): Cut {
  return new Map([...entries].map((entry) => [entry.author, entry]))
}

/** The changed entries of a cut as a proposal carries them. Throws unless sorted by author, each once. */
export function encodeChanges(changes: readonly CutEntry[]): Uint8Array {
  return encode(changesShape, changes)
}

/** Reads untrusted changes; they come sorted by author, each once, at most `cutChangesMax`. */
export function decodeChanges(bytes: Uint8Array): Decoded<readonly CutEntry[]> {
  return decode(changesShape, bytes, { bytesMax: cutChangesBytesMax })
}

/**
 * Whether an event lies in a cut: at or before its author's entry, on the branch the entry names, or where the
 * generation before ended. The cut must be no older than what is final here, and the index must hold the event if
 * anyone does: a trimmed one is not seen.
 */
export function isInCut(log: LogIndex, cut: Cut, id: EventId): boolean {
  const target = log.entries.get(id)
  const entry = target === undefined ? undefined : cut.get(target.author)
  if (target === undefined || entry === undefined) return false
  if (target.generation < entry.generation && target.isFinal) return true
  const top = target.generation < entry.generation ? entry.closed : entry
  if (top?.generation !== target.generation) return false
  let at = log.entries.get(top.id)
  while (at !== undefined && at.sequence > target.sequence) {
    // One branch is final, so below a final entry there is nothing to compare any more.
    if (at.isFinal) return target.isFinal
    at = at.prev === null ? undefined : log.entries.get(at.prev)
  }
  return at?.id === id
}
