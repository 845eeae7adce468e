/** The Store port on LevelDB. */

export type { LevelStoreOptions } from './level-store.js'
export { compactStore, openLevelStore, tableBytesOf } from './level-store.js'
export { placeOfStore } from './place.js'
