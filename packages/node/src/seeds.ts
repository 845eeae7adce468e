/** The secret keys of an institution, one per purpose, and the organisation id that follows from two of them. */
import type { Ed25519 } from '@chirograph/crypto'
import { nextKeyHashOf, type OrgId, orgIdOf } from '@chirograph/event'

/** Ed25519 seeds of 32 bytes. A key that is used for one thing cannot be abused for another. */
export interface InstitutionSeeds {
  /** Signs events. */
  readonly log: Uint8Array
  /** May sign the first rotation of the log key; kept apart, because it ends a thief's use of the other. */
  readonly nextLog: Uint8Array
  /** Signs votes. */
  readonly consensus: Uint8Array
  /** Signs credentials. */
  readonly assertion: Uint8Array
  /** Names the node on the wire. */
  readonly transport: Uint8Array
}

export function orgIdOfSeeds(seeds: Pick<InstitutionSeeds, 'log' | 'nextLog'>, ed25519: Ed25519): OrgId {
  const nextKeyHash = nextKeyHashOf(ed25519.publicKey(seeds.nextLog))
  return orgIdOf({ logKey: ed25519.publicKey(seeds.log), nextKeyHash })
}
