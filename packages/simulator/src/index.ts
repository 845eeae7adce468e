/** A seeded cluster in one thread: production replicas under faults, and the oracles that judge them. */
export { type ActorName, type ActorPlace, actorNames } from './actors/actor-names.js'
export { OracleBreach } from './breach.js'
export { type CampaignReport, type FailedSeed, runCampaign } from './campaign.js'
export type { Misdeeds } from './cast.js'
export { type CertaintyOracle, createCertaintyOracle } from './certainty-oracle.js'
export { faultsAmong, flawOfCertificate, quorumAmong } from './certificate-audit.js'
export { createEpochBook, type EpochBook } from './epoch-book.js'
export type { Forgery } from './forgery.js'
export { drawGovernance, type GovernancePlan, isGoverned, tendGovernance } from './governance.js'
export { createOracles, type OracleCounts, type Oracles } from './oracles.js'
export { createRandom, type Random } from './random.js'
export { judgeRestrictions } from './restriction-audit.js'
export {
  type CertificateName,
  drawActors,
  drawCertificates,
  type FaultName,
  type RunCounts,
  type RunPlan,
  type RunReport,
  replayCommand,
  runSeed,
  type SeededRunOptions,
  SimulationFailure,
} from './seeded-run.js'
export { type Shrunk, shrink } from './shrinking.js'
export {
  defaultParameters,
  genesisTimeMs,
  type SimulatedMember,
  simulatedGenesis,
} from './simulated-genesis.js'
export type { SimulatedNode } from './simulated-node.js'
export {
  calmLinks,
  createSimulation,
  type Simulation,
  type SimulationOptions,
} from './simulation.js'
export { areAllRecovered, tendForked } from './succession.js'
export type { LinkFaults } from './virtual-network.js'
export { createVoteOracle, type VoteOracle } from './vote-oracle.js'
export { judgeVouching } from './vouching-oracle.js'
export type { Published } from './witness.js'
export { createWorkload, type Workload } from './workload.js'
