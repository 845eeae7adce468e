/** A custodian goes on with the statuses of an institution that has closed. SPEC S54. */
import type { CustodyBody } from '@chirograph/event'
import { type Draft, draftOrg } from './draft.js'
import { type Effect, type Folding, voided } from './effect.js'
import { foldReinstate, foldRevoke, foldSuspend } from './fold-restriction.js'

/** The same rules as for the issuer's own acts, on the issuer's rows; they say who acted. */
export function foldCustody(
  draft: Draft,
  {
    event,
    body,
    context,
  }: { readonly body: CustodyBody } & Pick<Folding<CustodyBody['kind']>, 'event' | 'context'>,
): Effect {
  const { org } = body
  const { author, generation } = event.header
  const issuer = draftOrg(draft, org)
  if (issuer?.state !== 'closed' || issuer.custodian !== author) return voided('not-its-own')
  const folding = { org, issuer, by: { org: author, generation }, context }
  switch (body.kind) {
    case 'custody.revoke':
      return foldRevoke(draft, { ...folding, body })
    case 'custody.suspend':
      return foldSuspend(draft, { ...folding, body })
    case 'custody.reinstate':
      return foldReinstate(draft, { ...folding, body })
  }
}
