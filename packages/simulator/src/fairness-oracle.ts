/** A cut takes what it has room for: of no honest author an event may wait that the leader had when it made its header. */
import { leaderOf } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import { entriesAt, eventBytes } from '@chirograph/log'
import { breach } from './breach.js'
import type { Step } from './simulated-node.js'

/** Judges the headers that an honest node made in this very step; `authors` are those whose keys nobody else uses. */
export function judgeFairness(
  node: number,
  { replica, effects, arrivals }: Step,
  authors: readonly OrgId[],
): void {
  for (const effect of effects) {
    if (effect.kind !== 'persist') continue
    for (const fact of effect.facts) {
      // A proposal alone is an own one; with it comes the own vote, in a fact of its own.
      if (fact.kind !== 'proposal' || effect.facts.length > 1) continue
      const { core, rest, digest } = fact.proposal.header
      const reached = replica.chain.get(digest)
      if (rest.base !== undefined || core.setHash !== replica.set.setHash) continue
      if (leaderOf(replica.set, core.view) !== replica.consensus.config.self || reached === undefined)
        continue
      const room = replica.config.genesis.parameters.cutBytesMax
      const taken = reached.events.reduce((sum, event) => sum + eventBytes(event), 0)
      for (const author of authors) {
        const { generation, sequence, id } = reached.cut.get(author) ?? firstPlace
        const next = entriesAt(replica.log, { author, generation, sequence: sequence + 1 }).find(
          ({ prev, event, arrival }) =>
            // What came with the same input may have come after the header was made.
            prev === id && arrival < arrivals && event !== undefined && event.header.references.length === 0,
        )
        if (next?.event && taken + eventBytes(next.event) <= room)
          breach('fairness', `node ${node} leaves out ${next.id} of ${author} in view ${core.view}`)
      }
    }
  }
}

const firstPlace = { generation: 0, sequence: -1, id: null }
