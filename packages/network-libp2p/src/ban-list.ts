/** Whom `drop` keeps away, and until when. In memory only: a restart forgives. */

import type { Clock } from '@chirograph/interface'
import { bansMax } from './limits.js'

export interface BanList {
  /** Moves the end of an earlier ban, in either direction; `forMs` of 0 lifts it. */
  ban(peerId: string, forMs: number): void
  isBanned(peerId: string): boolean
  /** Null when the peer is not banned. */
  untilMs(peerId: string): number | null
  /** Whether anybody is banned. */
  isInUse(): boolean
}

export function createBanList(clock: Clock): BanList {
  const ends = new Map<string, number>()

  function untilMs(peerId: string): number | null {
    const end = ends.get(peerId)
    if (end === undefined) return null
    if (end > clock.nowMs()) return end
    ends.delete(peerId)
    return null
  }

  /** The ban that would end first makes room. */
  function makeRoom(): void {
    const [soonest] = [...ends].sort(([, a], [, b]) => a - b)
    if (soonest !== undefined) ends.delete(soonest[0])
  }

  return {
    ban(peerId, forMs) {
      ends.delete(peerId)
      if (forMs <= 0) return
      if (ends.size >= bansMax) makeRoom()
      ends.set(peerId, clock.nowMs() + forMs)
    },
    isBanned: (peerId) => untilMs(peerId) !== null,
    untilMs,
    isInUse: () => [...ends.keys()].some((peerId) => untilMs(peerId) !== null),
  }
}
