/** One institution as a step function: the log, consensus and status composed. */
export { type ChainState, genesisChainState } from './chain-state.js'
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.js'
export type { EventInput, Fact, RefuseReason, RejectReason, ReplicaEffect, ReplicaInput } from './io.js'
export { checkpointBytesMax, syncFrameBytes } from './limits.js'
export {
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
  decodeCheckpointRequest,
  decodeEventFrame,
  decodeSyncOffer,
  encodeCheckpointRequest,
  encodeEventFrame,
  encodeSyncOffer,
  encodeSyncRequest,
  type SyncAnswer,
  type SyncOffer,
  type SyncRequest,
} from './sync.js'
