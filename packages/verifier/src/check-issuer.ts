/** Is the signer the issuer that the credential names, and was it entitled to issue this? SPEC V14 to V17. */
import { equalBytes } from '@chirograph/codec'
import { credentialDigest, leafOf, rootOfLeaf } from '@chirograph/event'
import { type BatchRow, isBatchContested, type OrgRow } from '@chirograph/status'
import { recordClassesOf } from './achievement-type.js'
import { type Check, fail, pass } from './check.js'
import type { Checkpoint } from './checkpoint.js'
import type { CheckedProof } from './data-integrity.js'
import { asList, isObject, type JsonObject } from './json-value.js'
import type { Policy } from './policy.js'
import type { NetworkEntry } from './status-entry.js'

/** SPEC V14, before any status proof: a proof of another DID is not the issuer's. */
export function proofsOfIssuer(
  verified: readonly CheckedProof[],
  issuer: string | undefined,
): readonly CheckedProof[] {
  return verified.filter((proof) => proof.did === issuer)
}

/** SPEC V15: the organisation's row lists the DID, and the key as an assertion key at the batch's height. */
export function checkIssuerKey(proofs: readonly CheckedProof[], { org, batch }: Checkpoint): Check {
  const listed = proofs.filter(({ did }) => org.dids.includes(did))
  if (listed.length === 0) {
    return fail('did-not-listed', `${org.name} does not list the issuer’s identifier as its own.`)
  }
  const periods = org.assertionKeys.filter((period) => listed.some(({ key }) => equalBytes(key, period.key)))
  if (periods.length === 0)
    return fail('key-not-listed', `${org.name} does not list the signing key as its own.`)
  const { height } = batch
  const wasActive = periods.some(
    ({ fromHeight, untilHeight }) => fromHeight <= height && (untilHeight === null || height < untilHeight),
  )
  return wasActive
    ? pass('key-of-issuer', `The signing key belonged to ${org.name} when the credential was issued.`)
    : fail('key-not-active', `${org.name} did not use the signing key when the credential was issued.`)
}

/** SPEC V16: the credential is a leaf of a batch that the organisation put on the log. */
export function checkIssuance(
  document: JsonObject,
  { entry, checkpoint }: { entry: NetworkEntry; checkpoint: Checkpoint },
): Check {
  const { batch, leaf, handle } = checkpoint
  if (batch.org !== entry.org) {
    return fail('batch-of-another-organisation', 'The batch was issued by another organisation.')
  }
  const { paddedSize } = batch
  const { index, path } = leaf
  const root = rootOfLeaf({
    leaf: leafOf({ handle, digest: credentialDigest(document) }),
    index,
    path,
    paddedSize,
  })
  if (root === undefined || !equalBytes(root, batch.root)) {
    return fail('leaf-not-in-batch', 'This credential is not among those that the issuer put on the log.')
  }
  // SPEC V27: what a thief of the issuer's key put on the log is not the issuer's.
  if (isBatchContested(batch, checkpoint.org.compromises)) {
    return fail(
      'issuance-contested',
      'The issuer’s key was stolen when this was put on the log, and the issuer has not stood by it since.',
    )
  }
  return pass('issued-on-log', 'The issuer put this credential on the log.')
}

/** SPEC V17: a recognition covers the class of records at the time of the batch, and was on the log by then. */
export function checkRecognition(
  document: JsonObject,
  { checkpoint: { org, batch }, policy }: { checkpoint: Checkpoint; policy: Required<Policy> },
): Check {
  const type = achievementTypeOf(document)
  // A degree must not travel in a batch of a class that is recognised more easily.
  if (type !== undefined && !recordClassesOf(type).includes(batch.recordClass)) {
    return fail('wrong-record-class', `The credential says ${type}, but was issued as ${batch.recordClass}.`)
  }
  if (isRecognised(org, { batch, atMs: batch.timeMs, policy })) {
    return pass('recognised-at-issue', `${org.name} was recognised to issue this when it did.`)
  }
  return policy.requireRecognition
    ? fail('not-recognised', `${org.name} was not recognised to issue this when it did.`)
    : pass(
        'recognition-not-required',
        `${org.name} was not recognised to issue this; recognition is not asked for.`,
      )
}

/** Whether the organisation is recognised at a moment for the class of the batch, by somebody whose word counts here. */
export function isRecognised(
  org: OrgRow,
  { batch, atMs, policy }: { batch: BatchRow; atMs: number; policy: Pick<Required<Policy>, 'recognisers'> },
): boolean {
  const { recognisers } = policy
  const counting = [
    ...(recognisers.includes('network') ? org.recognitions : []),
    ...org.grants.filter(({ byOrg }) => recognisers.includes(byOrg)),
  ]
  return counting.some(
    ({ recordClasses, fromMs, untilMs, grantedHeight }) =>
      recordClasses.includes(batch.recordClass) &&
      fromMs <= atMs &&
      (untilMs === null || atMs < untilMs) &&
      grantedHeight <= batch.height,
  )
}

/** Open Badges 3.0: `credentialSubject.achievement.achievementType`; undefined for other credentials. */
function achievementTypeOf({ credentialSubject }: JsonObject): string | undefined {
  const [subject] = asList(credentialSubject)
  const achievement = isObject(subject) ? subject.achievement : undefined
  const type = isObject(achievement) ? achievement.achievementType : undefined
  return typeof type === 'string' ? type : undefined
}
