/** What the dashboard and the doctor see of each peer. */

import type { Connection } from '@libp2p/interface'
import type { PeerStatus } from '@chirograph/interface'
import type { BanList } from './ban-list.js'
import type { Gossip } from './gossip.js'
import type { MessageLanes } from './message-lanes.js'
import type { PeerTable } from './peer-table.js'

interface StatusSources {
  readonly peers: PeerTable
  readonly bans: BanList
  readonly gossip: Gossip
  readonly lanes: MessageLanes
}

/** By peer id. */
export function peerStatuses({ peers, bans, gossip, lanes }: StatusSources): PeerStatus[] {
  const topicPeers = [...gossip.topicPeers()]
  const statuses = Array.from(peers.all(), (peer): PeerStatus => {
    const [connection] = peer.connections.values()
    const { count, bytes } = lanes.queued(peer.id)
    return {
      peerId: peer.id,
      connected: connection !== undefined,
      address: peer.address,
      path: connection === undefined ? null : pathOf(connection),
      sinceMs: peer.sinceMs,
      lastHeardMs: peer.lastHeardMs,
      topics: topicPeers.filter(([, ids]) => ids.has(peer.id)).map(([topic]) => topic),
      queuedCount: count,
      queuedBytes: bytes,
      droppedCount: peer.droppedCount,
      refusedCount: peer.refusedCount,
      bannedUntilMs: bans.untilMs(peer.id),
    }
  })
  return statuses.sort((a, b) => (a.peerId < b.peerId ? -1 : 1))
}

function pathOf({ remoteAddr, direct }: Connection): PeerStatus['path'] {
  if (!direct) return 'relayed'
  const host = remoteAddr.getComponents().find(({ name }) => name === 'ip4' || name === 'ip6')?.value ?? ''
  if (loopback.test(host)) return 'loopback'
  return local.test(host) ? 'lan' : 'direct'
}

const loopback = /^(127\.|::1$|::ffff:127\.)/

/** Private, shared and link-local ranges: RFC 1918, 6598, 3927, 4193 and 4291. */
const local =
  /^(::ffff:)?(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|^(f[cd]|fe[89ab])[0-9a-f]{0,2}:/i
