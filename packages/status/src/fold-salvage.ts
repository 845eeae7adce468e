/** A revocation or suspension from a branch that will never be final, logged by somebody else. SPEC S27 to S29. */
import { equalBytes } from '@chirograph/codec'
import {
  type AuthenticEvent,
  decodeBody,
  decodeRun,
  type EventBody,
  type EventHeader,
  isSignedBy,
} from '@chirograph/event'
import { type Draft, draftOf, draftOrg } from './draft.js'
import { type Effect, type FoldContext, type Folding, voided } from './effect.js'
import { foldRevoke, foldSuspend, type StatusFolding } from './fold-restriction.js'
import type { OrgRow } from './rows.js'
import { logKeyOfGeneration, type NetworkState } from './state.js'

interface Salvage {
  readonly body: Folding<'fork.salvage'>['body']
  readonly context: Pick<FoldContext, 'height' | 'timeMs' | 'ed25519'>
}

/** Whether this salvage would restrict anything if it became final at this height and time. */
export function wouldRestrict(
  state: NetworkState,
  { body, ...context }: { readonly body: Salvage['body'] } & Salvage['context'],
): boolean {
  return foldSalvage(draftOf(state, { isTrial: true }), { body, context }).outcome === 'applied'
}

/**
 * Whether telling this event of a frozen author again would restrict anything, as `wouldRestrict` of its salvage. That
 * it is its author's is known of whatever is in the log, and costs nothing here.
 */
export function restrictsIfTold(
  state: NetworkState,
  { event, ...context }: { readonly event: AuthenticEvent } & Omit<Salvage['context'], 'ed25519'>,
): boolean {
  const { header, body } = event
  const draft = draftOf(state, { isTrial: true })
  const author = draftOrg(draft, header.author)
  if (author?.frozen?.generation !== header.generation) return false
  return foldSalvaged(draft, { header, body, author, context }).outcome === 'applied'
}

/** The restriction counts as its author's own: a fork can only restrict, so both stories are believed in that. */
export function foldSalvage(draft: Draft, { body, context }: Salvage): Effect {
  const run = decodeRun(body.run)
  if (run.kind === 'reject') return voided('salvage-invalid')
  const { header } = run.first
  const author = draftOrg(draft, header.author)
  if (author === undefined) return voided('salvage-unknown-author')
  if (author.frozen?.generation !== header.generation) return voided('salvage-not-frozen')
  if (!isAuthentic(draft, { header, signed: run.signed, author, context })) return voided('salvage-invalid')
  const decoded = decodeBody(header.kind, body.bodyBytes)
  if (decoded.kind === 'reject') return voided('salvage-invalid')
  return foldSalvaged(draft, { header, body: decoded.body, author, context })
}

function foldSalvaged(
  draft: Draft,
  {
    header: { author: org, generation },
    body,
    author: issuer,
    context,
  }: {
    readonly header: Pick<EventHeader, 'author' | 'generation'>
    readonly body: EventBody
    readonly author: OrgRow
    readonly context: StatusFolding<'status.revoke'>['context']
  },
): Effect {
  const rest = { org, issuer, by: { org, generation }, context }
  switch (body.kind) {
    case 'status.revoke':
      return foldRevoke(draft, { ...rest, body })
    case 'status.suspend':
      // S29: a suspension that was lifted since must not come back by being told again.
      return foldSuspend(draft, { ...rest, body }, { isOnlyFirst: true })
    default:
      return voided('salvage-invalid')
  }
}

function isAuthentic(
  { networkId }: Draft,
  args: {
    readonly header: EventHeader
    readonly signed: Parameters<typeof isSignedBy>[0]['signed']
    readonly author: OrgRow
    readonly context: Salvage['context']
  },
): boolean {
  const { header, signed, author, context } = args
  const logKey = logKeyOfGeneration(author, header.generation)
  if (logKey === undefined || !equalBytes(header.networkId, networkId)) return false
  return isSignedBy({ signed, logKey, ed25519: context.ed25519 })
}
