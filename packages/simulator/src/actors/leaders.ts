/** Leaders that say nothing, or say it late. */
import type { ActorMaker } from './actor.js'
import { ownProposalIn } from './own-proposal.js'

/** Never proposes; votes like anybody else. */
export const silentLeader: ActorMaker = (means) => ({
  says: (deliveries) =>
    deliveries.filter((delivery) => {
      if (!ownProposalIn(means, delivery)) return true
      means.did('proposals kept back')
      return false
    }),
})

/** Proposes when most of a view's time is over, or all of it. */
export const slowLeader: ActorMaker = (means) => ({
  says: (deliveries) =>
    deliveries.map((delivery) => {
      if (!ownProposalIn(means, delivery)) return delivery
      means.did('proposals delayed')
      return {
        ...delivery,
        delayMs: means.random.between(Math.ceil(means.viewTimeoutMs / 2), 3 * means.viewTimeoutMs),
      }
    }),
})
