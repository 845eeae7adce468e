/**
 * Tells what this node holds, in the order in which it came, from any point on. A reader pulls: what it has not asked
 * for is not read, so a slow one costs nothing and a fast one waits for the disk alone.
 */
import { type EventId, equalBytes } from '@chirograph/codec'
import { decodeHeader, restoreEvent } from '@chirograph/event'
import {
  arrivalRange,
  authorValue,
  bodyKey,
  type EventPlace,
  eventKey,
  isChirographError,
  type KeyRange,
  momentEntriesMax,
  placeValue,
  positionKey,
  prefixRange,
  readArrivalKey,
  readEventKey,
  readPlace,
  type Store,
} from '@chirograph/interface'
import type { AuthorTable } from './author-table.js'
import {
  type Cursor,
  cursorBehindEnd,
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  firstCursor,
} from './event-cursor.js'
import { type EventQuery, type LoggedEvent, wantsBody, wantsHeader } from './event-query.js'
import { storeDamaged } from './node-errors.js'
import { headerOfValue, nameOfPlace } from './stored-event.js'

/** Arrivals, or places of a chain, that are read at once: few milliseconds, and a few pages of the disk. */
const sliceEvents = momentEntriesMax

/** Events that are read whole at once: 4 MiB when every body is of the largest size. */
const wholeEvents = 64

export interface EventReader {
  /** Throws at once over a cursor that does not fit. Ends with the node; throws the signal's reason when that aborts. */
  events(query?: EventQuery): AsyncGenerator<LoggedEvent, void, undefined>
  /** More events are on disk: to be called after they are. */
  arrived(): void
  stop(): void
}

export interface EventReaderArgs {
  readonly store: Store
  readonly authors: AuthorTable
  readonly storeTag: string
  /** Whether an event is final for those who ask this node. */
  readonly isFinal: (id: EventId, place: EventPlace) => boolean
  /** The last ordinal of an arrival that is on disk. */
  readonly lastOrdinal: () => number
  /** Calls `read` while nothing is being written, so that two things that it reads are of one moment. */
  readonly atRest: <T>(read: () => T) => Promise<T>
}

/** A place to tell of, and where the reader stands once it was told. */
interface Stop {
  readonly place: EventPlace
  readonly cursor: Cursor
}

export function createEventReader(args: EventReaderArgs): EventReader {
  const { store, authors, storeTag, isFinal, lastOrdinal, atRest } = args
  const waiters = new Set<() => void>()
  /** Counts calls of `arrived`: whoever saw the end of the arrivals at this count has seen all. */
  let arrivals = 0
  let isStopped = false

  function events(query: EventQuery = {}): AsyncGenerator<LoggedEvent, void, undefined> {
    const from = query.from === undefined ? firstCursor : decodeCursor(storeTag, query.from)
    if (from.ordinal > lastOrdinal()) throw cursorBehindEnd(query.from ?? '')
    if (from.within !== null && from.within.author !== authorOf(query)) throw cursorInvalid(query.from ?? '')
    return eventsFrom(query, from)
  }

  /** This store's number of the issuer that is asked for; undefined for one of which nothing came yet. */
  function authorOf({ issuer }: EventQuery): number | undefined {
    return issuer === undefined ? undefined : authors.numberOf(issuer)
  }

  async function* eventsFrom(query: EventQuery, from: Cursor): AsyncGenerator<LoggedEvent, void, undefined> {
    try {
      const isOfChain = from.within !== null || (from === firstCursor && query.issuer !== undefined)
      const after = isOfChain ? yield* chainOfIssuer(query, from) : from.ordinal
      yield* arrivalsAfter(query, { ordinal: after })
    } catch (error) {
      if (!isStopped || !isChirographError(error)) throw error
    }
  }

  /**
   * The events of one issuer, by place; then the reader goes on with what arrived after the ordinal that this returns.
   * What came meanwhile at a place that was passed (history comes from above) is told in between, by its arrival, so
   * at each cursor exactly the events up to its place that arrived up to its ordinal have been told.
   */
  async function* chainOfIssuer(query: EventQuery, from: Cursor): AsyncGenerator<LoggedEvent, number> {
    let { ordinal, within } = from
    for (;;) {
      const author = authorOf(query)
      const chain = author === undefined ? undefined : chainBehind(author, within)
      const [now, reading] = await atRest(() => [lastOrdinal(), chain && placesIn(store, chain)] as const)
      const places = (await reading) ?? []
      if (within !== null) yield* arrivalsAfter({ ...query, live: false }, { ordinal, upTo: now, within })
      yield* told(
        query,
        places.map((place) => ({ place, cursor: { ordinal: now, within: place } })),
      )
      ordinal = now
      within = places.at(-1) ?? within
      if (places.length < sliceEvents || isOver(query)) return now
    }
  }

  /** Arrivals behind an ordinal, up to another where one is given; of an issuer's chain up to a place where one is. */
  async function* arrivalsAfter(
    query: EventQuery,
    part: { readonly ordinal: number; readonly upTo?: number; readonly within?: EventPlace },
  ): AsyncGenerator<LoggedEvent, void, undefined> {
    const { upTo = Number.MAX_SAFE_INTEGER, within = null } = part
    let { ordinal } = part
    for (;;) {
      if (isOver(query)) return
      const seen = arrivals
      const stops: Stop[] = []
      let count = 0
      for await (const page of store.pages({
        ...arrivalRange({ fromOrdinal: ordinal + 1 }),
        limit: sliceEvents,
      })) {
        // Known before its first event is on disk, so it is asked for after what was read.
        const author = authorOf(query)
        for (const [key, value] of page) {
          const at = readArrivalKey(key)
          if (at > upTo) break
          count++
          ordinal = at
          const place = readPlace(value)
          const isWanted = query.issuer === undefined || place.author === author
          if (isWanted && (within === null || isUpTo(place, within)))
            stops.push({ place, cursor: { ordinal, within } })
        }
      }
      yield* told(query, stops)
      if (count === sliceEvents) continue
      if (query.live === false) return
      await more(query, seen)
    }
  }

  /** What stands at these places, as far as the query wants it. What is gone from its place is passed over. */
  async function* told(
    query: EventQuery,
    stops: readonly Stop[],
  ): AsyncGenerator<LoggedEvent, void, undefined> {
    const values = await store.getMany(stops.map(({ place }) => eventKey(place)))
    const wanted = stops.flatMap((stop, index) => {
      const value = values[index]
      if (value === undefined) return []
      const stored = headerOfValue(value, stop.place)
      const decoded = decodeHeader(stored.headerBytes)
      if (decoded.kind === 'reject')
        throw storeDamaged(`the header at ${nameOfPlace(stop.place)}: ${decoded.detail}`)
      return wantsHeader(query, decoded.header) ? [{ ...stop, value, stored, ...decoded }] : []
    })
    for (let at = 0; at < wanted.length; at += wholeEvents) {
      if (isOver(query)) return
      const slice = wanted.slice(at, at + wholeEvents)
      const [bodies, positions] = await Promise.all([
        store.getMany(slice.map(({ place }) => bodyKey(place))),
        store.getMany(slice.map(({ id }) => positionKey(id))),
      ])
      for (const [index, { id, header, place, value, stored, cursor }] of slice.entries()) {
        const position = positions[index]
        // A damaged header is another event, whose id stands nowhere.
        const isNamed = position !== undefined && equalBytes(position, placeValue(place))
        const bodyBytes = bodies[index]
        // A snapshot may have dropped it between two reads; the history brings it again, and it is told then.
        if ((!isNamed || bodyBytes === undefined) && !(await isStillHere(place, value))) continue
        if (!isNamed)
          throw storeDamaged(`the event at ${nameOfPlace(place)} is not the one that was stored there`)
        const restored = bodyBytes && restoreEvent({ ...stored, bodyBytes })
        if (restored?.kind === 'reject')
          throw storeDamaged(`the event at ${nameOfPlace(place)}: ${restored.detail}`)
        const body = restored?.event.body ?? null
        if (!wantsBody(query, body)) continue
        const { author, generation, sequence, prev, references, kind, timeMs } = header
        yield {
          cursor: encodeCursor(storeTag, cursor),
          id,
          author,
          generation,
          sequence,
          prev,
          references,
          kind,
          timeMs,
          body,
          isFinal: isFinal(id, place),
          signature: stored.signature,
        }
        if (isOver(query)) return
      }
    }
  }

  async function isStillHere(place: EventPlace, value: Uint8Array): Promise<boolean> {
    const now = await store.get(eventKey(place))
    return now !== undefined && equalBytes(now, value)
  }

  function isOver({ signal }: EventQuery): boolean {
    signal?.throwIfAborted()
    return isStopped
  }

  /** Resolves when something arrived since `seen` was counted, or there is nothing more to wait for. */
  async function more({ signal }: EventQuery, seen: number): Promise<void> {
    if (arrivals !== seen || isStopped || signal?.aborted) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        waiters.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      waiters.add(wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  function wakeAll(): void {
    for (const wake of [...waiters]) wake()
  }

  return {
    events,
    arrived() {
      arrivals++
      wakeAll()
    },
    stop() {
      isStopped = true
      wakeAll()
    },
  }
}

/** The keys of an author's events behind a place; all of them without one. */
function chainBehind(author: number, within: EventPlace | null): KeyRange {
  const chain = prefixRange('event', authorValue(author))
  if (within === null) return chain
  const key = eventKey(within)
  const from = new Uint8Array(key.length + 1)
  from.set(key)
  return { ...chain, from }
}

/** Up to the first await a function runs at once, and what is limited to few is of one moment: that of the call. */
async function placesIn(store: Store, chain: KeyRange): Promise<EventPlace[]> {
  const places: EventPlace[] = []
  for await (const page of store.pages({ ...chain, limit: sliceEvents }))
    for (const [key] of page) places.push(readEventKey(key))
  return places
}

function isUpTo(place: EventPlace, limit: EventPlace): boolean {
  const order =
    place.generation - limit.generation || place.sequence - limit.sequence || place.branch - limit.branch
  return order <= 0
}
