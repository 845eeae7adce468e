/** A clock that stands still until the test moves it: what is claimed by it holds on a machine of any speed. */
import type { Clock } from '@chirograph/interface'

export interface ManualClock extends Clock {
  /** Lets so much time pass at once, and fires what is due by then, in its order. */
  pass(ms: number): void
}

interface Timer {
  readonly atMs: number
  readonly fire: () => void
}

export function manualClock(): ManualClock {
  let nowMs = 1_750_000_000_000
  const timers = new Set<Timer>()

  function nextBy(endMs: number): Timer | undefined {
    const [first] = [...timers].filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs)
    return first
  }

  return {
    nowMs: () => nowMs,
    setTimer(afterMs, fire) {
      const timer = { atMs: nowMs + afterMs, fire }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    pass(ms) {
      const endMs = nowMs + ms
      for (let timer = nextBy(endMs); timer !== undefined; timer = nextBy(endMs)) {
        timers.delete(timer)
        nowMs = Math.max(nowMs, timer.atMs)
        timer.fire()
      }
      nowMs = endMs
    },
  }
}
