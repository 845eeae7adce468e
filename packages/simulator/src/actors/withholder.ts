/** A leader whose cuts hold events of its own that it gives to nobody, or only after a while. */
import { decodeSegment } from '@chirograph/event'
import { createWorkload } from '../workload.js'
import type { ActorMaker } from './actor.js'
import { ownProposalIn } from './own-proposal.js'

/** Events that it signs; one chain of them is enough. */
const eventsMax = 8

export const withholder: ActorMaker = (means) => {
  const { random, members, self } = means
  const org = members[self]?.org
  const isForEver = random.chance(0.5)
  const workload = createWorkload(random)
  /** Until when an event is kept back, by its id. */
  const hiddenUntilMs = new Map<string, number>()
  let signed = 0

  /** Milliseconds for which an event of its own is still kept back. */
  function hiddenForMs(id: string): number {
    const untilMs =
      hiddenUntilMs.get(id) ?? means.timeMs() + (isForEver ? Infinity : random.between(2_000, 8_000))
    hiddenUntilMs.set(id, untilMs)
    return Math.max(0, untilMs - means.timeMs())
  }

  return {
    says: (deliveries) =>
      deliveries.flatMap((delivery) => {
        const { input } = delivery
        if (ownProposalIn(means, delivery)) means.did('proposals over what it keeps back')
        if (input.kind !== 'segment' || input.segment.kind !== 'decoded') return [delivery]
        const { header, id } = input.segment.segment.last
        if (header.author !== org) return [delivery]
        means.did(isForEver ? 'events given to nobody' : 'events given late')
        return isForEver ? [] : [{ ...delivery, delayMs: hiddenForMs(id) }]
      }),
    answersSync(answer) {
      const segments = answer.segments.filter((bytes) => {
        const decoded = decodeSegment(bytes)
        if (decoded.kind !== 'decoded') return true
        const { header, id } = decoded.segment.last
        return header.author !== org || hiddenForMs(id) === 0
      })
      return { ...answer, segments }
    },
    acts() {
      if (signed++ < eventsMax) means.publish(workload.next(self))
    },
  }
}
