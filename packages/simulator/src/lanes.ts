/** One exchange at a time with each peer, a sync before the checkpoints that need its events, as the node's shell does. */
export type ExchangeKind = 'sync' | 'checkpoints'

export interface Lanes {
  /** Does nothing when the same kind already waits for this peer. `run` calls `done` when it has ended. */
  add(peer: number, kind: ExchangeKind, run: (done: () => void) => void): void
}

export function createLanes(): Lanes {
  const lanes = new Map<number, Map<ExchangeKind, (done: () => void) => void>>()

  function runNext(peer: number): void {
    const waiting = lanes.get(peer)
    const [kind, run] = waiting?.entries().next().value ?? []
    if (!waiting || !kind || !run) {
      lanes.delete(peer)
      return
    }
    waiting.delete(kind)
    run(() => runNext(peer))
  }

  return {
    add(peer, kind, run) {
      const waiting = lanes.get(peer)
      if (waiting) {
        if (!waiting.has(kind)) waiting.set(kind, run)
        return
      }
      lanes.set(peer, new Map([[kind, run]]))
      runNext(peer)
    },
  }
}
