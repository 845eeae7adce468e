/** Start-up: what the store holds, checked, as the state that the replica goes on from. */
import { contentIdOfDigest, decode, type EventId, toHex } from '@chirograph/codec'
import { decodeProposal, type Proposal, type Verified, type VoteRecord } from '@chirograph/consensus'
import { type AuthenticEvent, assembleEvent, decodeHeader } from '@chirograph/event'
import {
  bodyKey,
  ChirographError,
  checkpointHeightKey,
  type EventPosition,
  eventKey,
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
import { heightShape, logTreeShape, tipShape, voteKinds } from './facts.js'

/** Signature of 64 bytes behind the header bytes, as an event lies in the store. */
const signatureBytes = 64
const anySize = { bytesMax: 64 * 1024 * 1024 }

export interface Loaded {
  readonly restored: RestoredReplica
  readonly nextOrdinal: number
  readonly openVoteKeys: readonly { readonly view: number; readonly key: Uint8Array }[]
}

export async function loadReplica(store: Store, genesis: Genesis): Promise<Loaded> {
  const final = await loadFinal(store, genesis)
  const log = await loadLog(store, final?.cut ?? new Map())
  const votes = await loadVotes(store)
  const restored = { final, log, ...votes, lastSigned: await loadLastSigned(store) }
  return { restored, nextOrdinal: await nextOrdinalOf(store), openVoteKeys: votes.keys }
}

/** The event at a place of the store, whole and checked; undefined when it or its body is not there. */
export async function readEvent(store: Store, position: EventPosition): Promise<AuthenticEvent | undefined> {
  const [signed, bodyBytes] = await store.getMany([eventKey(position), bodyKey(position)])
  if (!signed || !bodyBytes) return undefined
  const assembled = assembleEvent({ ...splitSigned(signed), bodyBytes })
  if (assembled.kind === 'reject') throw damaged(`event ${position.id}: ${assembled.detail}`)
  return assembled.event as AuthenticEvent // only verified events are put under these keys
}

export function splitSigned(value: Uint8Array): { headerBytes: Uint8Array; signature: Uint8Array } {
  const end = value.length - signatureBytes
  return { headerBytes: value.slice(0, end), signature: value.slice(end) }
}

async function loadFinal(store: Store, genesis: Genesis): Promise<RestoredReplica['final']> {
  const [heightBytes, treeBytes] = await store.getMany([metaKey('final-height'), metaKey('log-tree')])
  if (!heightBytes || !treeBytes) return null
  const height = must(decode(heightShape, heightBytes, anySize), 'the final height')
  const logTree = must(decode(logTreeShape, treeBytes, anySize), 'the log tree')
  const checkpointBytes = await store.get(checkpointHeightKey(height))
  if (!checkpointBytes) throw damaged(`checkpoint ${height} is missing`)
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
    throw damaged("the state rows do not hash to the checkpoint's root")
  if (toHex(cutRoot(cut)) !== rest.cutRoot) throw damaged("the cut does not hash to the checkpoint's root")
  return { checkpoint, state, cut, logTree }
}

/** Enters every event: final ones by their headers, the others whole. */
async function loadLog(store: Store, cut: Cut): Promise<LogIndex> {
  const log = createLog()
  const pending: EventPosition[] = []
  let chain: { position: EventPosition; prev: EventId | null; value: Uint8Array }[] = []
  const flush = () => {
    pending.push(...enterChain(log, chain, cut))
    chain = []
  }
  for await (const [key, value] of store.range(spaceRange('event'))) {
    const position = readEventKey(key)
    const last = chain[0]?.position
    if (last && (last.author !== position.author || last.generation !== position.generation)) flush()
    const decoded = decodeHeader(splitSigned(value).headerBytes)
    if (decoded.kind === 'reject') throw damaged(`header of ${position.id}: ${decoded.detail}`)
    chain.push({ position, prev: decoded.header.prev, value })
  }
  flush()
  for (const position of pending) {
    const event = await readEvent(store, position)
    // A batch is atomic, so a header without its body was damaged, not interrupted.
    if (!event) throw damaged(`the body of ${position.id} is missing`)
    // A power cut may have taken the event before it; sync brings both back in order.
    const { prev } = event.header
    if (prev === null || eventAt(log, prev)) restorePending(log, event)
  }
  for await (const [, value] of store.range(spaceRange('evidence'))) {
    const evidence = decodeForkEvidence(value)
    if (evidence) recordFork(log, evidence)
  }
  return log
}

/** The final branch of one chain, from the cut's entry down by prev; everything else is returned as pending. */
function enterChain(
  log: LogIndex,
  chain: readonly { position: EventPosition; prev: EventId | null; value: Uint8Array }[],
  cut: Cut,
): EventPosition[] {
  const first = chain[0]
  if (!first) return []
  const tip = cut.get(first.position.author as Parameters<Cut['get']>[0]) // the author of a stored event
  let expected: EventId | null = tip && tip.generation === first.position.generation ? tip.id : null
  const pending: EventPosition[] = []
  const final: { headerBytes: Uint8Array; id: EventId }[] = []
  for (const { position, prev, value } of [...chain].reverse()) {
    if (position.id === expected) {
      final.push({ ...splitSigned(value), id: position.id })
      expected = prev
    } else pending.push(position)
  }
  if (expected !== null) throw damaged(`event ${expected} of the final cut is missing`)
  for (const { headerBytes, id } of final.reverse()) {
    const decoded = decodeHeader(headerBytes)
    if (decoded.kind === 'reject') throw damaged(`header of ${id}: ${decoded.detail}`)
    restoreEntry(log, { id, header: decoded.header, isVerified: true })
  }
  return pending.reverse()
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

async function nextOrdinalOf(store: Store): Promise<number> {
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
  if (!decoded.ok) throw damaged(`${what}: ${decoded.detail}`)
  return decoded.value
}

function damaged(detail: string): ChirographError {
  return new ChirographError({
    code: 'NODE_STORE_DAMAGED',
    what: `the data directory is damaged: ${detail}`,
    hint: 'move the log folder away and start again: the other members hold the same log',
  })
}
