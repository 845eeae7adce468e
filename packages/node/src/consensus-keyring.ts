/**
 * The consensus keys of an institution over its rotations. As with log keys, the key that is committed to is stored before
 * the commitment is signed. The former one is kept until another epoch names the new one: it votes until then.
 */
import { equalBytes, fromHex, toHex } from '@chirograph/codec'
import { type ConsensusKey, nextKeyHashOf, type OrgId } from '@chirograph/event'
import { possessedKey, type VoteKeys } from '@chirograph/status'
import { keysNotKept } from './node-errors.js'
import type { KeptSeeds } from './seeds.js'

export interface ConsensusKeyring {
  readonly sign: (message: Uint8Array, consensusKey: Uint8Array) => Uint8Array
  readonly holds: (consensusKey: Uint8Array) => boolean
  /** The hash of the next key, which is on disk when this resolves. */
  prepareNext(): Promise<Uint8Array>
  /** The next key as it is taken into use, with the hash of the one after it, which is on disk when this resolves. */
  prepareRotation(): Promise<ConsensusKey>
  /** Lets go of a key that another one replaced: `current` is the one by which this institution votes, in hex. */
  settle(current: string): Promise<void>
}

export function createConsensusKeyring(args: {
  readonly org: OrgId
  readonly networkId: Uint8Array
  readonly keys: VoteKeys
  readonly randomBytes: (length: number) => Uint8Array
  /** Of the institution, now: others of its keys may have been replaced since. */
  readonly seeds: () => KeptSeeds
  /** Resolves when the seeds are on disk, in the place of the former ones. */
  readonly save: ((seeds: KeptSeeds) => Promise<void>) | undefined
}): ConsensusKeyring {
  const { org, networkId, keys, randomBytes, seeds, save } = args
  const byKey = new Map<string, Uint8Array>()
  hold()

  function hold(): void {
    const { consensus, nextConsensus, laterConsensus } = seeds()
    for (const seed of [consensus, nextConsensus, laterConsensus])
      if (seed !== undefined && ![...byKey.values()].some((held) => equalBytes(held, seed)))
        byKey.set(toHex(keys.publicKey(seed)), seed)
  }

  async function keep(changed: Partial<KeptSeeds>): Promise<void> {
    if (save === undefined) throw keysNotKept()
    await save({ ...seeds(), ...changed })
    hold()
  }

  async function nextSeed(): Promise<Uint8Array> {
    const { nextConsensus = randomBytes(32) } = seeds()
    if (seeds().nextConsensus === undefined) await keep({ nextConsensus })
    return nextConsensus
  }

  return {
    sign(message, consensusKey) {
      const seed = byKey.get(toHex(consensusKey))
      if (seed === undefined) throw new Error(`asked to vote with ${toHex(consensusKey)}, which is not held`)
      return keys.sign(seed, message)
    },
    holds: (consensusKey) => byKey.has(toHex(consensusKey)),
    prepareNext: async () => nextKeyHashOf(keys.publicKey(await nextSeed())),
    async prepareRotation() {
      const next = await nextSeed()
      const { laterConsensus = randomBytes(32) } = seeds()
      if (seeds().laterConsensus === undefined) await keep({ laterConsensus })
      return possessedKey(next, { keys, networkId, org, nextSeed: laterConsensus })
    },
    async settle(current) {
      const { nextConsensus, laterConsensus } = seeds()
      if (nextConsensus === undefined || laterConsensus === undefined) return
      const key = fromHex(current)
      if (key === undefined || !equalBytes(keys.publicKey(nextConsensus), key)) return
      await keep({ consensus: nextConsensus, nextConsensus: laterConsensus, laterConsensus: undefined })
    },
  }
}
