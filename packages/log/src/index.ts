/** The Merkle-DAG of events: what may enter, how far it is agreed, and what two nodes owe each other. */
export { admit, type AdmitAccepted, type AdmitRejectReason, type AdmitVerdict, apply } from './admit.js'
export { entriesBeyond, locatorOf } from './branch-sync.js'
export {
  type Cut,
  cutEntries,
  type CutEntry,
  cutEntryShape,
  cutOf,
  cutRoot,
  decodeChanges,
  emptyCut,
  encodeChanges,
} from './cut.js'
export { type CutFault, eventBytes, extendCut, type ExtendVerdict } from './extend-cut.js'
export { markFinal, restoreEntry, restorePending, trimFinal } from './finality.js'
export {
  checkForkEvidence,
  decodeForkEvidence,
  encodeForkEvidence,
  forkEvidenceOf,
  type ForkEvidenceVerdict,
  placeOfForkEvidence,
  recordFork,
} from './fork-evidence.js'
export {
  decodeFrontier,
  encodeFrontier,
  frontier,
  frontierDigest,
  type FrontierEntry,
  frontierShape,
} from './frontier.js'
export {
  branchesMax,
  cutBytesMin,
  cutChangesBytesMax,
  cutChangesMax,
  cutEventsMax,
  frontierAuthorsMax,
  frontierBytesMax,
  locatorMax,
  orphanBytesMax,
  orphanBytesPerPeerMax,
  orphanEventsMax,
  orphanEventsPerPeerMax,
} from './limits.js'
export {
  createLog,
  entriesAt,
  eventAt,
  finalTipOf,
  forksOf,
  headsOf,
  type LogEntry,
  type LogIndex,
  mayHold,
  type Slot,
} from './log-index.js'
export { type Orderable, orderEvents } from './order.js'
export {
  createOrphanBuffer,
  type DroppedOrphan,
  holdOrphan,
  type HoldVerdict,
  missingOf,
  type OrphanBuffer,
  type OrphanLimits,
  release,
} from './orphan-buffer.js'
export { planCut } from './plan-cut.js'
export { countOf, type ForkProbe, planSync, type Range, type SyncPlan } from './sync-plan.js'
