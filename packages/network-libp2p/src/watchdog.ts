/**
 * Looks after what libp2p does not mend by itself: kept addresses that are not
 * connected, connected members whose gossip stream was reset (it stays silent for
 * ever, js-libp2p-gossipsub #456), connections of those who are members no more, and
 * connections on which nothing was ever heard.
 */

import type { Stream } from '@libp2p/interface'
import type { Clock } from '@chirograph/interface'
import type { AddressKeeper } from './address-keeper.js'
import type { Gossip } from './gossip.js'
import type { Libp2pNode } from './libp2p-node.js'
import type { NetworkLimits } from './limits.js'
import type { Peer, PeerTable } from './peer-table.js'

export interface WatchdogOptions {
  readonly node: Libp2pNode
  readonly peers: PeerTable
  readonly keeper: AddressKeeper
  readonly gossip: Gossip
  readonly admits: (peerId: string) => boolean
  readonly limits: NetworkLimits
  readonly clock: Clock
}

/** Starts looking; the returned function ends it. */
export function startWatchdog({
  node,
  peers,
  keeper,
  gossip,
  admits,
  limits,
  clock,
}: WatchdogOptions): () => void {
  /** When each connected peer was last seen to take part in gossip. */
  const heardOnMs = new WeakMap<Peer, number>()
  let cancel = clock.setTimer(limits.watchdogMs, look)

  function look(): void {
    cancel = clock.setTimer(limits.watchdogMs, look)
    keeper.redialLost()
    for (const connection of node.getConnections()) {
      // libp2p dates a connection by the system's clock, whatever clock the node runs on.
      if (Date.now() - connection.timeline.open > limits.dialTimeoutMs && !peers.isAdmitted(connection)) {
        connection.abort(new Error('nothing was heard on it'))
      }
    }
    const members = new Set([...gossip.topicPeers().values()].flatMap((ids) => [...ids]))
    for (const peer of peers.all()) {
      if (peer.connections.size === 0) continue
      if (!admits(peer.id)) {
        closeAll(peer, 'not admitted any more')
      } else if (members.has(peer.id) && sendsGossip(peer)) {
        heardOnMs.set(peer, clock.nowMs())
      } else if (clock.nowMs() - Math.max(peer.sinceMs, heardOnMs.get(peer) ?? 0) >= limits.topicPeerMs) {
        closeAll(peer, 'connected without gossip')
      }
    }
  }

  return () => cancel()
}

/**
 * Whether there is a stream on which gossip goes out: gossipsub holds on to one of
 * an earlier connection when that closed while the stream was being opened.
 */
function sendsGossip(peer: Peer): boolean {
  for (const { streams } of peer.connections.values()) {
    const isOut = ({ direction, protocol }: Stream): boolean =>
      direction === 'outbound' && protocol.startsWith('/meshsub/')
    if (streams.some(isOut)) return true
  }
  return false
}

/** Whoever keeps the address dials again, and gossip starts afresh with the connection. */
function closeAll(peer: Peer, why: string): void {
  for (const connection of peer.connections.values()) connection.abort(new Error(why))
}
