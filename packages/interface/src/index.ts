/** Ports between the shell and its adapters, and the contract suites that prove an adapter. */

export type { Clock } from './clock.js'
export { systemClock } from './clock.js'
export type { ContractKit, DefineTest } from './contract-kit.js'
export type { ErrorFacts, ErrorParts } from './errors.js'
export { ChirographError, isChirographError } from './errors.js'
export type {
  ChainPlace,
  EventPlace,
  HeightRange,
  HolePlace,
  KeySpace,
  LogPosition,
  SequenceRange,
  VotePlace,
} from './key-spaces.js'
export {
  arrivalKey,
  arrivalRange,
  authorKey,
  authorValue,
  bodyFloorKey,
  bodyKey,
  bodyRange,
  chainRange,
  checkpointDigestKey,
  checkpointHeightKey,
  checkpointRange,
  eventKey,
  eventRange,
  evidenceKey,
  frontierKey,
  historyKey,
  holeKey,
  keySpaces,
  metaKey,
  type PastPagesPlace,
  pastPagesKey,
  placeValue,
  positionKey,
  positionKeyOfDigest,
  prefixRange,
  readArrivalKey,
  readAuthorKey,
  readAuthorValue,
  readBodyFloorKey,
  readCheckpointHeightKey,
  readEventKey,
  readHistoryKey,
  readHoleKey,
  readPastPagesKey,
  readPlace,
  readPositionKey,
  readVoteKey,
  spaceRange,
  statePageKey,
  statePageKeyBytes,
  strayKey,
  voteKey,
} from './key-spaces.js'
export {
  batchBytesMax,
  batchOpsMax,
  getManyKeysMax,
  gossipBytesMax,
  keyBytesMax,
  messageBytesMax,
  momentEntriesMax,
  signatureJobsMax,
} from './limits.js'
export type { MemoryHub } from './memory-network.js'
export { memoryHub } from './memory-network.js'
export type { MemoryDisk } from './memory-store.js'
export { memoryDisk, memoryStore } from './memory-store.js'
export type {
  GossipVerdict,
  Misconduct,
  Network,
  NetworkHandlers,
  PeerChange,
  PeerRequest,
  PeerStatus,
  RequestProtocol,
  Topic,
} from './network.js'
export { requestProtocols, topics } from './network.js'
export { networkContract } from './network-contract.js'
export type { NetworkSubject } from './network-contract-seat.js'
export {
  dialFailed,
  messageTooLarge,
  networkStopped,
  peerDropped,
  peerNotAllowed,
  peerUnreachable,
  requestFailed,
  requestRefused,
  requestStalled,
} from './network-errors.js'
export type { PowerCut, PowerCutDisk, PowerCutOptions } from './power-cut-disk.js'
export { powerCutDisk } from './power-cut-disk.js'
export { isOfOneMoment, rangeBehind } from './range-behind.js'
export type { SignatureJob, SignatureVerifier } from './signature-verifier.js'
export { assertJobsFit, signaturesStopped } from './signature-verifier.js'
export type { JudgedJob, SignatureVerifierSubject } from './signature-verifier-contract.js'
export { signatureVerifierContract } from './signature-verifier-contract.js'
export type { KeyRange, RangeBounds, Store, StoreEntry, StoreOp } from './store.js'
export type { StoreSubject } from './store-contract.js'
export { storeContract } from './store-contract.js'
export { assertBatchFits, assertReadFits, storeClosed } from './store-errors.js'
