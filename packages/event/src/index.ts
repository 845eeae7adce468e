/** The signed event: kinds, shapes, verification, and how credentials are bound to it. */
export { type Ancestor, type Ancestors, type AncestorsVerdict, readAncestors } from './ancestors.js'
export {
  type Application,
  applicantOf,
  applicationShape,
  applicationSigningBytes,
  type ConsensusKey,
  isApplicationSigned,
  isPossessed,
  type Profile,
  possessionSigningBytes,
  profileShape,
} from './application.js'
export { type BatchTree, buildBatch, paddedSizeOf, rootOfLeaf } from './batch-tree.js'
export { credentialDigest, handleOf, leafOf } from './binding.js'
export {
  type DecodedBody,
  decodeBody,
  type EventBody,
  encodeBody,
  evidenceHeadOf,
  type ForkEvidence,
  isPaddedSize,
  type MembershipBody,
  runsOfEvidence,
} from './body.js'
export {
  type AuthenticEvent,
  assembleEvent,
  createEvent,
  type DecodedEvent,
  decodeEvent,
  type EventRejected,
  type EventRejectReason,
  encodeEvent,
  type NewEvent,
  type SignedEvent,
  type VerifiedEvent,
} from './event.js'
export {
  type CustodyBody,
  type GovernanceBody,
  isMeasureKind,
  type MeasureBody,
} from './governance-body.js'
export {
  type DecodedHeader,
  decodeHeader,
  type EventHeader,
  encodeHeader,
  type HeaderRejectReason,
  type SignedHeader,
} from './header.js'
export {
  batchesMax,
  bodyBytesMax,
  entriesMax,
  generationMax,
  headerBytesMax,
  leaseCountMax,
  leaseUnit,
  measureEntriesMax,
  paddedSizeMax,
  paddedSizeMin,
  positionMax,
  probationMsMax,
  referencesMax,
  runBytesMax,
  runStepsMax,
  segmentBytesMax,
  segmentBytesSoft,
  segmentEventsMax,
  signatureBytes,
  wireBytesMax,
} from './limits.js'
export { nextKeyHashOf, type OrgId, orgId, orgIdBytes, orgIdOf, parseOrgId } from './organisation.js'
export {
  type AuthenticSegmentEvent,
  type DecodedSegment,
  type DecodedSegmentVerdict,
  decodeSegment,
  encodeSegment,
  runBytes,
  type Segment,
  type SegmentEvent,
  type SegmentItem,
  type SegmentVerdict,
  segmentHeadOf,
  segmentOf,
  verifySegment,
  wholeEvents,
} from './segment.js'
export { createDescendingSegmenter, createSegmenter, type HeldEvent, type Segmenter } from './segmenter.js'
export { type DecodedRun, decodeRun, type RunHeader, runOf, type SignedRun } from './signed-run.js'
export type { StatusEntry } from './status-entry.js'
export { type EventVerdict, isSignedBy, restoreEvent, verifyEvent } from './verify.js'
export {
  type CredentialType,
  credentialTypes,
  type EventKind,
  eventKinds,
  kindOfNumber,
  type OrganisationType,
  organisationTypes,
  type RecordClass,
  recordClasses,
  type StatusReason,
  statusReasons,
} from './vocabulary.js'
