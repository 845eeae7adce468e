/** A child process that runs one node of a source and answers whoever syncs from it. Arguments: a JSON document. */

import { toHex, useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import { networkIdOf, parseGenesis } from '@chirograph/status'
import { openBenchNode } from './bench-node.js'
import { benchMember } from './members.js'
import type { ServeOptions } from './serve-options.js'

useSha256(fastestSha256())
const options: ServeOptions = JSON.parse(process.argv[2] ?? '{}')
const parsed = parseGenesis(options.genesis)
if (parsed.kind === 'invalid') throw new Error(`${parsed.path}: ${parsed.detail}`)
const { genesis } = parsed
const member = benchMember(options.member)
const network = createLibp2pNetwork({
  seed: member.seeds.transport,
  networkId: toHex(networkIdOf(genesis)),
  allowedPeers: new Set(genesis.organisations.map(({ peerId }) => peerId)),
  listen: ['/ip4/127.0.0.1/tcp/0'],
})
const { node, close } = await openBenchNode({ ...options, genesis, member, network })
process.send?.({ kind: 'ready', addresses: network.addresses() })
process.on('message', (message: { kind: string }) => {
  globalThis.gc?.()
  if (message.kind === 'status')
    process.send?.({ kind: 'status', status: node.status(), memory: process.memoryUsage() })
  if (message.kind === 'stop') void close().then(() => process.exit(0))
})
process.on('disconnect', () => process.exit(0))
