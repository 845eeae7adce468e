/**
 * Pages of the state that are of no use any more. A page has a key of its own for ever, so what a checkpoint changes is
 * written beside what it replaces, and that is removed once nobody reads a state from before. Which pages those are is
 * noted with what replaces them, so that a process that ends before leaves nothing behind for good.
 *
 * Nothing is overwritten because LevelDB could not hold on to the values before: see `packages/store-level/src/range.ts`.
 */
import { decode } from '@chirograph/codec'
import {
  keySpaces,
  metaKey,
  pastPagesKey,
  readPastPagesKey,
  type Store,
  type StoreOp,
  spaceRange,
  statePageKeyBytes,
} from '@chirograph/interface'
import { heightShape } from './facts.js'
import { storeDamaged } from './node-errors.js'

/** Keys of pages. */
export interface PageTurn {
  /** Of no use if the checkpoint does not come to be: what is written before it. */
  readonly brought: readonly Uint8Array[]
  /** Of no use once it is there. */
  readonly replaced: readonly Uint8Array[]
}

export interface PastPages {
  /** What is to be on disk with the pages that are brought, or with the checkpoint that replaces others. */
  note(height: number, turn: PageTurn): StoreOp[]
  /** Removes some of what was replaced at this height or below: for a checkpoint that brings so many pages. */
  removals(args: { readonly height: number; readonly brought: number }): StoreOp[]
  /** Pages that were replaced and are not removed. */
  readonly kept: number
  /** Those of them that somebody may read who reads the state of this height. */
  keptFor(height: number): number
}

/**
 * Pages removed with a checkpoint beyond as many as it brings, so that what waits becomes less. Hundreds of checkpoints may
 * share a batch, and each removes at the most this and one note more.
 */
const removedBeyond = 64

/** Pages removed in one batch when nobody reads: some milliseconds. */
const removedAtRest = 8_192

/** Pages in one note. */
const pagesPerNote = 192

interface Noted {
  readonly height: number
  readonly key: Uint8Array
  readonly replaced: number
}

export function createPastPages(read: (key: Uint8Array) => Uint8Array | undefined): PastPages {
  let noted: Noted[] = []
  let kept = 0

  return {
    note(height, { brought, replaced }) {
      const ops: StoreOp[] = []
      for (let from = 0; from < Math.max(brought.length, replaced.length); from += pagesPerNote) {
        const [to, last] = [from + pagesPerNote, noted.at(-1)]
        const turn = { brought: brought.slice(from, to), replaced: replaced.slice(from, to) }
        const part = last?.height === height ? readPastPagesKey(last.key).part + 1 : 0
        const key = pastPagesKey({ height, part })
        noted.push({ height, key, replaced: turn.replaced.length })
        kept += turn.replaced.length
        ops.push({ kind: 'put', key, value: encodeTurn(turn) })
      }
      return ops
    },
    removals({ height, brought }) {
      const ops: StoreOp[] = []
      let count = 0
      for (const one of noted) {
        if (one.height > height || ops.length > brought + removedBeyond) break
        ops.push(...removalsOf(one.key, read(one.key), 'replaced'))
        kept -= one.replaced
        count++
      }
      noted = noted.slice(count)
      return ops
    },
    get kept() {
      return kept
    },
    keptFor(height) {
      let pages = 0
      for (let at = noted.length - 1; at >= 0; at--) {
        const one = noted[at] as Noted // the index is inside
        if (one.height <= height) break
        pages += one.replaced
      }
      return pages
    },
  }
}

/**
 * Removes all that is noted, at a start or an end, when nobody reads a state from before the newest checkpoint. Which that is
 * the disk says: where something failed, it may be ahead of what is shown, and what that brought is its state.
 */
export async function clearPastPages(store: Store): Promise<void> {
  const height = await finalHeightOf(store)
  let ops: StoreOp[] = []
  for await (const [key, value] of store.range(spaceRange('pastPages'))) {
    const isThere = readPastPagesKey(key).height <= height
    ops.push(...removalsOf(key, value, isThere ? 'replaced' : 'brought'))
    if (ops.length < removedAtRest) continue
    await store.batch(ops, { sync: true })
    ops = []
  }
  await store.batch(ops, { sync: true })
}

/** 0 before the first checkpoint. */
async function finalHeightOf(store: Store): Promise<number> {
  const value = await store.get(metaKey('final-height'))
  if (value === undefined) return 0
  const height = decode(heightShape, value, { bytesMax: value.length })
  if (!height.ok) throw storeDamaged(`the final height: ${height.detail}`)
  return height.value
}

function removalsOf(
  key: Uint8Array,
  value: Uint8Array | undefined,
  which: 'brought' | 'replaced',
): StoreOp[] {
  const turn = value && decodeTurn(value)
  if (turn === undefined) throw storeDamaged('a note of the pages of the state that are of no use any more')
  return [...turn[which], key].map((one): StoreOp => ({ kind: 'delete', key: one }))
}

/**
 * The keys one after the other without the byte of their key space, those that are brought first; before them the length
 * that these take, in 4 bytes.
 */
function encodeTurn({ brought, replaced }: PageTurn): Uint8Array {
  const lengthOf = (keys: readonly Uint8Array[]) => keys.reduce((sum, { length }) => sum + length - 1, 0)
  const ofBrought = lengthOf(brought)
  const value = new Uint8Array(4 + ofBrought + lengthOf(replaced))
  new DataView(value.buffer).setUint32(0, ofBrought)
  let at = 4
  for (const key of [...brought, ...replaced]) {
    value.set(key.subarray(1), at)
    at += key.length - 1
  }
  return value
}

/** Undefined for bytes that are no such note. */
export function decodeTurn(value: Uint8Array): PageTurn | undefined {
  if (value.length < 4) return undefined
  const middle = 4 + new DataView(value.buffer, value.byteOffset).getUint32(0)
  const brought = decodeKeys(value.subarray(4, middle))
  const replaced = decodeKeys(value.subarray(middle))
  return middle > value.length || !brought || !replaced ? undefined : { brought, replaced }
}

function decodeKeys(bytes: Uint8Array): Uint8Array[] | undefined {
  const keys: Uint8Array[] = []
  for (let at = 0; at < bytes.length; ) {
    const next = at + statePageKeyBytes(bytes[at] ?? 0) - 1
    if (next > bytes.length) return undefined
    keys.push(Uint8Array.of(keySpaces.statePage, ...bytes.subarray(at, next)))
    at = next
  }
  return keys
}
