/** Who takes part: applications, approvals, evictions, and who votes from the next epoch on. SPEC S30 to S38. */
import { equalBytes, fromHex, toHex } from '@chirograph/codec'
import { createValidatorSet, quorumOf, validatorIndexOf } from '@chirograph/consensus'
import { applicantOf, isApplicationSigned, isPossessed, nextKeyHashOf, type OrgId } from '@chirograph/event'
import { applicantCollides, enrol, isTaken } from './admitting.js'
import { type Draft, draftOrg, draftRead, draftWrite } from './draft.js'
import { applied, type Effect, type FoldContext, type Folding, voided } from './effect.js'
import { organisationsMax, validatorsMax } from './limits.js'
import { isSameElectorate } from './membership.js'
import {
  applicationRowKey,
  applicationRowShape,
  evictionRowKey,
  evictionRowShape,
  type MemberRow,
  memberRowKey,
  memberRowShape,
  validatorsRowKey,
  validatorsRowShape,
} from './membership-rows.js'

/** S30: the applicant signed it, is not here yet, and takes nothing that is another's. */
export function foldApplication(draft: Draft, { event, body, context }: Folding<'member.apply'>): Effect {
  const { application, probationMs } = body
  const org = applicantOf(application.profile)
  if (draftOrg(draft, org) !== undefined) return voided('already-member')
  const { networkId } = draft
  const { consensusKey } = application.profile
  const isOfScheme = consensusKey === null || hasScheme(draft, consensusKey.key)
  if (!isOfScheme || !isApplicationSigned(application, { networkId, ...verifiersOf(context) }))
    return voided('application-invalid')
  if (applicantCollides(draft, application.profile)) return voided('applicant-collides')
  const row = {
    row: 3,
    sponsor: event.header.author,
    application,
    probationMs,
    height: context.height,
    approvals: [],
    admittedHeight: null,
  } as const
  draftWrite(draft, { key: applicationRowKey(event.id), shape: applicationRowShape, row })
  return applied([])
}

/**
 * S31, S32: a quorum of those who vote admits the applicant, on probation. Approving again counts where others have left
 * since and fewer are enough.
 */
export function foldMemberApproval(
  draft: Draft,
  { event, body, context }: Omit<Folding<'member.approve'>, 'author'>,
): Effect {
  const approver = event.header.author
  if (!isValidator(draft, approver)) return voided('not-a-validator')
  const key = applicationRowKey(body.application)
  const row = draftRead(draft, key, applicationRowShape)
  if (row === undefined) return voided('application-unknown')
  if (row.admittedHeight !== null) return voided('already-admitted')
  const { profile } = row.application
  if (draftOrg(draft, applicantOf(profile)) !== undefined) return voided('already-member')
  if (applicantCollides(draft, profile)) return voided('applicant-collides')
  const approvals = withApproval(row.approvals, approver)
  const isAdmitted = isApproved(draft, approvals)
  if (!isAdmitted && row.approvals.includes(approver)) return voided('already-approved')
  if (isAdmitted && draft.organisations.length >= organisationsMax) return voided('organisations-full')
  const admittedHeight = isAdmitted ? context.height : null
  draftWrite(draft, { key, shape: applicationRowShape, row: { ...row, approvals, admittedHeight } })
  if (isAdmitted) enrol(draft, { profile, probationMs: row.probationMs, context })
  return applied([])
}

/** S33: whoever was admitted with a consensus key votes from the next epoch on, once its probation is over. */
export function foldJoin(
  draft: Draft,
  { event, context }: Omit<Folding<'validator.join'>, 'author' | 'body'>,
): Effect {
  const org = event.header.author
  const member = memberOf(draft, org)
  if (isElected(draft, org)) return voided('already-validator')
  if (member.consensusKey === null) return voided('no-consensus-key')
  if (member.standing !== 'probation') return voided('not-on-probation')
  if (context.timeMs < member.probationUntilMs) return voided('probation-not-over')
  if (draft.electorate.length >= validatorsMax) return voided('validators-full')
  const key = toHex(member.consensusKey)
  if (draft.electorate.some((one) => one.key === key)) return voided('consensus-key-in-use')
  draft.electorate = [...draft.electorate, { org, key }]
  writeMember(draft, org, { ...member, standing: 'voting' })
  return applied([])
}

/** S34: a validator gives up its vote; it stays a member, and what it issued stays what it is. */
export function foldLeave(draft: Draft, { event }: Pick<Folding<'validator.leave'>, 'event'>): Effect {
  const org = event.header.author
  if (!isElected(draft, org)) return voided('not-a-validator')
  if (draft.electorate.length === 1) return voided('last-validator')
  depart(draft, org, 'left')
  return applied([])
}

/** S35: a quorum of those who vote puts a validator out, whether it agrees or not. */
export function foldEviction(
  draft: Draft,
  { event, body: { org } }: Pick<Folding<'member.evict'>, 'event' | 'body'>,
): Effect {
  const approver = event.header.author
  if (!isValidator(draft, approver)) return voided('not-a-validator')
  if (approver === org) return voided('evicts-itself')
  if (!isElected(draft, org)) return voided('not-evictable')
  const key = evictionRowKey(org)
  const before = draftRead(draft, key, evictionRowShape)?.approvals ?? []
  const approvals = withApproval(before, approver)
  const isEvicted = isApproved(draft, approvals)
  if (!isEvicted && before.includes(approver)) return voided('already-approved')
  if (isEvicted && draft.electorate.length === 1) return voided('last-validator')
  draftWrite(draft, { key, shape: evictionRowShape, row: { row: 4, org, approvals } })
  if (isEvicted) depart(draft, org, 'evicted')
  return applied([])
}

/** S36: the first commitment holds until the key that it names is taken into use. */
export function foldCommitment(
  draft: Draft,
  { event, body }: Pick<Folding<'validator.commit'>, 'event' | 'body'>,
): Effect {
  const org = event.header.author
  const member = memberOf(draft, org)
  if (member.consensusKey === null) return voided('no-consensus-key')
  if (member.nextConsensusKeyHash !== null) return voided('already-committed')
  if (equalBytes(nextKeyHashOf(member.consensusKey), body.nextKeyHash)) return voided('consensus-key-in-use')
  writeMember(draft, org, { ...member, nextConsensusKeyHash: body.nextKeyHash })
  return applied([])
}

/** S37: the committed consensus key takes over at the next epoch. Who has stolen the log key alone cannot name one. */
export function foldConsensusRotation(
  draft: Draft,
  { event, body, context }: Pick<Folding<'validator.rotate'>, 'event' | 'body' | 'context'>,
): Effect {
  const org = event.header.author
  const member = memberOf(draft, org)
  if (member.consensusKey === null) return voided('no-consensus-key')
  if (member.nextConsensusKeyHash === null) return voided('not-committed')
  if (!equalBytes(nextKeyHashOf(body.key), member.nextConsensusKeyHash)) return voided('rotation-key')
  const { networkId } = draft
  const isOfScheme = hasScheme(draft, body.key)
  if (!isOfScheme || !isPossessed(body, { networkId, org, ...verifiersOf(context) }))
    return voided('possession-invalid')
  const key = toHex(body.key)
  if (isTaken(draft, key)) return voided('consensus-key-in-use')
  draft.taken?.add(key)
  draft.electorate = draft.electorate.map((one) => (one.org === org ? { org, key } : one))
  writeMember(draft, org, { ...member, consensusKey: body.key, nextConsensusKeyHash: body.nextKeyHash })
  return applied([])
}

/** S38: other validators than before are the next epoch's, from the header after this one on. */
export function closeEpoch(draft: Draft, { height }: { readonly height: number }): Draft['validators'] {
  const { validators: before, electorate } = draft
  if (isSameElectorate(electorate, before.validators)) return before
  const epoch = before.epoch + 1
  const next = createValidatorSet({ networkId: before.networkId, epoch, validators: electorate })
  const row = { row: 1, epoch, height, validators: next.validators } as const
  draftWrite(draft, { key: validatorsRowKey(), shape: validatorsRowShape, row })
  return next
}

/** All consensus keys of a network are of the scheme that its genesis chose (consensus, C1). */
function hasScheme({ validators }: Draft, key: Uint8Array): boolean {
  return key.length === validators.keys[0]?.length
}

function verifiersOf({ ed25519, bls }: FoldContext) {
  return { ed25519, bls }
}

/** Whether it votes in the epoch of this header. */
export function isValidator({ validators }: Draft, org: OrgId): boolean {
  return validatorIndexOf(validators, org) !== undefined
}

/** Whether it is among those who vote in the next one, as far as that is known. */
export function isElected({ electorate }: Draft, org: OrgId): boolean {
  return electorate.some((one) => one.org === org)
}

/** A quorum of those who vote now: who left in between does not count any more. */
function isApproved(draft: Draft, approvals: readonly OrgId[]): boolean {
  return approvalsThatCount(draft, approvals) >= quorumOf(draft.validators)
}

export function approvalsThatCount(draft: Draft, approvals: readonly OrgId[]): number {
  return approvals.filter((org) => isValidator(draft, org)).length
}

export function withApproval(approvals: readonly OrgId[], approver: OrgId): OrgId[] {
  return [...new Set([...approvals, approver])].sort((a, b) => (a < b ? -1 : 1))
}

export function depart(draft: Draft, org: OrgId, standing: 'left' | 'evicted'): void {
  const member = memberOf(draft, org)
  draft.electorate = draft.electorate.filter((one) => one.org !== org)
  writeMember(draft, org, { ...member, standing })
}

/** Of an organisation of the genesis there is no row until something is said of it. */
function memberOf(draft: Draft, org: OrgId): MemberRow {
  const known = draftRead(draft, memberRowKey(org), memberRowShape)
  if (known !== undefined) return known
  const key = draft.validators.validators.find((one) => one.org === org)?.key
  return {
    row: 2,
    standing: key === undefined ? 'observing' : 'voting',
    consensusKey: key === undefined ? null : hexKey(key),
    nextConsensusKeyHash: null,
    peerId: null,
    admittedHeight: 0,
    probationUntilMs: 0,
  }
}

function hexKey(key: string): Uint8Array {
  const bytes = fromHex(key)
  if (bytes === undefined) throw new Error('the key of a validator is not hex')
  return bytes
}

function writeMember(draft: Draft, org: OrgId, row: MemberRow): void {
  draftWrite(draft, { key: memberRowKey(org), shape: memberRowShape, row })
}
