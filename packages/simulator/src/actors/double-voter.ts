/** A validator that votes for everything: for two headers of a view, and FINAL beside SKIP. */
import { sha256, toHex, utf8 } from '@chirograph/codec'
import type { SignedVote } from '@chirograph/consensus'
import { type ActorMaker, type Delivery, messageFrom, messageIn, toEach } from './actor.js'
import { ownVoteIn, voteAs } from './own-proposal.js'

export const doubleVoter: ActorMaker = (means) => {
  const cast = (type: SignedVote['type'], view: number, digest: string | null) =>
    messageFrom(means, { kind: 'vote', vote: voteAs(means, { type, view, digest }) })

  /** Beside each vote of its replica the one that contradicts it. */
  function beside(delivery: Delivery): Delivery[] {
    const vote = ownVoteIn(means, delivery)
    if (!vote) return [delivery]
    const { view, type, digest } = vote
    const invented = toHex(sha256(utf8(`no header of view ${view}`)))
    means.did('contradictory votes')
    const other =
      type === 'final' ? cast('skip', view, null) : cast(type === 'skip' ? 'final' : type, view, invented)
    const both = [delivery, { ...delivery, input: other }]
    return digest !== null && means.random.chance(0.5) ? both.reverse() : both
  }

  return {
    says: (deliveries) => deliveries.flatMap(beside),
    hears(input) {
      const message = messageIn(input)
      if (message?.kind !== 'proposal') return true
      const { core, digest } = message.proposal.header
      means.did('votes at first sight', 2)
      for (const type of ['notarize', 'final'] as const)
        means.post(toEach(means.victims, cast(type, core.view, digest)))
      return true
    },
  }
}
