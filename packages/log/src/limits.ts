/** Every bound of the log, with its reason. */

/** Branches kept at one (author, generation, sequence). Two prove the fork; the rest only serves reconciliation. */
export const branchesMax = 8

/** Changed authors in one cut: about 90 bytes each, so that a proposal stays below 400 kB. */
export const cutChangesMax = 4_096

/** Bytes of an encoded list of changes: 96 bounds one entry (32 + 36 bytes of ids, two numbers, framing). */
export const cutChangesBytesMax = cutChangesMax * 96 + 16

/**
 * Below this many bytes a cut may have no room for the largest event, whose author could then never go on:
 * header, signature and body at their limits (2,048 + 64 + 65,536).
 */
export const cutBytesMin = 67_648

/** Authors in one frontier on the wire: at most 124 bytes each, so that a message stays far below 1 MiB. */
export const frontierAuthorsMax = 4_096

/** Bytes of an encoded frontier: 128 bounds one entry (three 32-byte values, two numbers, framing). */
export const frontierBytesMax = frontierAuthorsMax * 128 + 16

/** Orphans held over all peers: a gap is filled within seconds, so a longer queue is a flood. */
export const orphanEventsMax = 4_096

/** Bytes of orphans held over all peers. */
export const orphanBytesMax = 16 * 1_024 * 1_024

/** Orphans held for one peer: a quarter of the buffer, so that no three peers can fill it. */
export const orphanEventsPerPeerMax = 1_024

/** Bytes of orphans held for one peer. */
export const orphanBytesPerPeerMax = 4 * 1_024 * 1_024

/** Of a keyed hash: two different heads agree once in four thousand million sessions, and not in the next one. */
export const headTagBytes = 4

/** Ids in one locator: 32 heads, and those at every doubling of the distance behind the highest, 54 places at most. */
export const locatorMax = 96

/** Heads that a locator names; a forker can make more, and repeats of the exchange bring the others. */
export const locatorHeadsMax = 32
