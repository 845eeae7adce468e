/**
 * Runs effects in their order: what follows a `persist` waits until it is on disk. Facts that pile up while the disk
 * works go down together in the next batch, so a burst costs one synced write and not one each.
 */
import { batchBytesMax, type Store, type StoreOp } from '@chirograph/interface'
import type { ReplicaEffect } from '@chirograph/replica'
import type { FactWriter, HistoryFact } from './facts.js'

/** What is done when everything before it is on disk. */
export interface ThenEffect {
  readonly kind: 'then'
  readonly run: () => void
  /** Called instead when the runner has stopped by then. */
  readonly drop?: () => void
}

/** History is of the shell: it stands in no replica's index. */
export interface HistoryEffect {
  readonly kind: 'persist'
  readonly facts: readonly HistoryFact[]
  readonly isSynced: boolean
}

export type ShellEffect = ReplicaEffect | HistoryEffect | ThenEffect

export interface EffectRunner {
  enqueue(effects: readonly ShellEffect[]): void
  /** Resolves when everything enqueued so far has run. */
  drained(): Promise<void>
  /** Resolves when little waits: whoever brings more than the disk takes is held back here. */
  room(): Promise<void>
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
  const queue: ShellEffect[] = []
  let factsQueued = 0
  let running: Promise<void> | null = null
  let isStopped = false
  let waiting: (() => void)[] = []

  async function drain(): Promise<void> {
    while (queue.length > 0 && !isStopped) {
      const taken = takeBatch()
      const ops: StoreOp[] = []
      let isSynced = false
      for (const effect of taken) {
        if (effect.kind !== 'persist') continue
        for (const fact of effect.facts) ops.push(...writer.opsOf(fact))
        isSynced ||= effect.isSynced
      }
      try {
        if (ops.length > 0) await store.batch(ops, { sync: isSynced })
      } catch (error) {
        taken.forEach(drop)
        throw error
      }
      for (const effect of taken) {
        if (effect.kind === 'persist') continue
        if (isStopped) drop(effect)
        else if (effect.kind === 'then') effect.run()
        else run(effect)
      }
      wake()
    }
  }

  function drop(effect: ShellEffect): void {
    if (effect.kind === 'then') effect.drop?.()
  }

  /** Neighbouring effects share a batch while it is small enough to be encoded between two other things. */
  function takeBatch(): ShellEffect[] {
    let facts = 0
    let bytes = 0
    let count = 0
    for (const effect of queue) {
      const more = effect.kind === 'persist' ? effect.facts.length : 0
      const moreBytes = effect.kind === 'persist' ? bytesOf(effect) : 0
      if (facts > 0 && more > 0 && (facts + more > batchFactsMax || bytes + moreBytes > batchBytesMax / 4))
        break
      facts += more
      bytes += moreBytes
      count++
    }
    factsQueued -= facts
    return queue.splice(0, count)
  }

  function wake(): void {
    if (factsQueued >= roomFactsMax && !isStopped) return
    const woken = waiting
    waiting = []
    for (const resolve of woken) resolve()
  }

  function end(): void {
    isStopped = true
    for (const effect of queue.splice(0)) drop(effect)
  }

  function start(): void {
    running ??= drain()
      .catch((error: unknown) => {
        end()
        onFailure(error)
      })
      .finally(() => {
        running = null
        wake()
        // Something may have come in between the last look at the queue and now.
        if (queue.length > 0 && !isStopped) start()
      })
  }

  return {
    enqueue(effects) {
      if (isStopped) effects.forEach(drop)
      if (isStopped || effects.length === 0) return
      for (const effect of effects) {
        queue.push(effect)
        if (effect.kind === 'persist') factsQueued += effect.facts.length
      }
      start()
    },
    async drained() {
      while (running) await running
    },
    async room() {
      if (factsQueued >= roomFactsMax && !isStopped)
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
        })
    },
    stop() {
      end()
      wake()
    },
  }
}

/** Events in one batch at most: four puts each, a few milliseconds to encode. */
const batchFactsMax = 1_024

/** Facts that wait for the disk while more are taken in: two batches, so that it never waits itself. */
const roomFactsMax = 2_048

function bytesOf(effect: Extract<ShellEffect, { kind: 'persist' }>): number {
  let bytes = 0
  for (const fact of effect.facts) {
    if (fact.kind === 'event') bytes += fact.event.bodyBytes.length
    if (fact.kind === 'history') for (const event of fact.events) bytes += event.bodyBytes?.length ?? 0
  }
  return bytes
}
