/**
 * A Store in memory, for tests and trials of whatever is built on the port. It
 * passes the same contract suite; a process that ends takes it along.
 */

import { fromHex, toHex } from '@chirograph/codec'
import { momentEntriesMax } from './limits.js'
import { isOfOneMoment, rangeBehind } from './range-behind.js'
import type { RangeBounds, Store, StoreEntry, StoreOp } from './store.js'
import { assertBatchFits, assertReadFits, storeClosed } from './store-errors.js'

/** A database that outlives the stores opened on it, as a directory does. */
export interface MemoryDisk {
  open(): Promise<Store>
}

/** An empty store. */
export function memoryStore(): Store {
  return openOn(emptyMemory())
}

/** An empty disk, for tests that close and open again. */
export function memoryDisk(): MemoryDisk {
  const state = emptyMemory()
  return { open: async () => openOn(state) }
}

/** Small, so that tests turn pages. */
const pageEntries = 16

/** What lies on a disk in memory; `openOn` makes a store of it. */
export interface MemoryState {
  /** By the key in hex, whose order as text is the order of the bytes. */
  readonly values: Map<string, Uint8Array>
  /** The keys in order; made when a range needs it, forgotten when a key comes or goes. */
  keys: readonly string[] | undefined
}

export function emptyMemory(): MemoryState {
  return { values: new Map(), keys: undefined }
}

/** Values are never changed in place, so both may hold the same ones. */
export function copyOfMemory({ values }: MemoryState): MemoryState {
  return { values: new Map(values), keys: undefined }
}

export function openOn(state: MemoryState): Store {
  let closed = false
  const assertOpen = (): void => {
    if (closed) throw storeClosed()
  }

  async function* pages(bounds: RangeBounds): AsyncGenerator<readonly StoreEntry[]> {
    const portion = isOfOneMoment(bounds) ? momentEntriesMax : pageEntries
    let rest = bounds
    for (;;) {
      assertOpen()
      const limit = Math.min(rest.limit ?? portion, portion)
      const page = entriesOf(state, { ...rest, limit }).map(
        ([key, value]): StoreEntry => [bytesOf(key), value.slice()],
      )
      if (page.length === 0) return
      // Before the reader has the keys, which it may change.
      rest = rangeBehind(rest, page)
      yield page
      if (isOfOneMoment(bounds)) return
    }
  }

  return Object.freeze({
    async get(key: Uint8Array): Promise<Uint8Array | undefined> {
      assertOpen()
      return state.values.get(toHex(key))?.slice()
    },

    getSync(key: Uint8Array): Uint8Array | undefined {
      assertOpen()
      return state.values.get(toHex(key))?.slice()
    },

    async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
      assertOpen()
      assertReadFits(keys)
      return keys.map((key) => state.values.get(toHex(key))?.slice())
    },

    async batch(ops: readonly StoreOp[]): Promise<void> {
      assertOpen()
      assertBatchFits(ops)
      applyOps(state, ops)
    },

    async *range(bounds: RangeBounds): AsyncIterable<StoreEntry> {
      for await (const page of pages(bounds))
        for (const entry of page) {
          assertOpen()
          yield entry
        }
    },

    pages,

    async close(): Promise<void> {
      closed = true
    },
  })
}

/** Writes all operations, in list order. */
export function applyOps(state: MemoryState, ops: readonly StoreOp[]): void {
  for (const op of ops) apply(state, op)
}

function apply(state: MemoryState, op: StoreOp): void {
  const key = toHex(op.key)
  if (op.kind === 'put') {
    if (!state.values.has(key)) state.keys = undefined
    state.values.set(key, op.value.slice())
  } else if (state.values.delete(key)) {
    state.keys = undefined
  }
}

function entriesOf(
  state: MemoryState,
  { from, to, limit = Infinity, reverse = false }: RangeBounds,
): [string, Uint8Array][] {
  state.keys ??= [...state.values.keys()].sort()
  const start = firstAtOrAfter(state.keys, toHex(from))
  const end = firstAtOrAfter(state.keys, toHex(to))
  const inside = state.keys.slice(start, Math.max(start, end))
  if (reverse) inside.reverse()
  const entries: [string, Uint8Array][] = []
  for (const key of inside.slice(0, limit)) {
    const value = state.values.get(key)
    if (value !== undefined) entries.push([key, value])
  }
  return entries
}

/** Binary search in sorted keys. */
function firstAtOrAfter(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] ?? key) < key) low = middle + 1
    else high = middle
  }
  return low
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new TypeError(`not a key: ${hex}`)
  return bytes
}
