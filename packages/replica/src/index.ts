/** One institution as a step function: the log, consensus and status composed. */
export { logKeyOfSegment, segmentInput } from './admission.js'
export { type ChainState, genesisChainState } from './chain-state.js'
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'
export type {
  Fact,
  ForkRetry,
  RefuseReason,
  RejectReason,
  ReplicaEffect,
  ReplicaInput,
  SegmentInput,
  StoredEntry,
  StrayPlace,
} from './io.js'
export {
  branchEventsMax,
  checkpointBytesMax,
  historyChainsMax,
  holeRunsMax,
  sessionKeyBytes,
  syncFrameBytes,
} from './limits.js'
export { membersToHear, ownTip, refusalOf } from './own-chain.js'
export {
  type Accusation,
  type ChainTip,
  createReplica,
  emptyRestored,
  peerOfValidator,
  type Replica,
  type ReplicaConfig,
  type ReplicaSigners,
  type RestoredReplica,
} from './replica.js'
export { step } from './step.js'
export {
  answerSync,
  type Chain,
  chainsToProbe,
  decodeCheckpointRequest,
  decodeHistoryRequest,
  decodeSegmentFrame,
  decodeSyncOffer,
  encodeCheckpointRequest,
  encodeHistoryRequest,
  encodeSegmentFrame,
  encodeSyncOffer,
  encodeSyncRequest,
  type HistoryRequest,
  type Holes,
  type Locator,
  noteOffer,
  type SyncAnswer,
  type SyncOffer,
} from './sync.js'
