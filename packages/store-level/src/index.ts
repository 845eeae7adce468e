/** The Store port on LevelDB. */

export type { LevelStoreOptions } from './level-store.js'
export { openLevelStore } from './level-store.js'
