/**
 * Who is connected: several connections to one peer count as one, and every
 * change is told exactly once. It only ever holds members and kept addresses, so
 * the member list bounds it.
 */

import type { Connection } from '@libp2p/interface'
import type { Clock, PeerChange } from '@chirograph/interface'

export interface Peer {
  readonly id: string
  /** Open connections by id, oldest first. */
  readonly connections: Map<string, Connection>
  /** When the present state began. */
  sinceMs: number
  lastHeardMs: number | null
  /** Where it was last connected from or to, or is expected. */
  address: string | null
  droppedCount: number
  refusedCount: number
}

export interface PeerTable {
  /**
   * Takes note of a connection on which both sides admitted each other; doing so
   * twice does nothing. An outbound connection opens before the far side has
   * looked at who we are, so what counts is the first thing heard on it.
   */
  admitted(connection: Connection): Peer
  isAdmitted(connection: Connection): boolean
  closed(connection: Connection): void
  /** Waits until a connection is admitted or closed, or the time is over. */
  admission(
    connection: Connection,
    options: { readonly timeoutMs: number },
  ): Promise<'admitted' | 'closed' | 'timeout'>
  /** Lists a peer that could not be reached yet. */
  expect(peer: { readonly peerId: string; readonly address: string }): void
  /** Lists a member that is kept away: one may have to go before it was admitted, by what it sent first. */
  know(peerId: string): void
  get(peerId: string): Peer | undefined
  /** A connection on which to open a stream. */
  connectionTo(peerId: string): Connection | undefined
  all(): Iterable<Peer>
  /** Tells of everybody's disconnection; nobody is connected afterwards. */
  stop(): void
}

export interface PeerTableOptions {
  readonly clock: Clock
  readonly changed: (peer: Peer, change: PeerChange) => void
}

export function createPeerTable({ clock, changed }: PeerTableOptions): PeerTable {
  const peers = new Map<string, Peer>()
  /** Who waits for an admission: two dials at the same time may get the same connection. */
  const waiting = new Set<{
    readonly id: string
    readonly settle: (outcome: 'admitted' | 'closed') => void
  }>()
  let stopped = false

  function ensure(id: string): Peer {
    let peer = peers.get(id)
    if (peer === undefined) {
      peer = {
        id,
        connections: new Map(),
        sinceMs: clock.nowMs(),
        lastHeardMs: null,
        address: null,
        droppedCount: 0,
        refusedCount: 0,
      }
      peers.set(id, peer)
    }
    return peer
  }

  function settleWaiting({ id }: Connection, outcome: 'admitted' | 'closed'): void {
    for (const waiter of [...waiting]) if (waiter.id === id) waiter.settle(outcome)
  }

  function isAdmitted(connection: Connection): boolean {
    return peers.get(connection.remotePeer.toString())?.connections.has(connection.id) === true
  }

  function disconnect(peer: Peer): void {
    peer.sinceMs = clock.nowMs()
    changed(peer, 'disconnected')
  }

  return {
    admitted(connection) {
      const peer = ensure(connection.remotePeer.toString())
      // It may have closed since.
      if (stopped || connection.status !== 'open' || peer.connections.has(connection.id)) return peer
      const isFirst = peer.connections.size === 0
      peer.connections.set(connection.id, connection)
      // The port that it dialled from is nobody's to dial.
      if (connection.direction === 'outbound' || peer.address === null)
        peer.address = connection.remoteAddr.toString()
      if (isFirst) {
        peer.sinceMs = clock.nowMs()
        changed(peer, 'connected')
      }
      settleWaiting(connection, 'admitted')
      return peer
    },

    isAdmitted,

    closed(connection) {
      settleWaiting(connection, 'closed')
      const peer = peers.get(connection.remotePeer.toString())
      if (peer === undefined || !peer.connections.delete(connection.id)) return
      if (peer.connections.size === 0) disconnect(peer)
    },

    admission(connection, { timeoutMs }) {
      if (isAdmitted(connection)) return Promise.resolve('admitted')
      if (stopped || connection.status !== 'open') return Promise.resolve('closed')
      return new Promise((resolve) => {
        const settle = (outcome: 'admitted' | 'closed' | 'timeout'): void => {
          waiting.delete(waiter)
          cancel()
          resolve(outcome)
        }
        const cancel = clock.setTimer(timeoutMs, () => settle('timeout'))
        const waiter = { id: connection.id, settle }
        waiting.add(waiter)
      })
    },

    expect({ peerId, address }) {
      ensure(peerId).address ??= address
    },

    know: (peerId) => void ensure(peerId),

    get: (peerId) => peers.get(peerId),

    connectionTo(peerId) {
      for (const connection of peers.get(peerId)?.connections.values() ?? []) {
        if (connection.status === 'open') return connection
      }
      return undefined
    },

    all: () => peers.values(),

    stop() {
      stopped = true
      for (const { settle } of [...waiting]) settle('closed')
      for (const peer of peers.values()) {
        if (peer.connections.size === 0) continue
        peer.connections.clear()
        disconnect(peer)
      }
    },
  }
}
