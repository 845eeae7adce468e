/** Whom to ask next: whoever was asked longest ago. Throttled peers come last and rarely, dropped ones not at all. */
import type { PeerConduct } from './peer-conduct.js'

export interface SyncRota {
  /** The next of these peers, which takes its turn by this; undefined when none may be asked now. */
  next(peers: readonly string[]): string | undefined
}

export function createSyncRota(conduct: PeerConduct): SyncRota {
  /** Peers in the order in which they were last asked; those who left are forgotten. */
  let asked: string[] = []

  return {
    next(peers) {
      asked = asked.filter((peer) => peers.includes(peer))
      const fresh = peers.filter((peer) => !asked.includes(peer))
      const inTurn = [...fresh, ...asked]
      const ok = inTurn.filter((peer) => conduct.of(peer).state === 'ok')
      const throttled = inTurn.filter((peer) => conduct.of(peer).state === 'throttled')
      // A throttled peer whose turn it is goes first, or those that are well would always be before it.
      const next = throttled.find((peer) => conduct.takeTurn(peer, 'sync')) ?? ok[0]
      if (next !== undefined) asked = [...asked.filter((peer) => peer !== next), next]
      return next
    },
  }
}
