/** An institution that is not in the genesis, with its keys, and its signed application. */
import { sha256, utf8 } from '@chirograph/codec'
import { didKeyOf, nobleEd25519 } from '@chirograph/crypto'
import {
  type Application,
  applicationSigningBytes,
  type ConsensusKey,
  nextKeyHashOf,
  type OrgId,
  orgIdOf,
  type Profile,
} from '@chirograph/event'
import { possessedKey as keyWithProof, voteKeysOf } from '@chirograph/status'
import { bls, type Member, type Network } from './network.ts'

/** The network that it applies to; without a genesis it has ed25519 keys. */
type Applied = Pick<Network, 'networkId'> & Partial<Pick<Network, 'genesis'>>

export interface Applicant extends Omit<Member, 'isVoter'> {
  readonly isVoter: false
  readonly profile: Profile
  readonly nextConsensusSeed: Uint8Array
}

export function makeApplicant(network: Applied, index: number): Applicant {
  const seedOf = (use: string) => sha256(utf8(`${use} key of applicant ${index}`))
  const [logSeed, nextSeed, assertionSeed] = [seedOf('log'), seedOf('next'), seedOf('assertion')]
  const logKey = nobleEd25519.publicKey(logSeed)
  const nextKeyHash = nextKeyHashOf(nobleEd25519.publicKey(nextSeed))
  const id = orgIdOf({ logKey, nextKeyHash })
  const assertionKey = nobleEd25519.publicKey(assertionSeed)
  const did = didKeyOf(assertionKey)
  const consensusSeed = seedOf('consensus')
  const nextConsensusSeed = seedOf('next consensus')
  const profile: Profile = {
    name: `Institution ${index}`,
    type: 'training-provider-nonprofit',
    logKey,
    nextKeyHash,
    assertionKeys: [assertionKey],
    dids: [`did:web:institution-${index}.example`, did],
    peerId: `12D3KooWInstitution${index}`,
    consensusKey: possessedKey(network, id, consensusSeed, nextConsensusSeed),
  }
  const seeds = { logSeed, nextSeed, assertionSeed, consensusSeed, nextConsensusSeed }
  return { id, ...seeds, did, isVoter: false, profile }
}

/** A consensus key whose owner says that it is this organisation's; the next one follows from its seed. */
export function possessedKey(
  { networkId, genesis }: Applied,
  org: OrgId,
  seed: Uint8Array,
  nextSeed = sha256(seed),
): ConsensusKey {
  const keys = voteKeysOf({ certificates: genesis?.certificates, ed25519: nobleEd25519, bls })
  return keyWithProof(seed, { keys, networkId, org, nextSeed })
}

export function applicationOf(
  { networkId }: Pick<Network, 'networkId'>,
  { profile, logSeed }: Applicant,
  change: Partial<Profile> = {},
): Application {
  const changed = { ...profile, ...change }
  const message = applicationSigningBytes(networkId, changed)
  return { profile: changed, signature: nobleEd25519.sign({ seed: logSeed, message }) }
}
