/**
 * What no quorum may be able to say, judged from the votes on the wire: whoever is Byzantine may have signed anything,
 * and is counted on every side.
 */
import { decodeMessage, type SignedVote, type ValidatorSet } from '@chirograph/consensus'
import { breach } from './breach.js'
import { quorumAmong } from './certificate-audit.js'

export interface CertaintyOracle {
  /** A message that leaves an honest node. */
  sent(bytes: Uint8Array): void
}

interface Ballot {
  readonly notarize: Map<string, Set<number>>
  readonly final: Map<string, Set<number>>
  readonly skip: Set<number>
}

export function createCertaintyOracle({
  setOf,
  faulty,
}: {
  readonly setOf: (epoch: number) => ValidatorSet
  /** How many members are known to say anything. */
  readonly faulty: () => number
}): CertaintyOracle {
  const ballots = new Map<string, Ballot>()

  function count({ epoch, view, type, digest, signer }: SignedVote): Ballot {
    const name = `${epoch}/${view}`
    const ballot = ballots.get(name) ?? { notarize: new Map(), final: new Map(), skip: new Set() }
    ballots.set(name, ballot)
    if (type === 'skip' || digest === null) ballot.skip.add(signer)
    else ballot[type].set(digest, (ballot[type].get(digest) ?? new Set()).add(signer))
    return ballot
  }

  return {
    sent(bytes) {
      const decoded = decodeMessage(bytes)
      if (!decoded.ok || decoded.value.kind !== 'vote') return
      const { vote } = decoded.value
      const { notarize, final, skip } = count(vote)
      const { epoch, view, digest } = vote
      const quorum = quorumAmong(setOf(epoch).validators.length)
      const canBeQuorum = (voters: ReadonlySet<number> | undefined) =>
        (voters?.size ?? 0) + faulty() >= quorum
      if (vote.type === 'final' && !canBeQuorum(notarize.get(digest ?? '')))
        breach('certainty', `FINAL of view ${view} for a header that no quorum notarized`)
      if (canBeQuorum(skip) && [...final.values()].some(canBeQuorum))
        breach('exclusion', `view ${view} can be certified as skipped and as final`)
    },
  }
}
