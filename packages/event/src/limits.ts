/** Every bound of an event, with its reason. A change to any of them is a change of the format. */

/** A header with 16 references takes under 900 bytes; the rest leaves room for later versions. */
export const headerBytesMax = 2_048

/** A thousand status entries take about 45 kB; one gossip message must stay far below 1 MiB. */
export const bodyBytesMax = 65_536

/** ed25519 (RFC 8032). */
export const signatureBytes = 64

/** Header, signature and body, with at most 11 bytes of CBOR framing around them. */
export const wireBytesMax = headerBytesMax + signatureBytes + bodyBytesMax + 11

/** Cross edges are looked up one by one when a cut is ordered; more than a few is misuse. */
export const referencesMax = 16

/** Generations are stored as 32-bit key parts; a year of daily rotations uses 365. */
export const generationMax = 0xffff_ffff

/** Status entries in one event: bounds the rows one event can write, and fits `bodyBytesMax`. */
export const entriesMax = 1_000

/** A status list position. 2⁴⁰ is eight million lists, so that a sum of positions and leases stays exact. */
export const positionMax = 2 ** 40 - 1

/** Leases come in units that divide a status list (131,072 entries) evenly. */
export const leaseUnit = 1_024

/** At most one whole status list in one lease, so that no issuer takes the number space at once. */
export const leaseCountMax = 131_072

/** The smallest padded batch: below 16 leaves the size itself would say how many were issued. */
export const paddedSizeMin = 16

/** Sixteen million credentials in one batch: a path of 24 hashes, half a gigabyte of leaves. */
export const paddedSizeMax = 2 ** 24

/** Events in one segment: one signature check for a thousand hashes, and small enough to be judged in one turn. */
export const segmentEventsMax = 1_024

/**
 * Bytes of one segment on the wire. It is one frame of a stream, whose limit is 1 MiB, and is judged as a whole; so
 * what follows a checked signature without one of its own is never more than this.
 */
export const segmentBytesMax = 1_000_000

/** A sender ends a segment at the next signature above this: small enough to be judged between two other things. */
export const segmentBytesSoft = 131_072

/**
 * Bytes that a run of headers without checked signatures may take in the proof of a fork (`runBytes`): two runs must
 * fit into one body. About 600 headers without references.
 */
export const runBytesMax = 31_000

/** Headers of a run after its first: with it as many as a segment has events. */
export const runStepsMax = segmentEventsMax - 1

/** Names are shown to people: 120 characters, each at most three bytes of UTF-8. */
export const applicantNameBytesMax = 360

/** Signing keys of an applicant: as many as an organisation of a genesis may have. */
export const applicantKeysMax = 16

/** DIDs of an applicant, and the length of each, as in a genesis. */
export const applicantDidsMax = 24
export const applicantDidLengthMax = 320

/** Probation is for weeks or months; beyond a year it is a mistake of units. */
export const probationMsMax = 366 * 86_400_000

/** Credentials of one measure: its row in the state holds them all, with 200 approvals, in at most 32 KiB. */
export const measureEntriesMax = 256

/** Batches that one event reaffirms: as many as an institution issues in years. */
export const batchesMax = 1_000
