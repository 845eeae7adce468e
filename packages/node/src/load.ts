/** Start-up: what the store holds, checked, as the state that the replica goes on from. */
import { contentIdOfDigest, decode, fromHex, toHex } from '@chirograph/codec'
import { decodeProposal, type Proposal, type Verified, type VoteRecord } from '@chirograph/consensus'
import { decodeHeader, type OrgId, restoreEvent } from '@chirograph/event'
import {
  bodyKey,
  checkpointHeightKey,
  checkpointRange,
  eventRange,
  type KeyRange,
  metaKey,
  readArrivalKey,
  readEventKey,
  readVoteKey,
  type Store,
  spaceRange,
} from '@chirograph/interface'
import {
  type Cut,
  type CutEntry,
  closeGenerations,
  createLog,
  cutEntryShape,
  cutOf,
  cutRoot,
  decodeForkEvidence,
  eventAt,
  isAtOrBefore,
  type LogIndex,
  recordFork,
  restoreEntry,
  restorePending,
} from '@chirograph/log'
import { type ChainTip, decodeCheckpoint, type HeldFrom, type RestoredReplica } from '@chirograph/replica'
import { type Genesis, openState, readClosedGenerations } from '@chirograph/status'
import { type AuthorTable, loadAuthors } from './author-table.js'
import { type BodyFloor, bodiesFromOf, loadBodyFloors } from './body-floor.js'
import { heightShape, logTreeShape, ordinalShape, tipShape, type VoteKey, voteKinds } from './facts.js'
import { loadHandovers } from './handovers.js'
import { loadOpenHistory, type OpenHistory } from './history.js'
import { readVoteGate } from './meta.js'
import { storeDamaged } from './node-errors.js'
import { nameOfPlace, placeOfEvent, readHeader } from './stored-event.js'
import { createStoredState, type StoredState } from './stored-state.js'
import { type StoredEvent, walkEvents } from './stored-walk.js'

const anySize = { bytesMax: 64 * 1024 * 1024 }

export interface Loaded {
  readonly restored: RestoredReplica
  readonly authors: AuthorTable
  readonly openHistory: readonly OpenHistory[]
  readonly bodyFloors: readonly BodyFloor[]
  readonly nextOrdinal: number
  readonly openVoteKeys: readonly VoteKey[]
  readonly stored: StoredState
}

export async function loadReplica(
  store: Store,
  known: { readonly genesis: Genesis; readonly isFirstStart: boolean; readonly isCopy: boolean },
): Promise<Loaded> {
  const { genesis, isFirstStart, isCopy } = known
  const stored = createStoredState(store)
  const final = await loadFinal(store, { genesis, stored })
  const authors = await loadAuthors(store)
  const openHistory = await loadOpenHistory(store, authors)
  const log = await loadLog(store, { authors, final, openHistory })
  const votes = await loadVotes(store, final?.state.validators.epoch ?? 0)
  const bodyFloors = await loadBodyFloors(store)
  const restored = {
    final,
    log,
    ...votes,
    voteGate: await readVoteGate(store),
    lastSigned: await loadLastSigned(store),
    handovers: await loadHandovers(store),
    isHistoryWhole: openHistory.length === 0,
    isFirstStart,
    isCopy,
    heldFrom: heldFromOf(openHistory),
    bodiesFrom: bodiesFromOf(bodyFloors, authors),
  }
  const nextOrdinal = await nextOrdinalOf(store)
  return { restored, authors, openHistory, bodyFloors, nextOrdinal, openVoteKeys: votes.keys, stored }
}

/** Above the highest place at which something of an author lacks. */
function heldFromOf(openHistory: readonly OpenHistory[]): Map<OrgId, HeldFrom> {
  const heldFrom = new Map<OrgId, HeldFrom>()
  for (const { author, generation, lowest } of openHistory) {
    // Of a generation of which nothing is held, the next one is held from its beginning.
    const place =
      lowest === null ? { generation: generation + 1, sequence: 0 } : { generation, sequence: lowest }
    const known = heldFrom.get(author)
    if (known === undefined || isAtOrBefore(known, place)) heldFrom.set(author, place)
  }
  return heldFrom
}

async function loadFinal(
  store: Store,
  { genesis, stored }: { readonly genesis: Genesis; readonly stored: StoredState },
): Promise<RestoredReplica['final']> {
  const [heightBytes, treeBytes] = await store.getMany([metaKey('final-height'), metaKey('log-tree')])
  if (!heightBytes || !treeBytes) {
    // Written with the first checkpoint. To begin at the genesis again would be to vote again on what was decided.
    for await (const _ of store.range({
      ...checkpointRange({ fromHeight: 0, toHeight: Number.MAX_SAFE_INTEGER }),
      limit: 1,
    }))
      throw storeDamaged(
        'checkpoints are here, and the note of the final height or of the log tree is missing',
      )
    return null
  }
  const height = must(decode(heightShape, heightBytes, anySize), 'the final height')
  const logTree = must(decode(logTreeShape, treeBytes, anySize), 'the log tree')
  const checkpointBytes = await store.get(checkpointHeightKey(height))
  if (!checkpointBytes) throw storeDamaged(`checkpoint ${height} is missing`)
  const checkpoint = must(decodeCheckpoint(checkpointBytes), `checkpoint ${height}`)
  // Ascending by generation, so that of each author the current one is kept.
  const cut = cutOf(
    await valuesOf(store, spaceRange('frontier'), (value) =>
      must(decode(cutEntryShape, value, anySize), 'a cut entry'),
    ),
  )
  const { core, rest } = checkpoint.header
  if (toHex(cutRoot(cut)) !== rest.cutRoot)
    throw storeDamaged("the cut does not hash to the checkpoint's root")
  const root = fromHex(core.stateRoot) ?? new Uint8Array() // a header holds lowercase hex only
  const state = openState({ genesis, root, version: height, source: stored })
  if (state === undefined) throw storeDamaged("the state's first page does not hash to the checkpoint's root")
  return { checkpoint, state, cut, logTree }
}

/**
 * Enters the last final event of each chain, and everything that is not final. What lies below is on disk and is not
 * read: the cost grows with authors and with what waits, not with history.
 */
async function loadLog(
  store: Store,
  {
    authors,
    final,
    openHistory,
  }: {
    readonly authors: AuthorTable
    readonly final: RestoredReplica['final']
    readonly openHistory: readonly OpenHistory[]
  },
): Promise<LogIndex> {
  const log = createLog()
  const cut: Cut = final?.cut ?? new Map()
  for (const tip of cut.values()) {
    if (await enterFinalTip(store, log, tip)) continue
    if (openHistory.some(({ holeFrom, before }) => holeFrom !== null && before === tip.id))
      enterLostTip(log, tip)
    else
      throw storeDamaged(
        `event ${tip.id} of the final cut (sequence ${tip.sequence} of ${tip.author}) is missing`,
      )
  }
  // Earlier generations may still be on their way, as history.
  if (final !== null) for (const tip of closedTipsOf(final)) await enterFinalTip(store, log, tip)
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
  for (const { author, generation } of cut.values()) if (generation > 0) closeGenerations(log, author)
  for await (const [, value] of store.range(spaceRange('evidence'))) {
    const evidence = decodeForkEvidence(value)
    if (evidence) recordFork(log, evidence)
  }
  return log
}

/** Where closed generations ended. */
function closedTipsOf({ cut, state }: NonNullable<RestoredReplica['final']>): CutEntry[] {
  return [...cut.values()].flatMap(({ author, generation }) =>
    generation === 0
      ? []
      : readClosedGenerations(state, author).flatMap(({ generation: closed, last }) =>
          last === null ? [] : [{ author, generation: closed, ...last }],
        ),
  )
}

/** Enters the last final event of a chain; says whether it is here. */
async function enterFinalTip(store: Store, log: LogIndex, { id }: CutEntry): Promise<boolean> {
  const place = await placeOfEvent(store, id)
  const stored = place && (await readHeader(store, place))
  const decoded = stored && decodeHeader(stored.headerBytes)
  if (!place || !stored || decoded?.kind !== 'decoded' || decoded.id !== id) return false
  const isVerified = stored.signature !== null
  restoreEntry(log, { id, header: decoded.header, branch: place.branch, isVerified })
  return true
}

/** A final tip that is to be fetched again: what follows it needs its place and its name, and nothing else of it. */
function enterLostTip(log: LogIndex, { id, author, generation, sequence }: CutEntry): void {
  const place = { author, generation, sequence, prev: null, kind: 'status.lease' } as const
  restoreEntry(log, { id, header: place, branch: 0, isVerified: false })
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

/** Consensus H14: only those of the epoch that is open bind this node; all are cleared away with their epoch. */
async function loadVotes(store: Store, openEpoch: number) {
  const records = new Map<number, VoteRecord>()
  const proposals = new Map<string, Verified<Proposal>>()
  const keys: VoteKey[] = []
  for await (const [key, value] of store.range(spaceRange('vote'))) {
    const { epoch, view, kind } = readVoteKey(key)
    keys.push({ epoch, view, key })
    if (epoch !== openEpoch) continue
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

/** Above every ordinal that was given to an arrival, the dropped ones included. */
export async function nextOrdinalOf(store: Store): Promise<number> {
  const noted = await store.get(metaKey('next-ordinal'))
  const next =
    noted === undefined ? 0 : must(decode(ordinalShape, noted, anySize), 'the number of the next arrival')
  for await (const [key] of store.range({ ...spaceRange('arrival'), reverse: true, limit: 1 })) {
    return Math.max(next, readArrivalKey(key) + 1)
  }
  return next
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
