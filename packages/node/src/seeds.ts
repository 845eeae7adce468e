/** The secret keys of an institution, one per purpose, and the organisation id that follows from two of them. */
import type { Ed25519 } from '@chirograph/crypto'
import { nextKeyHashOf, type OrgId, orgIdOf } from '@chirograph/event'

/** Seeds of 32 bytes, of ed25519 keys, and of BLS keys where votes are signed so. A key that is used for one thing cannot be abused for another. */
export interface InstitutionSeeds {
  /** Signs events. */
  readonly log: Uint8Array
  /** May sign the next rotation of the log key; kept apart, because it ends a thief's use of the other. */
  readonly nextLog: Uint8Array
  /** Signs votes, by the scheme of the network. */
  readonly consensus: Uint8Array
  /** Signs credentials. */
  readonly assertion: Uint8Array
  /** Names the node on the wire. */
  readonly transport: Uint8Array
}

/** The same after a rotation, or while one is being made. */
export interface KeptSeeds extends InstitutionSeeds {
  /** The organisation's id, once `log` and `nextLog` are not the keys any more that it follows from. */
  readonly org?: OrgId | undefined
  /** The key after `nextLog`: made and stored before a rotation to `nextLog` commits to it. */
  readonly laterLog?: Uint8Array | undefined
  /** The consensus key after `consensus`: made and stored before anything commits to it. */
  readonly nextConsensus?: Uint8Array | undefined
  /** The one after that: made and stored before a rotation to `nextConsensus` commits to it. */
  readonly laterConsensus?: Uint8Array | undefined
}

export function orgIdOfSeeds(seeds: Pick<KeptSeeds, 'log' | 'nextLog' | 'org'>, ed25519: Ed25519): OrgId {
  if (seeds.org !== undefined) return seeds.org
  const nextKeyHash = nextKeyHashOf(ed25519.publicKey(seeds.nextLog))
  return orgIdOf({ logKey: ed25519.publicKey(seeds.log), nextKeyHash })
}
