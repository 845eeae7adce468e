/** Made-up members with fixed keys, for benchmarks only. */
import { sha256, toHex, utf8 } from '@chirograph/codec'
import { didKeyOf, multikeyOf } from '@chirograph/crypto'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { nextKeyHashOf, type OrgId } from '@chirograph/event'
import { peerIdOfSeed } from '@chirograph/network-libp2p'
import { type InstitutionSeeds, orgIdOfSeeds } from '@chirograph/node'
import { type Genesis, parseGenesis } from '@chirograph/status'

const ed25519 = fastestEd25519()

export interface BenchMember {
  readonly org: OrgId
  readonly seeds: InstitutionSeeds
  readonly peerId: string
}

export function benchMember(index: number): BenchMember {
  const seed = (purpose: number) => sha256(utf8(`benchmark ${index} ${purpose}`))
  const seeds = { log: seed(0), nextLog: seed(1), consensus: seed(2), assertion: seed(3), transport: seed(4) }
  return { org: orgIdOfSeeds(seeds, ed25519), seeds, peerId: peerIdOfSeed(seeds.transport) }
}

/** A network in which the first `validators` members vote. */
export function benchGenesis(members: readonly BenchMember[], validators = members.length): Genesis {
  const key = (seed: Uint8Array) => multikeyOf(ed25519.publicKey(seed))
  const organisations = members
    .map(({ org, seeds, peerId }, index) => ({
      id: org,
      name: `Bench ${index}`,
      type: 'training-provider-nonprofit',
      logKey: key(seeds.log),
      nextKeyHash: toHex(nextKeyHashOf(ed25519.publicKey(seeds.nextLog))),
      assertionKeys: [key(seeds.assertion)],
      dids: [didKeyOf(ed25519.publicKey(seeds.assertion))],
      peerId,
      consensusKey: index < validators ? key(seeds.consensus) : null,
      recognitions: [],
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const parsed = parseGenesis({
    version: 1,
    name: 'Benchmark',
    purpose: 'demo',
    timeMs: Date.now(),
    statusListBase: 'https://status.example/status-lists',
    organisations,
    parameters: { viewTimeoutMs: 1000, heartbeatMs: 60_000, cutBytesMax: 4_000_000, clockBoundMs: 10_000 },
  })
  if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
  return parsed.genesis
}
