/** Networks on loopback that admit each other, and handlers that write down what they are told. */
import type {
  GossipVerdict,
  Misconduct,
  Network,
  NetworkHandlers,
  PeerChange,
  PeerStatus,
  Topic,
} from '@chirograph/interface'
import { ok } from '../../workspace/kit.ts'
import type { Libp2pNetworkOptions } from '../src/index.js'
import { createLibp2pNetwork, peerIdOfSeed } from '../src/index.js'

export const networkId = 'c0ffee'.padEnd(64, '0')
export const anyPort = '/ip4/127.0.0.1/tcp/0'

export function seedOf(member: number): Uint8Array {
  return new Uint8Array(32).fill(member + 1)
}

export function memberIds(count: number): Set<string> {
  return new Set(Array.from({ length: count }, (_, member) => peerIdOfSeed(seedOf(member))))
}

/** Members 0 to count − 1, not started, quick to redial. */
export function memberNetworks(count: number, options: Partial<Libp2pNetworkOptions> = {}): Network[] {
  return Array.from({ length: count }, (_, member) =>
    memberNetwork(member, { allowedPeers: memberIds(count), ...options }),
  )
}

export function memberNetwork(member: number, options: Partial<Libp2pNetworkOptions>): Network {
  const { limits, ...rest } = options
  return createLibp2pNetwork({
    seed: seedOf(member),
    networkId,
    allowedPeers: memberIds(4),
    listen: [anyPort],
    limits: { redialMinMs: 50, redialMaxMs: 200, watchdogMs: 50, ...limits },
    ...rest,
  })
}

/** A started network and what it was told. */
export interface Station {
  readonly network: Network
  readonly messages: { readonly from: string; readonly bytes: Uint8Array }[]
  readonly gossip: { readonly topic: Topic; readonly bytes: Uint8Array; readonly from: string }[]
  readonly changes: PeerChange[]
  readonly misconducts: { readonly peerId: string; readonly what: Misconduct }[]
  judge: (bytes: Uint8Array) => GossipVerdict | Promise<GossipVerdict>
  answer: NetworkHandlers['request']
}

export async function started(network: Network): Promise<Station> {
  const station: Station = {
    network,
    messages: [],
    gossip: [],
    changes: [],
    misconducts: [],
    judge: () => 'accept',
    answer: async function* () {},
  }
  await network.start({
    message: (from, bytes) => void station.messages.push({ from, bytes }),
    gossip: async (topic, bytes, from) => {
      station.gossip.push({ topic, bytes, from })
      return station.judge(bytes)
    },
    request: (...request) => station.answer(...request),
    peer: (_peerId, change) => void station.changes.push(change),
    misconduct: (peerId, what) => void station.misconducts.push({ peerId, what }),
  })
  return station
}

/** Starts the networks, runs the body, stops them whatever happened. */
export async function withStations(
  networks: Network[],
  body: (...stations: Station[]) => Promise<void>,
): Promise<void> {
  try {
    await body(...(await Promise.all(networks.map(started))))
  } finally {
    await Promise.all(networks.map((network) => network.stop()))
  }
}

export async function join(from: Station, to: Station): Promise<void> {
  await from.network.connect(addressOf(to))
  await until(() => isConnected(from, to) && isConnected(to, from))
}

export function addressOf(station: Station): string {
  const [address] = station.network.addresses()
  ok(address)
  return address
}

export function isConnected(from: Station, to: Station): boolean {
  return statusOf(from, to)?.connected === true
}

export function statusOf(from: Station, to: Station): PeerStatus | undefined {
  return from.network.peers().find(({ peerId }) => peerId === to.network.peerId)
}

/** Waits until it holds; the test's own limit bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
}

/** The next process warning, which is then not printed among the results. */
export function nextWarning(): Promise<Error> {
  process.removeAllListeners('warning')
  return new Promise((resolve) => process.once('warning', resolve))
}
