/** Every bound of checking signatures in bulk, with its reason. */

/**
 * How long signatures may be checked on the main thread before the event loop turns: a few dozen of them, and far
 * below the 20 ms of delay that a node allows itself.
 */
export const sliceMsMax = 5

/**
 * From so many on, a batch goes to threads. Measured on two cores with messages of 320 bytes, of which one takes 55 µs
 * to check: on its way to a thread and back a signature costs the calling thread 20 µs in a batch of 1, 12 of 2, 5 of
 * 4, 3 or 4 of 8, and 2 of 64 or 512. Alone it also costs the machine half as much again, and is answered after 75 µs
 * instead of 55. So fewer than eight gain little from a thread, and hold the event loop up for half a millisecond.
 */
export const pooledJobsMin = 8

/**
 * Jobs in one message to a thread: three milliseconds of work, so that a message's cost vanishes in it, a batch
 * spreads over all threads, and a dead thread gives little back to be done again.
 */
export const chunkJobsMax = 64

/** Chunks on their way to one thread: one that it works on, and one so that it need not wait for the next. */
export const chunksAheadMax = 2

/** Threads unless the caller says otherwise; more would wait for the one thread that feeds them. */
export const threadsMax = 8

/** New threads for dead ones in the life of a pool: what kills threads again and again would kill these as well. */
export const replacementsMax = 4

/** A chunk is milliseconds of work, two with the one before it; a machine that is overloaded a thousand times is still waited for. */
export const threadAnswerMs = 10_000

/** The turns of the event loop at least in which a thread is silent before it is given up. */
export const watchTurns = 4
