/** The Network port on libp2p: puts the parts together and owns their lifetime. */

import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { fromHex } from '@chirograph/codec'
import type {
  Clock,
  Misconduct,
  Network,
  NetworkHandlers,
  PeerRequest,
  PeerStatus,
  Topic,
} from '@chirograph/interface'
import {
  ChirographError,
  messageBytesMax,
  messageTooLarge,
  networkStopped,
  requestProtocols,
  systemClock,
} from '@chirograph/interface'
import type { AddressKeeper } from './address-keeper.js'
import { createAddressKeeper } from './address-keeper.js'
import type { BanList } from './ban-list.js'
import { createBanList } from './ban-list.js'
import { dial } from './dialer.js'
import type { Gossip } from './gossip.js'
import { createGossip } from './gossip.js'
import { reportBug } from './handler-bug.js'
import type { Libp2pNode } from './libp2p-node.js'
import { createLibp2pNode } from './libp2p-node.js'
import type { NetworkLimits } from './limits.js'
import { defaultLimits, messageStreamsMax, requestStreamsMax, stopMs } from './limits.js'
import { listenFailure } from './listen-failure.js'
import type { AllowedPeers } from './membership-gate.js'
import { isAllowed, membershipGate } from './membership-gate.js'
import type { MessageLanes } from './message-lanes.js'
import { createMessageLanes, messageProtocol } from './message-lanes.js'
import { peerIdOfSeed, privateKeyOfSeed } from './peer-id.js'
import { peerStatuses } from './peer-status.js'
import type { PeerTable } from './peer-table.js'
import { createPeerTable } from './peer-table.js'
import { createRequestAnswerer } from './request-answerer.js'
import type { RequestAsker } from './request-asker.js'
import { createRequestAsker } from './request-asker.js'
import { wireProtocols } from './request-protocols.js'
import { createStormWatch } from './storms.js'
import { startWatchdog } from './watchdog.js'

export interface Libp2pNetworkOptions {
  /** The 32-byte ed25519 transport key; it makes the peer id. */
  readonly seed: Uint8Array
  /** The network's id, 64 hex characters; its first 16 name the gossip topics. */
  readonly networkId: string
  /** Peer ids of the members. Whoever is not among them gets no connection, in either direction. */
  readonly allowedPeers: AllowedPeers
  /** Where to listen, as multiaddrs (`/ip4/0.0.0.0/tcp/4000`); empty to only dial. */
  readonly listen: readonly string[]
  readonly clock?: Clock | undefined
  readonly limits?: Partial<NetworkLimits> | undefined
}

/** What runs between a start and a stop. */
interface Running {
  readonly node: Libp2pNode
  readonly peers: PeerTable
  readonly bans: BanList
  readonly throttled: Set<string>
  /** A member that is not banned. */
  readonly admits: (peerId: string) => boolean
  readonly gossip: Gossip
  readonly lanes: MessageLanes
  readonly asker: RequestAsker
  readonly keeper: AddressKeeper
  /** Ends the dials under way. */
  readonly stopping: AbortController
  stopWatchdog: () => void
  /** Lets inbound connections in, or turns them away. */
  readonly openGate: (isOpen: boolean) => void
}

/** A network that is not started. */
export function createLibp2pNetwork(options: Libp2pNetworkOptions): Network {
  const peerId = peerIdOfSeed(options.seed)
  if (fromHex(options.networkId)?.length !== 32)
    throw new RangeError(`not a network id: ${options.networkId}`)
  let state: 'new' | 'starting' | 'running' | 'stopped' = 'new'
  let parts: Running | undefined
  let stopped: Promise<void> | undefined

  function running(): Running {
    if (parts === undefined || state !== 'running') throw networkStopped()
    return parts
  }

  async function start(handlers: NetworkHandlers): Promise<void> {
    if (state !== 'new') throw networkStopped()
    state = 'starting'
    const assembled = await assemble(options, handlers)
    parts = assembled
    try {
      await startParts(assembled, options)
    } catch (error) {
      state = 'stopped'
      await stopParts(assembled)
      throw listenFailure(options.listen, error)
    }
    // Whoever stopped it meanwhile waits for this start, and stops what it started.
    if (state === 'starting') state = 'running'
  }

  let started: Promise<void> | undefined

  return Object.freeze({
    peerId,

    start(handlers: NetworkHandlers): Promise<void> {
      const starting = start(handlers)
      started ??= starting
      return starting
    },

    stop(): Promise<void> {
      state = 'stopped'
      stopped ??= (async () => {
        // A start that failed has told its caller and stopped its parts.
        await started?.catch(() => {})
        if (parts !== undefined) await stopParts(parts)
      })()
      return stopped
    },

    async connect(address: string): Promise<void> {
      const { keeper } = running()
      await keeper.keep(parseAddress(address))
    },

    peers(): PeerStatus[] {
      return parts === undefined ? [] : peerStatuses(parts)
    },

    addresses(): string[] {
      return state === 'running' && parts !== undefined ? parts.node.getMultiaddrs().map(String) : []
    },

    async publish(topic: Topic, bytes: Uint8Array): Promise<void> {
      await running().gossip.publish(topic, bytes)
    },

    send(to: string, bytes: Uint8Array): void {
      const { lanes } = running()
      if (bytes.length > messageBytesMax) throw messageTooLarge({ size: bytes.length, max: messageBytesMax })
      lanes.send(to, bytes)
    },

    async *request(request: PeerRequest): AsyncIterable<Uint8Array> {
      yield* running().asker.request(request)
    },

    drop(peer: string, { forMs, reason }: { readonly forMs: number; readonly reason: string }): void {
      const { node, peers, bans, keeper } = running()
      bans.ban(peer, forMs)
      if (!bans.isBanned(peer)) return keeper.redialLost()
      peers.know(peer)
      for (const connection of node.getConnections()) {
        if (connection.remotePeer.toString() === peer) connection.abort(new Error(`dropped: ${reason}`))
      }
    },

    throttle(peer: string, isThrottled: boolean): void {
      const { throttled } = running()
      if (isThrottled) throttled.add(peer)
      else throttled.delete(peer)
    },
  })
}

async function assemble(options: Libp2pNetworkOptions, handlers: NetworkHandlers): Promise<Running> {
  const { seed, networkId, allowedPeers, listen, clock = systemClock } = options
  const limits: NetworkLimits = { ...defaultLimits, ...options.limits }
  const stopping = new AbortController()
  let openGate = (_isOpen: boolean): void => {}
  const opened = new Promise<boolean>((resolve) => {
    openGate = resolve
  })

  const bans = createBanList(clock)
  const throttled = new Set<string>()
  const isThrottled = (peerId: string): boolean => throttled.has(peerId)
  const admits = (peerId: string): boolean => isAllowed(allowedPeers, peerId) && !bans.isBanned(peerId)
  const misconduct = (peerId: string, what: Misconduct): void =>
    guard('misconduct', () => handlers.misconduct?.(peerId, what))

  const peers = createPeerTable({
    clock,
    changed(peer, change) {
      if (change === 'disconnected') {
        lanes.disconnected(peer.id)
        keeper.redialLost()
      }
      guard('peer', () => handlers.peer(peer.id, change))
    },
  })
  const message = (from: string, bytes: Uint8Array): void =>
    guard('message', () => handlers.message(from, bytes))
  const common = { peers, limits, clock, bans, isThrottled, misconduct }
  const lanes = createMessageLanes({ ...common, message })
  const gossip = createGossip({ ...common, networkId, gossip: handlers.gossip })
  const asker = createRequestAsker(common)
  const answerer = createRequestAnswerer({ ...common, request: handlers.request })
  const storms = createStormWatch({ ...common, connections: () => node.getConnections() })
  const node = await createLibp2pNode({
    privateKey: privateKeyOfSeed(seed),
    listen,
    gate: membershipGate({ admits, mayConnect: storms.mayConnect, opened }),
    gossip: gossip.options,
    intake: gossip.intake,
    streamOpened: storms.streamOpened,
    dialTimeoutMs: limits.dialTimeoutMs,
  })
  const keeper = createAddressKeeper({
    peers,
    bans,
    limits,
    clock,
    dial: (address) =>
      dial({ node, peers, bans, address, timeoutMs: limits.dialTimeoutMs, signal: stopping.signal }),
  })

  node.addEventListener('peer:identify', ({ detail }) => void peers.admitted(detail.connection))
  node.addEventListener('connection:close', ({ detail }) => peers.closed(detail))
  await node.handle(messageProtocol, lanes.accept, { maxInboundStreams: messageStreamsMax })
  for (const protocol of requestProtocols) {
    await node.handle(
      wireProtocols[protocol],
      // Not awaited: libp2p counts an unfinished handler as an unfinished negotiation.
      (stream, connection) => void answerer.answer(protocol, stream, connection),
      { maxInboundStreams: requestStreamsMax, maxOutboundStreams: requestStreamsMax },
    )
  }
  const parts = { node, peers, bans, throttled, admits, gossip, lanes, asker, keeper }
  return { ...parts, stopping, stopWatchdog: () => {}, openGate }
}

async function startParts(
  parts: Running,
  { limits, clock = systemClock }: Libp2pNetworkOptions,
): Promise<void> {
  await parts.node.start()
  parts.gossip.attach(parts.node.services.gossip)
  parts.openGate(true)
  parts.stopWatchdog = startWatchdog({
    ...parts,
    limits: { ...defaultLimits, ...limits },
    clock,
  })
}

async function stopParts({
  node,
  peers,
  asker,
  keeper,
  stopping,
  stopWatchdog,
  openGate,
}: Running): Promise<void> {
  openGate(false)
  stopWatchdog()
  keeper.stop()
  stopping.abort()
  asker.stop()
  await Promise.race([node.stop(), after(stopMs)])
  for (const connection of node.getConnections()) connection.abort(new Error('the network stops'))
  peers.stop()
}

/** The limit of a graceful stop is real time, whatever clock the node runs on; it does not keep the process. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

function guard(handler: string, call: () => void): void {
  try {
    call()
  } catch (error) {
    reportBug(handler, error)
  }
}

function parseAddress(address: string): Multiaddr {
  let parsed: Multiaddr | undefined
  let cause: unknown
  try {
    parsed = multiaddr(address)
  } catch (error) {
    cause = error
  }
  if (parsed?.getComponents().some(({ name }) => name === 'tcp' || name === 'dnsaddr')) return parsed
  throw new ChirographError({
    code: 'NETWORK_ADDRESS_INVALID',
    what: `"${address}" is not the address of a TCP port`,
    hint: 'write it like /ip4/192.0.2.1/tcp/4000/p2p/12D3Koo… or /dns4/node.example.edu/tcp/4000',
    facts: { address },
    cause,
  })
}
