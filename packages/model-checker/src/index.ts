/** An explicit-state model checker over the consensus reducer of production. See README.md for what a model holds. */
export { createExploration, type Exploration, type ExplorationOptions, type Progress } from './exploration.js'
export { type Breach, type Property, properties } from './properties.js'
export { productionReducer, type Reducer } from './reducer.js'
export type { Scenario, ScenarioOptions } from './scenario.js'
export { traceTo } from './trace.js'
