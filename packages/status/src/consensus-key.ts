/**
 * The key by which an organisation votes. One seed makes a key of either scheme, by derivations that have nothing in
 * common; which of them a network uses, its genesis says.
 */
import { toHex } from '@chirograph/codec'
import { provePossession } from '@chirograph/consensus'
import {
  type Bls,
  blsMultikeyOf,
  blsSecretKeyOf,
  type Ed25519,
  multikeyOf,
  nobleBls,
} from '@chirograph/crypto'
import {
  type ConsensusKey,
  nextKeyHashOf,
  type OrgId,
  orgIdBytes,
  possessionSigningBytes,
} from '@chirograph/event'
import type { Genesis, GenesisOrganisation } from './genesis.js'

/** What makes keys and signatures. `bls` is noble unless a faster one is given. */
interface Signers {
  readonly certificates: Genesis['certificates']
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
}

/** Signs votes and proposals with the consensus key of a seed of 32 bytes. */
export function voteSignerOfSeed(
  seed: Uint8Array,
  { certificates, ed25519, bls = nobleBls }: Signers,
): (message: Uint8Array) => Uint8Array {
  if (certificates === undefined) return (message) => ed25519.sign({ seed, message })
  const secretKey = blsSecretKeyOf(seed)
  return (message) => bls.sign({ secretKey, message })
}

/** What a genesis says of an organisation's consensus key: of a BLS key also that its holder has the secret. */
export function consensusKeyOfSeed(
  seed: Uint8Array,
  { org, certificates, ed25519, bls = nobleBls }: Signers & { readonly org: OrgId },
): Pick<GenesisOrganisation, 'consensusKey' | 'possession'> & { readonly consensusKey: string } {
  if (certificates === undefined) return { consensusKey: multikeyOf(ed25519.publicKey(seed)) }
  const secretKey = blsSecretKeyOf(seed)
  const proof = provePossession({ org: orgIdBytes(org), secretKey, bls })
  return { consensusKey: blsMultikeyOf(bls.publicKey(secretKey)), possession: toHex(proof) }
}

/** The keys that seeds of 32 bytes make under a scheme, and what they sign. */
export interface VoteKeys {
  publicKey(seed: Uint8Array): Uint8Array
  sign(seed: Uint8Array, message: Uint8Array): Uint8Array
}

export function voteKeysOf({ certificates, ed25519, bls = nobleBls }: Signers): VoteKeys {
  if (certificates === undefined)
    return {
      publicKey: (seed) => ed25519.publicKey(seed),
      sign: (seed, message) => ed25519.sign({ seed, message }),
    }
  return {
    publicKey: (seed) => bls.publicKey(blsSecretKeyOf(seed)),
    sign: (seed, message) => bls.sign({ secretKey: blsSecretKeyOf(seed), message }),
  }
}

/** What an event says of a consensus key: that its owner holds it, and the hash of the one that `nextSeed` makes. */
export function possessedKey(
  seed: Uint8Array,
  args: {
    readonly keys: VoteKeys
    readonly networkId: Uint8Array
    readonly org: OrgId
    readonly nextSeed: Uint8Array
  },
): ConsensusKey {
  const { keys, networkId, org, nextSeed } = args
  const key = keys.publicKey(seed)
  const nextKeyHash = nextKeyHashOf(keys.publicKey(nextSeed))
  const message = possessionSigningBytes({ networkId, org, key, nextKeyHash })
  return { key, nextKeyHash, possession: keys.sign(seed, message) }
}
