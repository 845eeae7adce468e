/**
 * The closed vocabularies of events: the only words a body can contain. Each name stands for a small integer on
 * the wire. Numbers are never reused.
 */

/** Event kinds. SPEC.md, "Kinds". 7 has no meaning: the vectors of the first six kinds refuse it. */
export const eventKinds = {
  'credential.issueBatch': 1,
  'status.lease': 2,
  'status.revoke': 3,
  'status.suspend': 4,
  'status.reinstate': 5,
  'evidence.fork': 6,
  'key.rotate': 8,
  'recovery.approve': 9,
  'fork.salvage': 10,
  'evidence.branches': 11,
} as const
export type EventKind = keyof typeof eventKinds

/** What a batch of credentials attests; recognitions are granted per class. */
export const recordClasses = {
  degree: 1,
  'certificate-credit': 2,
  'certificate-noncredit': 3,
  certification: 4,
  licence: 5,
  apprenticeship: 6,
  'micro-credential': 7,
  'training-noncredentialed': 8,
  'work-experience': 9,
  'skill-assertion': 10,
} as const
export type RecordClass = keyof typeof recordClasses

/** The data model the credentials of a batch follow. */
export const credentialTypes = {
  'open-badge-3': 1,
  'clr-2': 2,
  'ler-rs-employment': 3,
  'ler-rs-training': 4,
  endorsement: 5,
  'other-vc': 6,
} as const
export type CredentialType = keyof typeof credentialTypes

/** Why a credential is restricted. Coarse on purpose: the detail goes to the holder alone. */
export const statusReasons = {
  'issued-in-error': 1,
  superseded: 2,
  'key-compromise': 3,
  'holder-request': 4,
  withdrawn: 5,
  'recognition-lost': 6,
  'under-review': 7,
} as const
export type StatusReason = keyof typeof statusReasons

const kindNames = new Map<number, EventKind>()
// Object.keys widens to string[]; these are exactly the keys of the constant above.
for (const name of Object.keys(eventKinds) as EventKind[]) kindNames.set(eventKinds[name], name)

/** The kind with this number, or undefined when this version does not know it. */
export function kindOfNumber(kind: number): EventKind | undefined {
  return kindNames.get(kind)
}
