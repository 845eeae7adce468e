/** The libp2p node underneath: TCP, Noise, Yamux, identify, ping and gossipsub, and nothing that finds peers by itself. */

import './promise-with-resolvers.js'
import type { GossipSub, GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { Identify } from '@libp2p/identify'
import { identify } from '@libp2p/identify'
import type { ConnectionGater, Libp2p, PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import type { Ping } from '@libp2p/ping'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import {
  connectionsMax,
  inboundConnectionsPerSecond,
  inboundHandshakesMax,
  streamReadBufferBytesMax,
  streamWindowBytesMax,
} from './limits.js'

export type Libp2pNode = Libp2p<{ identify: Identify; ping: Ping; gossip: GossipSub }>

export interface Libp2pNodeOptions {
  readonly privateKey: PrivateKey
  readonly listen: readonly string[]
  readonly gate: ConnectionGater
  readonly gossip: Partial<GossipsubOpts>
  readonly dialTimeoutMs: number
}

/** A node that is not started. */
export function createLibp2pNode({
  privateKey,
  listen,
  gate,
  gossip,
  dialTimeoutMs,
}: Libp2pNodeOptions): Promise<Libp2pNode> {
  // A vote must not wait for the next one to fill its packet.
  const socketOptions = { noDelay: true, keepAlive: true }
  return createLibp2p({
    start: false,
    privateKey,
    addresses: { listen: [...listen] },
    nodeInfo: { name: 'chirograph', version: '1', userAgent: 'chirograph' },
    transports: [tcp({ dialOpts: socketOptions, listenOpts: socketOptions })],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        streamOptions: {
          maxStreamWindowSize: streamWindowBytesMax,
          maxReadBufferLength: streamReadBufferBytesMax,
        },
      }),
    ],
    connectionGater: gate,
    connectionManager: {
      dialTimeout: dialTimeoutMs,
      addressDialTimeout: dialTimeoutMs,
      maxConnections: connectionsMax,
      inboundConnectionThreshold: inboundConnectionsPerSecond,
      maxIncomingPendingConnections: inboundHandshakesMax,
      // Redialling is the address keeper's.
      reconnectRetries: 0,
    },
    services: { identify: identify(), ping: ping(), gossip: gossipsub(gossip) },
  })
}
