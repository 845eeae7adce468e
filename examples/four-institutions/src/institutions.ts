/** The four institutions of the story: fresh keys, and the genesis document that makes them one network. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:net'
import { toHex } from '@chirograph/codec'
import { didKeyOf, multikeyOf } from '@chirograph/crypto'
import { fastestBls, fastestEd25519 } from '@chirograph/crypto-native'
import { nextKeyHashOf, type OrgId } from '@chirograph/event'
import { peerIdOfSeed } from '@chirograph/network-libp2p'
import { type InstitutionSeeds, orgIdOfSeeds } from '@chirograph/node'
import { consensusKeyOfSeed, type Genesis, parseGenesis } from '@chirograph/status'

export const ed25519 = fastestEd25519()
const bls = fastestBls()

export interface Institution {
  readonly key: 'college' | 'university' | 'provider' | 'association'
  readonly name: string
  readonly type: string
  readonly seeds: InstitutionSeeds
  readonly org: OrgId
  readonly peerId: string
  readonly address: string
}

const cast = [
  { key: 'college', name: 'Fernhollow Community College', type: 'community-college' },
  { key: 'university', name: 'Sample State University', type: 'four-year' },
  { key: 'provider', name: 'Workbench Training Provider', type: 'training-provider-nonprofit' },
  { key: 'association', name: 'Example Machinists’ Association', type: 'industry-association' },
] as const

export async function foundInstitutions(): Promise<Institution[]> {
  const ports = await freePorts(cast.length)
  return cast.map((role, index) => {
    const seed = () => new Uint8Array(randomBytes(32))
    const seeds = { log: seed(), nextLog: seed(), consensus: seed(), assertion: seed(), transport: seed() }
    const org = orgIdOfSeeds(seeds, ed25519)
    return {
      ...role,
      seeds,
      org,
      peerId: peerIdOfSeed(seeds.transport),
      address: `/ip4/127.0.0.1/tcp/${ports[index]}`,
    }
  })
}

/**
 * A demonstration network: the verifier says so beside every verdict. Its certificates are lists of signatures, or sums of
 * BLS signatures where that is asked for.
 */
export function genesisOf(
  institutions: readonly Institution[],
  certificates?: Genesis['certificates'],
): Genesis {
  const multikey = (seed: Uint8Array) => multikeyOf(ed25519.publicKey(seed))
  const document = {
    version: 1,
    name: 'Four institutions',
    purpose: 'demo',
    timeMs: Date.now(),
    statusListBase: 'https://status.four-institutions.example/status-lists',
    ...(certificates && { certificates }),
    organisations: institutions
      .map(({ org, name, type, peerId, seeds }) => ({
        id: org,
        name,
        type,
        logKey: multikey(seeds.log),
        nextKeyHash: toHex(nextKeyHashOf(ed25519.publicKey(seeds.nextLog))),
        assertionKeys: [multikey(seeds.assertion)],
        dids: [didKeyOf(ed25519.publicKey(seeds.assertion))],
        peerId,
        ...consensusKeyOfSeed(seeds.consensus, { org, certificates, ed25519, bls }),
        recognitions: [
          { recordClasses: ['certificate-credit', 'certificate-noncredit'], fromMs: 0, untilMs: null },
        ],
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
    parameters: { viewTimeoutMs: 600, heartbeatMs: 60_000, cutBytesMax: 4_000_000, clockBoundMs: 10_000 },
  }
  const parsed = parseGenesis(document, { bls })
  if (parsed.kind === 'invalid')
    throw new Error(`the story's own genesis is refused: ${parsed.path}: ${parsed.detail}`)
  return parsed.genesis
}

async function freePorts(count: number): Promise<number[]> {
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
