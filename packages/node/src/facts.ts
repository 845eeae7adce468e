/** What the replica wants on disk, as operations on the store's key spaces. */
import {
  bytes,
  digestOfContentId,
  type EventId,
  encode,
  field,
  fromHex,
  type LogTree,
  list,
  nullable,
  struct,
  toHex,
  uint,
} from '@chirograph/codec'
import { encodeProposal, isClosing } from '@chirograph/consensus'
import type { Ancestor, HeldEvent, OrgId } from '@chirograph/event'
import {
  arrivalKey,
  bodyKey,
  type ChainPlace,
  checkpointDigestKey,
  checkpointHeightKey,
  type EventPlace,
  eventKey,
  evidenceKey,
  frontierKey,
  historyKey,
  holeKey,
  placeValue,
  positionKey,
  positionKeyOfDigest,
  type StoreOp,
  strayKey,
  voteKey,
} from '@chirograph/interface'
import {
  type CutEntry,
  cutEntryShape,
  decodeChanges,
  encodeForkEvidence,
  placeOfForkEvidence,
} from '@chirograph/log'
import { type Checkpoint, encodeCheckpoint, type Fact, type SnapshotFact } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { type BodyFloor, bodyFloorOp } from './body-floor.js'
import { handoverOp } from './handovers.js'
import { put, voteGateOp } from './meta.js'
import type { PageWriter, StateChange } from './state-pages.js'
import { storedValue } from './stored-event.js'

/** What lies under a vote key: the own proposal, each type of vote, and the proposal that was notarized. */
export const voteKinds = { ownProposal: 0, notarize: 1, skip: 2, final: 3, notarizedProposal: 4 } as const

export const logTreeShape = struct('log tree', [
  field('size', uint()),
  field('peaks', list(bytes(32), { max: 64 })),
])
export const heightShape = uint()
export const ordinalShape = uint()

/** How far back a chain is held without gaps: the lowest sequence (null where none is), and the digest of the event before. */
export const historyShape = struct('history', [field('lowest', nullable(uint())), field('before', bytes(32))])

/** Final events from before a snapshot; they stand in no index. */
export interface HistoryFact {
  readonly kind: 'history'
  readonly author: OrgId
  readonly generation: number
  readonly events: readonly Ancestor[]
  /** What still lacks below; null when nothing does. */
  readonly rest: { readonly lowest: number; readonly before: EventId } | null
  /** The last event of the generation before, when this one was reached down to its beginning. */
  readonly earlier: EventId | null
  /** Where the hole begins that this is of; null where everything below was lacking. */
  readonly holeFrom: number | null
}

/** Where a vote of an epoch that may be open lies. */
export interface VoteKey {
  readonly epoch: number
  readonly view: number
  readonly key: Uint8Array
}

export interface FactWriter {
  opsOf(fact: Fact | HistoryFact): StoreOp[]
  /** The ordinal that the next event to arrive will get. */
  readonly nextOrdinal: number
  /** What is to be on disk before `opsOf` is asked for this fact, in batches that are durable one after the other. */
  ahead(fact: Fact | HistoryFact): Iterable<StoreOp[]>
  /** Whether there is anything to be written ahead of this fact; then nothing else goes down with it. */
  isLong(fact: Fact | HistoryFact): boolean
  /** The arrivals of events that a snapshot may drop, by their place (`placeName`): the store does not find them fast. */
  noteArrivals(ordinals: ReadonlyMap<string, number>): void
}

export function placeName(place: EventPlace): string {
  return toHex(placeValue(place))
}

/** Counts arrivals on from `nextOrdinal`, and forgets votes of views that are final. */
export function createFactWriter({
  authors,
  nextOrdinal,
  openVoteKeys,
  pages,
  bodyFloors,
}: {
  readonly authors: AuthorTable
  readonly nextOrdinal: number
  readonly openVoteKeys: readonly VoteKey[]
  readonly pages: PageWriter
  readonly bodyFloors: readonly BodyFloor[]
}): FactWriter {
  let ordinal = nextOrdinal
  let arrivals: ReadonlyMap<string, number> = new Map()
  let voteKeys = [...openVoteKeys]
  const floors = new Map(bodyFloors.map((floor) => [`${floor.author}/${floor.generation}`, floor.sequence]))

  function voteOp(
    place: { readonly epoch: number; readonly view: number },
    kind: number,
    value: Uint8Array,
  ): StoreOp {
    const key = voteKey({ ...place, kind })
    voteKeys.push({ ...place, key })
    return { kind: 'put', key, value }
  }

  /** Consensus H14: after a header that closes its epoch, all that was voted in it is past. */
  function forgetVotes({ checkpoint: { header } }: { readonly checkpoint: Checkpoint }): StoreOp[] {
    const { epoch, view } = header.core
    const isPast = (one: VoteKey) =>
      one.epoch < epoch || (one.epoch === epoch && (one.view <= view || isClosing(header.core)))
    const past = voteKeys.filter(isPast)
    voteKeys = voteKeys.filter((one) => !isPast(one))
    return past.map(({ key }) => ({ kind: 'delete', key }))
  }

  /** Four puts: the event, its body, where it is, and that it came. */
  function placeEvent(ops: StoreOp[], place: EventPlace, event: HeldEvent & { digest: Uint8Array }): void {
    const { bodyBytes, digest } = event
    const value = placeValue(place)
    ops.push({ kind: 'put', key: eventKey(place), value: storedValue(event) })
    if (bodyBytes !== null) ops.push({ kind: 'put', key: bodyKey(place), value: bodyBytes })
    ops.push(
      { kind: 'put', key: positionKeyOfDigest(digest), value },
      { kind: 'put', key: arrivalKey(ordinal++), value },
    )
  }

  function eventOps({ event, branch, isStray }: Extract<Fact, { kind: 'event' }>): StoreOp[] {
    const ops: StoreOp[] = []
    const { id, header } = event
    const { generation, sequence } = header
    const place: EventPlace = { author: authors.claim(header.author, ops), generation, sequence, branch }
    placeEvent(ops, place, { ...event, digest: digestOfContentId(id) })
    if (isStray) ops.push({ kind: 'put', key: strayKey(place), value: new Uint8Array() })
    return ops
  }

  function historyOps({ author, generation, events, rest, earlier, holeFrom }: HistoryFact): StoreOp[] {
    const ops: StoreOp[] = []
    const chain: ChainPlace = { author: authors.claim(author, ops), generation }
    for (const event of events) placeEvent(ops, { ...chain, sequence: event.sequence, branch: 0 }, event)
    const pruned = events.findLast(({ bodyBytes }) => bodyBytes === null)?.sequence ?? -1
    const name = `${chain.author}/${generation}`
    if (pruned > (floors.get(name) ?? -1)) {
      floors.set(name, pruned)
      ops.push(bodyFloorOp({ ...chain, sequence: pruned }))
    }
    const key = holeFrom === null ? historyKey(chain) : holeKey({ ...chain, fromSequence: holeFrom })
    ops.push(rest === null ? { kind: 'delete', key } : { kind: 'put', key, value: historyValue(rest) })
    if (earlier !== null) {
      const key = historyKey({ ...chain, generation: generation - 1 })
      ops.push({ kind: 'put', key, value: historyValue({ lowest: null, before: earlier }) })
    }
    return ops
  }

  function strayOps({ strays }: Pick<SnapshotFact, 'strays'>): StoreOp[] {
    return strays.flatMap(({ author: org, ...rest }): StoreOp[] => {
      const author = authors.numberOf(org)
      if (author === undefined) return []
      return [{ kind: 'put', key: strayKey({ author, ...rest }), value: new Uint8Array() }]
    })
  }

  function snapshotOps(fact: SnapshotFact): StoreOp[] {
    const { checkpoint, cut, logTree, tips, open, dropped } = fact
    const ops: StoreOp[] = []
    for (const { author: org, id, ...rest } of dropped) {
      const place: EventPlace = { author: authors.claim(org, ops), ...rest }
      const arrival = arrivals.get(placeName(place))
      const keys = [eventKey(place), bodyKey(place), strayKey(place), positionKey(id)]
      if (arrival !== undefined) keys.push(arrivalKey(arrival))
      for (const key of keys) ops.push({ kind: 'delete', key })
    }
    for (const tip of tips) {
      const { author: org, generation, sequence } = tip.header
      const author = authors.claim(org, ops)
      const place: EventPlace = { author, generation, sequence, branch: 0 }
      const open = historyValue({ lowest: sequence + 1, before: tip.id })
      ops.push(
        { kind: 'put', key: eventKey(place), value: storedValue(tip) },
        { kind: 'put', key: positionKey(tip.id), value: placeValue(place) },
        { kind: 'put', key: historyKey({ author, generation }), value: open },
      )
    }
    for (const { author: org, generation, lowest, before } of open) {
      const key = historyKey({ author: authors.claim(org, ops), generation })
      ops.push({ kind: 'put', key, value: historyValue({ lowest, before }) })
    }
    // The last arrivals may be among what is dropped. Their numbers are not given again, even after a restart: a
    // subscriber that was told of them would pass over what bears them next.
    ops.push(put('next-ordinal', encode(ordinalShape, ordinal)))
    ops.push(...headOps({ checkpoint, logTree, entries: cut.values() }), ...pages.opsOf(changeOf(fact)))
    return ops
  }

  function opsOf(fact: Fact | HistoryFact): StoreOp[] {
    switch (fact.kind) {
      case 'event':
        return eventOps(fact)
      case 'history':
        return historyOps(fact)
      case 'last-signed': {
        const { generation, sequence, id } = fact.tip
        return [put('last-signed', encodeTip({ generation, sequence, digest: digestOfContentId(id) }))]
      }
      case 'votes': {
        const { view, notarize, skip, final } = fact.record
        const place = { epoch: fact.epoch, view }
        const ops: StoreOp[] = []
        if (notarize !== null) ops.push(voteOp(place, voteKinds.notarize, hexBytesOf(notarize)))
        if (skip) ops.push(voteOp(place, voteKinds.skip, new Uint8Array()))
        if (final !== null) ops.push(voteOp(place, voteKinds.final, hexBytesOf(final)))
        return ops
      }
      case 'proposal': {
        const { epoch, view } = fact.proposal.header.core
        const kind = fact.isOwn ? voteKinds.ownProposal : voteKinds.notarizedProposal
        return [voteOp({ epoch, view }, kind, encodeProposal(fact.proposal))]
      }
      case 'votes-from':
        return [voteGateOp(fact)]
      case 'evidence': {
        const slot = placeOfForkEvidence(fact.evidence)
        return slot ? [{ kind: 'put', key: evidenceKey(slot), value: encodeForkEvidence(fact.evidence) }] : []
      }
      case 'checkpoint':
        return [
          ...checkpointOps(fact),
          ...pages.opsOf(changeOf(fact)),
          ...strayOps(fact),
          ...forgetVotes(fact),
        ]
      case 'handover':
        return [handoverOp(fact)]
      case 'snapshot':
        return [...snapshotOps(fact), ...strayOps(fact), ...forgetVotes(fact)]
    }
  }

  function isLong(fact: Fact | HistoryFact): fact is Extract<Fact, { kind: 'checkpoint' | 'snapshot' }> {
    if (fact.kind === 'snapshot') return true
    return fact.kind === 'checkpoint' && pages.isLong(changeOf(fact))
  }

  return {
    opsOf,
    get nextOrdinal() {
      return ordinal
    },
    isLong,
    *ahead(fact) {
      if (isLong(fact)) yield* pages.ahead(changeOf(fact))
    },
    noteArrivals(ordinals) {
      arrivals = ordinals
    },
  }
}

function changeOf(fact: Extract<Fact, { kind: 'checkpoint' | 'snapshot' }>): StateChange {
  const { height } = fact.checkpoint.header.core
  return { height, map: fact.state.map, rows: fact.kind === 'checkpoint' ? fact.rows : null }
}

export function historyValue({ lowest, before }: { lowest: number | null; before: EventId }): Uint8Array {
  return encode(historyShape, { lowest, before: digestOfContentId(before) })
}

const tipShape = struct('chain tip', [
  field('generation', uint()),
  field('sequence', uint()),
  field('digest', bytes(32)),
])

export { tipShape }

function encodeTip(tip: { generation: number; sequence: number; digest: Uint8Array }): Uint8Array {
  return encode(tipShape, tip)
}

function checkpointOps({ checkpoint, logTree }: Extract<Fact, { kind: 'checkpoint' }>): StoreOp[] {
  const entries = decodeChanges(checkpoint.changes)
  if (!entries.ok) throw new Error(`final changes do not decode: ${entries.detail}`)
  return headOps({ checkpoint, logTree, entries: entries.value })
}

/** What says where this node is. `entries` are those of the cut that moved, or all. */
function headOps({
  checkpoint,
  logTree,
  entries,
}: {
  readonly checkpoint: Checkpoint
  readonly logTree: LogTree
  readonly entries: Iterable<CutEntry>
}): StoreOp[] {
  const { header } = checkpoint
  const { height } = header.core
  return [
    { kind: 'put', key: checkpointHeightKey(height), value: encodeCheckpoint(checkpoint) },
    { kind: 'put', key: checkpointDigestKey(hexBytesOf(header.digest)), value: encode(heightShape, height) },
    ...Array.from(entries, (entry): StoreOp => {
      return { kind: 'put', key: frontierKey(entry), value: encode(cutEntryShape, entry) }
    }),
    put('final-height', encode(heightShape, height)),
    put('log-tree', encodeTree(logTree)),
  ]
}

function encodeTree({ size, peaks }: LogTree): Uint8Array {
  return encode(logTreeShape, { size, peaks: [...peaks] })
}

function hexBytesOf(hex: string): Uint8Array {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new TypeError(`not hex: ${hex}`)
  return decoded
}
