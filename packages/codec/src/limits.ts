/** Every bound of this package, with its reason. Sizes in bytes are the caller's: `decode` asks for them. */

/** Nesting of arrays in one encoding. The deepest format (a portable status proof) needs 5; the rest is room. */
export const wireDepthMax = 16

/** Nesting of objects and arrays in JSON: enough for any credential, and far below a call stack. */
export const jsonDepthMax = 64

/** Bits of a map key, hence the longest path in a Merkle map: two keys that differ in their last bit. */
export const mapDepthMax = 256

/** Bytes of a SHA-256 digest, of a map key, and of every node of a tree. */
export const digestBytes = 32

/**
 * Inner nodes of one chunk of a map. A chunk of random keys has about as many as entries; keys made to agree in many
 * bits have up to 128 for each, and whoever checks a chunk hashes them all before it knows whether they are right.
 */
export const mapChunkNodesMax = 16_384

/** What one entry adds to the size of an encoded chunk beside its value: two heads of arrays and bytes, and the key. */
export const mapEntryOverheadBytes = 40
