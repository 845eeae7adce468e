/** The signed event: kinds, shapes, verification, and how credentials are bound to it. */
export { type BatchTree, buildBatch, paddedSizeOf, rootOfLeaf } from './batch-tree.js'
export { credentialDigest, handleOf, leafOf } from './binding.js'
export {
  decodeBody,
  type DecodedBody,
  encodeBody,
  type EventBody,
  type ForkEvidence,
  isPaddedSize,
  type StatusEntry,
} from './body.js'
export {
  assembleEvent,
  createEvent,
  decodeEvent,
  type DecodedEvent,
  encodeEvent,
  type EventRejected,
  type EventRejectReason,
  type NewEvent,
  type SignedEvent,
  type VerifiedEvent,
} from './event.js'
export {
  decodeHeader,
  type DecodedHeader,
  encodeHeader,
  type EventHeader,
  type HeaderRejectReason,
  type SignedHeader,
} from './header.js'
export {
  bodyBytesMax,
  entriesMax,
  generationMax,
  headerBytesMax,
  leaseCountMax,
  leaseUnit,
  paddedSizeMax,
  paddedSizeMin,
  positionMax,
  referencesMax,
  signatureBytes,
  wireBytesMax,
} from './limits.js'
export { nextKeyHashOf, orgId, type OrgId, orgIdBytes, orgIdOf, parseOrgId } from './organisation.js'
export { type EventVerdict, isSignedBy, restoreEvent, verifyEvent } from './verify.js'
export {
  type CredentialType,
  credentialTypes,
  type EventKind,
  eventKinds,
  kindOfNumber,
  type RecordClass,
  recordClasses,
  type StatusReason,
  statusReasons,
} from './vocabulary.js'
