/**
 * What two nodes say to bring their logs together: the sync ladder. First 32 bytes that tell whether there is anything
 * to do; then what changed since the last exchange with this peer, answered by what is missing; then, for an author
 * that forked, where the branches part. The shell carries the frames; what is in them is decided here.
 * packages/log/SPEC.md, "Sync".
 */

import {
  boolean,
  bytes,
  bytesUpTo,
  constant,
  type Decoded,
  decode,
  type EventId,
  encode,
  equalBytes,
  field,
  link,
  list,
  nullable,
  struct,
  uint,
} from '@chirograph/codec'
import { generationMax, type OrgId, orgId, parseOrgId, segmentBytesMax } from '@chirograph/event'
import {
  type AnswerPlan,
  claimColumns,
  claimsShape,
  countOf,
  eventAt,
  type FrontierClaim,
  type FrontierEntry,
  frontier,
  frontierAuthorsMax,
  frontierDigest,
  locatorMax,
  planAnswer,
  type Range,
  readClaims,
} from '@chirograph/log'
import { orgOfPeer } from '@chirograph/status'
import {
  baseBytes,
  historyChainsMax,
  holeRunsMax,
  locatorsMax,
  sessionKeyBytes,
  syncFrameBytes,
  syncRequestBytesMax,
} from './limits.js'
import { type HeldFrom, lastPlaceOf, type Replica } from './replica.js'

const chainShape = struct('chain', [
  field('author', orgId()),
  field('generation', uint({ max: generationMax })),
])
const locatorShape = struct('locator', [
  field('author', orgId()),
  field('generation', uint({ max: generationMax })),
  field('ids', list(link(), { max: locatorMax })),
])
const deltaShape = struct('frontier delta', [
  /** Fresh and random: tags under it cannot be prepared. */
  field('key', bytes(sessionKeyBytes)),
  /** Names the claims of the last exchange, which these change; null when these are all. */
  field('base', nullable(bytes(baseBytes))),
  field('claims', claimsShape),
])

const requestShape = struct('sync request', [
  field('version', constant(2)),
  field('digest', bytes(32)),
  field('delta', nullable(deltaShape)),
  field('locators', list(locatorShape, { max: locatorsMax })),
])

const placeShape = struct('place', [
  field('generation', uint({ max: generationMax })),
  field('sequence', uint()),
])

const offerShape = struct('sync offer', [
  field('version', constant(3)),
  /** The digests are equal: there is nothing to do. */
  field('isSame', boolean()),
  /** The base is not known here any more: ask again with all claims. */
  field('isBaseUnknown', boolean()),
  /** Events that follow, so that progress can be shown. */
  field('eventCount', uint()),
  /** Chains of which the two sides hold different branches: ask again with locators. */
  field('probes', list(chainShape, { max: locatorsMax })),
  /** The last place of the asker's own chain of which is known here, also where events of it are not given. */
  field('ownTip', nullable(placeShape)),
])

const checkpointRequestShape = struct('checkpoint request', [
  field('version', constant(1)),
  field('fromHeight', uint()),
])

const checkpointFloorShape = struct('checkpoint floor', [
  field('version', constant(1)),
  field('floor', uint()),
])

const holesShape = struct('history request', [
  field('version', constant(1)),
  field('areBodiesWanted', boolean()),
  field(
    'chains',
    list(
      struct('holes', [
        field('author', orgId()),
        field('generation', uint({ max: generationMax })),
        /** From sequence 0: how many are held, how many lack, how many are held, … and the last of them lack. */
        field('runs', list(uint(), { max: holeRunsMax })),
        /** The last event that lacks, where its sequence is not known: then everything from it down is wanted. */
        field('from', nullable(link())),
      ]),
      { min: 1, max: historyChainsMax },
    ),
  ),
])

export interface Chain {
  readonly author: OrgId
  readonly generation: number
}

export interface Locator extends Chain {
  readonly ids: readonly EventId[]
}

export interface SyncOffer {
  readonly version: 3
  readonly isSame: boolean
  readonly isBaseUnknown: boolean
  readonly eventCount: number
  readonly probes: readonly Chain[]
  readonly ownTip: HeldFrom | null
}

/** What to stream after the offer: ranges of chains, and what the locators call for. */
export interface SyncAnswer extends Pick<AnswerPlan, 'ranges' | 'isBehind'> {
  readonly offer: SyncOffer
  readonly locators: readonly Locator[]
}

/** Which events of a chain are lacking, as sequences from and to, both included, ascending. */
export interface Holes extends Chain {
  readonly ranges: readonly (readonly [from: number, to: number])[]
  /** An event from which everything down is lacking; its sequence need not be known. */
  readonly from: EventId | null
}

export interface HistoryRequest {
  readonly areBodiesWanted: boolean
  readonly chains: readonly Holes[]
}

/** What was said in the last exchange with a peer, in either direction. In memory only: after a restart all is said anew. */
export interface SyncSession {
  /** Our frontier as this peer has it. */
  stated: { readonly base: Uint8Array; readonly entries: readonly FrontierEntry[] } | null
  /** Stated in a request whose answer is not here yet. */
  pending: SyncSession['stated']
  /** Their frontier as they stated it. */
  heard: { readonly base: Uint8Array; readonly claims: ReadonlyMap<OrgId, FrontierClaim> } | null
  /** How far they know our own chain, by their last offer. */
  ownTip: HeldFrom | null
}

/**
 * The first frame of a sync. With a `key` (16 random bytes) it says what changed since the last exchange with this
 * peer; without one it only asks whether there is anything to do. `locators` answer the probes of an offer.
 */
export function encodeSyncRequest(
  replica: Replica,
  { peer, key, locators = [] }: { peer: string; key: Uint8Array | null; locators?: readonly Locator[] },
): Uint8Array {
  const entries = frontier(replica.log)
  const digest = frontierDigest(entries)
  const session = sessionOf(replica, peer)
  session.pending = key === null ? null : { base: digest.slice(0, baseBytes), entries }
  const delta = key && deltaOf(replica, { entries, session, key })
  return encode(requestShape, { version: 2, digest, delta, locators })
}

/** Plans the answer to an untrusted request. */
export function answerSync(replica: Replica, peer: string, requestBytes: Uint8Array): Decoded<SyncAnswer> {
  const decoded = decode(requestShape, requestBytes, { bytesMax: syncRequestBytesMax })
  if (!decoded.ok) return decoded
  const { digest, delta, locators } = decoded.value
  const local = frontier(replica.log)
  const ownTip = tipKnownOf(replica, peer)
  const nothing = { version: 3, isBaseUnknown: false, eventCount: 0, probes: [], ownTip } as const
  const isSame = equalBytes(digest, frontierDigest(local))
  const answer = { ranges: [], locators, isBehind: false }
  if (isSame || delta === null) return { ok: true, value: { ...answer, offer: { ...nothing, isSame } } }
  const session = sessionOf(replica, peer)
  const before = delta.base === null ? new Map<OrgId, FrontierClaim>() : claimsOfBase(session, delta.base)
  if (before === undefined)
    return { ok: true, value: { ...answer, offer: { ...nothing, isSame, isBaseUnknown: true } } }
  const changed = readClaims({ columns: delta.claims, members: membersOf(replica), key: delta.key })
  if (changed === undefined) return { ok: false, code: 'SHAPE', detail: 'frontier claims that do not fit' }
  const claims = new Map([...before, ...changed])
  // Invented authors would add up here; whoever made none of them up claims all once more.
  if (before.size > 0 && claims.size > frontierAuthorsMax) {
    session.heard = null
    return { ok: true, value: { ...answer, offer: { ...nothing, isSame, isBaseUnknown: true } } }
  }
  session.heard = { base: digest.slice(0, baseBytes), claims }
  const planned = planAnswer({ log: replica.log, local, claims })
  const ranges = heldRanges(replica, planned.ranges)
  const plan = { ...planned, ranges, eventCount: countOf(ranges) }
  const probes = plan.probes.slice(0, locatorsMax).flatMap((author) => {
    const entry = local.find((one) => one.author === author)
    return entry === undefined ? [] : [{ author, generation: entry.generation }]
  })
  const offer = { ...nothing, isSame, eventCount: plan.eventCount, probes }
  return { ok: true, value: { offer, ranges: plan.ranges, locators, isBehind: plan.isBehind } }
}

function tipKnownOf(replica: Replica, peer: string): HeldFrom | null {
  const author = orgOfPeer(replica.final.state, peer)
  return author === undefined ? null : lastPlaceOf(replica, author)
}

/**
 * J11: what of these ranges may be sent. Of an author whose chain is not whole here, or whose bodies were pruned, nothing
 * to whom lacks events from before: what would be sent could not follow what the asker has.
 */
export function heldRanges({ heldFrom, bodiesFrom }: Replica, ranges: readonly Range[]): Range[] {
  const isAbove = ({ generation, fromSequence }: Range, held: HeldFrom | undefined) => {
    if (held === undefined) return true
    return generation === held.generation ? fromSequence >= held.sequence : generation > held.generation
  }
  const isHeld = (range: Range) =>
    isAbove(range, heldFrom.get(range.author)) && isAbove(range, bodiesFrom.get(range.author))
  const lacking = new Set(ranges.filter((range) => !isHeld(range)).map(({ author }) => author))
  return ranges.filter(({ author }) => !lacking.has(author))
}

/** Takes note of how a request of ours was answered: from now on only changes are said to this peer. */
export function noteOffer(replica: Replica, peer: string, offer: SyncOffer): void {
  const session = sessionOf(replica, peer)
  if (offer.isBaseUnknown) session.stated = null
  else if (session.pending !== null && !offer.isSame) session.stated = session.pending
  session.pending = null
  session.ownTip = offer.ownTip
}

/**
 * The chains of which to say in a further request what is held: those of which a cut has what is not here, those that
 * the peer asks about, and those of which it sent events whose prev did not come, because it holds another branch. Of each the generation before is told too: a
 * rotation may follow an event of it that is not here.
 */
export function chainsToProbe(
  { orphans, log, lacking }: Replica,
  { peer, probes }: { readonly peer: string; readonly probes: readonly Chain[] },
): Chain[] {
  const gaps = [...orphans.held.values()].flatMap(({ events, peer: from }) => {
    const [first] = events
    const isOpen = first?.header.prev != null && eventAt(log, first.header.prev) === undefined
    return from === peer && isOpen ? [first.header] : []
  })
  const chains = new Map<string, Chain>()
  for (const [name, { author, generation }] of lacking) chains.set(name, { author, generation })
  for (const { author, generation } of [...probes, ...gaps])
    for (const at of generation === 0 ? [0] : [generation, generation - 1])
      chains.set(`${author}/${at}`, { author, generation: at })
  return [...chains.values()].slice(0, locatorsMax)
}

export function encodeSyncOffer(offer: SyncOffer): Uint8Array {
  return encode(offerShape, offer)
}

export function decodeSyncOffer(offerBytes: Uint8Array): Decoded<SyncOffer> {
  return decode(offerShape, offerBytes, { bytesMax: syncRequestBytesMax })
}

export function encodeCheckpointRequest(fromHeight: number): Uint8Array {
  return encode(checkpointRequestShape, { version: 1, fromHeight })
}

export function decodeCheckpointRequest(requestBytes: Uint8Array): Decoded<{ fromHeight: number }> {
  return decode(checkpointRequestShape, requestBytes, { bytesMax: 64 })
}

/** Instead of an answer: checkpoints up to this height are not here. A snapshot has what came of them. */
export function encodeCheckpointFloor(floor: number): Uint8Array {
  return encode(checkpointFloorShape, { version: 1, floor })
}

/** Tells such an answer from a checkpoint. */
export function decodeCheckpointFloor(frame: Uint8Array): Decoded<{ floor: number }> {
  return decode(checkpointFloorShape, frame, { bytesMax: 16 })
}

/** Asks for what is lacking inside of chains: a hole costs two numbers. */
export function encodeHistoryRequest({ areBodiesWanted, chains }: HistoryRequest): Uint8Array {
  const written = chains.map(({ author, generation, ranges, from: id }) => {
    let at = 0
    const runs = ranges.flatMap(([from, to]) => {
      const run = [from - at, to - from + 1]
      at = to + 1
      return run
    })
    return { author, generation, runs, from: id }
  })
  return encode(holesShape, { version: 1, areBodiesWanted, chains: written })
}

/** Reads an untrusted history request; its ranges ascend and do not touch zero length or leave the safe integers. */
export function decodeHistoryRequest(requestBytes: Uint8Array): Decoded<HistoryRequest> {
  const decoded = decode(holesShape, requestBytes, { bytesMax: syncRequestBytesMax })
  if (!decoded.ok) return decoded
  const chains: Holes[] = []
  for (const { author, generation, runs, from: id } of decoded.value.chains) {
    if (runs.length % 2 !== 0) return { ok: false, code: 'SHAPE', detail: 'a run without its hole' }
    const ranges: [number, number][] = []
    let at = 0
    for (let index = 0; index < runs.length; index += 2) {
      const [held, lacking] = [runs[index] ?? 0, runs[index + 1] ?? 0]
      const from = at + held
      at = from + lacking
      if (lacking === 0 || !Number.isSafeInteger(at))
        return { ok: false, code: 'SHAPE', detail: 'an empty hole' }
      ranges.push([from, at - 1])
    }
    chains.push({ author, generation, ranges, from: id })
  }
  return { ok: true, value: { areBodiesWanted: decoded.value.areBodiesWanted, chains } }
}

const segmentFrameShape = list(bytesUpTo(segmentBytesMax), { min: 1, max: 4_096 })

/** Several segments as one frame of a sync's answer, or as one gossiped message. */
export function encodeSegmentFrame(segments: readonly Uint8Array[]): Uint8Array {
  return encode(segmentFrameShape, [...segments])
}

export function decodeSegmentFrame(frame: Uint8Array): Decoded<readonly Uint8Array[]> {
  return decode(segmentFrameShape, frame, { bytesMax: segmentBytesMax + syncFrameBytes })
}

/** As many are remembered as there are members: who is none asks with all claims, now and then. */
export function sessionOf({ sessions, final }: Replica, peer: string): SyncSession {
  const session = sessions.get(peer) ?? { stated: null, pending: null, heard: null, ownTip: null }
  sessions.delete(peer) // whoever was heard last is forgotten last
  sessions.set(peer, session)
  for (const other of sessions.keys()) {
    if (sessions.size <= final.state.organisations.length) break
    sessions.delete(other)
  }
  return session
}

function deltaOf(
  replica: Replica,
  { entries, session, key }: { entries: readonly FrontierEntry[]; session: SyncSession; key: Uint8Array },
) {
  const members = membersOf(replica)
  const { stated } = session
  const known = new Map(stated?.entries.map((entry) => [entry.author, entry]))
  const changed = entries.filter((entry) => !isSameEntry(entry, known.get(entry.author)))
  return { key, base: stated?.base ?? null, claims: claimColumns({ entries: changed, members, key }) }
}

function isSameEntry(entry: FrontierEntry, known: FrontierEntry | undefined): boolean {
  if (known === undefined || entry.id !== known.id || entry.generation !== known.generation) return false
  if (entry.branches === null || known.branches === null) return entry.branches === known.branches
  return equalBytes(entry.branches, known.branches)
}

function claimsOfBase({ heard }: SyncSession, base: Uint8Array) {
  return heard !== null && equalBytes(heard.base, base) ? heard.claims : undefined
}

function membersOf({ config }: Replica): OrgId[] {
  return config.genesis.organisations.flatMap(({ id }) => parseOrgId(id) ?? [])
}
