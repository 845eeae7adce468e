/** Verdicts on credentials, offline: a credential, a status proof and a trust anchor in, yes, no or cannot-tell out. */
export {
  type AchievementType,
  achievementTypes,
  isAchievementType,
  recordClassesOf,
} from './achievement-type.js'
export { type Anchor, type AnchorMember, type ParsedAnchor, parseAnchor } from './anchor.js'
export type { Check, CheckCode, Tri, Warning } from './check.js'
export { chirographContext, credentialsContextUrl, pinnedContextUrls } from './contexts.js'
export {
  type CheckedProof,
  jcsProofHash,
  type ProofFault,
  type ProofVerdict,
  verifyJcsProof,
} from './data-integrity.js'
export { describeTime, parseDateTime } from './date-time.js'
export { checkOrder, describeVerdict } from './describe.js'
export type { JsonObject } from './json-value.js'
export { clockBoundMsDefault, credentialBytesMax, proofAgeSecondsDefault } from './limits.js'
export type { Policy } from './policy.js'
export { type EntryReading, type NetworkEntry, networkEntryType, readNetworkEntry } from './status-entry.js'
export { type Checks, type Verdict, type VerifyOptions, verify } from './verdict.js'
