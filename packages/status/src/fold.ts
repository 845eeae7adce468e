/**
 * The fold: what each finalised event does to the state. The order of the events is the final order that the cut
 * fixes, so every replica computes the same rows and the same root. Rules S1 to S54 are in SPEC.md, "Fold".
 */
import type { AuthenticEvent } from '@chirograph/event'
import { type Draft, draftOf, draftOrg, draftRead, draftWrite } from './draft.js'
import { applied, type Effect, type EventOutcome, type FoldContext, type Folding, voided } from './effect.js'
import { foldCompromise, foldReaffirmation } from './fold-compromise.js'
import { foldCustody } from './fold-custody.js'
import { foldEvidence } from './fold-evidence.js'
import { foldExecution, foldMeasureApproval, foldProposal, foldWithdrawal } from './fold-measure.js'
import {
  closeEpoch,
  foldApplication,
  foldCommitment,
  foldConsensusRotation,
  foldEviction,
  foldJoin,
  foldLeave,
  foldMemberApproval,
} from './fold-membership.js'
import { foldGrant, foldGrantEnd } from './fold-recognition.js'
import { foldReinstate, foldRevoke, foldSuspend } from './fold-restriction.js'
import { foldApproval, foldRotation } from './fold-rotation.js'
import { foldSalvage } from './fold-salvage.js'
import { issuedPaddedMax, leasedPositionsMax, leasesMax, positionsMax } from './limits.js'
import {
  batchRowKey,
  batchRowShape,
  leaseRowKey,
  leaseRowShape,
  networkRowKey,
  networkRowShape,
  orgRowKey,
  orgRowShape,
} from './rows.js'
import { currentLogKey, type NetworkState } from './state.js'

export interface Applied {
  readonly state: NetworkState
  /** One for each event, in their order. */
  readonly outcomes: readonly EventOutcome[]
}

/** Folds the events of one header into the state. The state given is not changed. */
export function applyEvents(state: NetworkState, context: FoldContext): Applied {
  const draft = draftOf(state)
  const outcomes = context.events.map((event) => ({ id: event.id, ...foldEvent(draft, event, context) }))
  const validators = closeEpoch(draft, context)
  const { map, organisations } = draft
  return { state: { ...state, map, organisations, validators }, outcomes }
}

function foldEvent(draft: Draft, event: AuthenticEvent, context: FoldContext): Effect {
  const author = draftOrg(draft, event.header.author)
  if (author === undefined) return voided('unknown-author') // S1
  if (author.state !== 'active') return voided('author-closed') // S2
  const { body, header } = event
  if (body.kind === 'key.rotate') return foldRotation(draft, { event, body, author, context })
  if (author.frozen !== null) return voided('author-frozen') // S3
  if (header.generation !== currentLogKey(author).generation) return voided('other-generation') // S21
  if (!header.references.every(context.isFinalOrInCut)) return voided('missing-reference') // S4
  const { author: org, generation } = header
  const own = { org, issuer: author, by: { org, generation } }
  switch (body.kind) {
    case 'credential.issueBatch':
      return foldIssueBatch(draft, { event, body, author, context })
    case 'status.lease':
      return foldLease(draft, { event, body, context })
    case 'status.revoke':
      return foldRevoke(draft, { ...own, body, context })
    case 'status.suspend':
      return foldSuspend(draft, { ...own, body, context })
    case 'status.reinstate':
      return foldReinstate(draft, { ...own, body, context })
    case 'evidence.fork':
    case 'evidence.branches':
      return foldEvidence(draft, { body, context })
    case 'recovery.approve':
      return foldApproval(draft, { event, body })
    case 'fork.salvage':
      return foldSalvage(draft, { body, context })
    case 'member.apply':
      return foldApplication(draft, { event, body, author, context })
    case 'member.approve':
      return foldMemberApproval(draft, { event, body, context })
    case 'member.evict':
      return foldEviction(draft, { event, body })
    case 'validator.join':
      return foldJoin(draft, { event, context })
    case 'validator.leave':
      return foldLeave(draft, { event })
    case 'validator.commit':
      return foldCommitment(draft, { event, body })
    case 'validator.rotate':
      return foldConsensusRotation(draft, { event, body, context })
    case 'key.compromised':
      return foldCompromise(draft, { event, body, context })
    case 'credential.reaffirm':
      return foldReaffirmation(draft, { event, body, context })
    case 'quorum.revoke':
    case 'quorum.suspend':
    case 'quorum.annul':
    case 'quorum.close':
    case 'quorum.recognise':
    case 'quorum.endRecognition':
      return foldProposal(draft, { event, body, context })
    case 'quorum.approve':
      return foldMeasureApproval(draft, { event, body, context })
    case 'quorum.withdraw':
      return foldWithdrawal(draft, { event, body })
    case 'quorum.execute':
      return foldExecution(draft, { body, context })
    case 'recognition.grant':
      return foldGrant(draft, { event, body, context })
    case 'recognition.end':
      return foldGrantEnd(draft, { event, body, context })
    case 'custody.revoke':
    case 'custody.suspend':
    case 'custody.reinstate':
      return foldCustody(draft, { event, body, context })
  }
}

/** SPEC S5, S6: a batch gets a row of its own and raises what the organisation may restrict. */
function foldIssueBatch(draft: Draft, folding: Folding<'credential.issueBatch'>): Effect {
  const { event, body, author, context } = folding
  const issuedPadded = author.issuedPadded + body.paddedSize
  if (issuedPadded > issuedPaddedMax) return voided('issued-limit')
  const { author: org, generation } = event.header
  const { root, paddedSize, recordClass, credentialType } = body
  const { height, timeMs } = context
  const final = { height, timeMs, generation, reaffirmed: null }
  const batch = { org, root, paddedSize, recordClass, credentialType, ...final }
  draftWrite(draft, { key: batchRowKey(event.id), shape: batchRowShape, row: batch })
  draftWrite(draft, { key: orgRowKey(org), shape: orgRowShape, row: { ...author, issuedPadded } })
  return applied([])
}

/** SPEC S7, S8: the next free positions, in final order. */
function foldLease(draft: Draft, { event, body, context }: Omit<Folding<'status.lease'>, 'author'>): Effect {
  const key = leaseRowKey(event.header.author)
  const leases = draftRead(draft, key, leaseRowShape) ?? []
  const leased = leases.reduce((sum, lease) => sum + lease.count, 0)
  if (leases.length >= leasesMax || leased + body.count > leasedPositionsMax) return voided('lease-limit')
  const start = draftRead(draft, networkRowKey(), networkRowShape)?.nextPosition ?? 0
  const nextPosition = start + body.count
  if (nextPosition > positionsMax) return voided('positions-exhausted')
  const row = [...leases, { start, count: body.count, height: context.height }]
  draftWrite(draft, { key, shape: leaseRowShape, row })
  draftWrite(draft, { key: networkRowKey(), shape: networkRowShape, row: { nextPosition } })
  return applied([])
}
