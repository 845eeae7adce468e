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

type PersistEffect = Extract<ShellEffect, { kind: 'persist' }>

export type ShellEffect = ReplicaEffect | HistoryEffect | ThenEffect

export interface EffectRunner {
  enqueue(effects: readonly ShellEffect[]): void
  /** Resolves when everything enqueued so far has run. */
  drained(): Promise<void>
  /** Resolves when little waits: whoever brings more than the disk takes is held back here. */
  room(): Promise<void>
  /** What the next arrival behind those on disk is numbered; the writer has numbered more while a batch is made ready. */
  readonly nextOrdinal: number
  stop(): void
}

/** Effects that go down together: what they want on disk, and what is done when it is there. */
interface Batch {
  readonly taken: readonly ShellEffect[]
  readonly ops: readonly StoreOp[]
  readonly isSynced: boolean
  /** Of the writer, behind the arrivals in it. */
  readonly nextOrdinal: number
}

export function createEffectRunner({
  store,
  writer,
  run,
  breathe,
  onFailure,
}: {
  readonly store: Store
  readonly writer: FactWriter
  readonly run: (effect: Exclude<ReplicaEffect, { kind: 'persist' }>) => void
  /** Lets other work run where a slice of time is used up. */
  readonly breathe: () => Promise<void>
  /** The disk refused: nothing after it may be shown, so nothing after it runs. */
  readonly onFailure: (error: unknown) => void
}): EffectRunner {
  const queue: ShellEffect[] = []
  let eventsQueued = 0
  let running: Promise<void> | null = null
  let isStopped = false
  let nextOrdinal = writer.nextOrdinal
  let waiting: (() => void)[] = []

  async function drain(): Promise<void> {
    let next: Batch | undefined
    while (next !== undefined || (queue.length > 0 && !isStopped)) {
      const [first] = queue
      const isFirstLong = next === undefined && isLong(first)
      if (isFirstLong) await writeAhead(first)
      // A few facts are on their way to the disk before `enqueue` returns; with many, others have their turn in between.
      const batch: Batch = next ?? (eventsQueued < breatheEventsMin ? nextBatch() : await nextLongBatch())
      const written = write(batch)
      written.catch(() => {}) // looked at below; until then it must not count as nobody's
      next = undefined
      try {
        // A full batch is made ready while the disk works. What is less waits, to go down together with what comes.
        const isReady = eventsQueued >= batchEventsMax && !isFirstLong && !isLong(queue[0])
        if (isReady && !isStopped) next = await nextLongBatch()
        await written
      } catch (error) {
        await written.catch(() => {}) // who hears of the failure may close the store
        next?.taken.forEach(drop)
        throw error
      }
    }
  }

  function isLong(effect: ShellEffect | undefined): effect is PersistEffect {
    return effect?.kind === 'persist' && effect.facts.some((fact) => writer.isLong(fact))
  }

  /** What is too much for one batch. All that came before is on disk, and this effect is the next to be. */
  async function writeAhead({ facts }: PersistEffect): Promise<void> {
    for (const fact of facts)
      for (const ops of writer.ahead(fact)) {
        await store.batch(ops, { sync: true })
        await breathe()
      }
  }

  /** Puts a batch on disk and does at once what waited for that, or drops it when the disk refuses. */
  async function write({ taken, ops, isSynced, nextOrdinal: behind }: Batch): Promise<void> {
    try {
      if (ops.length > 0) await store.batch(ops, { sync: isSynced })
    } catch (error) {
      taken.forEach(drop)
      throw error
    }
    nextOrdinal = behind
    const waiting = taken.filter((effect) => effect.kind !== 'persist')
    try {
      for (let effect = waiting.shift(); effect; effect = waiting.shift()) {
        if (isStopped) drop(effect)
        else if (effect.kind === 'then') effect.run()
        else run(effect)
      }
    } finally {
      waiting.forEach(drop)
    }
    wake()
  }

  async function nextLongBatch(): Promise<Batch> {
    await breathe()
    const batch = nextBatch()
    await breathe()
    return batch
  }

  /** What goes down next, as operations of the store. */
  function nextBatch(): Batch {
    const taken = takeBatch()
    const ops: StoreOp[] = []
    let isSynced = false
    try {
      for (const effect of taken) {
        if (effect.kind !== 'persist') continue
        for (const fact of effect.facts) for (const op of writer.opsOf(fact)) ops.push(op)
        isSynced ||= effect.isSynced
      }
    } catch (error) {
      taken.forEach(drop)
      throw error
    }
    return { taken, ops, isSynced, nextOrdinal: writer.nextOrdinal }
  }

  function drop(effect: ShellEffect): void {
    if (effect.kind === 'then') effect.drop?.()
  }

  /** Neighbouring effects share a batch while it is small enough to be encoded between two other things. */
  function takeBatch(): ShellEffect[] {
    let events = 0
    let bytes = 0
    let count = 0
    // One with something ahead goes down by itself, with what waits for it.
    const isAlone = isLong(queue[0])
    for (const effect of queue) {
      if (effect.kind === 'persist' && count > 0 && (isAlone || isLong(effect))) break
      const more = eventsOf(effect)
      const moreBytes = effect.kind === 'persist' ? bytesOf(effect) : 0
      if (events > 0 && more > 0 && (events + more > batchEventsMax || bytes + moreBytes > batchBytesMax / 4))
        break
      events += more
      bytes += moreBytes
      count++
    }
    eventsQueued -= events
    return queue.splice(0, count)
  }

  function wake(): void {
    if (eventsQueued >= roomEventsMax && !isStopped) return
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
        eventsQueued += eventsOf(effect)
      }
      start()
    },
    async drained() {
      while (running) await running
    },
    async room() {
      if (eventsQueued >= roomEventsMax && !isStopped)
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
        })
    },
    get nextOrdinal() {
      return nextOrdinal
    },
    stop() {
      end()
      wake()
    },
  }
}

/** Events in one batch at most, unless one fact has more: four puts each, profiled at 8 µs of the event loop together. */
const batchEventsMax = 640

/** Events that wait for the disk while more are taken in: two batches, so that it never waits itself. */
const roomEventsMax = 2 * batchEventsMax

/** So many take half a millisecond to encode, which is not worth a turn of the event loop. */
const breatheEventsMin = 64

/**
 * What a persist weighs: a fact of history holds hundreds of events, and a checkpoint changes up to thousands of rows,
 * each on one or two pages of its own. Every other fact counts as one.
 */
function eventsOf(effect: ShellEffect): number {
  if (effect.kind !== 'persist') return 0
  let events = 0
  for (const fact of effect.facts) {
    const parts = fact.kind === 'history' ? fact.events : fact.kind === 'checkpoint' ? fact.rows : []
    events += Math.max(1, parts.length)
  }
  return events
}

function bytesOf(effect: Extract<ShellEffect, { kind: 'persist' }>): number {
  let bytes = 0
  for (const fact of effect.facts) {
    if (fact.kind === 'event') bytes += fact.event.bodyBytes.length
    if (fact.kind === 'history') for (const event of fact.events) bytes += event.bodyBytes?.length ?? 0
    if (fact.kind !== 'checkpoint') continue
    bytes += fact.checkpoint.changes.length
    for (const { value } of fact.rows) bytes += value.length
  }
  return bytes
}
