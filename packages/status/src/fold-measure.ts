/**
 * What a quorum does together: a proposal, approvals, a time lock in which they can be withdrawn, and the effect. f+1 are
 * enough for a suspension, which is at once and expires by itself. SPEC S44 to S51.
 */
import { faultsOf, quorumOf } from '@chirograph/consensus'
import { encodeBody, type MeasureBody } from '@chirograph/event'
import { type Draft, draftOrg, draftRead, draftWrite } from './draft.js'
import { applied, type Effect, type FoldContext, type Folding, voided } from './effect.js'
import { withCompromises } from './fold-compromise.js'
import { approvalsThatCount, depart, isElected, isValidator, withApproval } from './fold-membership.js'
import { foldNetworkRecognition, foldNetworkRecognitionEnd } from './fold-recognition.js'
import { foldAnnul, foldRevoke, foldSuspend } from './fold-restriction.js'
import { measureOf, type ProposalRow, proposalRowKey, proposalRowShape } from './governance-rows.js'
import { compromisesMax, measureLockMs, measureLockMsDemo } from './limits.js'
import { type OrgRow, orgRowKey, orgRowShape } from './rows.js'
import { quorumOrgOf } from './state.js'

type Context = Pick<FoldContext, 'height' | 'timeMs'>

/** S44: any member proposes; that says nothing for it. */
export function foldProposal(
  draft: Draft,
  {
    event,
    body,
    context,
  }: { readonly body: MeasureBody } & Pick<Folding<MeasureBody['kind']>, 'event' | 'context'>,
): Effect {
  if (draftOrg(draft, body.org) === undefined) return voided('measure-unknown-org')
  write(draft, event.id, {
    row: 6,
    kind: body.kind,
    bodyBytes: encodeBody(body),
    proposer: event.header.author,
    height: context.height,
    approvals: [],
    lockedUntilMs: null,
    executedHeight: null,
  })
  return applied([])
}

/** S45, S47: the approval that makes a quorum begins the time lock; the one that makes f+1 suspends at once. */
export function foldMeasureApproval(
  draft: Draft,
  { event, body, context }: Pick<Folding<'quorum.approve'>, 'event' | 'body' | 'context'>,
): Effect {
  const approver = event.header.author
  if (!isValidator(draft, approver)) return voided('not-a-validator')
  const before = draftRead(draft, proposalRowKey(body.proposal), proposalRowShape)
  if (before === undefined) return voided('proposal-unknown')
  if (before.executedHeight !== null) return voided('already-executed')
  const row = { ...before, approvals: withApproval(before.approvals, approver) }
  const isEmergency = row.kind === 'quorum.suspend'
  const needed = isEmergency ? faultsOf(draft.validators) + 1 : quorumOf(draft.validators)
  const isEnough = approvalsThatCount(draft, row.approvals) >= needed
  // Who approves again changes something only where there are fewer validators by now.
  const changes = !before.approvals.includes(approver) || (isEnough && before.lockedUntilMs === null)
  if (!changes) return voided('already-approved')
  if (isEnough && isEmergency) {
    const effect = carryOut(draft, measureOf(row), context)
    if (effect.outcome === 'applied') write(draft, body.proposal, { ...row, executedHeight: context.height })
    return effect
  }
  const lockedUntilMs = isEnough ? (before.lockedUntilMs ?? context.timeMs + lockMsOf(draft)) : null
  write(draft, body.proposal, { ...row, lockedUntilMs })
  return applied([])
}

/** S46: as long as a measure was not carried out, an approval can be taken back; below a quorum the lock is over. */
export function foldWithdrawal(
  draft: Draft,
  { event, body }: Pick<Folding<'quorum.withdraw'>, 'event' | 'body'>,
): Effect {
  const approver = event.header.author
  const row = draftRead(draft, proposalRowKey(body.proposal), proposalRowShape)
  if (row === undefined) return voided('proposal-unknown')
  if (row.executedHeight !== null) return voided('already-executed')
  if (!row.approvals.includes(approver)) return voided('not-approved')
  const approvals = row.approvals.filter((org) => org !== approver)
  const isEnough = approvalsThatCount(draft, approvals) >= quorumOf(draft.validators)
  write(draft, body.proposal, { ...row, approvals, lockedUntilMs: isEnough ? row.lockedUntilMs : null })
  return applied([])
}

/** S46: once the lock is over any member carries it out, if those who approved are a quorum still. */
export function foldExecution(
  draft: Draft,
  { body, context }: Pick<Folding<'quorum.execute'>, 'body' | 'context'>,
): Effect {
  const row = draftRead(draft, proposalRowKey(body.proposal), proposalRowShape)
  if (row === undefined) return voided('proposal-unknown')
  if (row.executedHeight !== null) return voided('already-executed')
  const isEnough = approvalsThatCount(draft, row.approvals) >= quorumOf(draft.validators)
  if (row.lockedUntilMs === null || !isEnough) return voided('not-approved')
  if (context.timeMs < row.lockedUntilMs) return voided('time-lock-running')
  const effect = carryOut(draft, measureOf(row), context)
  if (effect.outcome === 'applied') write(draft, body.proposal, { ...row, executedHeight: context.height })
  return effect
}

function carryOut(draft: Draft, measure: MeasureBody, context: Context): Effect {
  const { org } = measure
  const issuer = draftOrg(draft, org)
  if (issuer === undefined) return voided('measure-unknown-org')
  const by = { org: quorumOrgOf(draft), generation: draft.validators.epoch }
  const folding = { org, issuer, by, context }
  switch (measure.kind) {
    case 'quorum.revoke':
      return foldRevoke(draft, { ...folding, body: measure })
    case 'quorum.suspend':
      return foldSuspend(draft, { ...folding, body: measure })
    case 'quorum.annul':
      return foldAnnul(draft, { ...folding, handles: measure.handles })
    case 'quorum.close':
      return foldClosure(draft, { measure, issuer })
    case 'quorum.recognise':
      return foldNetworkRecognition(draft, { body: measure, row: issuer, context })
    case 'quorum.endRecognition':
      return foldNetworkRecognitionEnd(draft, { org, row: issuer, context })
  }
}

/**
 * S50: it says nothing more and votes no more; its custodian, if there is one, acts for it. Of one that is closed this
 * changes the custodian. What a stolen key of the custodian did is contested in the ward's row as well.
 */
function foldClosure(
  draft: Draft,
  {
    measure: { org, custodian },
    issuer,
  }: { readonly measure: Extract<MeasureBody, { kind: 'quorum.close' }>; readonly issuer: OrgRow },
): Effect {
  if (issuer.state === 'closed' && issuer.custodian === custodian) return voided('already-closed')
  const keeper = custodian === null ? undefined : draftOrg(draft, custodian)
  if (custodian !== null && keeper?.state !== 'active') return voided('custodian-unfit')
  const ofKeeper = keeper?.compromises.filter((one) => one.org === custodian) ?? []
  const compromises = withCompromises(issuer.compromises, ofKeeper)
  if (compromises.length > compromisesMax) return voided('custodian-limit')
  if (isElected(draft, org)) {
    if (draft.electorate.length === 1) return voided('last-validator')
    depart(draft, org, 'left')
  }
  const row = { ...issuer, state: 'closed', custodian, compromises } as const
  draftWrite(draft, { key: orgRowKey(org), shape: orgRowShape, row })
  draft.wards = null
  return applied([])
}

function lockMsOf({ genesis }: Draft): number {
  return genesis.purpose === 'production' ? measureLockMs : measureLockMsDemo
}

function write(draft: Draft, proposal: Parameters<typeof proposalRowKey>[0], row: ProposalRow): void {
  draftWrite(draft, { key: proposalRowKey(proposal), shape: proposalRowShape, row })
}
