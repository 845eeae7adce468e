/**
 * Who votes in each epoch of a run, as the first durable header that closes one says, and which node each of them is:
 * the place of a validator in its set moves when others join or leave.
 */
import { isClosing, type ValidatorSet } from '@chirograph/consensus'
import type { Fact } from '@chirograph/replica'
import { breach } from './breach.js'

export interface EpochBook {
  /** A checkpoint that became durable at an honest node. */
  note(node: number, fact: Extract<Fact, { kind: 'checkpoint' }>): void
  /** Throws for an epoch that nobody has begun. */
  setOf(epoch: number): ValidatorSet
  /** The node of a validator; undefined for one that is none. */
  nodeOf(place: { readonly epoch: number; readonly signer: number }): number | undefined
  /** The newest epoch. */
  readonly last: number
}

export function createEpochBook({
  first,
  orgs,
}: {
  readonly first: ValidatorSet
  /** The organisations of the nodes, in their order. */
  readonly orgs: readonly string[]
}): EpochBook {
  const sets = new Map([[first.epoch, first]])
  const nodes = new Map(orgs.map((org, index) => [org, index]))

  function setOf(epoch: number): ValidatorSet {
    const set = sets.get(epoch)
    if (set === undefined) throw new Error(`nobody has begun epoch ${epoch}`)
    return set
  }

  return {
    note(node, { checkpoint: { header }, state }) {
      const { epoch, height, setHash, nextSetHash } = header.core
      const next = state.validators
      if (next.setHash !== nextSetHash)
        breach('epochs', `node ${node}: the state at height ${height} names others than its header does`)
      if (!isClosing(header.core)) {
        if (next.setHash !== setHash) breach('epochs', `node ${node}: others vote after height ${height}`)
        return
      }
      const known = sets.get(epoch + 1)
      if (next.epoch !== epoch + 1) breach('epochs', `node ${node}: epoch ${next.epoch} follows ${epoch}`)
      if (known !== undefined && known.setHash !== next.setHash)
        breach('epochs', `node ${node}: epoch ${epoch + 1} has two sets of validators`)
      sets.set(epoch + 1, next)
    },
    setOf,
    nodeOf({ epoch, signer }) {
      const org = setOf(epoch).validators[signer]?.org
      return org === undefined ? undefined : nodes.get(org)
    },
    get last() {
      return Math.max(...sets.keys())
    },
  }
}
