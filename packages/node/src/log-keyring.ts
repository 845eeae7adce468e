/**
 * The log keys of an institution over its rotations. A rotation commits to the key after it, so that key is made and
 * stored before the rotation is signed: a commitment to a key that was lost would be the last one.
 */
import { equalBytes, toHex } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import { nextKeyHashOf, type OrgId } from '@chirograph/event'
import { currentLogKey, type OrgRow } from '@chirograph/status'
import { keysNotKept, signingRefused } from './node-errors.js'
import type { KeptSeeds } from './seeds.js'

export interface LogKeyring {
  readonly sign: (message: Uint8Array, logKey: Uint8Array) => Uint8Array
  readonly holds: (logKey: Uint8Array) => boolean
  /** The key that the organisation committed to, and the hash of the one after it, which is on disk when this resolves. */
  prepareNext(row: OrgRow): Promise<{ readonly logKey: Uint8Array; readonly nextKeyHash: Uint8Array }>
  /** All seeds as they are kept now. */
  seeds(): KeptSeeds
  /** Keeps these, of which the log keys are the same. */
  save: ((seeds: KeptSeeds) => Promise<void>) | undefined
  /** Lets go of keys that a final rotation replaced. */
  settle(row: OrgRow): Promise<void>
}

export function createLogKeyring(args: {
  readonly org: OrgId
  readonly seeds: KeptSeeds
  readonly ed25519: Ed25519
  readonly randomBytes: (length: number) => Uint8Array
  /** Resolves when the seeds are on disk, in the place of the former ones. */
  readonly save: ((seeds: KeptSeeds) => Promise<void>) | undefined
}): LogKeyring {
  const { org, ed25519, randomBytes, save } = args
  let { seeds } = args
  const publicKeyOf = (seed: Uint8Array) => ed25519.publicKey(seed)
  let byKey = seedsByKey()

  function seedsByKey(): ReadonlyMap<string, Uint8Array> {
    const { log, nextLog, laterLog } = seeds
    const held = laterLog === undefined ? [log, nextLog] : [log, nextLog, laterLog]
    return new Map(held.map((seed) => [toHex(publicKeyOf(seed)), seed]))
  }

  async function keep(changed: KeptSeeds): Promise<void> {
    if (save === undefined) throw keysNotKept()
    await save(changed)
    seeds = changed
    byKey = seedsByKey()
  }

  return {
    sign(message, logKey) {
      const seed = byKey.get(toHex(logKey))
      if (seed === undefined) throw new Error(`asked to sign with ${toHex(logKey)}, which is not held`)
      return ed25519.sign({ seed, message })
    },
    holds: (logKey) => byKey.has(toHex(logKey)),
    seeds: () => seeds,
    save: save && keep,
    async prepareNext(row) {
      const logKey = publicKeyOf(seeds.nextLog)
      if (!equalBytes(nextKeyHashOf(logKey), row.nextKeyHash)) throw signingRefused('not-the-next-key')
      const laterLog = seeds.laterLog ?? randomBytes(32)
      if (seeds.laterLog === undefined) await keep({ ...seeds, org, laterLog })
      return { logKey, nextKeyHash: nextKeyHashOf(publicKeyOf(laterLog)) }
    },
    async settle(row) {
      const { nextLog, laterLog } = seeds
      const isRotated = equalBytes(currentLogKey(row).key, publicKeyOf(nextLog))
      if (!isRotated || laterLog === undefined) return
      await keep({ ...seeds, org, log: nextLog, nextLog: laterLog, laterLog: undefined })
    },
  }
}
