/** Which authors are frozen in the final state, kept beside it so that the common case costs no look into the state. */
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { placeOfForkEvidence } from '@chirograph/log'
import { type NetworkState, readOrg } from '@chirograph/status'
import type { Replica } from './replica.js'

/** Looks at every organisation: at the start, and after a snapshot. */
export function frozenIn(state: NetworkState): Set<OrgId> {
  return new Set(state.organisations.filter((org) => readOrg(state, org)?.frozen != null))
}

/** Looks at those that what became final may have frozen, or let go on. */
export function noteFrozen({ frozen, final }: Replica, events: readonly AuthenticEvent[]): void {
  for (const { body, header } of events) {
    const isEvidence = body.kind === 'evidence.fork' || body.kind === 'evidence.branches'
    const author = isEvidence ? placeOfForkEvidence(body)?.author : header.author
    if (author === undefined || !(isEvidence || body.kind === 'key.rotate')) continue
    if (readOrg(final.state, author)?.frozen != null) frozen.add(author)
    else frozen.delete(author)
  }
}
