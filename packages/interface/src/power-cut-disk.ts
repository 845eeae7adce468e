/**
 * A disk in memory that loses power when told to. What it may lose is all that `Store.batch` allows: any subset of the
 * batches that no synced one covers, each as a whole, and the one that was being written. It passes the contract
 * suite; whoever builds on the port finds out with it what a cut does to them.
 */

import { ChirographError } from './errors.js'
import { applyOps, copyOfMemory, emptyMemory, type MemoryDisk, openOn } from './memory-store.js'
import type { RangeBounds, Store, StoreOp } from './store.js'
import { assertBatchFits, storeClosed } from './store-errors.js'

export interface PowerCutDisk extends MemoryDisk {
  /** Batches that a cut may take now: written without sync, or being written. */
  readonly atRisk: number
  /** Every open store fails with `STORE_POWER_CUT` from now on; `open` finds what survived. */
  cut(): PowerCut
}

/** How many of the batches at risk a cut took, and how many it left. */
export interface PowerCut {
  readonly lost: number
  readonly kept: number
}

export interface PowerCutOptions {
  /** Whether the next batch at risk survives; asked at a cut, for the oldest first. */
  readonly keeps: () => boolean
  /** Awaited in the middle of every operation: a cut that comes meanwhile comes while it is under way. */
  readonly pause?: () => Promise<void>
}

export function powerCutDisk({ keeps, pause = async () => {} }: PowerCutOptions): PowerCutDisk {
  const durable = emptyMemory()
  let visible = emptyMemory()
  let atRisk: (readonly StoreOp[])[] = []
  let cuts = 0

  function open(): Store {
    const life = cuts
    const inner = openOn(visible)
    let writing: Promise<void> = Promise.resolve()
    let isClosed = false
    const assertPowered = (): void => {
      if (life !== cuts) throw powerCut()
    }
    const assertOpen = (): void => {
      assertPowered()
      if (isClosed) throw storeClosed()
    }

    async function read<T>(act: () => Promise<T>): Promise<T> {
      assertOpen()
      await pause()
      assertPowered()
      return act()
    }

    async function* reading<T>(begin: () => AsyncIterable<T>): AsyncIterable<T> {
      assertOpen()
      await pause()
      for await (const entries of begin()) {
        assertOpen()
        yield entries
      }
    }

    /** Its place among the batches at risk is taken already. */
    async function write(ops: readonly StoreOp[], isSynced: boolean): Promise<void> {
      await pause()
      assertPowered()
      applyOps(visible, ops)
      if (!isSynced) return
      const covered = atRisk.indexOf(ops) + 1
      for (const batch of atRisk.slice(0, covered)) applyOps(durable, batch)
      atRisk = atRisk.slice(covered)
    }

    return Object.freeze({
      get: (key: Uint8Array) => read(() => inner.get(key)),
      getSync(key: Uint8Array) {
        assertOpen()
        return inner.getSync(key)
      },
      getMany: (keys: readonly Uint8Array[]) => read(() => inner.getMany(keys)),

      async batch(ops: readonly StoreOp[], { sync }: { readonly sync: boolean }): Promise<void> {
        assertOpen()
        assertBatchFits(ops)
        const copied = ops.map(copyOf)
        atRisk.push(copied)
        // One after the other, as a log file is written: a synced batch then covers all that came before it.
        const written = writing.then(() => write(copied, sync))
        writing = written.catch(() => {})
        await written
      },

      range: (bounds: RangeBounds) => reading(() => inner.range(bounds)),
      pages: (bounds: RangeBounds) => reading(() => inner.pages(bounds)),

      async close(): Promise<void> {
        isClosed = true
        await writing
        await inner.close()
      },
    })
  }

  return {
    open: async () => open(),
    get atRisk() {
      return atRisk.length
    },
    cut() {
      cuts++
      const surviving = atRisk.filter(() => keeps())
      const counts = { lost: atRisk.length - surviving.length, kept: surviving.length }
      for (const batch of surviving) applyOps(durable, batch)
      visible = copyOfMemory(durable)
      atRisk = []
      return counts
    },
  }
}

function copyOf(op: StoreOp): StoreOp {
  const key = op.key.slice()
  return op.kind === 'put' ? { kind: 'put', key, value: op.value.slice() } : { kind: 'delete', key }
}

function powerCut(): ChirographError {
  return new ChirographError({
    code: 'STORE_POWER_CUT',
    what: 'the disk lost power',
    hint: 'open it again to find what survived',
  })
}
