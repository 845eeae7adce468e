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
  'member.apply': 12,
  'member.approve': 13,
  'member.evict': 14,
  'validator.join': 15,
  'validator.leave': 16,
  'validator.commit': 17,
  'validator.rotate': 18,
  'key.compromised': 19,
  'credential.reaffirm': 20,
  'quorum.revoke': 21,
  'quorum.suspend': 22,
  'quorum.annul': 23,
  'quorum.close': 24,
  'quorum.recognise': 25,
  'quorum.endRecognition': 26,
  'quorum.approve': 27,
  'quorum.withdraw': 28,
  'quorum.execute': 29,
  'recognition.grant': 30,
  'recognition.end': 31,
  'custody.revoke': 32,
  'custody.suspend': 33,
  'custody.reinstate': 34,
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

/** What kinds of institution take part; equity metrics compare them. */
export const organisationTypes = {
  'community-college': 1,
  'four-year': 2,
  'secondary-school': 3,
  'training-provider-forprofit': 4,
  'training-provider-nonprofit': 5,
  'certification-body': 6,
  'industry-association': 7,
  business: 8,
  union: 9,
  government: 10,
  military: 11,
  accreditor: 12,
  'community-organisation': 13,
  tribal: 14,
  individual: 15,
} as const
export type OrganisationType = keyof typeof organisationTypes

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
