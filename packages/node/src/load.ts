/** Start-up: what the store holds, checked, as the state that the replica goes on from. */
import { contentIdOfDigest, decode, type EventId, toHex } from '@chirograph/codec'
import { decodeProposal, type Proposal, type Verified, type VoteRecord } from '@chirograph/consensus'
import { decodeHeader, restoreEvent } from '@chirograph/event'
import {
  bodyKey,
  checkpointHeightKey,
  type EventPlace,
  eventRange,
  type KeyRange,
  metaKey,
  readArrivalKey,
  readEventKey,
  readVoteKey,
  type Store,
  spaceRange,
  strayKey,
} from '@chirograph/interface'
import {
  type Cut,
  type CutEntry,
  createLog,
  cutEntryShape,
  cutOf,
  cutRoot,
  decodeForkEvidence,
  eventAt,
  type LogIndex,
  recordFork,
  restoreEntry,
  restorePending,
} from '@chirograph/log'
import { type ChainTip, decodeCheckpoint, type RestoredReplica } from '@chirograph/replica'
import {
  type Genesis,
  genesisState,
  restoreState,
  rowsOf,
  type StateRow,
  stateRoot,
} from '@chirograph/status'
import { type AuthorTable, loadAuthors } from './author-table.js'
import { heightShape, logTreeShape, tipShape, voteKinds } from './facts.js'
import { loadOpenHistory, type OpenHistory } from './history.js'
import { storeDamaged } from './node-errors.js'
import { headerOfValue, nameOfPlace, placeOfEvent, readHeader } from './stored-event.js'
import { type StoredEvent, walkEvents } from './stored-walk.js'

const anySize = { bytesMax: 64 * 1024 * 1024 }

export interface Loaded {
  readonly restored: RestoredReplica
  readonly authors: AuthorTable
  readonly openHistory: readonly OpenHistory[]
  readonly nextOrdinal: number
  readonly openVoteKeys: readonly { readonly view: number; readonly key: Uint8Array }[]
}

export async function loadReplica(store: Store, genesis: Genesis): Promise<Loaded> {
  const final = await loadFinal(store, genesis)
  const authors = await loadAuthors(store)
  const log = await loadLog(store, { authors, cut: final?.cut ?? new Map() })
  const votes = await loadVotes(store)
  const openHistory = await loadOpenHistory(store, authors)
  const restored = {
    final,
    log,
    ...votes,
    lastSigned: await loadLastSigned(store),
    isHistoryWhole: openHistory.length === 0,
  }
  return { restored, authors, openHistory, nextOrdinal: await nextOrdinalOf(store), openVoteKeys: votes.keys }
}

async function loadFinal(store: Store, genesis: Genesis): Promise<RestoredReplica['final']> {
  const [heightBytes, treeBytes] = await store.getMany([metaKey('final-height'), metaKey('log-tree')])
  if (!heightBytes || !treeBytes) return null
  const height = must(decode(heightShape, heightBytes, anySize), 'the final height')
  const logTree = must(decode(logTreeShape, treeBytes, anySize), 'the log tree')
  const checkpointBytes = await store.get(checkpointHeightKey(height))
  if (!checkpointBytes) throw storeDamaged(`checkpoint ${height} is missing`)
  const checkpoint = must(decodeCheckpoint(checkpointBytes), `checkpoint ${height}`)
  const cut = cutOf(
    await valuesOf(store, spaceRange('frontier'), (value) =>
      must(decode(cutEntryShape, value, anySize), 'a cut entry'),
    ),
  )
  // The store holds what headers changed; what none has changed is as the genesis made it.
  const rows = new Map<string, StateRow>()
  for (const row of rowsOf(genesisState(genesis))) rows.set(toHex(row.key), row)
  for await (const [key, value] of store.range(spaceRange('stateRow'))) {
    const row = { key: key.slice(1), value }
    rows.set(toHex(row.key), row)
  }
  const state = restoreState({ genesis, rows: rows.values() })
  const { core, rest } = checkpoint.header
  if (toHex(stateRoot(state)) !== core.stateRoot)
    throw storeDamaged("the state rows do not hash to the checkpoint's root")
  if (toHex(cutRoot(cut)) !== rest.cutRoot)
    throw storeDamaged("the cut does not hash to the checkpoint's root")
  return { checkpoint, state, cut, logTree }
}

/**
 * Enters the last final event of each chain, and everything that is not final. What lies below is on disk and is not
 * read: the cost grows with authors and with what waits, not with history.
 */
async function loadLog(
  store: Store,
  { authors, cut }: { authors: AuthorTable; cut: Cut },
): Promise<LogIndex> {
  const log = createLog()
  for (const entry of cut.values()) await enterFinalTip(store, log, entry)
  for (let author = 0; author < authors.size; author++) {
    const org = authors.orgOf(author)
    const tip = org && cut.get(org)
    const fromSequence = tip === undefined ? 0 : tip.sequence + 1
    for (const generation of await generationsOf(store, author, tip?.generation ?? 0)) {
      const from = generation === tip?.generation ? fromSequence : 0
      const range = { author, generation, fromSequence: from, toSequence: Number.MAX_SAFE_INTEGER }
      for await (const page of walkEvents(store, range))
        for (const stored of page) await enterPending(store, log, stored)
    }
  }
  for await (const [key] of store.range(spaceRange('stray'))) {
    const place = readEventKey(key)
    const stored = await readHeader(store, place)
    if (stored === undefined) throw storeDamaged(`the event passed over at ${nameOfPlace(place)} is missing`)
    await enterPending(store, log, { place, ...stored, bodyBytes: (await store.get(bodyKey(place))) ?? null })
  }
  for await (const [, value] of store.range(spaceRange('evidence'))) {
    const evidence = decodeForkEvidence(value)
    if (evidence) recordFork(log, evidence)
  }
  return log
}

/** The last final event of an author's chain, and of each generation before: the prev of the first event of the next. */
async function enterFinalTip(
  store: Store,
  log: LogIndex,
  { id: tip, author, sequence }: CutEntry,
): Promise<void> {
  for (let id: EventId | null = tip; id !== null; ) {
    const place: EventPlace | undefined = await placeOfEvent(store, id)
    const stored = place && (await readHeader(store, place))
    const decoded = stored && decodeHeader(stored.headerBytes)
    const isThere = place && stored && decoded?.kind === 'decoded' && decoded.id === id
    if (!isThere) {
      // Generations before the last may still be on their way, as history.
      if (id !== tip) return
      throw storeDamaged(`event ${id} of the final cut (sequence ${sequence} of ${author}) is missing`)
    }
    restoreEntry(log, {
      id,
      header: decoded.header,
      branch: place.branch,
      isVerified: stored.signature !== null,
    })
    id = place.generation === 0 ? null : await prevOfGeneration(store, place)
  }
}

/** What the first final event of a generation follows; null where it is not here. */
async function prevOfGeneration(store: Store, { author, generation }: EventPlace): Promise<EventId | null> {
  const first = eventRange({ author, generation, fromSequence: 0, toSequence: 0 })
  for await (const [key, value] of store.range(first)) {
    const place = readEventKey(key)
    const decoded = decodeHeader(headerOfValue(value, place).headerBytes)
    if (decoded.kind === 'decoded' && (await store.get(strayKey(place))) === undefined)
      return decoded.header.prev
  }
  return null
}

/** Enters an event that is not final. A power cut may have taken the one before it; sync brings both back in order. */
async function enterPending(store: Store, log: LogIndex, stored: StoredEvent): Promise<void> {
  const { place, bodyBytes } = stored
  // A batch is atomic, so a header without its body was damaged, not interrupted.
  if (bodyBytes === null) throw storeDamaged(`the body at ${nameOfPlace(place)} is missing`)
  const restored = restoreEvent({ ...stored, bodyBytes })
  if (restored.kind === 'reject') throw storeDamaged(`the event at ${nameOfPlace(place)}: ${restored.detail}`)
  const { prev } = restored.event.header
  const isFollowing = prev === null || eventAt(log, prev) || (await placeOfEvent(store, prev))
  if (isFollowing) restorePending(log, restored.event, place.branch)
}

/** The generations from one on of which events are stored: one step to the next, not a walk over the events. */
async function generationsOf(store: Store, author: number, from: number): Promise<number[]> {
  const generations: number[] = []
  for (let next: number | undefined = from; next !== undefined; ) {
    const bounds = { from: firstOf(author, next), to: firstOf(author + 1, 0), limit: 1 }
    next = undefined
    for await (const [key] of store.range(bounds)) {
      const { generation } = readEventKey(key)
      generations.push(generation)
      next = generation + 1
    }
  }
  return generations
}

function firstOf(author: number, generation: number): Uint8Array {
  return eventRange({ author, generation, fromSequence: 0, toSequence: 0 }).from
}

async function loadVotes(store: Store) {
  const records = new Map<number, VoteRecord>()
  const proposals = new Map<string, Verified<Proposal>>()
  const keys: { view: number; key: Uint8Array }[] = []
  for await (const [key, value] of store.range(spaceRange('vote'))) {
    const { view, kind } = readVoteKey(key)
    keys.push({ view, key })
    const record = records.get(view) ?? { view, notarize: null, skip: false, final: null }
    if (kind === voteKinds.notarize) records.set(view, { ...record, notarize: toHex(value) })
    if (kind === voteKinds.skip) records.set(view, { ...record, skip: true })
    if (kind === voteKinds.final) records.set(view, { ...record, final: toHex(value) })
    if (kind === voteKinds.ownProposal || kind === voteKinds.notarizedProposal) {
      const proposal = must(decodeProposal(value), `the proposal of view ${view}`)
      proposals.set(proposal.header.digest, proposal as Verified<Proposal>) // checked before it was stored
    }
  }
  return { records: [...records.values()], proposals: [...proposals.values()], keys }
}

async function loadLastSigned(store: Store): Promise<ChainTip | null> {
  const bytes = await store.get(metaKey('last-signed'))
  if (!bytes) return null
  const { generation, sequence, digest } = must(
    decode(tipShape, bytes, anySize),
    'the note of what was signed',
  )
  return { generation, sequence, id: contentIdOfDigest(digest) }
}

export async function nextOrdinalOf(store: Store): Promise<number> {
  for await (const [key] of store.range({ ...spaceRange('arrival'), reverse: true, limit: 1 })) {
    return readArrivalKey(key) + 1
  }
  return 0
}

async function valuesOf<T>(store: Store, range: KeyRange, read: (value: Uint8Array) => T): Promise<T[]> {
  const values: T[] = []
  for await (const [, value] of store.range(range)) values.push(read(value))
  return values
}

function must<T>(decoded: { ok: true; value: T } | { ok: false; detail: string }, what: string): T {
  if (!decoded.ok) throw storeDamaged(`${what}: ${decoded.detail}`)
  return decoded.value
}
