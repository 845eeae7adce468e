/** Bugs put back into production while it is loaded, to see that the oracles see them. */
export { applyBug, type Bug, BugMisfit, urlOfFile } from './bug.js'
export { bugs } from './bugs.js'
export { type Hunted, type HuntOptions, hunt } from './hunt.js'
export { zooTable } from './zoo-table.js'
