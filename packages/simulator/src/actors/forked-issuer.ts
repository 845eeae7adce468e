/** An institution that signs two events at each place of its chain and tells each half of the members another one. */
import { createEvent, segmentOf, type VerifiedEvent } from '@chirograph/event'
import { segmentInput } from '@chirograph/replica'
import type { NodeInput } from '../simulated-node.js'
import { createWorkload } from '../workload.js'
import type { ActorMaker, Delivery } from './actor.js'

/** After its first fork is known it is frozen, and no more comes of it. */
const eventsMax = 8

export const forkedIssuer: ActorMaker = (means) => {
  const { random, members, self, networkId } = means
  const { org, peer } = members[self] ?? { org: undefined, peer: '' }
  const order = random.shuffle(means.others)
  const deceived = new Set(order.slice(0, Math.ceil(order.length / 2)))
  const [shown] = order
  const workload = createWorkload(random)
  const rivals = new Map<string, NodeInput>()
  let signed = 0

  function rivalOf(input: NodeInput): NodeInput | undefined {
    if (input.kind !== 'segment' || input.segment.kind !== 'decoded') return undefined
    const { id, header } = input.segment.segment.last
    if (header.author !== org || header.kind === 'key.rotate') return undefined
    const known = rivals.get(id)
    if (known) return known
    const { author, generation, sequence, prev } = header
    const place = { networkId, author, generation, sequence, prev, references: [] }
    const event: VerifiedEvent = createEvent(
      { ...place, timeMs: means.timeMs(), body: workload.next(self) },
      (message) => means.signEvent(message, generation),
    )
    const rival = segmentInput({ bytes: segmentOf(event), from: peer, isGossip: true })
    rivals.set(id, rival)
    means.did('second events at a place')
    return rival
  }

  return {
    says: (deliveries) =>
      deliveries.flatMap((delivery): Delivery[] => {
        if (!deceived.has(delivery.to)) return [delivery]
        const rival = rivalOf(delivery.input)
        if (!rival) return [delivery]
        return delivery.to === shown
          ? [{ ...delivery, input: rival }, delivery]
          : [{ ...delivery, input: rival }]
      }),
    acts() {
      if (signed++ < eventsMax) means.publish(workload.next(self))
    },
  }
}
