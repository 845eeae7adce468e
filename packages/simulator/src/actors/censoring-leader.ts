/** A leader that leaves one author's events out of what it proposes. */
import type { Proposal } from '@chirograph/consensus'
import { type ActorMaker, messageFrom } from './actor.js'
import { ownProposalIn, ownVoteIn, remade, voteAs } from './own-proposal.js'

export const censoringLeader: ActorMaker = (means) => {
  const victim = means.members[means.random.pick(means.others)]?.org
  /** What it proposes instead, by the digest of what its replica did. */
  const censored = new Map<string, Proposal>()

  function censor(proposal: Proposal): Proposal {
    const { digest } = proposal.header
    const known = censored.get(digest)
    if (known) return known
    let leftOut = 0
    const other = remade(means, proposal, {
      keeps({ author }) {
        if (author === victim) leftOut++
        return author !== victim
      },
    })
    if (other === undefined || leftOut === 0) return proposal
    means.did('events left out', leftOut)
    censored.set(digest, other)
    // Its own replica has to go on from what it proposed.
    means.tell(messageFrom(means, { kind: 'proposal', proposal: other }))
    return other
  }

  return {
    says: (deliveries) =>
      deliveries.map((delivery) => {
        const proposal = ownProposalIn(means, delivery)
        if (proposal)
          return { ...delivery, input: messageFrom(means, { kind: 'proposal', proposal: censor(proposal) }) }
        const vote = ownVoteIn(means, delivery)
        const other = vote?.digest == null ? undefined : censored.get(vote.digest)
        if (!vote || !other) return delivery
        const moved = voteAs(means, { ...vote, digest: other.header.digest })
        return { ...delivery, input: messageFrom(means, { kind: 'vote', vote: moved }) }
      }),
  }
}
