/** The libp2p node underneath: TCP, Noise, Yamux, identify, ping and gossipsub, and nothing that finds peers by itself. */

import './promise-with-resolvers.js'
import type { GossipSub, GossipSubComponents, GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { Identify } from '@libp2p/identify'
import { identify } from '@libp2p/identify'
import type {
  ConnectionGater,
  Libp2p,
  PrivateKey,
  Stream,
  StreamHandler,
  StreamMuxer,
} from '@libp2p/interface'
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
  /** What gossipsub is given to read in place of an inbound stream; by default the stream. */
  readonly intake?: (stream: Stream, peerId: string) => Stream
  /** Called for every stream that a peer opens, before anything is negotiated on it. */
  readonly streamOpened?: (muxer: StreamMuxer) => void
}

/** A node that is not started. */
export function createLibp2pNode({
  privateKey,
  listen,
  gate,
  gossip,
  dialTimeoutMs,
  intake,
  streamOpened,
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
    streamMuxers: [countingYamux(streamOpened)],
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
    services: {
      identify: identify(),
      ping: ping(),
      gossip: (components: GossipSubComponents) => gossipsub(gossip)(withIntake(components, intake)),
    },
  })
}

function countingYamux(streamOpened: Libp2pNodeOptions['streamOpened']) {
  const create = yamux({
    streamOptions: {
      maxStreamWindowSize: streamWindowBytesMax,
      maxReadBufferLength: streamReadBufferBytesMax,
    },
  })
  return () => {
    const factory = create()
    return {
      protocol: factory.protocol,
      createStreamMuxer(connection: Parameters<typeof factory.createStreamMuxer>[0]) {
        const muxer = factory.createStreamMuxer(connection)
        const { onRemoteStream } = muxer
        // Not a listener: the muxer keeps streams that come too early only while there is none.
        muxer.onRemoteStream = (stream) => {
          onRemoteStream.call(muxer, stream)
          streamOpened?.(muxer)
        }
        return muxer
      },
    }
  }
}

/** The components as gossipsub sees them: its inbound streams pass through the intake. */
function withIntake(
  components: GossipSubComponents,
  intake: Libp2pNodeOptions['intake'],
): GossipSubComponents {
  if (intake === undefined) return components
  const { registrar } = components
  const handle: typeof registrar.handle = (protocol, handler, options) => {
    const taken: StreamHandler = (stream, connection) =>
      handler(intake(stream, connection.remotePeer.toString()), connection)
    return registrar.handle(protocol, taken, options)
  }
  // Everything else is used as it is, on the object that it belongs to.
  const replaced = new Proxy(registrar, {
    get(target, name) {
      if (name === 'handle') return handle
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return new Proxy(components, {
    get: (target, name) => (name === 'registrar' ? replaced : Reflect.get(target, name)),
  })
}
