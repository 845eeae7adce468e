/** What this adapter holds in memory at most. The port's own limits are in the interface package. */

/** Uncompressed blocks LevelDB keeps: the hot end of every author's chain and the upper state rows fit. */
export const blockCacheBytes = 16 * 1024 * 1024

/**
 * Entries and bytes a range fetches at a time; it holds two such portions, one
 * being read and one being fetched. Fewer round trips to the thread pool than
 * LevelDB's own 16 KiB, and still nothing beside one network frame.
 */
export const readAheadEntries = 1_000
export const readAheadBytes = 256 * 1024

/** A holder file is a few short fields; a larger one is not ours. */
export const lockHolderBytesMax = 4 * 1024
