/** A new log key for an organisation, and what lets a frozen one go on with it. SPEC S22 to S26. */
import { equalBytes } from '@chirograph/codec'
import { validatorIndexOf } from '@chirograph/consensus'
import { nextKeyHashOf } from '@chirograph/event'
import { type Draft, draftOrg, draftRead, draftWrite } from './draft.js'
import { applied, type Effect, type Folding, voided } from './effect.js'
import { generationsMax } from './limits.js'
import {
  generationsRowKey,
  generationsRowShape,
  orgRowKey,
  orgRowShape,
  recoveryRowKey,
  recoveryRowShape,
} from './rows.js'
import { approvedRotation, currentLogKey } from './state.js'

/** The committed key takes over at this height; of a frozen organisation only when a quorum approved this very event. */
export function foldRotation(draft: Draft, { event, body, author, context }: Folding<'key.rotate'>): Effect {
  const { author: org, generation } = event.header
  const current = currentLogKey(author)
  if (generation !== current.generation + 1) return voided('rotation-generation') // S22
  if (!equalBytes(nextKeyHashOf(body.logKey), author.nextKeyHash)) return voided('rotation-key') // S22
  if (author.logKeys.length >= generationsMax) return voided('rotation-limit') // S23
  if (author.frozen !== null && approvedRotation(draft, org) !== event.id)
    return voided('recovery-not-approved') // S24
  const { height } = context
  const row = {
    ...author,
    logKeys: [
      ...author.logKeys.map((period) => (period === current ? { ...period, untilHeight: height } : period)),
      { generation, key: body.logKey, fromHeight: height, untilHeight: null },
    ],
    nextKeyHash: body.nextKeyHash,
    frozen: null,
  }
  draftWrite(draft, { key: orgRowKey(org), shape: orgRowShape, row })
  const closedKey = generationsRowKey(org)
  const closed = draftRead(draft, closedKey, generationsRowShape) ?? []
  const closing = { generation: current.generation, last: context.closedAt(org) }
  draftWrite(draft, { key: closedKey, shape: generationsRowShape, row: [...closed, closing] })
  return applied([])
}

/** SPEC S25, S26: one approval a validator, counted for the freeze in which it was given. */
export function foldApproval(
  draft: Draft,
  { event, body }: Pick<Folding<'recovery.approve'>, 'event' | 'body'>,
): Effect {
  const { author: org, rotation } = body
  const approver = event.header.author
  if (validatorIndexOf(draft.validators, approver) === undefined) return voided('not-a-validator')
  const accused = draftOrg(draft, org)
  if (accused === undefined) return voided('recovery-unknown-author')
  if (accused.frozen === null) return voided('recovery-not-frozen')
  const { generation } = accused.frozen
  const key = recoveryRowKey(org)
  const before = draftRead(draft, key, recoveryRowShape)
  const given = before?.generation === generation ? before.approvals : []
  if (given.some((one) => one.org === approver && one.rotation === rotation))
    return voided('already-approved')
  const others = given.filter((one) => one.org !== approver)
  const approvals = [...others, { org: approver, rotation }].sort((a, b) => (a.org < b.org ? -1 : 1))
  draftWrite(draft, { key, shape: recoveryRowShape, row: { generation, approvals } })
  return applied([])
}
