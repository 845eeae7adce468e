/** The rules of ed25519 and BLS, and SHA-256, on native code and on threads: same answers as noble, more of them a second. */
export {
  type Blst,
  type BlstPoint,
  type BlstSecretKey,
  blstBls,
  createBlstBls,
  loadBlst,
} from './blst-bls.js'
export { type BackEndRefusal, fastestBls, fastestEd25519, fastestSha256 } from './fastest.js'
export { nodeEd25519 } from './node-ed25519.js'
export { nodeSha256 } from './node-sha256.js'
export { createSlicedVerifier } from './sliced-verifier.js'
export { createSodiumEd25519, loadSodium, type Sodium, sodiumEd25519 } from './sodium-ed25519.js'
export { createVerifyPool, type ThreadLoss, type VerifyPool, type VerifyPoolStatus } from './verify-pool.js'
