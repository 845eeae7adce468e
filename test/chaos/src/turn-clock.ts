/**
 * A clock on which a millisecond is one turn of the event loop. Nodes that live on it, on disks and wires in memory,
 * do the same again with the same seed, and wait for nothing.
 */
import type { Clock } from '@chirograph/interface'

export interface TurnClock extends Clock {
  sleep(turns: number): Promise<void>
  /** It stands still until it runs, and after it was stopped. */
  run(): void
  stop(): void
}

export function createTurnClock(startMs: number): TurnClock {
  let nowMs = startMs
  let isRunning = false
  const timers = new Set<{ readonly dueMs: number; readonly fire: () => void }>()

  function turn(): void {
    if (!isRunning) return
    setImmediate(turn)
    nowMs++
    const due = [...timers].filter(({ dueMs }) => dueMs <= nowMs)
    // In order of time, and where that is one, of the asking. One may cancel the next.
    for (const timer of due.sort((a, b) => a.dueMs - b.dueMs)) if (timers.delete(timer)) timer.fire()
  }

  function setTimer(afterMs: number, fire: () => void): () => void {
    const timer = { dueMs: nowMs + Math.max(1, Math.ceil(afterMs)), fire }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  return {
    nowMs: () => nowMs,
    setTimer,
    sleep: (turns) => new Promise((resolve) => void setTimer(turns, resolve)),
    run() {
      isRunning = true
      setImmediate(turn)
    },
    stop() {
      isRunning = false
    },
  }
}
