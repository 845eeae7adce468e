/**
 * Brings an older store to the layout of today: from schema 1 to 2 its events, from 2 to 3 its state. Events move in the order in which they came, so that cursors keep
 * their meaning, each batch whole and on disk: what is left in the old places is what is left to do, and a migration
 * that was killed goes on where it was. From the first batch to the last the schema says that it is under way, so that
 * no version, older or newer, takes half a store for a whole one.
 */
import { concatBytes, contentIdOfDigest, decode, toHex } from '@chirograph/codec'
import { decodeHeader, type OrgId } from '@chirograph/event'
import {
  arrivalKey,
  bodyKey,
  type ChainPlace,
  type EventPlace,
  eventKey,
  eventRange,
  metaKey,
  placeValue,
  positionKey,
  readArrivalKey,
  readEventKey,
  type Store,
  type StoreEntry,
  type StoreOp,
  spaceRange,
  strayKey,
} from '@chirograph/interface'
import { type CutEntry, cutEntryShape } from '@chirograph/log'
import type { Genesis } from '@chirograph/status'
import { type AuthorTable, loadAuthors } from './author-table.js'
import {
  eventsMoving,
  isMigratable,
  put,
  readSchema,
  schemaOps,
  schemaVersion,
  stateMoving,
  wrongSchema,
} from './meta.js'
import { countOldRows, moveState } from './migrate-state.js'
import { storeDamaged } from './node-errors.js'
import {
  type OldPlace,
  type OldSpace,
  oldKey,
  oldPlaceOf,
  oldPlaceOfKey,
  oldRange,
  readOldHeader,
  readOldOrdinal,
} from './schema-1.js'
import { storedValue } from './stored-event.js'
import { walkEvents } from './stored-walk.js'

/** Events moved in one batch: with the largest bodies 17 MB, far below what a batch may hold. */
const eventsPerBatchDefault = 256
/** Keys deleted, or marks made, in one batch. */
const keysPerBatch = 4_096

export interface MigrationProgress {
  readonly what: 'events' | 'rows of the state'
  /** Of `total`, counted over every run of this migration. */
  readonly moved: number
  readonly total: number
}

export type Migration =
  /** Nothing is to be done. */
  | { readonly kind: 'current'; readonly schema: string }
  /** `done`, or `planned` by a dry run, which writes nothing. */
  | {
      readonly kind: 'done' | 'planned'
      readonly fromSchema: string
      readonly toSchema: string
      /** An earlier run was broken off, and this one goes on where it was. */
      readonly isResumed: boolean
      /** Moved by this run, or to be moved. */
      readonly events: number
      /** Authors that the store holds events of. */
      readonly authors: number
      /** Events marked as passed over: their chain is final beyond them on another branch. Null in a dry run. */
      readonly strays: number | null
      /** Entries in the order of arrival whose event was not there: damage from before. */
      readonly lost: number
      /** Rows of the state. */
      readonly rows: number
    }

export interface MigrateOptions {
  /** Called where rows of a state are moved: what no header has changed of it was not stored. */
  readonly readGenesis: () => Promise<Genesis>
  readonly onProgress?: (progress: MigrationProgress) => void
  /** Counts what would be moved, and writes nothing. */
  readonly isDryRun?: boolean
  /** Events moved in one batch: 256. */
  readonly eventsPerBatch?: number
  /** Between two batches; what is moved stays moved. */
  readonly signal?: AbortSignal
}

/** `NODE_STORE_SCHEMA` for a store of a newer version, or of none. An empty store is left as it is. */
export async function migrateStore(store: Store, options: MigrateOptions): Promise<Migration> {
  const { readGenesis, onProgress = () => {}, isDryRun = false, signal } = options
  const { eventsPerBatch = eventsPerBatchDefault } = options
  const schema = await readSchema(store)
  if (schema === undefined || schema === schemaVersion) return { kind: 'current', schema: schemaVersion }
  if (!isMigratable(schema)) throw wrongSchema(schema)
  const isResumed = schema === eventsMoving || schema === stateMoving
  const told = { fromSchema: schema.slice(0, 1), toSchema: schemaVersion, isResumed }
  if (isDryRun) {
    const rows = await countOldRows(store)
    return { kind: 'planned', ...told, ...(await countOld(store)), strays: null, rows }
  }
  const mover: Mover = { store, authors: await loadAuthors(store), eventsPerBatch, onProgress, signal }
  const areEventsOld = schema === '1' || schema === eventsMoving
  const events = areEventsOld ? await moveAllEvents(mover, { isResumed }) : nothingMoved
  const onMoved = (moved: number, total: number) => onProgress({ what: 'rows of the state', moved, total })
  const rows = await moveState(store, { readGenesis, schema: areEventsOld ? '2' : schema, onMoved, signal })
  return { kind: 'done', ...told, ...events, authors: mover.authors.size, rows }
}

const nothingMoved = { events: 0, strays: 0, lost: 0 }

async function moveAllEvents(mover: Mover, { isResumed }: { readonly isResumed: boolean }) {
  const { store } = mover
  if (!isResumed) await beginMigration(store)
  const { moved, lost } = await moveArrivals(mover)
  const unlisted = await moveUnlisted(mover)
  for (const space of ['body', 'position'] as const) await clearOld(mover, space)
  const strays = await markStrays(mover)
  await store.batch(schemaOps('2'), { sync: true })
  return { events: moved + unlisted, strays, lost }
}

interface Mover {
  readonly store: Store
  readonly authors: AuthorTable
  readonly eventsPerBatch: number
  readonly onProgress: (progress: MigrationProgress) => void
  readonly signal: AbortSignal | undefined
}

/** Schema 1 did not note that a node had run; one that had knew its network, and may have signed. */
async function beginMigration(store: Store): Promise<void> {
  const hasRun = (await store.get(metaKey('network'))) !== undefined
  const started = hasRun ? [put('started', new Uint8Array())] : []
  await store.batch([...schemaOps(eventsMoving), ...started], { sync: true })
}

async function moveArrivals({ store, authors, eventsPerBatch, onProgress, signal }: Mover) {
  const total = await oldCount(store)
  let moved = 0
  const lost = new Set<string>()
  for await (const page of takePages(store, 'arrival', eventsPerBatch)) {
    signal?.throwIfAborted()
    const ops: StoreOp[] = page.map(([key]) => ({ kind: 'delete', key }))
    const found = await findArrivals(store, page)
    await moveEvents({ store, authors }, found, ops)
    await store.batch(ops, { sync: true })
    moved += found.length
    for (const name of await lostOf(store, { page, found })) lost.add(name)
    const last = page.at(-1)
    if (last) onProgress({ what: 'events', moved: readOldOrdinal(last[0]) + 1, total })
  }
  return { moved, lost: lost.size }
}

/** Listed, and nowhere in the store: what was listed twice is here, or moved already. */
async function lostOf(
  store: Store,
  { page, found }: { readonly page: readonly StoreEntry[]; readonly found: readonly Arrival[] },
): Promise<string[]> {
  const here = new Set(found.map(({ id }) => id))
  const absent = [...new Set(page.map(([, digest]) => contentIdOfDigest(digest)))].filter(
    (id) => !here.has(id),
  )
  const moved = await store.getMany(absent.map(positionKey))
  return absent.filter((_, at) => moved[at] === undefined)
}

interface Arrival extends OldPlace {
  readonly ordinal: number
}

/** Those of a page whose event is known; each event once. */
async function findArrivals(store: Store, page: readonly StoreEntry[]): Promise<Arrival[]> {
  const positions = await store.getMany(page.map(([, digest]) => oldKey('position', digest)))
  const found = new Map<string, Arrival>()
  for (const [at, [key, digest]] of page.entries()) {
    const position = positions[at]
    const name = toHex(digest)
    if (position === undefined || found.has(name)) continue
    found.set(name, { ...oldPlaceOf({ position, digest }), ordinal: readOldOrdinal(key) })
  }
  const arrivals = [...found.values()]
  const values = await store.getMany(arrivals.map(({ suffix }) => oldKey('event', suffix)))
  return arrivals.filter((_, at) => values[at] !== undefined)
}

/** Events that stand in no order of arrival, which only damage leaves behind: they come last. */
async function moveUnlisted({ store, authors, eventsPerBatch, signal }: Mover): Promise<number> {
  let ordinal = await nextOrdinal(store)
  let moved = 0
  for await (const page of takePages(store, 'event', eventsPerBatch)) {
    signal?.throwIfAborted()
    const ops: StoreOp[] = []
    const arrivals = page.map(([key]): Arrival => ({ ...oldPlaceOfKey(key), ordinal: ordinal++ }))
    await moveEvents({ store, authors }, arrivals, ops)
    await store.batch(ops, { sync: true })
    moved += page.length
  }
  return moved
}

async function moveEvents(
  { store, authors }: Pick<Mover, 'store' | 'authors'>,
  arrivals: readonly Arrival[],
  ops: StoreOp[],
): Promise<void> {
  const chains = arrivals.map(({ author, generation, sequence }) => {
    return { author: authors.claim(author, ops), generation, sequence }
  })
  const branches = await numberBranches(store, chains)
  const values = await store.getMany(arrivals.map(({ suffix }) => oldKey('event', suffix)))
  const bodies = await store.getMany(arrivals.map(({ suffix }) => oldKey('body', suffix)))
  for (const [at, { id, ordinal, suffix }] of arrivals.entries()) {
    const [chain, branch, value, body] = [chains[at], branches[at], values[at], bodies[at]]
    if (chain === undefined || branch === undefined || value === undefined) continue
    const place: EventPlace = { ...chain, branch }
    const where = placeValue(place)
    ops.push({ kind: 'put', key: eventKey(place), value: storedValue(readOldHeader(value)) })
    if (body !== undefined) ops.push({ kind: 'put', key: bodyKey(place), value: body })
    ops.push(
      { kind: 'put', key: positionKey(id), value: where },
      { kind: 'put', key: arrivalKey(ordinal), value: where },
      { kind: 'delete', key: oldKey('event', suffix) },
      { kind: 'delete', key: oldKey('body', suffix) },
      { kind: 'delete', key: oldKey('position', suffix.subarray(44)) },
    )
  }
}

/** Of the events at one place the first to come is branch 0, as it would have been had it come today. */
async function numberBranches(
  store: Store,
  chains: readonly Omit<EventPlace, 'branch'>[],
): Promise<number[]> {
  const first = await store.getMany(chains.map((chain) => eventKey({ ...chain, branch: 0 })))
  const next = new Map<string, number>()
  const branches: number[] = []
  for (const [at, chain] of chains.entries()) {
    const name = `${chain.author}/${chain.generation}/${chain.sequence}`
    const branch = next.get(name) ?? (first[at] === undefined ? 0 : (await lastBranch(store, chain)) + 1)
    next.set(name, branch + 1)
    branches.push(branch)
  }
  return branches
}

async function lastBranch(store: Store, { sequence, ...chain }: Omit<EventPlace, 'branch'>): Promise<number> {
  const slot = eventRange({ ...chain, fromSequence: sequence, toSequence: sequence })
  for await (const [key] of store.range({ ...slot, reverse: true, limit: 1 })) return readEventKey(key).branch
  return -1
}

async function clearOld({ store, signal }: Mover, space: OldSpace): Promise<void> {
  for await (const page of takePages(store, space, keysPerBatch)) {
    signal?.throwIfAborted()
    const ops = page.map(([key]): StoreOp => ({ kind: 'delete', key }))
    await store.batch(ops, { sync: true })
  }
}

/**
 * Marks what is not final of chains that are final beyond it. Only where an author forked, or began a new generation,
 * is there anything to mark, so of other chains no header is read. Doing it again makes the same marks.
 */
async function markStrays(mover: Mover): Promise<number> {
  const { store, authors, signal } = mover
  const tips = await loadTips(store)
  let strays = 0
  for (const chain of await chainsToMark(store, authors, tips)) {
    signal?.throwIfAborted()
    let ops: StoreOp[] = []
    for await (const place of straysOfChain(store, chain)) {
      ops.push({ kind: 'put', key: strayKey(place), value: new Uint8Array() })
      strays++
      if (ops.length < keysPerBatch) continue
      await store.batch(ops, { sync: true })
      ops = []
    }
    await store.batch(ops, { sync: true })
  }
  return strays
}

type Tips = ReadonlyMap<OrgId, ReadonlyMap<number, CutEntry>>

/** The last final event of each generation of each author. */
async function loadTips(store: Store): Promise<Tips> {
  const tips = new Map<OrgId, Map<number, CutEntry>>()
  for await (const [, value] of store.range(spaceRange('frontier'))) {
    const entry = decode(cutEntryShape, value, { bytesMax: 1_024 })
    if (!entry.ok) throw storeDamaged(`a cut entry: ${entry.detail}`)
    const { author, generation } = entry.value
    const ofAuthor = tips.get(author) ?? new Map<number, CutEntry>()
    tips.set(author, ofAuthor.set(generation, entry.value))
  }
  return tips
}

/** A chain with something that is not final up to `toSequence`; the final branch ends in `tip`. */
interface MarkedChain extends ChainPlace {
  readonly tip: CutEntry | undefined
  readonly toSequence: number
}

async function chainsToMark(store: Store, authors: AuthorTable, tips: Tips): Promise<MarkedChain[]> {
  const found = new Map<string, MarkedChain>()
  for await (const page of store.pages(spaceRange('event')))
    for (const [key] of page) {
      const { author, generation, sequence, branch } = readEventKey(key)
      const ofAuthor = tips.get(authors.orgOf(author) ?? ('' as OrgId)) // nobody's id: then nothing is final
      const current = ofAuthor === undefined ? undefined : Math.max(...ofAuthor.keys())
      if (current === undefined || generation > current) continue
      const tip = ofAuthor?.get(generation)
      const isClosed = generation < current
      const isBeyond = sequence > (tip?.sequence ?? -1)
      const toSequence = isClosed ? Number.MAX_SAFE_INTEGER : (tip?.sequence ?? -1)
      if (isBeyond ? isClosed : branch > 0)
        found.set(`${author}/${generation}`, { author, generation, tip, toSequence })
    }
  return [...found.values()]
}

type Wanted = Pick<CutEntry, 'id' | 'sequence'>

/**
 * Down from the last final event by what each names as the one before it; whatever is passed on the way is a stray.
 * Where the final chain is broken, what is below cannot be told apart and is left unmarked.
 */
async function* straysOfChain(
  store: Store,
  { author, generation, tip, toSequence }: MarkedChain,
): AsyncIterable<EventPlace> {
  let wanted: Wanted | undefined = tip
  let next = undefined as Wanted | undefined
  let passed: EventPlace[] = []
  const range = { author, generation, fromSequence: 0, toSequence }
  for await (const page of walkEvents(store, range, { isReverse: true, areBodiesWanted: false }))
    for (const { place, headerBytes } of page) {
      if (place.sequence > (wanted?.sequence ?? -1)) {
        yield place
        continue
      }
      if (wanted && place.sequence < wanted.sequence) {
        if (next?.sequence !== place.sequence) return
        yield* passed
        passed = []
        wanted = next
        next = undefined
      }
      const decoded = decodeHeader(headerBytes)
      if (decoded.kind === 'decoded' && decoded.id === wanted?.id) {
        const { prev } = decoded.header
        next = { id: prev ?? decoded.id, sequence: place.sequence - 1 }
      } else passed.push(place)
    }
  if (next !== undefined) yield* passed
}

/** Pages of an old space, from its beginning on; the reader deletes what it was given. */
async function* takePages(store: Store, space: OldSpace, limit: number): AsyncIterable<StoreEntry[]> {
  let { from, to } = oldRange(space)
  for (;;) {
    const page: StoreEntry[] = []
    for await (const entry of store.range({ from, to, limit })) page.push(entry)
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    // On from there: to begin again would be to step over everything that was deleted.
    from = concatBytes(last[0], Uint8Array.of(0))
  }
}

/** How many arrivals there were before the first run. */
async function oldCount(store: Store): Promise<number> {
  for await (const [key] of store.range({ ...oldRange('arrival'), reverse: true, limit: 1 }))
    return readOldOrdinal(key) + 1
  return 0
}

async function nextOrdinal(store: Store): Promise<number> {
  for await (const [key] of store.range({ ...spaceRange('arrival'), reverse: true, limit: 1 }))
    return readArrivalKey(key) + 1
  return 0
}

async function countOld(store: Store) {
  const authors = new Set<OrgId>()
  let events = 0
  for await (const page of store.pages(oldRange('event')))
    for (const [key] of page) {
      authors.add(oldPlaceOfKey(key).author)
      events++
    }
  const lost = new Set<string>()
  for await (const page of store.pages(oldRange('arrival')))
    for (const id of await lostOf(store, { page, found: await findArrivals(store, page) })) lost.add(id)
  return { events, authors: authors.size, lost: lost.size }
}
