/** One bulk at a time: the same events from two peers help nobody. A slow peer loses its turn to whoever comes next. */
import type { ReplicaEffect } from '@chirograph/replica'

export interface BulkTurn {
  /** Whether so many events may come from this peer now. */
  begin(peer: string, eventCount: number): boolean
  /** So many came that were not here before. */
  took(peer: string, eventCount: number): void
  end(peer: string): void
}

/** Events of one answer that make it bulk. */
const bulkEventsMin = 2_048

/** What a bulk must bring after its first seconds to keep the turn: a fiftieth of what a slow disk takes. */
const eventsPerSecondMin = 200
const patienceMs = 5_000

/** Events that a step made known here: those of a segment that is known already are none. */
export function freshEventsOf(effects: readonly ReplicaEffect[]): number {
  let count = 0
  for (const effect of effects) if (effect.kind === 'admitted') count += effect.events.length
  return count
}

export function createBulkTurn(nowMs: () => number): BulkTurn {
  let holder: { readonly peer: string; readonly sinceMs: number; taken: number } | undefined

  function isSlow({ sinceMs, taken }: { readonly sinceMs: number; readonly taken: number }): boolean {
    const ms = Math.abs(nowMs() - sinceMs)
    return ms > patienceMs && taken < (ms * eventsPerSecondMin) / 1000
  }

  return {
    begin(peer, eventCount) {
      if (eventCount < bulkEventsMin) return true
      if (holder !== undefined && holder.peer !== peer && !isSlow(holder)) return false
      holder = { peer, sinceMs: nowMs(), taken: 0 }
      return true
    },
    took(peer, eventCount) {
      if (holder?.peer === peer) holder.taken += eventCount
    },
    end(peer) {
      if (holder?.peer === peer) holder = undefined
    },
  }
}
