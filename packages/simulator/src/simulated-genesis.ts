/** A network for simulations, tests and benchmarks: organisations that all vote, with keys made from a seed. */
import { sha256, toHex, utf8 } from '@chirograph/codec'
import { type Bls, didKeyOf, type Ed25519, multikeyOf } from '@chirograph/crypto'
import {
  type Application,
  applicationSigningBytes,
  type ConsensusKey,
  nextKeyHashOf,
  type OrgId,
  orgIdOf,
  type Profile,
} from '@chirograph/event'
import {
  consensusKeyOfSeed,
  type Genesis,
  type GenesisParameters,
  networkIdOf,
  parseGenesis,
  possessedKey,
  type VoteKeys,
  voteKeysOf,
} from '@chirograph/status'

/** One organisation of a simulated network, with the seeds of its keys (32 bytes each). */
export interface SimulatedMember {
  readonly org: OrgId
  readonly peer: string
  /** Of generation 0, 1, and so on. */
  readonly logSeeds: readonly Uint8Array[]
  readonly voteSeed: Uint8Array
  /** The consensus key in use at first, and the one after it, in hex. */
  readonly voteKeys: readonly [string, string]
  /** The seed of the second; what commits to it, and what takes it into use. */
  readonly nextVoteSeed: Uint8Array
  readonly nextVoteKeyHash: Uint8Array
  readonly nextVoteKey: ConsensusKey
  /** Of an institution outside of the genesis: what it asks the network with. */
  readonly application: Application | null
}

export const genesisTimeMs = 1_750_000_000_000

/** Names of the log keys after the first two: more generations than any run has. */
const laterUses = ['log 2', 'log 3', 'log 4', 'log 5', 'log 6', 'log 7']

export const defaultParameters: GenesisParameters = {
  viewTimeoutMs: 1_000,
  heartbeatMs: 30_000,
  cutBytesMax: 1_000_000,
  clockBoundMs: 10_000,
}

/**
 * A genesis of `size` voting organisations, and its members in the order of the validator set; behind them `joiners` that
 * are not in it.
 */
export function simulatedGenesis({
  size,
  seed,
  ed25519,
  bls,
  certificates,
  parameters = {},
  joiners = 0,
}: {
  readonly size: number
  readonly seed: number
  readonly ed25519: Ed25519
  readonly bls?: Bls
  readonly certificates?: Genesis['certificates']
  readonly parameters?: Partial<GenesisParameters>
  readonly joiners?: number
}): { readonly genesis: Genesis; readonly members: readonly SimulatedMember[] } {
  const scheme = { certificates, ed25519, bls }
  const made = Array.from({ length: size }, (_, index) => makeKeys(index, { seed, ...scheme }))
  made.sort((a, b) => (a.org < b.org ? -1 : 1))
  const later = Array.from({ length: joiners }, (_, index) => makeKeys(size + index, { seed, ...scheme }))
  const document = {
    version: 1,
    name: `Simulated network ${seed}`,
    purpose: 'demo',
    timeMs: genesisTimeMs,
    statusListBase: 'https://lists.example/status-lists',
    ...(certificates && { certificates }),
    organisations: made.map(({ organisation }) => organisation),
    parameters: { ...defaultParameters, ...parameters },
  }
  const parsed = parseGenesis(document, bls && { bls })
  if (parsed.kind === 'invalid') throw new Error(`simulated genesis: ${parsed.path}: ${parsed.detail}`)
  const networkId = networkIdOf(parsed.genesis)
  const means: Means = { networkId, ed25519, keys: voteKeysOf(scheme) }
  const memberOf = (keys: MadeKeys) => makeMember(keys, means)
  const applying = later.map((keys) => applicant(keys, memberOf(keys), means))
  return { genesis: parsed.genesis, members: [...made.map(memberOf), ...applying] }
}

type MadeKeys = ReturnType<typeof makeKeys>

interface Means {
  readonly networkId: Uint8Array
  readonly ed25519: Ed25519
  readonly keys: VoteKeys
}

function makeMember(made: MadeKeys, { networkId, keys }: Means): SimulatedMember {
  const { org, peer, logSeeds, voteSeed, nextVoteSeed, lastVoteSeed } = made
  const voteKeys = [voteSeed, nextVoteSeed].map((seed) => toHex(keys.publicKey(seed))) as [string, string] // two
  const nextVoteKey = possessedKey(nextVoteSeed, { keys, networkId, org, nextSeed: lastVoteSeed })
  const seeds = { logSeeds, voteSeed, nextVoteSeed }
  const nextVoteKeyHash = nextKeyHashOf(nextVoteKey.key)
  return { org, peer, ...seeds, voteKeys, nextVoteKey, nextVoteKeyHash, application: null }
}

function applicant(made: MadeKeys, member: SimulatedMember, means: Means): SimulatedMember {
  const { org, logKey, nextKeyHash, assertionKey, peer, organisation, voteSeed, nextVoteSeed } = made
  const { keys, networkId, ed25519 } = means
  const profile: Profile = {
    name: organisation.name,
    type: 'community-college',
    logKey,
    nextKeyHash,
    assertionKeys: [assertionKey],
    dids: [didKeyOf(assertionKey)],
    peerId: peer,
    consensusKey: possessedKey(voteSeed, { keys, networkId, org, nextSeed: nextVoteSeed }),
  }
  const message = applicationSigningBytes(networkId, profile)
  const seed = made.logSeeds[0] ?? new Uint8Array(32)
  return { ...member, application: { profile, signature: ed25519.sign({ seed, message }) } }
}

function makeKeys(
  index: number,
  {
    seed,
    ed25519,
    bls,
    certificates,
  }: {
    readonly seed: number
    readonly ed25519: Ed25519
    readonly bls: Bls | undefined
    readonly certificates: Genesis['certificates']
  },
) {
  const seedOf = (use: string) => sha256(utf8(`${use} key ${index} of simulation ${seed}`))
  const logSeeds = [seedOf('log'), seedOf('next'), ...laterUses.map(seedOf)]
  const [voteSeed, nextVoteSeed, lastVoteSeed] = ['consensus', 'next consensus', 'last consensus'].map(
    seedOf,
  ) as [Uint8Array, Uint8Array, Uint8Array] // three
  const [logKey, nextKey] = logSeeds.map((seed) => ed25519.publicKey(seed)) as [Uint8Array, Uint8Array] // two or more
  const nextKeyHash = nextKeyHashOf(nextKey)
  const assertionKey = ed25519.publicKey(seedOf('assertion'))
  const org = orgIdOf({ logKey, nextKeyHash })
  const peer = `12D3KooWMember${index}`
  const organisation = {
    id: org,
    name: `College ${index}`,
    type: 'community-college',
    logKey: multikeyOf(logKey),
    nextKeyHash: toHex(nextKeyHash),
    assertionKeys: [multikeyOf(assertionKey)],
    dids: [didKeyOf(assertionKey)],
    peerId: peer,
    ...consensusKeyOfSeed(voteSeed, { org, certificates, ed25519, bls }),
    recognitions: [],
  }
  const keys = { org, peer, logSeeds, logKey, nextKeyHash, assertionKey }
  return { ...keys, voteSeed, nextVoteSeed, lastVoteSeed, organisation }
}
