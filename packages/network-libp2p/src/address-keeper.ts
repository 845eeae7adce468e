/** Keeps addresses connected: dials, and dials again with growing, jittered waits for as long as the network runs. */

import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '@chirograph/interface'
import { isChirographError } from '@chirograph/interface'
import type { BanList } from './ban-list.js'
import type { NetworkLimits } from './limits.js'
import { peerOfAddress } from './membership-gate.js'
import type { PeerTable } from './peer-table.js'

export interface AddressKeeper {
  /** Keeps the address from now on, and fails as its first dial does. */
  keep(address: Multiaddr): Promise<void>
  /** Dials every kept address whose peer is not connected and that nobody is about to dial. */
  redialLost(): void
  stop(): void
}

export interface AddressKeeperOptions {
  readonly peers: PeerTable
  readonly bans: BanList
  readonly limits: NetworkLimits
  readonly clock: Clock
  /** Gives a connection on which the far side admitted us, or fails with a `ChirographError`. */
  readonly dial: (address: Multiaddr) => Promise<Connection>
}

interface Kept {
  readonly address: Multiaddr
  peerId: string | undefined
  /** Attempts since it was last connected for as long as the longest wait. */
  attempts: number
  connectedMs: number
  dialling: Promise<void> | undefined
  cancelRedial: (() => void) | undefined
}

export function createAddressKeeper({
  peers,
  bans,
  limits,
  clock,
  dial,
}: AddressKeeperOptions): AddressKeeper {
  const entries = new Map<string, Kept>()
  let stopped = false

  const isConnected = ({ peerId }: Kept): boolean =>
    peerId !== undefined && peers.connectionTo(peerId) !== undefined

  function attempt(entry: Kept): Promise<void> {
    entry.cancelRedial?.()
    entry.cancelRedial = undefined
    entry.dialling ??= connect(entry).finally(() => {
      entry.dialling = undefined
    })
    return entry.dialling
  }

  async function connect(entry: Kept): Promise<void> {
    if (isConnected(entry)) return
    entry.attempts++
    const connection = await dial(entry.address)
    entry.peerId = connection.remotePeer.toString()
    entry.connectedMs = clock.nowMs()
    peers.admitted(connection)
  }

  function redialLater(entry: Kept): void {
    if (stopped || entry.dialling !== undefined || entry.cancelRedial !== undefined) return
    // A peer that accepts and closes at once is waited for like one that does not accept.
    if (clock.nowMs() - entry.connectedMs > limits.redialMaxMs && entry.connectedMs > 0) entry.attempts = 0
    entry.connectedMs = 0
    const waitMs = Math.min(limits.redialMaxMs, limits.redialMinMs * 2 ** Math.min(entry.attempts, 16))
    // The watchdog asks again, and by then the ban may be over.
    if (entry.peerId !== undefined && bans.isBanned(entry.peerId)) return
    entry.cancelRedial = clock.setTimer(waitMs * (0.5 + Math.random() / 2), () => {
      entry.cancelRedial = undefined
      attempt(entry).catch(() => redialLater(entry))
    })
  }

  return {
    async keep(address) {
      const key = address.toString()
      let entry = entries.get(key)
      if (entry === undefined) {
        const peerId = peerOfAddress(address)
        entry = { address, peerId, attempts: 0, connectedMs: 0, dialling: undefined, cancelRedial: undefined }
        entries.set(key, entry)
      }
      try {
        await attempt(entry)
      } catch (error) {
        // Those who do not know us yet may learn of us; whom we do not admit we do not bother.
        if (isChirographError(error, 'NETWORK_PEER_NOT_ALLOWED') && error.facts.refusedBy === 'us') {
          entries.delete(key)
        } else {
          if (entry.peerId !== undefined) peers.expect({ peerId: entry.peerId, address: key })
          redialLater(entry)
        }
        throw error
      }
    },

    redialLost() {
      for (const entry of entries.values()) if (!isConnected(entry)) redialLater(entry)
    },

    stop() {
      stopped = true
      for (const entry of entries.values()) entry.cancelRedial?.()
    },
  }
}
