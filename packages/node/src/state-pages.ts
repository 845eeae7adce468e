/**
 * The state on disk: its map in pages. What a checkpoint changes goes down with it, beside what it replaces. A long
 * change, as a snapshot is one, goes down before, and the root with its checkpoint: so a crash leaves one whole state or
 * the other, however many batches it takes.
 */
import {
  emptyMap,
  type MapPage,
  type MapSource,
  type MerkleMap,
  mapPages,
  mapRoot,
  mapSet,
  mapSize,
  openMap,
} from '@chirograph/codec'
import { batchBytesMax, type StoreOp, statePageKey } from '@chirograph/interface'
import type { StateRow } from '@chirograph/status'
import type { PastPages } from './past-pages.js'

/** Rows of a change that goes down in one batch: about 12,000 pages at the most, below a kilobyte each. */
const rowsAtOnceMax = 2_048
/** The same where rows are long: sixteen may stand in one page, and all of these go down for one of them. */
const rowBytesAtOnceMax = batchBytesMax / 16

/** Pages in one batch of a long change: some milliseconds of the event loop. */
const pagesPerBatch = 192
/** The same where rows are long: sixteen of 32 KiB may stand in one page. */
const bytesPerBatch = 4 * 1_024 * 1_024

/** What leads to the map of a height: `rows` are what differs, or null where that is not known, as of a snapshot. */
export interface StateChange {
  readonly height: number
  readonly map: MerkleMap
  readonly rows: readonly StateRow[] | null
}

export interface PageWriter {
  /** Whether it is to be written ahead. */
  isLong(change: StateChange): boolean
  /** What goes down before, each batch durable before the next. To be read to its end before anything else is written. */
  ahead(change: Omit<StateChange, 'rows'>): Generator<StoreOp[], void, undefined>
  /** What makes this map the one that is read; with the fact that calls for it. */
  opsOf(change: StateChange): StoreOp[]
  /** Pages written since the map was last let go of in memory; infinite where much of it may be there. */
  readonly held: number
  /** Pages that were replaced and are not removed. */
  readonly past: number
  /** Those of them that are kept for whoever reads a state from before; the others wait for their turn. */
  readonly pastRead: number
  /** Whether maps that others hold do not know where all of their pages are: they are to be let go of. */
  readonly isApart: boolean
  /** The map is in memory no more; this is what reads it. */
  noteSealed(map: MerkleMap): void
}

export function createPageWriter({
  onDisk = null,
  source,
  past,
  readFrom,
}: {
  /** What a start reads. */
  readonly onDisk?: { readonly height: number; readonly map: MerkleMap } | null | undefined
  readonly source: MapSource
  readonly past: PastPages
  /** The lowest height of which somebody may be reading the state. */
  readonly readFrom: () => number
}): PageWriter {
  /** Its nodes know in which versions their pages are. */
  let current = onDisk?.map ?? emptyMap
  let root: Uint8Array | null = onDisk === null ? null : rootKey(onDisk.height)
  let held = 0
  let isApart = false
  /** A map that went down ahead: to be opened where it lies, since it does not know itself. */
  let unread: { readonly root: Uint8Array; readonly version: number } | null = null
  /** What was written ahead, and makes it the map. */
  let ready: { readonly map: MerkleMap; readonly ops: readonly StoreOp[] } | null = null

  function before(): MerkleMap {
    if (unread === null) return current
    const found = openMap({ ...unread, source })
    if (found === undefined) throw source.damaged('the page at the root is missing, or not of this height')
    unread = null
    current = found
    return found
  }

  function opsAtOnce({ height, map, rows }: StateChange): StoreOp[] {
    // A map that came as a snapshot does not know of pages that were there already, nor do those made from it.
    let next = map
    if (isApart) {
      next = before()
      for (const { key, value } of rows ?? []) next = mapSet(next, key, value)
    }
    const pages = [...mapPages({ before: before(), after: next, version: height })]
    current = next
    held += pages.length
    return [...pages.map(putOf), ...noteOf(height, pages)]
  }

  /** Of pages that go down with their checkpoint. */
  function noteOf(height: number, pages: readonly MapPage[]): StoreOp[] {
    const replaced = pages.flatMap(replacedBy)
    if (root !== null) replaced.push(root)
    root = rootKey(height)
    return past.note(height, { brought: [], replaced })
  }

  /** Of pages that go down before their checkpoint. */
  function batchOf(height: number, pages: readonly MapPage[]): StoreOp[] {
    const puts = pages.map(putOf)
    const turn = { brought: puts.map(({ key }) => key), replaced: pages.flatMap(replacedBy) }
    return [...puts, ...past.note(height, turn)]
  }

  function opsOf(change: StateChange): StoreOp[] {
    if (ready === null || ready.map !== change.map) return opsAtOnce(change)
    const { ops } = ready
    ready = null
    unread = { root: mapRoot(change.map), version: change.height }
    current = emptyMap
    isApart = true
    held = Number.POSITIVE_INFINITY
    return [...ops]
  }

  return {
    isLong({ map, rows }) {
      if (rows === null) return true
      const bytes = rows.reduce((sum, { value }) => sum + value.length, 0)
      if (bytes > rowBytesAtOnceMax) return true
      return Math.max(rows.length, mapSize(map) - mapSize(before())) > rowsAtOnceMax
    },
    *ahead({ height, map }) {
      let batch: MapPage[] = []
      let bytes = 0
      const ops: StoreOp[] = []
      for (const page of mapPages({ before: before(), after: map, version: height, isApart: true })) {
        if (page.depth === 0) {
          ops.push(putOf(page), ...noteOf(height, [page]))
          continue
        }
        batch.push(page)
        bytes += page.bytes.length
        if (batch.length < pagesPerBatch && bytes < bytesPerBatch) continue
        yield batchOf(height, batch)
        batch = []
        bytes = 0
      }
      if (batch.length > 0) yield batchOf(height, batch)
      ready = { map, ops }
    },
    opsOf(change) {
      const ops = opsOf(change)
      return [...past.removals({ height: readFrom(), brought: ops.length }), ...ops]
    },
    get held() {
      return held
    },
    get past() {
      return past.kept
    },
    get pastRead() {
      return past.keptFor(readFrom())
    },
    get isApart() {
      return isApart
    },
    noteSealed(map) {
      unread = null
      current = map
      held = 0
      isApart = false
    },
  }
}

function putOf(page: MapPage): StoreOp {
  return { kind: 'put', key: statePageKey(page), value: page.bytes }
}

function replacedBy({ depth, prefix, replaces }: MapPage): Uint8Array[] {
  return replaces === undefined ? [] : [statePageKey({ depth, prefix, version: replaces })]
}

function rootKey(height: number): Uint8Array {
  return statePageKey({ depth: 0, prefix: new Uint8Array(), version: height })
}
