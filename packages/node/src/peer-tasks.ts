/** Work with peers, one task at a time for each: a sync before the checkpoints that need its events. */

export type PeerTask = 'sync' | 'checkpoints'

export interface PeerTasks {
  /** Does nothing when the same task already waits for this peer. */
  add(peer: string, task: PeerTask, run: (signal: AbortSignal) => Promise<void>): void
  stop(): Promise<void>
}

export function createPeerTasks(
  onFailure: (peer: string, task: PeerTask, error: unknown) => void,
): PeerTasks {
  const lanes = new Map<
    string,
    { waiting: Map<PeerTask, (signal: AbortSignal) => Promise<void>>; work: Promise<void> }
  >()
  /** One for each task that runs: a signal that many tasks listen to warns of a leak. */
  const running = new Set<AbortController>()
  let isStopping = false

  async function work(peer: string): Promise<void> {
    const lane = lanes.get(peer)
    for (;;) {
      const [task, run] = lane?.waiting.entries().next().value ?? []
      if (!lane || !task || !run || isStopping) break
      lane.waiting.delete(task)
      const ending = new AbortController()
      running.add(ending)
      try {
        await run(ending.signal)
      } catch (error) {
        if (!isStopping) onFailure(peer, task, error)
      } finally {
        running.delete(ending)
      }
    }
    lanes.delete(peer)
  }

  return {
    add(peer, task, run) {
      if (isStopping) return
      const lane = lanes.get(peer)
      if (lane) {
        if (!lane.waiting.has(task)) lane.waiting.set(task, run)
        return
      }
      const fresh = { waiting: new Map([[task, run]]), work: Promise.resolve() }
      lanes.set(peer, fresh)
      fresh.work = Promise.resolve().then(() => work(peer))
    },
    async stop() {
      isStopping = true
      for (const ending of running) ending.abort()
      await Promise.all([...lanes.values()].map((lane) => lane.work))
    },
  }
}
