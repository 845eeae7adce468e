/**
 * What no header may undo or move, judged by what a reader of the state sees and by no code of the fold: a revocation
 * stays, and a frozen author stays where it was final.
 */
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { type NetworkState, readCredential, readOrg } from '@chirograph/status'
import { breach } from './breach.js'

export function judgeRestrictions({
  before,
  after,
  events,
  entryOf,
}: {
  readonly before: NetworkState
  readonly after: NetworkState
  readonly events: readonly AuthenticEvent[]
  /** The last final place of an author in the parent's cut. */
  readonly entryOf: (org: OrgId) => { readonly generation: number; readonly sequence: number } | undefined
}): void {
  for (const { header, body } of events) {
    const { author, generation } = header
    if (readOrg(before, author)?.frozen?.generation === generation)
      breach('frozen', `an event of ${author} became final, which is frozen in generation ${generation}`)
    if (body.kind !== 'status.suspend' && body.kind !== 'status.reinstate') continue
    for (const { handle } of body.entries) {
      const [was, is] = [before, after].map((state) => readCredential(state, { org: author, handle }))
      if (was?.restriction.kind !== 'revoked') continue
      if (is?.restriction.kind !== 'revoked' || is.lifted !== null)
        breach('revocation', `a credential of ${author} is revoked no more`)
    }
  }
  for (const org of after.organisations) {
    const frozen = readOrg(after, org)?.frozen
    if (!frozen || readOrg(before, org)?.frozen?.generation === frozen.generation) continue
    const entry = entryOf(org)
    const sequence = entry?.generation === frozen.generation ? entry.sequence : null
    if (frozen.sequence !== sequence)
      breach('frozen', `${org} is frozen at ${frozen.sequence}, and was final at ${sequence}`)
  }
}
