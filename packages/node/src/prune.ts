/**
 * Lets go of bodies below a checkpoint. Headers stay, and so do all chains, proofs and the state; what goes is told to
 * nobody by this node any more. The floor is on disk before the first body goes, so a pruning that was killed leaves a store
 * that says which bodies may lack, and is gone on with by pruning again. SPEC.md of `replica`, "Pruning".
 */
import { decode, encode } from '@chirograph/codec'
import { decodeHeader, type EventKind } from '@chirograph/event'
import {
  bodyKey,
  type ChainPlace,
  ChirographError,
  metaKey,
  readCheckpointHeightKey,
  readEventKey,
  type Store,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { type CutEntry, cutEntryShape, decodeChanges } from '@chirograph/log'
import { decodeCheckpoint } from '@chirograph/replica'
import { loadAuthors } from './author-table.js'
import { type BodyFloor, bodyFloorOp, loadBodyFloors } from './body-floor.js'
import { heightShape, placeName } from './facts.js'
import { assertSchema, prunedHeightName, put } from './meta.js'
import { storeDamaged } from './node-errors.js'
import { prunableKinds } from './prunable.js'
import { walkEvents } from './stored-walk.js'

/** Bodies deleted in one batch. */
const bodiesPerBatch = 4_096

/** What was final before a height, or at a time. */
export type PruneFloor = { readonly height: number } | { readonly timeMs: number }

export interface PruneOptions {
  readonly before: PruneFloor
  /** Kinds whose bodies stay although they could go. */
  readonly keep?: readonly EventKind[]
  /** Counts what would go, and writes nothing. */
  readonly isDryRun?: boolean
  readonly onProgress?: (progress: { readonly looked: number; readonly pruned: number }) => void
  /** Between two batches; what went is gone. */
  readonly signal?: AbortSignal
}

export interface Pruning {
  readonly kind: 'done' | 'planned'
  /** The last checkpoint whose events are below the floor; 0 where none is. */
  readonly height: number
  readonly bodies: number
  readonly bytes: number
  readonly byKind: Readonly<Partial<Record<EventKind, number>>>
}

/** `NODE_STORE_SCHEMA`, `NODE_PRUNE_TOO_FAR` for a height that is not final here. */
export async function pruneStore(store: Store, options: PruneOptions): Promise<Pruning> {
  const { before, keep = [], isDryRun = false, signal } = options
  await assertSchema(store)
  const { height, entries } = await floorOf(store, before)
  const kinds = new Set(prunableKinds.filter((kind) => !keep.includes(kind)))
  const floors = await floorsOf(store, entries)
  if (!isDryRun) await noteFloors(store, { floors, height })
  let [bodies, bytes, looked] = [0, 0, 0]
  const byKind: Partial<Record<EventKind, number>> = {}
  const strays = await straysOf(store)
  for (const { author, generation, sequence } of floors) {
    const range = { author, generation, fromSequence: 0, toSequence: sequence }
    let ops: StoreOp[] = []
    for await (const page of walkEvents(store, range)) {
      signal?.throwIfAborted()
      for (const { place, headerBytes, bodyBytes } of page) {
        looked++
        if (bodyBytes === null || strays.has(placeName(place))) continue
        const decoded = decodeHeader(headerBytes)
        if (decoded.kind === 'reject') throw storeDamaged(`a header of author ${author}: ${decoded.detail}`)
        const { kind } = decoded.header
        if (!kinds.has(kind)) continue
        bodies++
        bytes += bodyBytes.length
        byKind[kind] = (byKind[kind] ?? 0) + 1
        ops.push({ kind: 'delete', key: bodyKey(place) })
      }
      if (!isDryRun && ops.length >= bodiesPerBatch) {
        await store.batch(ops, { sync: false })
        ops = []
      }
      options.onProgress?.({ looked, pruned: bodies })
    }
    if (!isDryRun) await store.batch(ops, { sync: true })
  }
  return { kind: isDryRun ? 'planned' : 'done', height, bodies, bytes, byKind }
}

/** The last checkpoint before the floor, and how far each chain was final at it. */
async function floorOf(
  store: Store,
  before: PruneFloor,
): Promise<{ readonly height: number; readonly entries: readonly CutEntry[] }> {
  let height = 0
  let newest = 0
  const entries = new Map<string, CutEntry>()
  const movedLater = new Set<string>()
  for await (const [key, value] of store.range(spaceRange('checkpointHeight'))) {
    newest = readCheckpointHeightKey(key)
    const decoded = decodeCheckpoint(value)
    if (!decoded.ok) throw storeDamaged(`checkpoint ${newest}: ${decoded.detail}`)
    const { header, changes } = decoded.value
    const isBelow = 'height' in before ? newest < before.height : header.core.timeMs < before.timeMs
    if (isBelow) height = newest
    const moved = changes.length === 0 ? { ok: true as const, value: [] } : decodeChanges(changes)
    if (!moved.ok) throw storeDamaged(`checkpoint ${newest}: ${moved.detail}`)
    for (const entry of moved.value) {
      if (isBelow) entries.set(`${entry.author}/${entry.generation}`, entry)
      else movedLater.add(entry.author)
    }
  }
  if ('height' in before && before.height > newest + 1) throw tooFar(before.height, newest)
  if (height === 0) return { height, entries: [] }
  // Whoever has not moved since a snapshot was there at it; of whoever has, where it was then is not known here.
  for await (const [, value] of store.range(spaceRange('frontier'))) {
    const entry = decode(cutEntryShape, value, { bytesMax: 256 })
    if (!entry.ok) throw storeDamaged(`a final tip: ${entry.detail}`)
    const name = `${entry.value.author}/${entry.value.generation}`
    if (!entries.has(name) && !movedLater.has(entry.value.author)) entries.set(name, entry.value)
  }
  return { height, entries: [...entries.values()] }
}

async function floorsOf(store: Store, entries: readonly CutEntry[]): Promise<BodyFloor[]> {
  const authors = await loadAuthors(store)
  return entries.flatMap(({ author: org, generation, sequence }): BodyFloor[] => {
    const author = authors.numberOf(org)
    return author === undefined ? [] : [{ author, generation, sequence }]
  })
}

/** A floor never sinks: what went below a higher one is gone. */
async function noteFloors(
  store: Store,
  { floors, height }: { readonly floors: readonly BodyFloor[]; readonly height: number },
): Promise<void> {
  const nameOf = ({ author, generation }: ChainPlace) => `${author}/${generation}`
  const known = new Map((await loadBodyFloors(store)).map((floor) => [nameOf(floor), floor.sequence]))
  const higher = floors.filter((floor) => floor.sequence > (known.get(nameOf(floor)) ?? -1))
  const noted = await store.get(metaKey(prunedHeightName))
  const before = noted === undefined ? undefined : decode(heightShape, noted, { bytesMax: 16 })
  const highest = Math.max(height, before?.ok ? before.value : 0)
  if (highest === 0) return
  await store.batch([...higher.map(bodyFloorOp), put(prunedHeightName, encode(heightShape, highest))], {
    sync: true,
  })
}

async function straysOf(store: Store): Promise<Set<string>> {
  const strays = new Set<string>()
  for await (const [key] of store.range(spaceRange('stray'))) strays.add(placeName(readEventKey(key)))
  return strays
}

/** The checkpoint up to which bodies may lack; 0 where none was pruned. */
export async function prunedHeightOf(store: Store): Promise<number> {
  const noted = await store.get(metaKey(prunedHeightName))
  const height = noted && decode(heightShape, noted, { bytesMax: 16 })
  return height?.ok ? height.value : 0
}

function tooFar(height: number, newest: number): ChirographError {
  return new ChirographError({
    code: 'NODE_PRUNE_TOO_FAR',
    what: `height ${height} is not final here; the newest checkpoint is ${newest}`,
    hint: `name a height up to ${newest + 1}, or a date`,
    facts: { height, newest },
  })
}
