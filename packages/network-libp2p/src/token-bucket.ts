/** A budget that refills with time: so much a second, and no more than a burst saved up. */

export interface TokenBucket {
  /** Takes the amount, into debt if need be. */
  take(amount: number): void
  /** Takes the amount if it is there. */
  tryTake(amount: number): boolean
  /** Milliseconds until there is no debt; 0 without one. */
  debtMs(): number
}

export function tokenBucket({ perSecond, burst, nowMs }: TokenBucketOptions): TokenBucket {
  let tokens = burst
  let filledMs = nowMs()

  function fill(): void {
    const now = nowMs()
    // A clock that was set back must not take tokens away.
    tokens = Math.min(burst, tokens + (Math.max(0, now - filledMs) * perSecond) / 1000)
    filledMs = now
  }

  return {
    take(amount) {
      fill()
      tokens -= amount
    },
    tryTake(amount) {
      fill()
      if (tokens < amount) return false
      tokens -= amount
      return true
    },
    debtMs() {
      fill()
      return tokens < 0 ? (-tokens * 1000) / perSecond : 0
    },
  }
}

export interface TokenBucketOptions {
  readonly perSecond: number
  readonly burst: number
  readonly nowMs: () => number
}
