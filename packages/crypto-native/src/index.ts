/** The pinned ed25519 rule on native code: same answers as noble, more of them a second. */
export { type BackEndRefusal, fastestEd25519 } from './fastest.js'
export { nodeEd25519 } from './node-ed25519.js'
export { createSodiumEd25519, loadSodium, type Sodium, sodiumEd25519 } from './sodium-ed25519.js'
