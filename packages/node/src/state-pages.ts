/**
 * The pages by which the state is read row by row. They follow from the rows and go down with them, so that a start
 * finds them of the very state that is final. Where they are too many for that, they are written afterwards, the root
 * last: until it is there, a start reads all rows, as it does where no version wrote pages yet.
 */
import { emptyMap, type MerkleMap, mapPages } from '@chirograph/codec'
import { pageSpaceOf, type RowSpace, type Store, type StoreOp, statePageKey } from '@chirograph/interface'
import { clearSpaces } from './clear-spaces.js'
import { pagesBehindName, put } from './meta.js'

/** Pages that go down with one checkpoint: 6 MB, beside rows and events of which a batch holds 64. */
const pagesPerCheckpointMax = 8_192

/** Pages in one batch of those that are written afterwards: some milliseconds of the event loop. */
const pagesPerBatch = 1_024

export interface PageWriter {
  /** The pages to go down with the rows that lead to this map; none where they are written afterwards. */
  opsOf(map: MerkleMap, space: RowSpace): StoreOp[]
  /** Another map takes its place, all pages of which are on disk. */
  note(map: MerkleMap): void
  /** The map is on disk whole and in memory no more; this is what reads it. */
  noteSealed(map: MerkleMap): void
  /** Pages written of what is in memory since it was last let go; infinite where all of the map is. */
  readonly held: number
  /** Whether pages lack that `catchUp` is to write. */
  readonly isBehind: boolean
  /** Whether all pages of the latest map are on disk, or on their way with it. */
  readonly isCurrent: boolean
  /** Writes what was too much, up to the latest map; what comes in the meantime is written with what comes next. */
  catchUp(store: Store, space: RowSpace, pace: Pace): Promise<void>
}

export interface Pace {
  readonly breathe: () => Promise<void>
  readonly signal: AbortSignal
}

/** `laidOut` is the map of which all pages are on disk; null where they are not, of `latest`. */
export function createPageWriter({
  laidOut: onDisk,
  latest: first,
}: {
  readonly laidOut: MerkleMap | null
  readonly latest: MerkleMap
}): PageWriter {
  let laidOut = onDisk
  let latest = first
  let isBehind = onDisk === null
  let held = isBehind ? Number.POSITIVE_INFINITY : 0
  let catching: AbortController | null = null
  return {
    opsOf(map, space) {
      latest = map
      if (isBehind) return []
      const ops: StoreOp[] = []
      for (const op of pageOps({ before: laidOut ?? emptyMap, after: map }, space)) {
        if (ops.length === pagesPerCheckpointMax) {
          isBehind = true
          held = Number.POSITIVE_INFINITY
          return [behindOp]
        }
        ops.push(op)
      }
      laidOut = map
      held += ops.length
      return ops
    },
    note(map) {
      // What is being written is of a state that is not the latest any more, and in a place that is not read.
      catching?.abort()
      latest = map
      laidOut = map
      isBehind = false
      held = Number.POSITIVE_INFINITY
    },
    noteSealed(map) {
      latest = map
      laidOut = map
      held = 0
    },
    get held() {
      return held
    },
    get isBehind() {
      return isBehind
    },
    get isCurrent() {
      return !isBehind && laidOut === latest
    },
    async catchUp(store, space, pace) {
      if (!isBehind || catching !== null) return
      const mine = new AbortController()
      catching = mine
      const signal = AbortSignal.any([mine.signal, pace.signal])
      const target = latest
      try {
        await store.batch([behindOp], { sync: true })
        // Those of a state that nobody reads any more would stay in between.
        if (laidOut === null) await clearSpaces(store, [pageSpaceOf[space]], signal)
        await writePages(store, space, {
          before: laidOut ?? emptyMap,
          after: target,
          ...pace,
          signal,
          last: [caughtUpOp],
        })
      } catch (error) {
        if (!mine.signal.aborted) throw error
      } finally {
        catching = null
      }
      if (signal.aborted) return
      laidOut = target
      isBehind = false
    },
  }
}

const behindOp = put(pagesBehindName, new Uint8Array())
const caughtUpOp: StoreOp = { kind: 'delete', key: behindOp.key }

/** Writes the pages that differ between two maps, in many batches, and the root with `last` when the others are durable. */
export async function writePages(
  store: Store,
  space: RowSpace,
  {
    before,
    after,
    last = [],
    breathe,
    signal,
  }: { before: MerkleMap; after: MerkleMap; last?: readonly StoreOp[] } & Pace,
): Promise<void> {
  let ops: StoreOp[] = []
  let root: StoreOp | undefined
  for (const op of pageOps({ before, after }, space)) {
    root ??= op
    if (root !== op) ops.push(op)
    if (ops.length < pagesPerBatch) continue
    await store.batch(ops, { sync: true })
    ops = []
    await breathe()
    signal.throwIfAborted()
  }
  await store.batch(ops, { sync: true })
  await store.batch(root === undefined ? last : [root, ...last], { sync: true })
}

function* pageOps(
  maps: { readonly before: MerkleMap; readonly after: MerkleMap },
  space: RowSpace,
): Generator<StoreOp, void, undefined> {
  for (const page of mapPages(maps)) yield { kind: 'put', key: statePageKey(page, space), value: page.bytes }
}
