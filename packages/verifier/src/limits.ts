/** Bounds on what a stranger can make a verifier read. Each says why it has its value. */

/** A credential in canonical JSON. An Open Badge is below 10 kB; the rest is room for bundles and images. */
export const credentialBytesMax = 1_048_576

/** Proofs in a proof set: one for each cryptosuite and a few endorsing parties. Each may cost a signature check. */
export const proofsMax = 8

/** Status entries: two lists, the network's own, and room for other networks. */
export const statusEntriesMax = 16

/** Contexts of one credential: the pinned ones and the network's, each once. */
export const contextsMax = 8

/** Types of one credential. */
export const typesMax = 16

/** A DID or URL. */
export const uriLengthMax = 2048

/** 64 bytes in base58btc are at most 88 characters and the multibase prefix. Base58 takes quadratic time. */
export const proofValueLengthMax = 89

/** An anchor of 200 members with long names is below 100 kB. */
export const anchorBytesMax = 262_144

/** A status proof of yesterday is good enough for most decisions; the policy can ask for a fresher one. */
export const proofAgeSecondsDefault = 86_400

/** Clocks of offline devices run minutes apart at most; validators hold each other to less. */
export const clockBoundMsDefault = 300_000
