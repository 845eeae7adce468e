/** Whoever proves or learns of a fork tells everybody, once: told again and again by all, it would be a storm. */
import { toHex } from '@chirograph/codec'
import { placeAccusedIn } from '@chirograph/log'
import { breach } from './breach.js'

export interface SpreadingOracle {
  /** Evidence that an honest node gossips in one of its lives. */
  spread(node: number, life: number, evidence: Uint8Array): void
}

export function createSpreadingOracle(): SpreadingOracle {
  const told = new Set<string>()
  return {
    spread(node, life, evidence) {
      const place = placeAccusedIn(evidence)
      if (!place) breach('spreading', `node ${node} spreads evidence against nobody: ${toHex(evidence)}`)
      const one = `${node}, in its life ${life}, of ${place.author} in generation ${place.generation}`
      if (told.has(one)) breach('spreading', `the same fork is told again by node ${one}`)
      told.add(one)
    },
  }
}
