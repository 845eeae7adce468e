/** Whole nodes in one process, over the in-memory store and network: for tests of what nodes do together. */

import { toHex } from '@chirograph/codec'
import { type Bls, didKeyOf, multikeyOf } from '@chirograph/crypto'
import { fastestBls } from '@chirograph/crypto-native'
import { nextKeyHashOf } from '@chirograph/event'
import {
  type MemoryDisk,
  memoryDisk,
  memoryHub,
  type Network,
  type SignatureVerifier,
  type Store,
  type Topic,
} from '@chirograph/interface'
import { peerIdOfSeed } from '@chirograph/network-libp2p'
import {
  type ChirographNode,
  createNode,
  type InstitutionSeeds,
  initialiseStore,
  type JoinLimits,
  type KeptSeeds,
  type Notice,
  orgIdOfSeeds,
} from '@chirograph/node'
import { consensusKeyOfSeed, type Genesis, parseGenesis } from '@chirograph/status'
import { ed25519 } from '../native.ts'

export { ed25519 }

const bls = fastestBls()

export interface Member {
  readonly name: string
  readonly seeds: InstitutionSeeds
  readonly org: ChirographNode['org']
  readonly peerId: string
}

const purposes = ['log', 'nextLog', 'consensus', 'assertion', 'transport'] as const

export function memberOf(index: number): Member {
  const seed = (purpose: number) => {
    const number = index * 8 + purpose + 1
    return new Uint8Array(32).fill(number).with(0, number ^ (number >> 8))
  }
  const [log, nextLog, consensus, assertion, transport] = purposes.map((_, purpose) => seed(purpose))
  if (!log || !nextLog || !consensus || !assertion || !transport) throw new Error('five seeds')
  const seeds = { log, nextLog, consensus, assertion, transport }
  return {
    name: `Institution ${index}`,
    seeds,
    org: orgIdOfSeeds(seeds, ed25519),
    peerId: peerIdOfSeed(transport),
  }
}

export function genesisOf(
  members: readonly Member[],
  parameters: Partial<Genesis['parameters']> = {},
  certificates?: Genesis['certificates'],
): Genesis {
  const organisations = members
    .map(({ name, seeds, org, peerId }) => ({
      id: org,
      name,
      type: 'community-college',
      logKey: multikeyOf(ed25519.publicKey(seeds.log)),
      nextKeyHash: toHex(nextKeyHashOf(ed25519.publicKey(seeds.nextLog))),
      assertionKeys: [multikeyOf(ed25519.publicKey(seeds.assertion))],
      dids: [didKeyOf(ed25519.publicKey(seeds.assertion))],
      peerId,
      ...consensusKeyOfSeed(seeds.consensus, { org, certificates, ed25519, bls }),
      recognitions: [
        { recordClasses: ['certificate-noncredit', 'certificate-credit'], fromMs: 0, untilMs: null },
      ],
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  const document = {
    version: 1,
    name: 'Test network',
    purpose: 'demo',
    timeMs: Date.now() - 1000,
    statusListBase: 'https://status.example/status-lists',
    ...(certificates && { certificates }),
    organisations,
    parameters: {
      viewTimeoutMs: 500,
      heartbeatMs: 60_000,
      cutBytesMax: 4_000_000,
      clockBoundMs: 10_000,
      ...parameters,
    },
  }
  const parsed = parseGenesis(document, { bls })
  if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
  return parsed.genesis
}

export interface Running {
  readonly members: readonly Member[]
  readonly genesis: Genesis
  readonly nodes: ChirographNode[]
  readonly notices: Notice[][]
  /** What a stopped member finds at its next start. */
  readonly disks: { store: MemoryDisk; registrar: MemoryDisk }[]
  start(index: number): Promise<ChirographNode>
  /** Loses a member's log, as a new disk does; its keys and its registrar stay. */
  wipe(index: number): void
  /** Makes the member's next write to its log fail, as a full disk does. */
  failNextWrite(index: number): void
  /** Gossips bytes as a member that is no node of ours would. */
  inject(topic: Topic, bytes: Uint8Array): Promise<void>
  /** A member's log store, beside the one that its node has open. */
  open(index: number): Promise<Store>
  /** Everything in a member's log store as one text, byte for byte (Latin-1). */
  dump(index: number): Promise<string>
  /** Everything that members sent each other since the start: messages, gossip, requests and answers (Latin-1). */
  wire(): string
  stop(): Promise<void>
}

/** What a test changes about its members; by index. */
export interface ClusterOptions {
  /** The last so many are not in the genesis: they follow, and may apply. */
  readonly joiners?: number
  /** Members that do not start yet. */
  readonly absent?: readonly number[]
  readonly parameters?: Partial<Genesis['parameters']>
  readonly certificates?: Genesis['certificates']
  readonly bls?: Bls
  readonly joinLimits?: (index: number) => Partial<JoinLimits>
  readonly networkOf?: (network: Network, index: number) => Network
  readonly storeOf?: (store: Store, index: number) => Store
  readonly signaturesOf?: (index: number) => SignatureVerifier | undefined
}

/** Starts `size` members that know each other. */
export async function startCluster(size: number, options: ClusterOptions = {}): Promise<Running> {
  const { absent = [], joinLimits = () => ({}), joiners = 0 } = options
  const { networkOf = (network) => network, storeOf = (store) => store } = options
  const members = Array.from({ length: size }, (_, index) => memberOf(index))
  const genesis = genesisOf(members.slice(0, size - joiners), options.parameters, options.certificates)
  const hub = memoryHub()
  const disks = members.map(() => ({ store: memoryDisk(), registrar: memoryDisk() }))
  const nodes: ChirographNode[] = []
  const notices: Notice[][] = members.map(() => [])
  const outsiders: Network[] = []
  const wiped = new Set<number>()
  const begun = new Set<number>()
  const failures = new Set<number>()
  const sent: Uint8Array[] = []
  const kept = new Map<number, KeptSeeds>()

  async function start(index: number): Promise<ChirographNode> {
    const member = members[index]
    const disk = disks[index]
    if (!member || !disk) throw new Error(`no member ${index}`)
    const network = networkOf(tapped(hub.network(member.peerId), sent), index)
    const store = storeOf(failing(await disk.store.open(), failures, index), index)
    if (!begun.has(index) && !wiped.has(index)) await initialiseStore(store, { org: member.org })
    begun.add(index)
    const addresses = members.filter((other) => other !== member).map((other) => `memory:${other.peerId}`)
    const signatures = options.signaturesOf?.(index)
    const node = await createNode({
      genesis,
      mayJoin: index >= size - joiners,
      seeds: kept.get(index) ?? member.seeds,
      saveSeeds: async (seeds) => void kept.set(index, seeds),
      store,
      registrar: await disk.registrar.open(),
      network,
      ed25519,
      bls: options.bls ?? bls,
      ...(signatures && { signatures }),
      addresses,
      joinLimits: joinLimits(index),
      // Every second member holds nothing of the state that it need not.
      stateMemory: index % 2 === 1 ? { wholeRowsMax: 0, heldPagesMax: 0, pastPagesMax: 4 } : {},
      onNotice: (notice) => notices[index]?.push(notice),
    })
    nodes[index] = node
    return node
  }
  for (const index of members.keys()) if (!absent.includes(index)) await start(index)
  return {
    members,
    genesis,
    nodes,
    notices,
    disks,
    start,
    wipe(index) {
      const disk = disks[index]
      if (disk) disk.store = memoryDisk()
      wiped.add(index)
    },
    failNextWrite: (index) => void failures.add(index),
    async inject(topic, bytes) {
      const outsider = hub.network(`outsider-${outsiders.length}`)
      await outsider.start({
        gossip: async () => 'ignore',
        message: () => {},
        request: async function* () {},
        peer: () => {},
      })
      for (const [index, { peerId }] of members.entries())
        if (nodes[index] !== undefined) await outsider.connect(`memory:${peerId}`)
      await outsider.publish(topic, bytes)
      outsiders.push(outsider)
    },
    async open(index) {
      const disk = disks[index]
      if (!disk) throw new Error(`no member ${index}`)
      return disk.store.open()
    },
    async dump(index) {
      const store = await disks[index]?.store.open()
      const parts: Buffer[] = []
      const everything = { from: new Uint8Array([0]), to: new Uint8Array([255]) }
      for await (const entry of store?.range(everything) ?? [])
        parts.push(...entry.map((part) => Buffer.from(part)))
      return Buffer.concat(parts).toString('latin1')
    },
    wire: () => Buffer.concat(sent).toString('latin1'),
    async stop() {
      // A member that never started leaves a hole.
      await Promise.all([...nodes, ...outsiders].map((one) => one?.stop()))
    },
  }
}

/** Keeps a copy of everything that leaves a member. */
function tapped(network: Network, sent: Uint8Array[]): Network {
  return {
    ...network,
    start: (handlers) =>
      network.start({
        ...handlers,
        async *request(...request) {
          for await (const frame of handlers.request(...request)) {
            sent.push(frame.slice())
            yield frame
          }
        },
      }),
    async publish(topic, bytes) {
      sent.push(bytes.slice())
      await network.publish(topic, bytes)
    },
    send(peerId, bytes) {
      sent.push(bytes.slice())
      network.send(peerId, bytes)
    },
    request(request) {
      sent.push(request.bytes.slice())
      return network.request(request)
    },
  }
}

function failing(store: Store, failures: Set<number>, index: number): Store {
  return {
    ...store,
    async batch(ops, options) {
      if (failures.delete(index)) throw new Error('no space left on the disk')
      return store.batch(ops, options)
    },
  }
}
