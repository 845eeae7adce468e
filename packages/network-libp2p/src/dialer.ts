/** One dial, and what its failure means. */

import type { ChirographError } from '@chirograph/interface'
import { dialFailed, networkStopped, peerNotAllowed } from '@chirograph/interface'
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Libp2pNode } from './libp2p-node.js'
import { peerOfAddress } from './membership-gate.js'

/** Dials; fails with `NETWORK_DIAL_FAILED`, `NETWORK_PEER_NOT_ALLOWED` or, when the signal aborts, `NETWORK_STOPPED`. */
export async function dial(node: Libp2pNode, address: Multiaddr, signal: AbortSignal): Promise<Connection> {
  // What the handshake got to tells a stranger's door from no door at all.
  const seen = new Set<string>()
  try {
    return await node.dial(address, { signal, onProgress: ({ type }) => seen.add(type) })
  } catch (error) {
    if (signal.aborted) throw networkStopped(error)
    throw dialFailure({ address, error, seen })
  }
}

interface FailedDial {
  readonly address: Multiaddr
  readonly error: unknown
  readonly seen: ReadonlySet<string>
}

function dialFailure({ address, error, seen }: FailedDial): ChirographError {
  const text = address.toString()
  const peerId = peerOfAddress(address) ?? null
  if (hasName(error, deniedHere)) return peerNotAllowed({ address: text, peerId, refusedBy: 'us' })
  // Multiplexing starts once both sides have proven who they are; members do not end it there.
  if (seen.has('upgrader:multiplex-outbound-connection') && !hasName(error, timeouts)) {
    return peerNotAllowed({ address: text, peerId, refusedBy: 'them' })
  }
  return dialFailed(text, error)
}

const deniedHere = new Set(['DialDeniedError', 'ConnectionInterceptedError'])
const timeouts = new Set(['TimeoutError', 'AbortError'])

/** Whether an error, or one it is made of, has one of these names: libp2p nests them when an address resolves to several. */
function hasName(error: unknown, names: ReadonlySet<string>): boolean {
  if (!(error instanceof Error)) return false
  if (names.has(error.name)) return true
  return error instanceof AggregateError && error.errors.some((each: unknown) => hasName(each, names))
}
