/** Who gets a connection: members that are not banned, in both directions. */

import type { ConnectionGater } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Peer ids that may connect: a set, which may change at any time, or a question. */
export type AllowedPeers = ReadonlySet<string> | ((peerId: string) => boolean)

export function isAllowed(allowed: AllowedPeers, peerId: string): boolean {
  return typeof allowed === 'function' ? allowed(peerId) : allowed.has(peerId)
}

/**
 * Refuses strangers as soon as they are known: before dialling when the address
 * names them, otherwise right after the handshake that proves who they are.
 *
 * @param mayConnect whether a member may make one more connection now; asked once for each.
 * @param opened whether to let anybody in, once that is known. libp2p listens
 * before gossipsub is ready, and a stream that comes between is lost silently;
 * so connections wait until everything has started.
 */
export function membershipGate({
  admits,
  mayConnect,
  opened,
}: {
  readonly admits: (peerId: string) => boolean
  readonly mayConnect: (peerId: string) => boolean
  readonly opened: Promise<boolean>
}): ConnectionGater {
  const isStranger = (peer: { toString(): string }): boolean => !admits(peer.toString())
  return {
    denyDialPeer: isStranger,
    denyDialMultiaddr(address) {
      const named = peerOfAddress(address)
      return named !== undefined && isStranger(named)
    },
    denyInboundConnection: async () => !(await opened),
    denyInboundEncryptedConnection: (peer) => isStranger(peer) || !mayConnect(peer.toString()),
    denyOutboundEncryptedConnection: isStranger,
    // Relays and address books are of no use here: every address comes from `connect`.
    denyInboundRelayedConnection: (_relay, peer) => isStranger(peer),
  }
}

/** The peer id an address ends in, if it names one. */
export function peerOfAddress(address: Multiaddr): string | undefined {
  return address.getComponents().findLast(({ name }) => name === 'p2p')?.value
}
