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
  uint,
} from '@chirograph/codec'
import { encodeProposal, leaderOf, type ValidatorSet } from '@chirograph/consensus'
import type { AuthenticEvent, AuthenticSegmentEvent, OrgId } from '@chirograph/event'
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
  placeValue,
  positionKey,
  type StoreOp,
  stateRowKey,
  strayKey,
  voteKey,
} from '@chirograph/interface'
import { cutEntryShape, decodeChanges, encodeForkEvidence, placeOfForkEvidence } from '@chirograph/log'
import { encodeCheckpoint, type Fact } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { put } from './meta.js'
import { storedValue } from './stored-event.js'

/** What lies under a vote key: the own proposal, each type of vote, and the proposal that was notarized. */
export const voteKinds = { ownProposal: 0, notarize: 1, skip: 2, final: 3, notarizedProposal: 4 } as const

export const logTreeShape = struct('log tree', [
  field('size', uint()),
  field('peaks', list(bytes(32), { max: 64 })),
])
export const heightShape = uint()

/** How far back a chain is held without gaps: the lowest sequence (null where none is), and the digest of the event before. */
export const historyShape = struct('history', [field('lowest', nullable(uint())), field('before', bytes(32))])

/** Final events from before a snapshot; they stand in no index. */
export interface HistoryFact {
  readonly kind: 'history'
  readonly author: OrgId
  readonly generation: number
  readonly events: readonly AuthenticSegmentEvent[]
  /** What still lacks below; null when nothing does. */
  readonly rest: { readonly lowest: number; readonly before: EventId } | null
  /** The last event of the generation before, when this one was reached down to its beginning. */
  readonly earlier: EventId | null
}

export interface FactWriter {
  opsOf(fact: Fact | HistoryFact): StoreOp[]
  /** The ordinal that the next event to arrive will get. */
  readonly nextOrdinal: number
}

/** Counts arrivals on from `nextOrdinal`, and forgets votes of views that are final. */
export function createFactWriter({
  set,
  self,
  authors,
  nextOrdinal,
  openVoteKeys,
}: {
  readonly set: ValidatorSet
  readonly self: number | undefined
  readonly authors: AuthorTable
  readonly nextOrdinal: number
  readonly openVoteKeys: readonly { readonly view: number; readonly key: Uint8Array }[]
}): FactWriter {
  let ordinal = nextOrdinal
  let voteKeys = [...openVoteKeys]

  function voteOp(view: number, kind: number, value: Uint8Array): StoreOp {
    const key = voteKey({ epoch: set.epoch, view, kind })
    voteKeys.push({ view, key })
    return { kind: 'put', key, value }
  }

  function forgetVotes(view: number): StoreOp[] {
    const past = voteKeys.filter((one) => one.view <= view)
    voteKeys = voteKeys.filter((one) => one.view > view)
    return past.map(({ key }) => ({ kind: 'delete', key }))
  }

  /** Four puts: the event, its body, where it is, and that it came. */
  function eventOps(
    ops: StoreOp[],
    event: AuthenticEvent | AuthenticSegmentEvent,
    { branch, isStray }: { readonly branch: number; readonly isStray: boolean },
  ): StoreOp[] {
    const { id, header, bodyBytes } = event
    const { generation, sequence } = header
    const place: EventPlace = { author: authors.claim(header.author, ops), generation, sequence, branch }
    const value = placeValue(place)
    ops.push({ kind: 'put', key: eventKey(place), value: storedValue(event) })
    if (bodyBytes !== null) ops.push({ kind: 'put', key: bodyKey(place), value: bodyBytes })
    ops.push({ kind: 'put', key: positionKey(id), value }, { kind: 'put', key: arrivalKey(ordinal++), value })
    if (isStray) ops.push({ kind: 'put', key: strayKey(place), value: new Uint8Array() })
    return ops
  }

  function historyOps({ author, generation, events, rest, earlier }: HistoryFact): StoreOp[] {
    const ops: StoreOp[] = []
    const chain: ChainPlace = { author: authors.claim(author, ops), generation }
    for (const event of events) eventOps(ops, event, { branch: 0, isStray: false })
    ops.push(
      rest === null
        ? { kind: 'delete', key: historyKey(chain) }
        : { kind: 'put', key: historyKey(chain), value: historyValue(rest) },
    )
    if (earlier !== null) {
      const key = historyKey({ ...chain, generation: generation - 1 })
      ops.push({ kind: 'put', key, value: historyValue({ lowest: null, before: earlier }) })
    }
    return ops
  }

  function opsOf(fact: Fact | HistoryFact): StoreOp[] {
    switch (fact.kind) {
      case 'event':
        return eventOps([], fact.event, fact)
      case 'history':
        return historyOps(fact)
      case 'last-signed': {
        const { generation, sequence, id } = fact.tip
        return [put('last-signed', encodeTip({ generation, sequence, digest: digestOfContentId(id) }))]
      }
      case 'votes': {
        const { view, notarize, skip, final } = fact.record
        const ops: StoreOp[] = []
        if (notarize !== null) ops.push(voteOp(view, voteKinds.notarize, hexBytesOf(notarize)))
        if (skip) ops.push(voteOp(view, voteKinds.skip, new Uint8Array()))
        if (final !== null) ops.push(voteOp(view, voteKinds.final, hexBytesOf(final)))
        return ops
      }
      case 'proposal': {
        const { view } = fact.proposal.header.core
        const kind = leaderOf(set, view) === self ? voteKinds.ownProposal : voteKinds.notarizedProposal
        return [voteOp(view, kind, encodeProposal(fact.proposal))]
      }
      case 'evidence': {
        const slot = placeOfForkEvidence(fact.evidence)
        return slot ? [{ kind: 'put', key: evidenceKey(slot), value: encodeForkEvidence(fact.evidence) }] : []
      }
      case 'checkpoint': {
        const strays = fact.strays.flatMap(({ author: org, ...rest }): StoreOp[] => {
          const author = authors.numberOf(org)
          const key = author === undefined ? undefined : strayKey({ author, ...rest })
          return key === undefined ? [] : [{ kind: 'put', key, value: new Uint8Array() }]
        })
        return [...checkpointOps(fact), ...strays, ...forgetVotes(fact.checkpoint.header.core.view)]
      }
    }
  }

  return {
    opsOf,
    get nextOrdinal() {
      return ordinal
    },
  }
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

function checkpointOps({ checkpoint, logTree, rows }: Extract<Fact, { kind: 'checkpoint' }>): StoreOp[] {
  const { header, changes } = checkpoint
  const { height } = header.core
  const entries = decodeChanges(changes)
  if (!entries.ok) throw new Error(`final changes do not decode: ${entries.detail}`)
  return [
    { kind: 'put', key: checkpointHeightKey(height), value: encodeCheckpoint(checkpoint) },
    { kind: 'put', key: checkpointDigestKey(hexBytesOf(header.digest)), value: encode(heightShape, height) },
    ...entries.value.map(
      (entry): StoreOp => ({ kind: 'put', key: frontierKey(entry), value: encode(cutEntryShape, entry) }),
    ),
    ...rows.map((row): StoreOp => ({ kind: 'put', key: stateRowKey(row.key), value: row.value })),
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
