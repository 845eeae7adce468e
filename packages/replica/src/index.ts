/** One institution as a step function: the log, consensus and status composed. */
export { type SegmentSignature, segmentInput, signatureOfSegment } from './admission.js'
export { type ChainState, type Executed, type Execution, execute, genesisChainState } from './chain-state.js'
export {
  type Checkpoint,
  certifiedHeader,
  decodeCheckpoint,
  encodeCheckpoint,
  isCertificateOf,
} from './checkpoint.js'
export { baseAt, handoversFrom, validatorPeers } from './epochs.js'
export type {
  Fact,
  ForkRetry,
  Gap,
  RefuseReason,
  RejectReason,
  ReplicaEffect,
  ReplicaInput,
  SegmentInput,
  SnapshotFact,
  StoredEntry,
  StrayPlace,
} from './io.js'
export {
  branchEventsMax,
  checkpointBytesMax,
  historyChainsMax,
  holeRunsMax,
  sessionKeyBytes,
  snapshotAskMax,
  snapshotFrameBytesMax,
  syncFrameBytes,
} from './limits.js'
export { type LogKey, logKeyOf } from './log-keys.js'
export { membersToHear, ownTip, refusalOf } from './own-chain.js'
export {
  type Accusation,
  type ChainTip,
  createReplica,
  emptyRestored,
  type HeldFrom,
  peerOfValidator,
  type Replica,
  type ReplicaConfig,
  type ReplicaSigners,
  type RestoredReplica,
  type VoteGate,
} from './replica.js'
export { salvageBodyOf, salvageOf } from './salvaging.js'
export {
  createSnapshotSource,
  decodeSnapshotRequest,
  encodeSnapshotRequest,
  type SignedTip,
  type SnapshotSource,
} from './snapshot.js'
export {
  beginHead,
  createSnapshotAssembly,
  finishSnapshot,
  progressOf,
  type Snapshot,
  type SnapshotAssembly,
  type SnapshotFault,
  type SnapshotProgress,
  type SnapshotRefusal,
  type SnapshotTip,
  takeChunkFrame,
  takeHeadFrame,
} from './snapshot-assembly.js'
export { step } from './step.js'
export { isAwaited, stuckSize } from './stuck.js'
export {
  answerSync,
  type Chain,
  chainsToProbe,
  decodeCheckpointFloor,
  decodeCheckpointRequest,
  decodeHistoryRequest,
  decodeSegmentFrame,
  decodeSyncOffer,
  encodeCheckpointFloor,
  encodeCheckpointRequest,
  encodeHistoryRequest,
  encodeSegmentFrame,
  encodeSyncOffer,
  encodeSyncRequest,
  type HistoryRequest,
  type Holes,
  heldRanges,
  type Locator,
  noteOffer,
  type SyncAnswer,
  type SyncOffer,
} from './sync.js'
