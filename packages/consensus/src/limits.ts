/** Bounds on everything a peer can make a validator hold or read. Each says why it has its value. */

/** Tested to 200 members; a bitmap of 25 bytes and a certificate of about 9 kB at that size. */
export const validatorsMax = 200

/** A proposal of a view this far ahead of ours cannot be justified yet; certificates alone may jump further. */
export const viewsAheadMax = 64

/** Skip certificates between a proposal and its parent: more than f of 200 members can be silent leaders in a row. */
export const skipCertificatesMax = 128

/** One honest proposal a view, two for evidence of an equivocating leader, and room for nothing else. */
export const proposalsPerViewMax = 2

/** Cut changes as bytes: about 4,000 authors that moved in one header, far below a frame of 1 MiB. */
export const changesBytesMax = 393_216

/** One message on a direct stream: a proposal with its changes and 64 skip certificates of 32 signatures. */
export const messageBytesMax = 1_000_000

/** A header is about 180 bytes; anything near a kilobyte is not one. */
export const headerBytesMax = 512

/** A certificate of 200 ed25519 signatures is below 14 kB. */
export const certificateBytesMax = 16_384

/** A header core, a certificate of 200 signatures, and the keys of as many validators. */
export const handoverBytesMax = 32_768

/** Own votes and certificates that one re-broadcast carries, so that a standstill cannot become a flood. */
export const rebroadcastViewsMax = 16

/** Messages of one re-broadcast, or of an answer to a peer that is behind: sixteen open views with all that they have. */
export const helpMessagesMax = 96

/** Each notarizer tells this many silent members: every one of those hears of it thrice, at n × 3 messages in all. */
export const forwardsMax = 3
