/** A validator whose votes, proposals, certificates and events reach some members only, and others a while later. */
import type { ActorMaker, Delivery } from './actor.js'

export const selectiveDelivery: ActorMaker = (means) => {
  const { random, others } = means
  let favoured = new Set<number>()
  const choose = () => {
    favoured = new Set(random.shuffle(others).slice(0, random.between(1, others.length - 1)))
  }
  choose()
  return {
    says: (deliveries) =>
      deliveries.filter(({ to }: Delivery) => {
        if (favoured.has(to)) return true
        means.did('messages kept from some')
        return false
      }),
    acts() {
      if (random.chance(0.2)) choose()
    },
  }
}
