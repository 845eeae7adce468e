/** Made-up members with fixed keys, and the networks that they found. */
import { createServer } from 'node:net'
import { toHex } from '@chirograph/codec'
import { didKeyOf, multikeyOf } from '@chirograph/crypto'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { nextKeyHashOf, type OrgId } from '@chirograph/event'
import { peerIdOfSeed } from '@chirograph/network-libp2p'
import { type InstitutionSeeds, orgIdOfSeeds } from '@chirograph/node'
import { type Genesis, parseGenesis, validatorSetOf } from '@chirograph/status'

const ed25519 = fastestEd25519()

export interface ChaosMember {
  readonly name: string
  readonly org: OrgId
  readonly seeds: InstitutionSeeds
  readonly peerId: string
}

export function memberOf(index: number): ChaosMember {
  const seed = (purpose: number) => new Uint8Array(32).fill(index * 8 + purpose + 1)
  const seeds = { log: seed(0), nextLog: seed(1), consensus: seed(2), assertion: seed(3), transport: seed(4) }
  return {
    name: `Institution ${index}`,
    org: orgIdOfSeeds(seeds, ed25519),
    seeds,
    peerId: peerIdOfSeed(seeds.transport),
  }
}

export function membersOf(size: number): ChaosMember[] {
  return Array.from({ length: size }, (_, index) => memberOf(index))
}

export function genesisOf(
  members: readonly ChaosMember[],
  { timeMs, viewTimeoutMs }: { readonly timeMs: number; readonly viewTimeoutMs: number },
): Genesis {
  const key = (seed: Uint8Array) => multikeyOf(ed25519.publicKey(seed))
  const organisations = members
    .map(({ name, org, seeds, peerId }) => ({
      id: org,
      name,
      type: 'community-college',
      logKey: key(seeds.log),
      nextKeyHash: toHex(nextKeyHashOf(ed25519.publicKey(seeds.nextLog))),
      assertionKeys: [key(seeds.assertion)],
      dids: [didKeyOf(ed25519.publicKey(seeds.assertion))],
      peerId,
      consensusKey: key(seeds.consensus),
      recognitions: [],
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const parsed = parseGenesis({
    version: 1,
    name: 'Crash tests',
    purpose: 'demo',
    timeMs,
    statusListBase: 'https://status.example/status-lists',
    organisations,
    parameters: { viewTimeoutMs, heartbeatMs: 60_000, cutBytesMax: 4_000_000, clockBoundMs: 10_000 },
  })
  if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
  return parsed.genesis
}

/** Which validator a member is: the number that its votes carry. */
export function validatorOf(genesis: Genesis, { org }: ChaosMember): number {
  return validatorSetOf(genesis).validators.findIndex((validator) => validator.org === org)
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer())
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject)
          server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            resolve(typeof address === 'object' && address !== null ? address.port : 0)
          })
        }),
    ),
  )
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
