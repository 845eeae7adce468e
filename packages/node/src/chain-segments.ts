/**
 * A stretch of one chain as segments, from the store and from memory. Each ends at a signature that was checked here, or
 * at an event whose id the receiver knows: nothing unverified is ever served.
 */
import { contentId } from '@chirograph/codec'
import { createDescendingSegmenter, createSegmenter, type HeldEvent, type Segmenter } from '@chirograph/event'
import type { Store } from '@chirograph/interface'
import {
  type BranchPlan,
  entriesAt,
  finalTipOf,
  type LogEntry,
  type Range,
  sealsOf,
  straysOf,
  stretchesOf,
} from '@chirograph/log'
import type { Replica } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { storeDamaged } from './node-errors.js'
import { readEvent } from './stored-event.js'
import { walkEvents } from './stored-walk.js'

export interface ChainContext {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
  /** Aborts when nobody wants the answer any more: the walk through the store then ends by throwing its reason. */
  readonly signal: AbortSignal
}

/**
 * What is final from the store, then what is not from memory. The stretch that follows the last final event goes into
 * one run of segments with it: a cut may have ended where no signature was checked.
 */
export async function* segmentsForward(
  context: ChainContext,
  { final, pending }: BranchPlan,
): AsyncIterable<Uint8Array> {
  const stretches = stretchesOf(pending)
  const tip = final && finalTipOf(context.replica.log, final.author, final.generation)
  const next = stretches.find(([first]) => tip !== undefined && first?.prev === tip?.id)
  if (final !== null) yield* finalSegments(context, final, next ?? [])
  for (const stretch of stretches) {
    if (final !== null && stretch === next) continue
    const segmenter = createSegmenter()
    for (const { event } of stretch) if (event !== undefined) yield* segmenter.push(event)
    yield* segmenter.end()
  }
}

/** As far as each event has a signature above it that fits into one segment with it; what has not cannot be sent. */
async function* finalSegments(
  context: ChainContext,
  range: Range,
  next: readonly LogEntry[],
): AsyncIterable<Uint8Array> {
  const segmenter = createSegmenter()
  let { fromSequence: sequence } = range
  const seal = () => sealWaiting(context, { segmenter, range, sequence: sequence - segmenter.waiting.length })
  for await (const page of eventsWithNext(context, range, next))
    for (const event of page) {
      // Whoever lacks it needs all of it; one whose body was pruned cannot give that.
      if (event.bodyBytes === null) return
      if (!segmenter.hasRoomFor(event)) yield* segmenter.end()
      while (!segmenter.hasRoomFor(event)) {
        const segment = await seal()
        if (segment === undefined) return
        yield segment
      }
      for (const segment of segmenter.push(event)) yield segment
      sequence++
    }
  yield* segmenter.end()
  while (segmenter.waiting.length > 0) {
    const segment = await seal()
    if (segment === undefined) return
    yield segment
  }
}

async function* eventsWithNext(
  context: ChainContext,
  range: Range,
  next: readonly LogEntry[],
): AsyncIterable<readonly HeldEvent[]> {
  yield* finalEvents(context, range)
  yield next.flatMap(({ event }) => event ?? [])
}

/**
 * A segment of events that wait from `sequence` on, with its end on another branch: their author signed that one, and
 * the final one only further above. Some of them came in one segment with it, so it has room for those.
 */
async function sealWaiting(
  context: ChainContext,
  args: { readonly segmenter: Segmenter; readonly range: Range; readonly sequence: number },
): Promise<Uint8Array | undefined> {
  const { segmenter, range, sequence: from } = args
  const { author, generation } = range
  const { waiting } = segmenter
  for (let count = waiting.length; count > 0; count--) {
    const last = waiting[count - 1]
    const place = { author, generation, sequence: from + count - 1 }
    const others = entriesAt(context.replica.log, { ...place, sequence: place.sequence + 1 })
    if (last === undefined || others.every(({ isFinal }) => isFinal)) continue
    for (const way of sealsOf(context.replica.log, { ...place, id: contentId(last.headerBytes) })) {
      const events = await Promise.all(way.map((entry) => heldEventOf(context, entry)))
      const segment = segmenter.seal(count, events)
      if (segment !== undefined) return segment
    }
  }
  return undefined
}

/** An event that is not final: in memory, or in the store alone where its generation is closed. */
async function heldEventOf({ store, authors }: ChainContext, entry: LogEntry): Promise<HeldEvent> {
  const author = authors.numberOf(entry.author)
  const event =
    entry.event ?? (author === undefined ? undefined : await readEvent(store, { ...entry, author }))
  if (event === undefined) throw storeDamaged(`the event ${entry.id} that was passed over is missing`)
  return event
}

/** Final events from the highest down, for whoever knows the id of the highest. */
export async function* segmentsBackward(
  context: ChainContext,
  range: Range,
  areBodiesWanted: boolean,
): AsyncIterable<Uint8Array> {
  const segmenter = createDescendingSegmenter()
  for await (const page of finalEvents(context, range, { isReverse: true, areBodiesWanted }))
    for (const event of page) for (const segment of segmenter.push(event)) yield segment
  yield* segmenter.end()
}

/** The events of the final branch in a range, ascending or, in reverse, descending; by the page, see `walkEvents`. */
async function* finalEvents(
  { replica, store, authors, signal }: ChainContext,
  range: Range,
  { isReverse = false, areBodiesWanted = true }: { isReverse?: boolean; areBodiesWanted?: boolean } = {},
): AsyncIterable<readonly HeldEvent[]> {
  const author = authors.numberOf(range.author)
  if (author === undefined) return
  const tip = replica.final.cut.get(range.author)
  const passed =
    tip === undefined
      ? []
      : straysOf(replica.log, tip).filter(({ generation }) => generation === range.generation)
  const strays = new Set(passed.map(({ sequence, branch }) => `${sequence}/${branch}`))
  const walk = walkEvents(store, { ...range, author }, { isReverse, areBodiesWanted })
  for await (const page of walk) {
    signal.throwIfAborted()
    yield strays.size === 0
      ? page
      : page.filter(({ place }) => !strays.has(`${place.sequence}/${place.branch}`))
  }
}
