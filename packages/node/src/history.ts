/**
 * Fills in final events from before this node's snapshot, from the tip of each chain down. What is above names what is
 * below by its hash, so nothing has to be believed and few signatures are looked at. Each segment is on disk with the
 * note of how far it goes, so a node that was killed goes on where it was.
 */
import { contentIdOfDigest, decode, digestOfContentId, type EventId } from '@chirograph/codec'
import { decodeHeader, type OrgId, readAncestors } from '@chirograph/event'
import {
  eventRange,
  type Network,
  positionKeyOfDigest,
  readEventKey,
  readHistoryKey,
  readPlace,
  type Store,
  spaceRange,
} from '@chirograph/interface'
import { eventAt, finalTipOf, restoreEntry } from '@chirograph/log'
import { decodeSegmentFrame, encodeHistoryRequest, logKeyOf, type Replica } from '@chirograph/replica'
import { readClosedGenerations } from '@chirograph/status'
import type { AuthorTable } from './author-table.js'
import { raiseBodiesFrom } from './body-floor.js'
import { type HistoryFact, historyShape } from './facts.js'
import { loadHoles } from './holes.js'
import { storeDamaged } from './node-errors.js'
import { AnswerError } from './peer-faults.js'
import { isPrunableNumber } from './prunable.js'
import { readHeader } from './stored-event.js'

/** One chain that is not held down to its beginning. */
export interface OpenHistory {
  readonly author: OrgId
  readonly generation: number
  /** The lowest sequence held, null while none is; and the event before it. */
  lowest: number | null
  before: EventId
  /** Where the hole begins that is filled; null where everything below lacks. */
  readonly holeFrom: number | null
}

export async function loadOpenHistory(store: Store, authors: AuthorTable): Promise<OpenHistory[]> {
  const holes = await loadHoles(store, authors)
  const open: OpenHistory[] = []
  for await (const [key, value] of store.range(spaceRange('history'))) {
    const { author: number, generation } = readHistoryKey(key)
    const author = authors.orgOf(number)
    const note = readHistory(value)
    if (author === undefined || note === undefined)
      throw storeDamaged(`the note of how far back author ${number} is held`)
    open.push({ author, generation, ...note, holeFrom: null })
  }
  for (const { org: author, generation, lowest, before, fromSequence } of holes)
    open.push({ author, generation, lowest, before, holeFrom: fromSequence })
  return open
}

/** Undefined for bytes that are no such note. */
export function readHistory(
  value: Uint8Array,
): { readonly lowest: number | null; readonly before: EventId } | undefined {
  const decoded = decode(historyShape, value, { bytesMax: 128 })
  return decoded.ok
    ? { lowest: decoded.value.lowest, before: contentIdOfDigest(decoded.value.before) }
    : undefined
}

export interface HistoryArgs {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
  readonly network: Network
  readonly peerId: string
  readonly chain: OpenHistory
  readonly signal: AbortSignal
  /** Headers are taken without bodies that the peer has pruned: no member that is here has them. */
  readonly arePrunedTaken: boolean
  /** The chain was reached down to its beginning, and an earlier generation lies before it. */
  readonly onEarlier: (chain: OpenHistory) => void
  /** Puts a segment on disk; resolves when there is room for more. */
  readonly take: (fact: HistoryFact) => Promise<void>
  /** Lets other work run where a slice of time is used up. */
  readonly breathe: () => Promise<void>
}

/** Fetches one chain from one peer, as far down as it goes, or down to what the peer has pruned. */
export async function fetchHistory(
  args: HistoryArgs,
): Promise<{ readonly brought: number; readonly isPruned: boolean }> {
  const { network, peerId, chain, signal } = args
  const { author, generation, lowest } = chain
  const ranges = lowest === null ? [] : [[bottomOf(chain, lowest), lowest - 1] as const]
  const from = lowest === null ? chain.before : null
  const bytes = encodeHistoryRequest({
    areBodiesWanted: true,
    chains: [{ author, generation, ranges, from }],
  })
  let brought = 0
  let heldBelow = await highestHeldBelow(args, lowest)
  for await (const frame of network.request({ peerId, protocol: 'history', bytes, signal })) {
    const segments = decodeSegmentFrame(frame)
    if (!segments.ok)
      throw new AnswerError('garbage-answer', `a history frame that cannot be read: ${segments.detail}`)
    for (const segment of segments.value) {
      await args.breathe()
      let fact = checkSegment(args, segment)
      const [first] = fact.events
      if (first !== undefined && first.sequence - 1 <= heldBelow) {
        fact = await joinToHeld(args.store, fact)
        heldBelow = await highestHeldBelow(args, first.sequence)
      }
      const pruned = fact.events.findLast(({ bodyBytes }) => bodyBytes === null)
      if (pruned !== undefined && !mayTake(args, fact)) return { brought, isPruned: true }
      await args.take(fact)
      if (pruned !== undefined)
        raiseBodiesFrom(args.replica.bodiesFrom, author, {
          generation,
          sequence: pruned.sequence + 1,
        })
      if (finalTipOf(args.replica.log, author, generation) === undefined) enterTip(args.replica, fact)
      chain.lowest = fact.rest?.lowest ?? 0
      chain.before = fact.rest?.before ?? chain.before
      if (fact.earlier !== null)
        args.onEarlier({
          author,
          generation: generation - 1,
          lowest: null,
          before: fact.earlier,
          holeFrom: null,
        })
      brought += fact.events.length
      if (fact.rest === null) return { brought, isPruned: false }
    }
  }
  return { brought, isPruned: false }
}

/** The highest sequence below `lowest` at which the store holds something of the chain; -1 where there is nothing. */
async function highestHeldBelow(
  { store, authors, chain }: HistoryArgs,
  lowest: number | null,
): Promise<number> {
  const author = authors.numberOf(chain.author)
  if (author === undefined || lowest === 0) return -1
  const toSequence = lowest === null ? Number.MAX_SAFE_INTEGER : lowest - 1
  const range = eventRange({ author, generation: chain.generation, fromSequence: 0, toSequence })
  for await (const [key] of store.range({ ...range, reverse: true, limit: 1 }))
    return readEventKey(key).sequence
  return -1
}

/**
 * Cuts off what is here already: a node that took a snapshot because it was far behind holds the beginning, and then
 * the chain is whole. Of the snapshot's tip the header is here, perhaps with a signature that this peer has not.
 */
async function joinToHeld(store: Store, fact: HistoryFact): Promise<HistoryFact> {
  const digests = fact.events.map(({ digest }) => digest)
  if (fact.rest !== null) digests.unshift(digestOfContentId(fact.rest.before))
  const places = await store.getMany(digests.map(positionKeyOfDigest))
  const held = places.slice(0, -1).findLastIndex((value) => value !== undefined)
  const rest = held === -1 ? fact.rest : null
  const events = fact.events.slice(held === -1 ? 0 : held + (fact.rest === null ? 1 : 0))
  const last = events.at(-1)
  const place = places.at(-1)
  const cut = { ...fact, rest, earlier: held === -1 ? fact.earlier : null }
  if (last === undefined || place === undefined || last.signature !== null) return { ...cut, events }
  const stored = await readHeader(store, readPlace(place))
  const signed = { ...last, signature: stored?.signature ?? null }
  return { ...cut, events: [...events.slice(0, -1), signed] }
}

/** The last event of a closed generation is in the index: by it the generation is served. */
function enterTip({ log }: Replica, { events }: HistoryFact): void {
  const tip = events.at(-1)
  const decoded = tip && decodeHeader(tip.headerBytes)
  if (decoded?.kind !== 'decoded') return
  restoreEntry(log, { ...decoded, branch: 0, isVerified: tip?.signature !== null })
}

/** What other nodes can do without is taken without its body where nobody has it. */
function mayTake({ arePrunedTaken }: HistoryArgs, { events }: HistoryFact): boolean {
  return (
    arePrunedTaken && events.every((event) => event.bodyBytes !== null || isPrunableNumber(event.kindNumber))
  )
}

/** A hole ends where something is held; if that is not what was lost above it, fetching goes on below. */
function bottomOf({ holeFrom }: OpenHistory, lowest: number): number {
  const from = holeFrom !== null && holeFrom < lowest ? holeFrom : 0
  return Math.max(from, lowest - sliceEvents)
}

/** Events asked of one peer at a time: a second or so, after which another peer may have its turn. */
const sliceEvents = 65_536

/** Whether a segment is what lies directly below what is held; throws when it is not: its sender said it was. */
function checkSegment({ replica, chain }: HistoryArgs, bytes: Uint8Array): HistoryFact {
  const { author, generation } = chain
  const logKey = logKeyOf(replica, { author, generation })
  const linked = readAncestors(bytes, {
    anchor: chain.before,
    logKey: logKey.kind === 'key' ? logKey.key : undefined,
    ed25519: replica.config.ed25519,
  })
  if (linked.kind === 'elsewhere') throw new Error(`a history segment that does not end at ${chain.before}`)
  if (linked.kind === 'reject') throw new AnswerError(linked.reason, `a history segment: ${linked.detail}`)
  const { sequence } = linked.first
  const { prev } = linked
  const rest = sequence === 0 || prev === null ? null : { lowest: sequence, before: contentIdOfDigest(prev) }
  // A rotation may follow an earlier event than the last one of the generation that it closed: the state names that.
  const closed = readClosedGenerations(replica.final.state, author).find(
    (one) => one.generation === generation - 1,
  )
  const end = sequence === 0 ? (closed?.last?.id ?? null) : null
  // What the index holds as final is in the store with all that lies before.
  const isKnown = end !== null && eventAt(replica.log, end)?.isFinal
  // A hole has notes of its own below it, if anything lacks there.
  const earlier = isKnown || chain.holeFrom !== null ? null : end
  return {
    kind: 'history',
    author,
    generation,
    events: linked.events,
    rest,
    earlier,
    holeFrom: chain.holeFrom,
  }
}
