/** Bounds of one replica, each with its reason. */

/** Events that one header makes final: a backlog of 100,000 is final in two headers. */
export const cutEventsMax = 65_536

/**
 * Bytes of checkpoints taken in before one of them must be certified. A silent minority can keep headers from being
 * certified for hours; an empty one has about 500 bytes, so this is room for more than 100,000 of them.
 */
export const uncertifiedBytesMax = 64 * 1_024 * 1_024

/** One checkpoint on the wire: its changes dominate. */
export const checkpointBytesMax = 1_000_000

/** A frontier entry is below 130 bytes; this is room for 4,096 authors and their locators. */
export const syncRequestBytesMax = 800_000

/** Authors whose branches one request asks about: forkers are few, and frozen when found. */
export const locatorsMax = 16

/** The key of a session's head tags: unpredictable to whoever makes heads. */
export const sessionKeyBytes = 16

/** Names the claims of the last exchange; a mistake costs one more round trip. */
export const baseBytes = 8

/** Numbers that describe the holes of one chain, two for each: a damaged log asks again for the rest. */
export const holeRunsMax = 32_768

/** Chains of which one history request asks. */
export const historyChainsMax = 256

/**
 * Events of branches that one answer brings for one author. An event has a signature at most 607 events above it
 * (`runBytesMax`) and eight branches beside it, so the lowest stretch is always sent up to a signature.
 */
export const branchEventsMax = 8 * 608

/** Events of one answer frame are gathered up to about this size. */
export const syncFrameBytes = 262_144

/** Answers of the store about old references that are kept: sixteen for each event of a large cut fit a few times. */
export const lookedUpMax = 1_048_576

/** Final events of each chain that stay in the index behind its tip: enough for peers that are a little behind. */
export const residentFinalMax = 64

/** A peer that was asked for checkpoints is given this long before another one is asked. */
export const fetchPatienceMs = 5_000

/**
 * A peer whose answer brought no checkpoint is asked again after this long; its standing may have been honest. So are
 * checkpoints that wait for events asked for again.
 */
export const unhelpfulForMs = 3_000

/** Loads for the proof of one fork: the place itself, what follows it on disk, and what was trimmed between. */
export const proofLoadsMax = 3

/** Events that are not final kept of a frozen chain: a long day of a busy institution, for what may be salvaged of it. */
export const frozenEventsMax = 4_096

/** Their bytes: as many events with bodies of 2 KiB, which name fifty credentials. */
export const frozenBytesMax = 8 * 1_024 * 1_024

/**
 * One chunk of a snapshot: about 1,000 rows, whose hashes take about 10 ms in JavaScript. The longest row, 32 KiB,
 * fits.
 */
export const snapshotChunkBytes = 131_072

/** Such a chunk with its hash around it. */
export const snapshotChunkFrameBytesMax = snapshotChunkBytes + 64

/** Chunks of one snapshot. Its manifest is one frame, below 1 MB; over a gigabyte of state is cut into as many. */
export const snapshotChunksMax = 24_576

/** Any frame of a snapshot; a manifest of the most chunks has about 910,000. */
export const snapshotFrameBytesMax = 1_000_000

/** Tips are gathered up to about this size: 4,096 authors in about ten frames. */
export const snapshotTipsBytes = 131_072

/** Chunks that one request asks for: 4 MiB, after which another peer's turn may come. */
export const snapshotAskMax = 32

/** Events of others logged again at once: the rest follows with the next height, and own events have room beside them. */
export const salvagesAtOnceMax = 32

/** Events of others looked at for that at once, each with a signature check: who forks must not keep everybody busy. */
export const salvageAttemptsMax = 64

/** How often a peer is asked about an epoch that has not begun here: its votes come by the dozen. */
export const askOfEpochMs = 500
