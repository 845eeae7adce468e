/** The answers to sync, history and checkpoint requests, frame by frame. What is in them is the replica's business. */
import type { EventId } from '@chirograph/codec'
import {
  createSegmenter,
  encodeSegment,
  type HeldEvent,
  type OrgId,
  runBytesMax,
  segmentBytesSoft,
  segmentEventsMax,
} from '@chirograph/event'
import {
  checkpointRange,
  type EventPlace,
  getManyKeysMax,
  positionKey,
  readCheckpointHeightKey,
  readPlace,
  type Store,
} from '@chirograph/interface'
import {
  finalTipOf,
  type LogEntry,
  planBranches,
  type Range,
  splitRange,
  straysOf,
  stretchesOf,
} from '@chirograph/log'
import {
  answerSync,
  branchEventsMax,
  decodeCheckpoint,
  decodeCheckpointRequest,
  decodeHistoryRequest,
  encodeCheckpointFloor,
  encodeSegmentFrame,
  encodeSyncOffer,
  heldRanges,
  type Locator,
  type Replica,
  syncFrameBytes,
} from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { storeDamaged } from './node-errors.js'
import { walkEvents } from './stored-walk.js'

export interface ServingContext {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
}

/** The answer to a sync request. `onBehind` is called when the asker holds what we lack. */
export async function* serveSync(
  context: ServingContext,
  {
    peer,
    bytes,
    onBehind,
  }: { readonly peer: string; readonly bytes: Uint8Array; readonly onBehind: () => void },
): AsyncIterable<Uint8Array> {
  const answer = answerSync(context.replica, peer, bytes)
  if (!answer.ok) throw new Error(`a sync request that cannot be read: ${answer.detail}`)
  const { offer, ranges, locators, isBehind } = answer.value
  if (isBehind) onBehind()
  yield encodeSyncOffer(offer)
  yield* framesOf(segmentsOfAnswer(context, ranges, locators))
}

/** Final events inside of chains, from the highest down, so that each segment is known by the prev of what is above. */
export async function* serveHistory(
  context: ServingContext,
  requestBytes: Uint8Array,
): AsyncIterable<Uint8Array> {
  const request = decodeHistoryRequest(requestBytes)
  if (!request.ok) throw new Error(`a history request that cannot be read: ${request.detail}`)
  const { areBodiesWanted, chains } = request.value
  for (const { author, generation, ranges, from } of chains) {
    const place = from === null ? undefined : (await placesOf(context, [from])).get(from)
    const top = sequenceIn(context, { author, generation }, place)
    const wanted = top === undefined ? ranges : [...ranges, [0, top] as const]
    for (const [fromSequence, toSequence] of [...wanted].reverse()) {
      const range = { author, generation, fromSequence, toSequence }
      const held = heldPart(context.replica, range)
      if (held !== null) yield* framesOf(segmentsBackward(context, held, areBodiesWanted))
    }
  }
}

/** The upper part of a range, down to where this node's history goes; null where that is nothing. */
function heldPart({ heldFrom }: Replica, range: Range): Range | null {
  const held = heldFrom.get(range.author)
  if (held === undefined || range.generation > held.generation) return range
  if (range.generation < held.generation || range.toSequence < held.sequence) return null
  return { ...range, fromSequence: Math.max(range.fromSequence, held.sequence) }
}

/**
 * Checkpoints from a height on, as far as they are here without a gap. Of that of a snapshot this node does not know
 * what it changed: it is not passed on, and whoever asks for it or for what it skipped is told so.
 */
export async function* serveCheckpoints(store: Store, requestBytes: Uint8Array): AsyncIterable<Uint8Array> {
  const request = decodeCheckpointRequest(requestBytes)
  if (!request.ok) throw new Error(`a checkpoint request that cannot be read: ${request.detail}`)
  const { fromHeight } = request.value
  const first = Math.max(1, fromHeight) // height 0 is the genesis
  let next = first
  for await (const [key, value] of store.range(
    checkpointRange({ fromHeight: first, toHeight: Number.MAX_SAFE_INTEGER }),
  )) {
    const height = readCheckpointHeightKey(key)
    if (height !== next || isOfSnapshot(value, height)) {
      if (next === first) yield encodeCheckpointFloor(height)
      return
    }
    yield value
    next++
  }
}

function isOfSnapshot(value: Uint8Array, height: number): boolean {
  const decoded = decodeCheckpoint(value)
  if (!decoded.ok) throw storeDamaged(`checkpoint ${height}: ${decoded.detail}`)
  return decoded.value.changes.length === 0
}

/** Segments gathered into frames of about `syncFrameBytes`. */
async function* framesOf(segments: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let frame: Uint8Array[] = []
  let size = 0
  for await (const segment of segments) {
    if (size + segment.length > syncFrameBytes && frame.length > 0) {
      yield encodeSegmentFrame(frame)
      frame = []
      size = 0
    }
    frame.push(segment)
    size += segment.length
  }
  if (frame.length > 0) yield encodeSegmentFrame(frame)
}

async function* segmentsOfAnswer(
  context: ServingContext,
  ranges: readonly Range[],
  locators: readonly Locator[],
): AsyncIterable<Uint8Array> {
  const { log } = context.replica
  for (const range of ranges) {
    const { final, pending } = splitRange(log, range)
    yield* segmentsForward(context, final, stretchesOf(pending))
  }
  for (const locator of locators) {
    const places = await placesOf(context, locator.ids)
    const plan = planBranches(log, {
      ...locator,
      locator: locator.ids,
      placeOf: (id) => sequenceIn(context, locator, places.get(id)),
      entriesMax: branchEventsMax,
    })
    const [final = null] = plan.final === null ? [] : heldRanges(context.replica, [plan.final])
    yield* segmentsForward(context, final, stretchesOf(plan.pending))
  }
}

/**
 * What is final from the store, then what is not from memory. The stretch that follows the last final event goes into
 * one run of segments with it: a cut may have ended where no signature was checked.
 */
async function* segmentsForward(
  context: ServingContext,
  final: Range | null,
  stretches: readonly (readonly LogEntry[])[],
): AsyncIterable<Uint8Array> {
  const tip = final && finalTipOf(context.replica.log, final.author, final.generation)
  const next = stretches.find(([first]) => tip !== undefined && first?.prev === tip?.id)
  if (final !== null) {
    const segmenter = createSegmenter()
    for await (const event of finalEvents(context, final)) yield* segmenter.push(event)
    for (const { event } of next ?? []) if (event !== undefined) yield* segmenter.push(event)
    yield* segmenter.end()
  }
  for (const stretch of stretches) {
    if (final !== null && stretch === next) continue
    const segmenter = createSegmenter()
    for (const { event } of stretch) if (event !== undefined) yield* segmenter.push(event)
    yield* segmenter.end()
  }
}

/** Cut, where it can be, above an event with a signature, so that whoever takes them can pass them on. */
async function* segmentsBackward(
  context: ServingContext,
  range: Range,
  areBodiesWanted: boolean,
): AsyncIterable<Uint8Array> {
  let held: HeldEvent[] = []
  let bytes = 0
  let cutAt = 0
  const take = (count: number): Uint8Array => {
    const items = held.slice(0, count).reverse()
    const signature = held[0]?.signature ?? null
    held = held.slice(count)
    bytes = held.reduce((sum, event) => sum + sizeOf(event), 0)
    cutAt = Math.max(0, ...held.flatMap((event, index) => (event.signature === null ? [] : [index])))
    return encodeSegment({ items, signature })
  }
  for await (const event of finalEvents(context, range, { isReverse: true, areBodiesWanted })) {
    if (event.signature !== null) cutAt = held.length
    held.push(event)
    bytes += sizeOf(event)
    if (bytes < segmentBytesSoft && held.length < backwardEventsMax) continue
    yield take(cutAt > 0 ? cutAt : held.length)
  }
  while (held.length > 0) yield take(held.length)
}

/** Headers without references fit in this number under `runBytesMax`, whose bound each run must keep. */
const backwardEventsMax = Math.min(segmentEventsMax, Math.floor(runBytesMax / 51))

function sizeOf({ headerBytes, bodyBytes }: HeldEvent): number {
  return headerBytes.length + (bodyBytes?.length ?? 0) + 9
}

/** The events of the final branch in a range, ascending or, in reverse, descending. */
async function* finalEvents(
  { replica, store, authors }: ServingContext,
  range: Range,
  { isReverse = false, areBodiesWanted = true }: { isReverse?: boolean; areBodiesWanted?: boolean } = {},
): AsyncIterable<HeldEvent> {
  const author = authors.numberOf(range.author)
  if (author === undefined) return
  const tip = replica.final.cut.get(range.author)
  const passed =
    tip === undefined
      ? []
      : straysOf(replica.log, tip).filter(({ generation }) => generation === range.generation)
  const strays = new Set(passed.map(({ sequence, branch }) => `${sequence}/${branch}`))
  const walk = walkEvents(store, { ...range, author }, { isReverse, areBodiesWanted })
  for await (const page of walk)
    for (const { place, ...held } of page) if (!strays.has(`${place.sequence}/${place.branch}`)) yield held
}

async function placesOf(
  { store }: ServingContext,
  ids: readonly EventId[],
): Promise<Map<EventId, EventPlace>> {
  const wanted = ids.slice(0, getManyKeysMax)
  const values = await store.getMany(wanted.map(positionKey))
  return new Map(
    values.flatMap((value, index) => {
      const id = wanted[index]
      return value && id ? [[id, readPlace(value)] as const] : []
    }),
  )
}

function sequenceIn(
  { authors }: ServingContext,
  chain: { readonly author: OrgId; readonly generation: number },
  place: EventPlace | undefined,
): number | undefined {
  const isThere = place?.author === authors.numberOf(chain.author) && place?.generation === chain.generation
  return isThere ? place?.sequence : undefined
}
