/** One dial, and what its failure means. */

import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ChirographError } from '@chirograph/interface'
import { dialFailed, networkStopped, peerDropped, peerNotAllowed } from '@chirograph/interface'
import type { BanList } from './ban-list.js'
import type { Libp2pNode } from './libp2p-node.js'
import { peerOfAddress } from './membership-gate.js'
import type { PeerTable } from './peer-table.js'

export interface DialOptions {
  readonly node: Libp2pNode
  readonly peers: PeerTable
  readonly bans: BanList
  readonly address: Multiaddr
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Dials, and waits until the far side admitted us. Fails with
 * `NETWORK_DIAL_FAILED`, `NETWORK_PEER_NOT_ALLOWED`, `NETWORK_PEER_DROPPED` or,
 * when the signal aborts, `NETWORK_STOPPED`.
 */
export async function dial(options: DialOptions): Promise<Connection> {
  const { peers, address, timeoutMs, signal } = options
  const connection = await open(options)
  const admission = await peers.admission(connection, { timeoutMs })
  if (signal.aborted) throw networkStopped()
  if (admission === 'admitted') return connection
  if (admission === 'closed') throw refused(address, { by: 'them', peerId: connection.remotePeer.toString() })
  connection.abort(new Error('nothing was heard on it'))
  throw dialFailed(address.toString())
}

async function open({ node, bans, address, signal }: DialOptions): Promise<Connection> {
  try {
    // One of its own for each dial: the library listens to it, and many listeners on one signal warn of a leak.
    return await node.dial(address, { signal: AbortSignal.any([signal]) })
  } catch (error) {
    if (signal.aborted) throw networkStopped(error)
    const peerId = peerOfAddress(address) ?? null
    if (hasName(error, gateErrors)) {
      const untilMs = peerId === null ? null : bans.untilMs(peerId)
      // An address that names nobody may be that of a banned peer, which is no stranger.
      const isBanned = peerId === null ? bans.isInUse() : untilMs !== null
      throw isBanned
        ? peerDropped({ address: address.toString(), untilMs })
        : refused(address, { by: 'us', peerId })
    }
    // What libp2p says when a connection is open on our side and closed on the other.
    if (hasName(error, closedErrors)) throw refused(address, { by: 'them', peerId })
    throw dialFailed(address.toString(), error)
  }
}

function refused(
  address: Multiaddr,
  { by, peerId }: { readonly by: 'us' | 'them'; readonly peerId: string | null },
): ChirographError {
  return peerNotAllowed({ address: address.toString(), peerId, refusedBy: by })
}

const gateErrors = new Set(['DialDeniedError', 'ConnectionInterceptedError'])
const closedErrors = new Set(['ConnectionClosedError'])

/** Whether an error, or one it is made of, has one of these names: libp2p nests them when an address resolves to several. */
function hasName(error: unknown, names: ReadonlySet<string>): boolean {
  if (!(error instanceof Error)) return false
  if (names.has(error.name)) return true
  return error instanceof AggregateError && error.errors.some((each: unknown) => hasName(each, names))
}
