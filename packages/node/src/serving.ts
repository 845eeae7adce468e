/** The answers to sync, history and checkpoint requests, frame by frame. What is in them is the replica's business. */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import {
  checkpointRange,
  type EventPlace,
  getManyKeysMax,
  positionKey,
  readCheckpointHeightKey,
  readPlace,
  type Store,
} from '@chirograph/interface'
import { type BranchPlan, countOf, planBranches, type Range, splitRange } from '@chirograph/log'
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
  syncFrameBytes,
} from '@chirograph/replica'
import { type ChainContext, segmentsBackward, segmentsForward } from './chain-segments.js'
import { planHistory, type Wanted } from './history-plan.js'
import { storeDamaged } from './node-errors.js'
import { prunedHeightOf } from './prune.js'

/** The answer to a sync request. `onBehind` is called when the asker holds what we lack. */
export async function* serveSync(
  context: ChainContext,
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
  const { ofRanges, ofLocators } = await plansOf(context, ranges, locators)
  yield encodeSyncOffer({ ...offer, eventCount: offer.eventCount + countOfPlans(ofLocators) })
  yield* framesOf(segmentsOfPlans(context, [...ofRanges, ...ofLocators]))
}

/** Final events inside of chains, from the highest down, so that each segment is known by the prev of what is above. */
export async function* serveHistory(
  context: ChainContext,
  requestBytes: Uint8Array,
  breathe: () => Promise<void>,
): AsyncIterable<Uint8Array> {
  const request = decodeHistoryRequest(requestBytes)
  if (!request.ok) throw new Error(`a history request that cannot be read: ${request.detail}`)
  const { areBodiesWanted, chains } = request.value
  const places = await placesOf(
    context,
    chains.flatMap(({ from }) => from ?? []),
  )
  const wanted = chains.map(({ from, ...chain }): Wanted => {
    const top = from === null ? undefined : sequenceIn(context, chain, places.get(from))
    return top === undefined ? chain : { ...chain, ranges: [...chain.ranges, [0, top]] }
  })
  for (const range of planHistory(context.replica, wanted)) {
    await breathe()
    context.signal.throwIfAborted()
    yield* framesOf(segmentsBackward(context, range, areBodiesWanted))
  }
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
  // Without the bodies of their events they cannot be executed, and this node has none to give.
  const pruned = await prunedHeightOf(store)
  if (first <= pruned) {
    yield encodeCheckpointFloor(pruned)
    return
  }
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

/** What to send of the chains of an answer. */
async function plansOf(
  context: ChainContext,
  ranges: readonly Range[],
  locators: readonly Locator[],
): Promise<{ readonly ofRanges: readonly BranchPlan[]; readonly ofLocators: readonly BranchPlan[] }> {
  const { replica } = context
  const ofLocators: BranchPlan[] = []
  // One for each chain: a chain that is named again would be sent again.
  const chains = new Map(locators.map((locator) => [`${locator.author}/${locator.generation}`, locator]))
  for (const locator of chains.values()) {
    context.signal.throwIfAborted()
    const places = await placesOf(context, locator.ids)
    const { final, pending } = planBranches(replica.log, {
      ...locator,
      locator: locator.ids,
      placeOf: (id) => sequenceIn(context, locator, places.get(id)),
      entriesMax: branchEventsMax,
    })
    const [held = null] = final === null ? [] : heldRanges(replica, [final])
    ofLocators.push({ final: held, pending })
  }
  return { ofRanges: ranges.map((range) => splitRange(replica.log, range)), ofLocators }
}

function countOfPlans(plans: readonly BranchPlan[]): number {
  return countOf(plans.flatMap(({ final }) => final ?? [])) + plans.flatMap(({ pending }) => pending).length
}

async function* segmentsOfPlans(
  context: ChainContext,
  plans: readonly BranchPlan[],
): AsyncIterable<Uint8Array> {
  for (const plan of plans) {
    context.signal.throwIfAborted()
    yield* segmentsForward(context, plan)
  }
}

async function placesOf({ store }: ChainContext, ids: readonly EventId[]): Promise<Map<EventId, EventPlace>> {
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
  { authors }: ChainContext,
  chain: { readonly author: OrgId; readonly generation: number },
  place: EventPlace | undefined,
): number | undefined {
  const isThere = place?.author === authors.numberOf(chain.author) && place?.generation === chain.generation
  return isThere ? place?.sequence : undefined
}
