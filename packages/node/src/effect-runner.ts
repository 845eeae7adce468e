/**
 * Runs effects in their order: what follows a `persist` waits until it is on disk. Facts that pile up while the disk
 * works go down together in the next batch, so a burst costs one synced write and not one each.
 */
import { batchOpsMax, type Store, type StoreOp } from '@chirograph/interface'
import type { ReplicaEffect } from '@chirograph/replica'
import type { FactWriter } from './facts.js'

export interface EffectRunner {
  enqueue(effects: readonly ReplicaEffect[]): void
  /** Resolves when everything enqueued so far has run. */
  drained(): Promise<void>
  stop(): void
}

export function createEffectRunner({
  store,
  writer,
  run,
  onFailure,
}: {
  readonly store: Store
  readonly writer: FactWriter
  readonly run: (effect: Exclude<ReplicaEffect, { kind: 'persist' }>) => void
  /** The disk refused: nothing after it may be shown, so nothing after it runs. */
  readonly onFailure: (error: unknown) => void
}): EffectRunner {
  let queue: ReplicaEffect[] = []
  let running: Promise<void> | null = null
  let isStopped = false

  async function drain(): Promise<void> {
    while (queue.length > 0 && !isStopped) {
      const taken = queue
      queue = []
      for (const batch of batchesOf(taken, writer)) await store.batch(batch.ops, { sync: batch.isSynced })
      for (const effect of taken) if (effect.kind !== 'persist' && !isStopped) run(effect)
    }
  }

  function start(): void {
    running ??= drain()
      .catch((error: unknown) => {
        isStopped = true
        onFailure(error)
      })
      .finally(() => {
        running = null
        // Something may have come in between the last look at the queue and now.
        if (queue.length > 0 && !isStopped) start()
      })
  }

  function enqueue(effects: readonly ReplicaEffect[]): void {
    if (isStopped || effects.length === 0) return
    queue.push(...effects)
    start()
  }

  return {
    enqueue,
    async drained() {
      while (running) await running
    },
    stop() {
      isStopped = true
      queue = []
    },
  }
}

/** Facts of one effect stay in one batch; neighbouring effects share one as long as they fit. */
function batchesOf(
  effects: readonly ReplicaEffect[],
  writer: FactWriter,
): { ops: StoreOp[]; isSynced: boolean }[] {
  const batches: { ops: StoreOp[]; isSynced: boolean }[] = []
  for (const effect of effects) {
    if (effect.kind !== 'persist') continue
    const ops = effect.facts.flatMap((fact) => writer.opsOf(fact))
    const last = batches.at(-1)
    if (last && last.ops.length + ops.length <= batchOpsMax / 4) {
      last.ops.push(...ops)
      last.isSynced ||= effect.isSynced
    } else batches.push({ ops, isSynced: effect.isSynced })
  }
  return batches
}
