/**
 * The state on disk: its map in pages. What a checkpoint changes goes down with it, in the places of what was there. A
 * long change, as a snapshot is one, goes down before, beside the pages that are read, and the root with its checkpoint:
 * so a crash leaves one whole state or the other, however many batches it takes.
 */
import { emptyMap, type MapPage, type MerkleMap, mapPages, mapSet, mapSize, sealMap } from '@chirograph/codec'
import { batchBytesMax, batchOpsMax, type StoreOp, statePageKey } from '@chirograph/interface'
import type { StateRow } from '@chirograph/status'
import type { OwnedSource } from './stored-state.js'

/** Rows of a change that goes down in one batch: about 12,000 pages at the most, below a kilobyte each. */
const rowsAtOnceMax = 2_048
/** The same where rows are long: sixteen may stand in one page, and all of these go down for one of them. */
const rowBytesAtOnceMax = batchBytesMax / 16

/** Pages in one batch of a long change: some milliseconds of the event loop. */
const pagesPerBatch = 192
/** The same where rows are long: sixteen of 32 KiB may stand in one page. */
const bytesPerBatch = 4 * 1_024 * 1_024

/** Pages out of use that are removed with the root; what is more takes room until its place is written again. */
const removedMax = batchOpsMax / 4

/** What leads to another map: `rows` are what differs, or null where that is not known, as of a snapshot. */
export interface StateChange {
  readonly map: MerkleMap
  readonly rows: readonly StateRow[] | null
}

export interface PageWriter {
  /** Whether it is to be written ahead. */
  isLong(change: StateChange): boolean
  /** What goes down before, each batch durable before the next. To be read to its end before anything else is written. */
  ahead(map: MerkleMap): Generator<StoreOp[], void, undefined>
  /** What makes this map the one that is read; with the fact that calls for it. */
  opsOf(change: StateChange): StoreOp[]
  /** To be called when what `opsOf` returned last is on disk, before it is asked again. */
  settled(): void
  /** Pages written since the map was last let go of in memory; infinite where much of it may be there. */
  readonly held: number
  /** Whether maps that others hold do not know where all of their pages are: they are to be let go of. */
  readonly isApart: boolean
  /** The map is in memory no more; this is what reads it. */
  noteSealed(map: MerkleMap): void
  stop(): void
}

export function createPageWriter({
  onDisk = emptyMap,
  open,
}: {
  /** The map that a start reads. */
  readonly onDisk?: MerkleMap | undefined
  /** Reads what is on disk when it is called, until it is closed here. */
  readonly open: () => OwnedSource
}): PageWriter {
  /** Its nodes know in which slots their pages are. */
  let current = onDisk
  let held = 0
  let isApart = false
  let isUnread = false
  let own: OwnedSource | null = null
  let ready: { readonly map: MerkleMap; readonly ops: readonly StoreOp[] } | null = null

  function opsAtOnce({ map, rows }: StateChange): StoreOp[] {
    // A map that came as a snapshot does not know of pages that were there already, nor do those made from it.
    let next = map
    if (isApart) {
      next = current
      for (const { key, value } of rows ?? []) next = mapSet(next, key, value)
    }
    const ops = Array.from(mapPages({ before: current, after: next }), putOf)
    current = next
    held += ops.length
    return ops
  }

  return {
    isLong({ map, rows }) {
      if (rows === null) return true
      const bytes = rows.reduce((sum, { value }) => sum + value.length, 0)
      if (bytes > rowBytesAtOnceMax) return true
      return Math.max(rows.length, mapSize(map) - mapSize(current)) > rowsAtOnceMax
    },
    *ahead(map) {
      const ops: StoreOp[] = []
      let batch: StoreOp[] = []
      let bytes = 0
      for (const page of mapPages({ before: current, after: map, isBeside: true })) {
        if (page.leavesOther && ops.length < removedMax) ops.push(removalOf(page))
        if (page.depth === 0) {
          ops.push(putOf(page))
          continue
        }
        batch.push(putOf(page))
        bytes += page.bytes.length
        if (batch.length < pagesPerBatch && bytes < bytesPerBatch) continue
        yield batch
        batch = []
        bytes = 0
      }
      if (batch.length > 0) yield batch
      ready = { map, ops }
    },
    opsOf(change) {
      if (ready === null || ready.map !== change.map) return opsAtOnce(change)
      const ops = [...ready.ops]
      ready = null
      current = change.map
      isUnread = true
      isApart = true
      held = Number.POSITIVE_INFINITY
      return ops
    },
    settled() {
      if (!isUnread) return
      isUnread = false
      own?.close()
      own = open()
      current = sealMap(current, own)
    },
    get held() {
      return held
    },
    get isApart() {
      return isApart
    },
    noteSealed(map) {
      current = map
      held = 0
      isApart = false
      own?.close()
      own = null
    },
    stop() {
      own?.close()
      own = null
    },
  }
}

function putOf(page: MapPage): StoreOp {
  return { kind: 'put', key: statePageKey(page), value: page.bytes }
}

function removalOf({ depth, prefix, slot }: MapPage): StoreOp {
  return { kind: 'delete', key: statePageKey({ depth, prefix, slot: slot === 0 ? 1 : 0 }) }
}
