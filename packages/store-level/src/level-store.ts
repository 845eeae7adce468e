/**
 * The Store port on LevelDB. One directory, one process: LevelDB's own lock
 * decides who has it, and it ends with the process, so there is no stale lock.
 */

import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import type { KeyRange, RangeBounds, Store, StoreEntry, StoreOp } from '@chirograph/interface'
import { assertBatchFits, assertReadFits, storeClosed } from '@chirograph/interface'
import { writeClosingNote } from './closing-note.js'
import { blockCacheBytes } from './limits.js'
import { clearLockHolder, writeLockHolder } from './lock-holder.js'
import { readPages } from './range.js'
import {
  openFailure,
  storeFailure,
  storeMissing,
  tablesWithoutDatabase,
  writeLogDamaged,
  writesEnded,
} from './store-failure.js'
import { findWriteLogDamage, type WriteLogDamage } from './write-log.js'

export interface LevelStoreOptions {
  /** Whether to create the database, and the directories above it, when there is none. */
  readonly createIfMissing: boolean
}

/** Binary keys and values; a `Buffer` here, because that is what the binding makes. */
export type BinaryLevel = Level<Uint8Array, Uint8Array> & TableAccess

/** What the binding for Node adds; the package's types name what it shares with browsers alone. */
interface TableAccess {
  approximateSize(start: Uint8Array, end: Uint8Array): Promise<number>
  compactRange(start: Uint8Array, end: Uint8Array): Promise<void>
}

/**
 * Opens a LevelDB directory for this process alone.
 *
 * Fails with `STORE_LOCKED` (naming the process that has it, when it says who it
 * is), `STORE_MISSING`, `STORE_CORRUPT` or `STORE_IO_FAILED`.
 */
export async function openLevelStore(
  directory: string,
  { createIfMissing }: LevelStoreOptions,
): Promise<Store> {
  // LevelDB would make the directory and its lock file before it finds that there is no database.
  const isThere = await hasDatabase(directory)
  if (!isThere && (await mayHoldData(directory))) throw tablesWithoutDatabase(directory)
  if (!createIfMissing && !isThere) throw storeMissing(directory)
  if (isThere) await assertWriteLogHolds(directory)

  // On Node the package's entry is the binding, which has both methods.
  const level = new Level(directory, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    createIfMissing: true,
    cacheSize: blockCacheBytes,
  }) as unknown as BinaryLevel
  try {
    await level.open()
  } catch (error) {
    throw await openFailure(directory, error)
  }
  try {
    await writeLockHolder(directory)
  } catch (error) {
    await level.close()
    throw storeFailure(directory, error)
  }
  return storeOn(level, directory)
}

const opened = new WeakMap<Store, BinaryLevel>()

/**
 * Bytes that LevelDB's tables take for a range of a store made by `openLevelStore`, compressed and with what was
 * overwritten and not yet cleared. What was written last is still in LevelDB's log and is not counted.
 */
export async function tableBytesOf(store: Store, { from, to }: KeyRange): Promise<number> {
  return levelOf(store).approximateSize(from, to)
}

/** Rewrites LevelDB's tables without what was overwritten or deleted. Needs as much room again while it runs. */
export async function compactStore(store: Store): Promise<void> {
  // No key begins with 0xff: key spaces are numbered from 1 up.
  await levelOf(store).compactRange(Uint8Array.of(0), Uint8Array.of(0xff))
}

function levelOf(store: Store): BinaryLevel {
  const level = opened.get(store)
  if (level === undefined) throw new TypeError('not a store of openLevelStore')
  return level
}

function storeOn(level: BinaryLevel, directory: string): Store {
  let closing: Promise<void> | undefined
  // A write that failed half way leaves half a record in LevelDB's log, and whatever LevelDB writes behind it, synced
  // or not, is thrown away with it when the log is read after a crash. So the first failed write is the last one.
  let failedWrite: unknown
  const underWay = new Set<Promise<void>>()

  async function attempt<T>(act: () => Promise<T>): Promise<T> {
    if (closing !== undefined) throw storeClosed()
    try {
      return await act()
    } catch (error) {
      throw storeFailure(directory, error)
    }
  }

  async function* pages(bounds: RangeBounds): AsyncGenerator<readonly StoreEntry[]> {
    if (closing !== undefined) throw storeClosed()
    try {
      for await (const page of readPages(level, bounds)) {
        if (closing !== undefined) throw storeClosed()
        yield page.map(([key, value]): StoreEntry => [plain(key), plain(value)])
      }
    } catch (error) {
      throw storeFailure(directory, error)
    }
  }

  function assertWritable(): void {
    if (failedWrite !== undefined) throw writesEnded(directory, failedWrite)
  }

  const store: Store = Object.freeze({
    get: (key: Uint8Array) => attempt(async () => plain(await level.get(key))),

    getSync(key: Uint8Array): Uint8Array | undefined {
      if (closing !== undefined) throw storeClosed()
      try {
        return plain(level.getSync(key))
      } catch (error) {
        throw storeFailure(directory, error)
      }
    },

    getMany(keys: readonly Uint8Array[]) {
      return attempt(async () => {
        assertReadFits(keys)
        return (await level.getMany([...keys])).map(plain)
      })
    },

    batch(ops: readonly StoreOp[], { sync }: { readonly sync: boolean }) {
      return attempt(async () => {
        assertBatchFits(ops)
        assertWritable()
        const written = write(level, ops, sync)
        underWay.add(written)
        try {
          await written
        } catch (error) {
          failedWrite ??= error
          throw error
        } finally {
          underWay.delete(written)
        }
        // One that was under way beside it may have been written behind it.
        assertWritable()
      })
    },

    async *range(bounds: RangeBounds): AsyncIterable<StoreEntry> {
      for await (const page of pages(bounds)) {
        for (const entry of page) {
          if (closing !== undefined) throw storeClosed()
          yield entry
        }
      }
    },

    pages,

    close(): Promise<void> {
      closing ??= closeLevel(level, directory, async () => {
        await Promise.allSettled(underWay)
        return failedWrite === undefined
      })
      return closing
    },
  })
  opened.set(store, level)
  return store
}

/** Both notes are seen to while the lock is still ours: afterwards the directory may be another's. */
async function closeLevel(
  level: BinaryLevel,
  directory: string,
  isAllWritten: () => Promise<boolean>,
): Promise<void> {
  // Without the note what is damaged later is found less surely, and nothing else: a full disk is no reason to fail here.
  if (await isAllWritten()) await writeClosingNote(directory).catch(() => {})
  await clearLockHolder(directory)
  await level.close()
}

/** Before LevelDB opens: it would drop what is damaged, and begin a new log. */
async function assertWriteLogHolds(directory: string): Promise<void> {
  let damage: WriteLogDamage | undefined
  try {
    damage = await findWriteLogDamage(directory)
  } catch (error) {
    throw storeFailure(directory, error)
  }
  if (damage !== undefined) throw writeLogDamaged(directory, damage)
}

async function hasDatabase(directory: string): Promise<boolean> {
  try {
    return (await stat(join(directory, 'CURRENT'))).isFile()
  } catch {
    // Whatever the reason, there is no database to be read here.
    return false
  }
}

/**
 * Whether files of a database lie there that may hold something. LevelDB makes its first manifest before CURRENT: who is
 * killed between the two leaves it alone, with nothing in it.
 */
async function mayHoldData(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).some((name) => /^\d+\.(ldb|sst|log)$|^MANIFEST-(?!0*1$)/.test(name))
  } catch {
    return false
  }
}

/**
 * One atomic write. As a chain, since an array of operations is copied with every option into each of them: measured
 * with a thousand puts, 8 µs of the calling thread for each where the chain takes half of one.
 */
async function write(level: BinaryLevel, ops: readonly StoreOp[], sync: boolean): Promise<void> {
  const batch = level.batch()
  const small = slabFor(ops)
  try {
    for (const op of ops) {
      if (op.kind === 'put') batch.put(small(op.key), small(op.value))
      else batch.del(small(op.key))
    }
  } catch (error) {
    await batch.close()
    throw error
  }
  await batch.write({ sync } as object) // an option of the binding, which the package's types leave out
}

/**
 * Small arrays as views of one large one. The engine keeps an array of 64 bytes or fewer inside of its heap, and moves
 * it out, one allocation each, when the binding asks for its address: measured, half of what a small put costs.
 */
function slabFor(ops: readonly StoreOp[]): (bytes: Uint8Array) => Uint8Array {
  let length = 0
  for (const op of ops) {
    if (isSmall(op.key)) length += op.key.length
    if (op.kind === 'put' && isSmall(op.value)) length += op.value.length
  }
  const slab = new Uint8Array(length)
  let end = 0
  return (bytes) => {
    if (!isSmall(bytes)) return bytes
    slab.set(bytes, end)
    end += bytes.length
    return slab.subarray(end - bytes.length, end)
  }
}

function isSmall(bytes: Uint8Array): boolean {
  return bytes.length <= 64
}

/** A `Buffer` as a plain array over the same memory: `Buffer.slice` shares where `Uint8Array.slice` copies. */
function plain(bytes: Uint8Array): Uint8Array
function plain(bytes: Uint8Array | undefined): Uint8Array | undefined
function plain(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
