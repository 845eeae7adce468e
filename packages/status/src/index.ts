/** Finalised events folded into organisations, batches and statuses; the state root, and proofs under it. */
export { type Anchor, type AnchorMember, anchorOf, validatorSetOfAnchor } from './anchor.js'
export {
  consensusKeyOfSeed,
  possessedKey,
  type VoteKeys,
  voteKeysOf,
  voteSignerOfSeed,
} from './consensus-key.js'
export { isBatchContested, isContested, liftingOf } from './contested.js'
export type { Effect, EventOutcome, FoldContext, SkippedEntry, VoidReason } from './effect.js'
export { type Applied, applyEvents } from './fold.js'
export { restrictsIfTold, wouldRestrict } from './fold-salvage.js'
export {
  type Genesis,
  type GenesisOrganisation,
  type GenesisParameters,
  type GenesisRecognition,
  jsonConsensusMultikey,
  jsonMultikey,
  jsonName,
  networkIdOf,
  type ParsedGenesis,
  parseGenesis,
  validatorSetOf,
} from './genesis.js'
export { measureOf, type ProposalRow, readProposal } from './governance-rows.js'
export { joinBatches, joinCredentials, joinOrganisations, joinStates } from './join.js'
export {
  decodeJson,
  type JsonDecoded,
  type JsonDecoder,
  jsonChecked,
  jsonHex,
  jsonHex32,
  jsonList,
  jsonObject,
  jsonOneOf,
  jsonText,
  jsonUint,
} from './json-decode.js'
export {
  emergencyMsMax,
  generationsMax,
  genesisBytesMax,
  leasedPositionsMax,
  leasesMax,
  measureLockMs,
  measureLockMsDemo,
  organisationsMax,
  statusProofBytesMax,
  suspensionMsDefault,
  suspensionMsMax,
  validatorsMax,
} from './limits.js'
export {
  consensusKeyOf,
  orgOfPeer,
  peerIdOf,
  readApplication,
  readEviction,
  readMember,
} from './membership.js'
export type { ApplicationRow, EvictionRow, MemberRow, ValidatorsRow } from './membership-rows.js'
export { type OrganisationType, organisationTypes } from './organisation-type.js'
export { checkRowProof, proveStatus, type RowProof, type StatusRows } from './proofs.js'
export {
  type EndedSuspension,
  type RestrictedPositions,
  restrictedPositions,
  type StatusAt,
  statusOf,
  statusOfRow,
} from './queries.js'
export {
  type BatchRow,
  batchRowKey,
  batchRowShape,
  type ClosedGeneration,
  type Compromise,
  type CredentialRow,
  credentialRowKey,
  credentialRowShape,
  decodeRow,
  type Grant,
  generationsRowKey,
  generationsRowShape,
  type Lease,
  leaseRowKey,
  type NetworkRow,
  networkRowKey,
  type OrgRow,
  orgRowKey,
  orgRowShape,
  type RecoveryRow,
  type Restriction,
  type RowKind,
  recoveryRowKey,
  recoveryRowShape,
  rowKindOf,
} from './rows.js'
export {
  approvedRotation,
  changedRows,
  credentialRowsOf,
  currentLogKey,
  genesisState,
  logKeyOfGeneration,
  type NetworkState,
  nextPositionOf,
  openState,
  orgOfDid,
  quorumOrgOf,
  readApprovals,
  readBatch,
  readClosedGenerations,
  readCredential,
  readLeases,
  readOrg,
  rebaseState,
  restoreState,
  rowsOf,
  type StateRow,
  sealState,
  stateOfMap,
  stateRoot,
} from './state.js'
export { decodeStatusProof, encodeStatusProof, type LeafPosition, type StatusProof } from './status-proof.js'
