/** A budget in messages and in bytes, and the watch over a peer that exceeds one. */

import type { Clock } from '@chirograph/interface'
import { throttleDivisor } from './limits.js'
import { tokenBucket } from './token-bucket.js'

export interface Cost {
  readonly count: number
  readonly bytes: number
}

export interface Rates {
  readonly perSecond: number
  readonly burst: number
  readonly bytesPerSecond: number
  readonly bytesBurst: number
}

export interface Budget {
  /** Takes the cost, into debt if need be. */
  charge(cost: Cost): void
  /** Milliseconds until there is no debt; 0 without one. */
  debtMs(): number
}

export function createBudget(rates: Rates, clock: Clock): Budget {
  const nowMs = (): number => clock.nowMs()
  const counts = tokenBucket({ perSecond: rates.perSecond, burst: rates.burst, nowMs })
  const bytes = tokenBucket({ perSecond: rates.bytesPerSecond, burst: rates.bytesBurst, nowMs })
  return {
    charge(cost) {
      counts.take(cost.count)
      bytes.take(cost.bytes)
    },
    debtMs: () => Math.max(counts.debtMs(), bytes.debtMs()),
  }
}

/** By how much a timer may be late and still count as time in which the peer was held back. */
const lateTimerMs = 50

/** What one peer may send by one way; it outlives a connection, so that reconnecting buys nothing. */
export interface InboundBudget extends Budget {
  /** Calls back when the debt is paid, and takes note that the peer had to wait for it. The returned function cancels. */
  afterDebt(resume: () => void): () => void
}

export interface InboundBudgetOptions {
  readonly rates: Rates
  readonly clock: Clock
  readonly floodHeldMs: number
  readonly isThrottled: () => boolean
  /** The peer was held back for longer than any honest backlog lasts. */
  readonly onFlood: () => void
}

export function createInboundBudget(options: InboundBudgetOptions): InboundBudget {
  const { rates, clock, floodHeldMs, isThrottled, onFlood } = options
  const budget = createBudget(rates, clock)
  // Of two seconds an honest sender fills one at most: it sends at half of this budget.
  const patience = tokenBucket({ perSecond: 500, burst: floodHeldMs, nowMs: () => clock.nowMs() })

  function heldBack(ms: number): void {
    // Against the small budget of a throttled peer an honest one would look like a flood.
    if (isThrottled()) return
    patience.take(ms)
    if (patience.debtMs() > 0) onFlood()
  }

  return {
    charge({ count, bytes }) {
      const factor = isThrottled() ? throttleDivisor : 1
      budget.charge({ count: count * factor, bytes: bytes * factor })
    },
    debtMs: budget.debtMs,
    afterDebt(resume) {
      const debtMs = budget.debtMs()
      const startMs = clock.nowMs()
      return clock.setTimer(debtMs, () => {
        // A timer that is late counts a little, or a busy machine would see no flood; a frozen one must not blame the peer.
        heldBack(Math.min(clock.nowMs() - startMs, debtMs + lateTimerMs))
        resume()
      })
    },
  }
}
