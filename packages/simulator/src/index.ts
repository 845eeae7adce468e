/** A seeded cluster in one thread: production replicas under faults, and the oracles that judge them. */
export { OracleBreach } from './breach.js'
export type { Forgery } from './forgery.js'
export { createOracles, type OracleCounts, type Oracles } from './oracles.js'
export { createRandom, type Random } from './random.js'
export {
  type RunCounts,
  type RunReport,
  replayCommand,
  runSeed,
  type SeededRunOptions,
  SimulationFailure,
} from './seeded-run.js'
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
export type { Published } from './witness.js'
export { createWorkload, type Workload } from './workload.js'
