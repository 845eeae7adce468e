/** createNode: one institution's replica on real adapters, and what its people do with it. */
export type { Unchanged } from './change-effect.js'
export type { EventQuery, LoggedEvent } from './event-query.js'
export { examineStore, type StoreExamination } from './examine-store.js'
export type { Finality } from './finality-tracker.js'
export type { ForkView, KnownFork } from './fork-view.js'
export { type CheckOptions, type CheckProgress, checkStore, type StoreCheck } from './fsck.js'
export {
  type DamageCode,
  type DamageGroup,
  type Finding,
  groupFindings,
  isComputable,
  kindsOfDamage,
  listFindings,
  whyNotComputable,
} from './fsck-findings.js'
export type {
  Governance,
  MeasureView,
  Recognition,
  StandingView,
  Theft,
} from './governance.js'
export type { IssuedBatch, IssueOptions, IssuePhase } from './issuing.js'
export { type JoinLimits, joinLimits } from './joiner.js'
export type { ApplicationView, Membership, MembershipView, MemberView } from './membership.js'
export { assertSchema, initialiseStore, schemaVersion } from './meta.js'
export { type MigrateOptions, type Migration, type MigrationProgress, migrateStore } from './migrate.js'
export {
  type ChirographNode,
  type CredentialStatus,
  createNode,
  type EventState,
  type NodeOptions,
  type ProofTarget,
  type PublishedChange,
  type PublishedEvent,
} from './node.js'
export type { NodeCounters, NodeStatus } from './node-status.js'
export type { Notice } from './notice.js'
export { prunableKinds } from './prunable.js'
export { type PruneFloor, type PruneOptions, type Pruning, pruneStore } from './prune.js'
export { pathBytes, type RegistrarEntry } from './registrar.js'
export { type RepairOptions, repairStore, type StoreRepair } from './repair.js'
export { type InstitutionSeeds, type KeptSeeds, orgIdOfSeeds } from './seeds.js'
export type { JoinProgress } from './snapshot-fetching.js'
export type { StateMemoryLimits } from './state-memory.js'
export type { CredentialTarget, StatusChange } from './status-change.js'
export { type SpaceStat, type StoreStat, storeStat } from './store-stat.js'
export type { Succession } from './succession.js'
