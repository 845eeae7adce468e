/**
 * Time as a port: a node on the system clock and a node under the simulator's
 * virtual clock run the same code.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch. A claim to put in events, never an order. */
  nowMs(): number
  /**
   * Calls `fire` once, no sooner than `afterMs` from now, never synchronously.
   * The returned function cancels it; cancelling twice or too late does nothing.
   */
  setTimer(afterMs: number, fire: () => void): () => void
}

/** The clock of this machine. Its timers keep the process alive until they fire or are cancelled. */
export const systemClock: Clock = Object.freeze({
  nowMs: () => Date.now(),
  setTimer(afterMs: number, fire: () => void): () => void {
    const timer = setTimeout(fire, afterMs)
    return () => clearTimeout(timer)
  },
})
