/**
 * A child process that is a member of the network and misbehaves until it is ended. It speaks by the adapter that honest
 * nodes use, without the limits that keep their sending below what others accept. Arguments: a JSON document.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { toHex, useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { segmentOf } from '@chirograph/event'
import type { NetworkHandlers } from '@chirograph/interface'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import { encodeSegmentFrame } from '@chirograph/replica'
import { networkIdOf, parseGenesis } from '@chirograph/status'
import { signedChain } from './chains.js'
import type { HostileOptions } from './hostile-options.js'
import { benchMember } from './members.js'

/** Signed before it connects, so that what it does afterwards is to send. */
const eventsReady = 40_000

/**
 * Messages at once, and then a second: several times what anybody reads, and many times the budget of an author. To try
 * more would not reach those that are measured, and take the processor from them, which is that of the same machine.
 */
const sentBurst = 4_000
const sentPerSecond = 500

/** Far above what one process can send. */
const unlimited = 1e9

useSha256(fastestSha256())
const { kind, member: index, addresses, ...options }: HostileOptions = JSON.parse(process.argv[2] ?? '{}')
const parsed = parseGenesis(options.genesis)
if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
const { genesis } = parsed
const networkId = networkIdOf(genesis)
const member = benchMember(index)
const network = createLibp2pNetwork({
  seed: member.seeds.transport,
  networkId: toHex(networkId),
  allowedPeers: new Set(genesis.organisations.map(({ peerId }) => peerId)),
  listen: [],
  limits: {
    sentGossipPerSecond: unlimited,
    sentGossipBurst: unlimited,
    sentGossipBytesPerSecond: unlimited,
    sentGossipBytesBurst: unlimited,
  },
})

/** A question that is never answered, or refused at once. */
const request: NetworkHandlers['request'] = async function* () {
  if (kind === 'stall') await new Promise(() => {})
  throw new Error('nothing is answered here')
}

const chain = signedChain(networkId, member)
const events = Array.from({ length: kind === 'stall' ? 0 : eventsReady }, () => chain.next().value)
process.send?.('ready')
process.on('disconnect', () => process.exit(0))
await new Promise<void>((resolve) => process.once('message', () => resolve()))
process.on('message', () => process.send?.(process.cpuUsage()))
await network.start({ gossip: async () => 'ignore', message() {}, peer() {}, request })
// Whoever has dropped it refuses; it goes on with the others.
for (const address of addresses) await network.connect(address).catch(() => {})
const beginMs = performance.now()
for (const [sent, event] of events.entries()) {
  const segment = segmentOf(kind === 'garbage' ? { ...event, signature: randomBytes(64) } : event)
  await network.publish('events', encodeSegmentFrame([segment])).catch(() => {})
  await turn()
  while (sent > sentBurst + ((performance.now() - beginMs) * sentPerSecond) / 1000) await sleep(5)
  // Where everybody has dropped it, it waits; to go on would only take the processor from those that are measured.
  while (!network.peers().some(({ connected }) => connected)) await sleep(50)
}
