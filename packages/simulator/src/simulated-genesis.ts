/** A network for simulations, tests and benchmarks: organisations that all vote, with keys made from a seed. */
import { sha256, toHex, utf8 } from '@chirograph/codec'
import { didKeyOf, type Ed25519, multikeyOf } from '@chirograph/crypto'
import { nextKeyHashOf, type OrgId, orgIdOf } from '@chirograph/event'
import { type Genesis, type GenesisParameters, parseGenesis } from '@chirograph/status'

/** One organisation of a simulated network, with the seeds of its keys (32 bytes each). */
export interface SimulatedMember {
  readonly org: OrgId
  readonly peer: string
  readonly logSeed: Uint8Array
  readonly voteSeed: Uint8Array
}

export const genesisTimeMs = 1_750_000_000_000

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
  parameters = {},
}: {
  readonly size: number
  readonly seed: number
  readonly ed25519: Ed25519
  readonly parameters?: Partial<GenesisParameters>
}): { readonly genesis: Genesis; readonly members: readonly SimulatedMember[] } {
  const made = Array.from({ length: size }, (_, index) => makeMember({ index, seed, ed25519 }))
  made.sort((a, b) => (a.member.org < b.member.org ? -1 : 1))
  const parsed = parseGenesis({
    version: 1,
    name: `Simulated network ${seed}`,
    purpose: 'demo',
    timeMs: genesisTimeMs,
    statusListBase: 'https://lists.example/status-lists',
    organisations: made.map(({ organisation }) => organisation),
    parameters: { ...defaultParameters, ...parameters },
  })
  if (parsed.kind === 'invalid') throw new Error(`simulated genesis: ${parsed.path}: ${parsed.detail}`)
  return { genesis: parsed.genesis, members: made.map(({ member }) => member) }
}

function makeMember({ index, seed, ed25519 }: { index: number; seed: number; ed25519: Ed25519 }) {
  const seedOf = (use: string) => sha256(utf8(`${use} key ${index} of simulation ${seed}`))
  const [logSeed, voteSeed] = [seedOf('log'), seedOf('consensus')]
  const logKey = ed25519.publicKey(logSeed)
  const nextKeyHash = nextKeyHashOf(ed25519.publicKey(seedOf('next')))
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
    consensusKey: multikeyOf(ed25519.publicKey(voteSeed)),
    recognitions: [],
  }
  return { member: { org, peer, logSeed, voteSeed }, organisation }
}
