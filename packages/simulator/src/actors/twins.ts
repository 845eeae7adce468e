/**
 * Two copies of one validator with the same keys and disks of their own, each running honest code with a part of the
 * members; one member talks to both (Bano et al., "Twins: BFT systems made robust", 2020).
 */
import type { ActorMaker } from './actor.js'

export const twins: ActorMaker = (means) => {
  const order = means.random.shuffle(means.others)
  const [shared] = order
  const split = 1 + Math.ceil((order.length - 1) / 2)
  const first = new Set(order.slice(1, split))
  means.did('copies')
  return {
    facedBy: (member) => (member === shared ? [0, 1] : first.has(member) ? [0] : [1]),
  }
}
