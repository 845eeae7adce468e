/** Which authors are frozen in the final state, kept beside it so that the common case costs no look into the state. */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { eventAt, forksOf, placeOfForkEvidence, resumeComparing } from '@chirograph/log'
import { type NetworkState, readOrg } from '@chirograph/status'
import type { Replica } from './replica.js'

/** With the generation in which each is frozen. Looks at every organisation: at the start, and after a snapshot. */
export function frozenIn(state: NetworkState): Map<OrgId, number> {
  const frozen = new Map<OrgId, number>()
  for (const org of state.organisations) {
    const generation = readOrg(state, org)?.frozen?.generation
    if (generation !== undefined) frozen.set(org, generation)
  }
  return frozen
}

/** Looks at those that what became final may have frozen, or let go on. Returns who is frozen now and was not before. */
export function noteFrozen({ frozen, final, log }: Replica, events: readonly AuthenticEvent[]): OrgId[] {
  const fresh: OrgId[] = []
  for (const { body, header } of events) {
    const isEvidence = body.kind === 'evidence.fork' || body.kind === 'evidence.branches'
    const author = isEvidence ? placeOfForkEvidence(body)?.author : header.author
    if (author === undefined || !(isEvidence || body.kind === 'key.rotate')) continue
    const generation = readOrg(final.state, author)?.frozen?.generation
    if (generation !== undefined && frozen.get(author) !== generation) fresh.push(author)
    if (generation !== undefined) frozen.set(author, generation)
    else if (frozen.delete(author)) resumeComparing(log, author)
  }
  return fresh
}

/** Whether an event waits to become final and is likely to: of an author that forked it may stay where it is. */
export function isUnderWay({ log, frozen }: Pick<Replica, 'log' | 'frozen'>, id: EventId): boolean {
  const entry = eventAt(log, id)
  if (entry?.event === undefined || entry.isFinal) return false
  const { author, generation } = entry
  const forked = forksOf(log, author).map((known) => placeOfForkEvidence(known)?.generation)
  return !forked.includes(generation) && frozen.get(author) !== generation
}
