/** What can be heard once certain things were said: messages are never lost, so whatever can be heard once stays so. */
import { headersMax, viewsMax } from './limits.js'
import type { Sent } from './local-state.js'
import type { ModelInput, Needs, Scenario } from './scenario.js'

/** What is certified, and the inputs that any honest validator may be handed, by number. */
export interface Hearing {
  readonly id: number
  readonly certified: Needs
  readonly inputs: readonly number[]
}

/** `said` is what each honest validator sent, in the order of `scenario.honest`. The Byzantine one says everything. */
export function createHearings(scenario: Scenario): (said: readonly Sent[]) => Hearing {
  const { hearing, byzantine, honest } = scenario
  const known = new Map<number, Map<string | number, Hearing>>()
  let count = 0

  return (said) => {
    const certified = certifiedBy(said)
    const proposals = said.reduce((mask, each) => mask | each.proposals, 0)
    // 2 × headersMax + viewsMax bits: one number holds both of them exactly, and no third.
    const certifiedKey = certified.notarizations * 2 ** (headersMax + viewsMax) + certified.closings
    const rest =
      hearing === 'votes'
        ? `${proposals} ${said.map(({ notarizes, closings }) => `${notarizes},${closings}`)}`
        : proposals
    const group = known.get(certifiedKey) ?? new Map<string | number, Hearing>()
    known.set(certifiedKey, group)
    const found = group.get(rest)
    if (found) return found
    const inputs = scenario.inputs.flatMap((input, index) =>
      canBeHeard(input, said, certified, proposals) ? [index] : [],
    )
    const made = { id: count++, certified, inputs }
    group.set(rest, made)
    return made
  }

  /** What two of the three honest validators said: with the Byzantine vote it is a quorum. */
  function certifiedBy([a, b, c]: readonly Sent[]): Needs {
    if (!a || !b || !c || scenario.honestQuorum !== 2) throw new Error('a model has three honest validators')
    const byTwo = (x: number, y: number, z: number) => (x & y) | (y & z) | (x & z)
    return {
      notarizations: byTwo(a.notarizes, b.notarizes, c.notarizes),
      closings: byTwo(a.closings, b.closings, c.closings),
    }
  }

  function canBeHeard(
    input: ModelInput,
    said: readonly Sent[],
    certified: Needs,
    proposals: number,
  ): boolean {
    switch (input.kind) {
      case 'proposal': {
        const { isByzantine, needs, bit } = input.of
        return isByzantine ? covers(certified, needs) : (proposals & bit) !== 0
      }
      case 'certificate':
      case 'checkpoint':
        return covers(certified, input.needs)
      case 'vote': {
        const { signer } = input.vote
        if (signer === byzantine) return true
        const { notarizes: notarizations = 0, closings = 0 } = said[honest.indexOf(signer)] ?? {}
        return covers({ notarizations, closings }, input.needs)
      }
      case 'built':
      case 'timeout':
      case 'propose-due':
      case 'asked-for-help':
      case 'nothing':
        return true
    }
  }
}

function covers(said: Needs, needs: Needs): boolean {
  return (
    (said.notarizations & needs.notarizations) === needs.notarizations &&
    (said.closings & needs.closings) === needs.closings
  )
}
