/**
 * The state on disk: its map in pages. What a checkpoint changes goes down with it, in the places of what was there. A
 * long change, as a snapshot is one, goes down before, beside the pages that are read, and the root with its checkpoint:
 * so a crash leaves one whole state or the other, however many batches it takes.
 */
import { emptyMap, type MapPage, type MerkleMap, mapPages, mapSize } from '@chirograph/codec'
import { batchOpsMax, type StoreOp, statePageKey } from '@chirograph/interface'

/** Rows of a change that goes down in one batch: about 12,000 pages at the most, below a kilobyte each. */
const rowsAtOnceMax = 2_048

/** Pages in one batch of a long change: some milliseconds of the event loop. */
const pagesPerBatch = 512
/** The same where rows are long: sixteen of 32 KiB may stand in one page. */
const bytesPerBatch = 4 * 1_024 * 1_024

/** Pages out of use that are removed with the root; what is more takes room until its place is written again. */
const removedMax = batchOpsMax / 2

export interface PageWriter {
  /** Whether what leads to this map is to be written ahead. */
  isLong(change: { readonly map: MerkleMap; readonly rows: number }): boolean
  /** What goes down before, each batch durable before the next. To be read to its end before anything else is written. */
  ahead(map: MerkleMap): Generator<StoreOp[], void, undefined>
  /** What makes this map the one that is read; with the fact that calls for it. */
  opsOf(map: MerkleMap): StoreOp[]
  /** Pages written since the map was last let go of in memory; infinite where all of it is there. */
  readonly held: number
  /** The map is in memory no more; this is what reads it. */
  noteSealed(map: MerkleMap): void
}

/** `onDisk` is the map that a start reads. */
export function createPageWriter(onDisk: MerkleMap = emptyMap): PageWriter {
  let current = onDisk
  let held = 0
  let ready: { readonly map: MerkleMap; readonly ops: readonly StoreOp[] } | null = null
  return {
    isLong({ map, rows }) {
      return Math.max(rows, mapSize(map) - mapSize(current)) > rowsAtOnceMax
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
    opsOf(map) {
      const isAhead = ready?.map === map
      const ops = isAhead
        ? [...(ready?.ops ?? [])]
        : Array.from(mapPages({ before: current, after: map }), putOf)
      held += isAhead ? Number.POSITIVE_INFINITY : ops.length
      ready = null
      current = map
      return ops
    },
    get held() {
      return held
    },
    noteSealed(map) {
      current = map
      held = 0
    },
  }
}

function putOf(page: MapPage): StoreOp {
  return { kind: 'put', key: statePageKey(page), value: page.bytes }
}

function removalOf({ depth, prefix, slot }: MapPage): StoreOp {
  return { kind: 'delete', key: statePageKey({ depth, prefix, slot: slot === 0 ? 1 : 0 }) }
}
