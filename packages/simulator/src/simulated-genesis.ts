/** A network for simulations, tests and benchmarks: organisations that all vote, with keys made from a seed. */
import { sha256, toHex, utf8 } from '@chirograph/codec'
import { type Bls, didKeyOf, type Ed25519, multikeyOf } from '@chirograph/crypto'
import { nextKeyHashOf, type OrgId, orgIdOf } from '@chirograph/event'
import { consensusKeyOfSeed, type Genesis, type GenesisParameters, parseGenesis } from '@chirograph/status'

/** One organisation of a simulated network, with the seeds of its keys (32 bytes each). */
export interface SimulatedMember {
  readonly org: OrgId
  readonly peer: string
  /** Of generation 0, 1, and so on. */
  readonly logSeeds: readonly Uint8Array[]
  readonly voteSeed: Uint8Array
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

/** A genesis of `size` voting organisations, and its members in the order of the validator set. */
export function simulatedGenesis({
  size,
  seed,
  ed25519,
  bls,
  certificates,
  parameters = {},
}: {
  readonly size: number
  readonly seed: number
  readonly ed25519: Ed25519
  readonly bls?: Bls
  readonly certificates?: Genesis['certificates']
  readonly parameters?: Partial<GenesisParameters>
}): { readonly genesis: Genesis; readonly members: readonly SimulatedMember[] } {
  const made = Array.from({ length: size }, (_, index) =>
    makeMember(index, { seed, ed25519, bls, certificates }),
  )
  made.sort((a, b) => (a.member.org < b.member.org ? -1 : 1))
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
  return { genesis: parsed.genesis, members: made.map(({ member }) => member) }
}

function makeMember(
  index: number,
  { seed, ed25519, bls, certificates }: Omit<Parameters<typeof simulatedGenesis>[0], 'size' | 'parameters'>,
) {
  const seedOf = (use: string) => sha256(utf8(`${use} key ${index} of simulation ${seed}`))
  const logSeeds = [seedOf('log'), seedOf('next'), ...laterUses.map(seedOf)]
  const voteSeed = seedOf('consensus')
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
  return { member: { org, peer, logSeeds, voteSeed }, organisation }
}
