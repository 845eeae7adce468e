/**
 * Limits that both sides of a port rely on. An adapter may not accept less, and
 * refuses more with the named error; its own internal limits live beside it.
 */

/**
 * Bytes of one message on a direct stream, and of one request or answer frame.
 * A proposal for 100 validators with its skip certificates stays under 300 kB;
 * 1 MiB leaves room and still bounds what a hostile peer makes us buffer.
 */
export const messageBytesMax = 1024 * 1024

/**
 * Bytes of one gossiped message. Far below 1 MiB, because a gossip frame above the
 * transport's own limit resets the stream and silently splits the mesh (lodestar #10079).
 */
export const gossipBytesMax = 256 * 1024

/** Operations in one atomic batch; a checkpoint's rows come in batches of at most this. */
export const batchOpsMax = 200_000

/** Key and value bytes in one atomic batch: LevelDB holds a whole batch in memory, twice. */
export const batchBytesMax = 64 * 1024 * 1024

/** Keys of one `getMany`: all their values are in memory at once. */
export const getManyKeysMax = 16_384

/** Entries of a range that are of one moment, when it is limited to so many. */
export const momentEntriesMax = 256

/** Bytes of one key. The longest key this project writes has 77. */
export const keyBytesMax = 512

/**
 * Signatures that may wait to be checked: less than a second of work for one thread of the slowest machine in use,
 * and at most 40 MB of headers. Whoever has more awaits the first.
 */
export const signatureJobsMax = 16_384
