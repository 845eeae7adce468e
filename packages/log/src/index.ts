/** The Merkle-DAG of events: what may enter, how far it is agreed, and what two nodes owe each other. */
export {
  type AdmitRejectReason,
  type AdmitVerdict,
  admit,
  admitSegment,
  apply,
  type SegmentAdmission,
} from './admit.js'
export {
  type BranchPlan,
  isAtOrBefore,
  type LocatorPlan,
  planBranches,
  planLocator,
  sealsOf,
  splitRange,
  straysOf,
  stretchesOf,
} from './branch-sync.js'
export {
  type Cut,
  type CutEntry,
  cutEntries,
  cutEntryShape,
  cutOf,
  cutRoot,
  decodeChanges,
  emptyCut,
  encodeChanges,
  isInCut,
} from './cut.js'
export { type CutFault, type ExtendedCut, eventBytes, extendCut } from './extend-cut.js'
export { markFinal, type RestoredEntry, restoreEntry, restorePending, trimFinal } from './finality.js'
export {
  checkForkEvidence,
  decodeForkEvidence,
  encodeForkEvidence,
  type ForkEvidenceVerdict,
  forkEvidenceOf,
  placeAccusedIn,
  placeOfForkEvidence,
  recordFork,
} from './fork-evidence.js'
export {
  decodeFrontier,
  encodeFrontier,
  type FrontierEntry,
  frontier,
  frontierDigest,
  frontierShape,
} from './frontier.js'
export {
  type ClaimColumns,
  claimColumns,
  claimsShape,
  type FrontierClaim,
  type FrontierClaims,
  headTag,
  readClaims,
} from './frontier-claim.js'
export { closeAt, type Jump, jumpTo } from './jump.js'
export {
  branchesMax,
  cutBytesMin,
  cutChangesBytesMax,
  cutChangesMax,
  frontierAuthorsMax,
  frontierBytesMax,
  locatorMax,
  orphanBytesMax,
  orphanBytesPerPeerMax,
  orphanEventsMax,
  orphanEventsPerPeerMax,
} from './limits.js'
export {
  closeGenerations,
  createLog,
  entriesAt,
  eventAt,
  finalGenerationOf,
  finalTipOf,
  forksOf,
  headsOf,
  type LogEntry,
  type LogIndex,
  mayHold,
  pendingBytesIn,
  pendingOf,
  pendingSizeOf,
  resumeComparing,
  rotationsOf,
  type Slot,
  type StoredHeader,
  stopComparing,
} from './log-index.js'
export { type Orderable, orderEvents } from './order.js'
export {
  createOrphanBuffer,
  type DroppedOrphan,
  type HoldVerdict,
  holdOrphan,
  missingOf,
  type OrphanBuffer,
  type OrphanLimits,
  release,
} from './orphan-buffer.js'
export { planCut } from './plan-cut.js'
export { type ForkProof, proveFork, runTo } from './prove-fork.js'
export { type AnswerPlan, countOf, planAnswer, type Range } from './sync-plan.js'
