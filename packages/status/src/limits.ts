/** Bounds on the genesis document, the state rows and the proofs. Each says why it has its value. */

/** A genesis of the most organisations, each with a few keys and recognitions, stays below this. */
export const genesisBytesMax = 8_388_608

/** Names are shown to people: long enough for any institution's, short enough for one line. */
export const nameLengthMax = 120

/** The same in UTF-8, where a character of UTF-16 takes at most three bytes. */
export const nameBytesMax = 3 * nameLengthMax

/** A web address in a genesis document: far above any in use, and small in every credential that repeats it. */
export const urlLengthMax = 256

/** Institutions of one network. Each costs one row and one frontier entry on every node. */
export const organisationsMax = 4096

/** Consensus is tested to this size; a certificate of 200 signatures is below 14 kB. */
export const validatorsMax = 200

/** Signing keys that one organisation uses at a time: one for each department that issues. */
export const assertionKeysMax = 16

/** DIDs of one organisation, old and new web addresses and its keys. */
export const didsMax = 24

/** A did:web identifier is a host name (at most 253 characters) and a short path. */
export const didLengthMax = 320

/** Dated recognitions of one organisation. */
export const recognitionsMax = 32

/** libp2p peer ids are 52 to 62 characters in base58 and base36. */
export const peerIdLengthMax = 128

/** The latest time that ECMAScript can write as a date (ECMA-262, 21.4.1.1), so every time can be shown. */
export const timeMsMax = 8_640_000_000_000_000

/** Timers and clock bounds up to an hour; longer is a mistake of units. */
export const intervalMsMax = 3_600_000

/** A cut of 8 MiB is about the most that a small institution's line moves within a view. */
export const cutBytesMax = 8_388_608

/** Log keys that an organisation's row lists, one a generation. */
export const generationsMax = 64

/** Stolen keys that an organisation's row lists: all of its own, and as many of a custodian's. */
export const compromisesMax = 128

/** Recognitions of one organisation by other members, and of each of them: so that a few cannot use up the room of all. */
export const grantsMax = 64
export const grantsOfMemberMax = 8

/** Assertion keys that an organisation's row lists, past ones included. */
export const assertionKeyPeriodsMax = 128

/**
 * Credentials that one organisation can batch, over its lifetime: far above the world's graduates, far below the
 * integers that lose precision.
 */
export const issuedPaddedMax = 2 ** 40

/** Leases of one organisation. Its lease row is rewritten at each, so the row must stay small. */
export const leasesMax = 1024

/** Positions of one organisation: the size of the largest batch. 200 organisations cannot use up all positions. */
export const leasedPositionsMax = 2 ** 24

/** Positions of the network: 32,768 status lists of 131,072 bits. */
export const positionsMax = 2 ** 32

/** A suspension is a temporary measure; beyond half a year it needs to be decided again. */
export const suspensionMsMax = 180 * 86_400_000

/** What callers propose when nobody names an end: 90 days. The fold itself has no default. */
export const suspensionMsDefault = 90 * 86_400_000

/**
 * An organisation's row with every list full is below 32 kB, a proposal row of 256 credentials and 200 approvals below
 * 19, a recovery row of 200 approvals below 16; a batch row is 110 bytes, a credential row 120.
 */
export const rowBytesMax = 32_768

/** Three map proofs of a million rows are below 3 kB; the certificate of 200 signatures and a full row are the rest. */
export const statusProofBytesMax = 65_536

/** A batch has at most 2^24 leaves. */
export const leafPathLengthMax = 24

/** Organisations that joined, in one row of the list of them: 17 kB. */
export const joinedChunk = 512

/** Changes of the validators that a status proof leads through; a newer anchor needs fewer. Its bytes end it before. */
export const handoversMax = 1_024

/** An emergency suspension needs so few that it must not last: what is to stay is decided by a quorum within a month. */
export const emergencyMsMax = 30 * 86_400_000

/** From a quorum's approval to its effect: a long weekend in which whoever is concerned can speak up. */
export const measureLockMs = 72 * 3_600_000

/** The same in a network that only demonstrates how it works, where nobody wants to wait so long. */
export const measureLockMsDemo = 2_000

/** A measure about 256 credentials with their positions takes below 12 kB. */
export const proposalBodyBytesMax = 12_288
