/** A member that says it stands where it stood long ago, and answers with what it knew then. */
import { type ActorMaker, messageFrom, messageIn } from './actor.js'

export const staleTips: ActorMaker = (means) => {
  const first = { view: 1, finalView: 0, finalHeight: 0 }
  return {
    says: (deliveries) =>
      deliveries.flatMap((delivery) => {
        if (messageIn(delivery.input)?.kind !== 'standing') return [delivery]
        if (!means.victims.includes(delivery.to)) return []
        means.did('old standings')
        return { ...delivery, input: messageFrom(means, { kind: 'standing', standing: first }) }
      }),
    answersSync(answer) {
      means.did('old answers')
      const offer = {
        ...answer.offer,
        isSame: means.random.chance(0.5),
        eventCount: 0,
        probes: [],
        ownTip: null,
      }
      return { offer, segments: [] }
    },
    answersCheckpoints(checkpoints) {
      means.did('answers cut short')
      return checkpoints.slice(0, means.random.int(2))
    },
    acts: () =>
      means.post(
        means.victims.map((to) => ({ to, input: messageFrom(means, { kind: 'standing', standing: first }) })),
      ),
  }
}
