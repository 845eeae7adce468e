/** A leader with two proposals of a view, one for each half of the members; one member is shown both. */
import type { Proposal } from '@chirograph/consensus'
import { type ActorMaker, type Delivery, messageFrom } from './actor.js'
import { ownProposalIn, ownVoteIn, remade, voteAs } from './own-proposal.js'

export const equivocatingLeader: ActorMaker = (means) => {
  const order = means.random.shuffle(means.others)
  const deceived = new Set(order.slice(0, Math.ceil(order.length / 2)))
  const [shown] = order
  /** The other proposal of a view, by the digest of the first. */
  const twins = new Map<string, Proposal | undefined>()

  function twinOf(proposal: Proposal): Proposal | undefined {
    const { digest } = proposal.header
    if (!twins.has(digest)) twins.set(digest, remade(means, proposal, { laterMs: 1 }))
    return twins.get(digest)
  }

  return {
    says: (deliveries) =>
      deliveries.flatMap((delivery): Delivery[] => {
        if (!deceived.has(delivery.to)) return [delivery]
        const proposal = ownProposalIn(means, delivery)
        const vote = ownVoteIn(means, delivery)
        const digest = proposal?.header.digest ?? vote?.digest ?? null
        const twin = proposal ? twinOf(proposal) : digest === null ? undefined : twins.get(digest)
        if (!twin) return [delivery]
        if (proposal) {
          means.did('second proposals')
          const other = { ...delivery, input: messageFrom(means, { kind: 'proposal', proposal: twin }) }
          return delivery.to === shown ? [other, delivery] : [other]
        }
        if (vote?.type !== 'notarize') return [delivery]
        means.did('votes for the second proposal')
        const other = voteAs(means, { ...vote, digest: twin.header.digest })
        return [{ ...delivery, input: messageFrom(means, { kind: 'vote', vote: other }) }]
      }),
  }
}
