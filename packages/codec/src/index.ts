/** Canonical bytes: the base that every other package stands on. See README.md for a tour. */
export {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64url,
  fromHex,
  fromUtf8,
  hasLoneSurrogate,
  toBase64url,
  toHex,
  utf8,
} from './bytes.js'
export type { ContentId, EventId } from './content-id.js'
export {
  compareContentIds,
  contentId,
  contentIdBytes,
  contentIdFromBytes,
  contentIdOfDigest,
  digestOfContentId,
  parseContentId,
} from './content-id.js'
export type { CodecErrorCode, DecodeCode, Decoded } from './error.js'
export { CodecError } from './error.js'
export type { Sha256 } from './hash.js'
export { isSha256, nobleSha256, sha256, useSha256 } from './hash.js'
export { canonicalizeJson } from './jcs.js'
export { parseJson } from './json.js'
export { digestBytes, jsonDepthMax, mapChunkNodesMax, mapDepthMax, wireDepthMax } from './limits.js'
export type { MerkleMap } from './map.js'
export {
  emptyMap,
  mapChanges,
  mapEntries,
  mapFromEntries,
  mapGet,
  mapRoot,
  mapSet,
  mapSize,
} from './map.js'
export type {
  CheckedChunk,
  CheckedManifest,
  ChunkFault,
  ChunkSlot,
  ChunkVerdict,
  ManifestFault,
  ManifestNode,
  ManifestVerdict,
  MapChunk,
  MapEntry,
  MapManifest,
} from './map-chunks.js'
export {
  checkMapChunk,
  checkMapManifest,
  chunkEntries,
  closeChunk,
  mapChunkShape,
  mapChunks,
  mapManifestShape,
  mapOfChunks,
  packChunk,
} from './map-chunks.js'
export type { MapPage, MapSource, PagePlace } from './map-pages.js'
export { mapPages, openMap } from './map-pages.js'
export type { MapProof, MapProofResult } from './map-proof.js'
export { checkMapProof, mapProofShape, proveKey } from './map-proof.js'
export type { Field, Infer, Shape, StructOf } from './shape.js'
export {
  boolean,
  branded,
  bytes,
  bytesUpTo,
  constant,
  field,
  hexBytes,
  link,
  list,
  mapped,
  nullable,
  oneOf,
  struct,
  text,
  uint,
} from './shape.js'
export type { Reading } from './straight.js'
export {
  enterArray,
  enterBytes,
  leaveArray,
  notThere,
  readingOf,
  skip,
  takeLink,
  takeNull,
  takeUint,
  takeView,
} from './straight.js'
export type { LogTree } from './tree.js'
export {
  appendLeaf,
  emptyLogTree,
  inclusionPath,
  leafHash,
  merkleRoot,
  nodeHash,
  parentLevel,
  rootOfInclusion,
  treeRoot,
} from './tree.js'
export { decode, encode } from './wire.js'
