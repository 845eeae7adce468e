/** Open Badges 3.0 credentials on VC 2.0: from a registrar's file to signed credentials, their batch and receipts. */
export {
  type Achievement,
  type Alignment,
  achievementIdOf,
} from './achievement.js'
export { type Cohort, cohortTemplate, parseCohort } from './cohort.js'
export { type CohortColumn, type CohortError, type CohortRow, cohortColumnNames } from './cohort-row.js'
export { contextDigests, contextDocument, openBadgesContextUrl, vcContextUrl } from './contexts.js'
export {
  type CredentialReference,
  type CredentialReferenceReading,
  credentialReference,
  type StatusSlot,
  statusEntries,
} from './credential-status.js'
export { identityMatches, type Learner } from './identity.js'
export {
  type Batch,
  type BatchInput,
  type IssuedCredential,
  type PreparedBatch,
  prepareBatch,
  prepareBatchInSteps,
  receiptOf,
  splitByRecordClass,
} from './issue-cohort.js'
export type { Json, JsonObject, Problem } from './json.js'
export {
  cohortCharactersMax,
  cohortRowsMax,
  credentialBytesMax,
  problemsMax,
  statusListEntries,
} from './limits.js'
export { buildOpenBadge, type Issuer, type OpenBadge } from './open-badge.js'
export { openBadgeSchema, openBadgeSchemaDigest } from './open-badge-schema.js'
export { type Receipt, type ReceiptReading, readReceipt, receiptJson } from './receipt.js'
export { type CheckedDocument, checkOpenBadge, checkVerifiableCredential } from './schema.js'
export { jcsProof, type SigningKey, signCredential } from './sign.js'
export { parseSingle } from './single.js'
export type { CalendarDate } from './time.js'
export type { Schema } from './vc-schema.js'
