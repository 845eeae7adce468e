/** Many events of one chain from the store, headers and bodies side by side, by the page: waiting costs more than reading. */
import type { HeldEvent } from '@chirograph/event'
import {
  bodyKey,
  bodyRange,
  type EventPlace,
  eventRange,
  readEventKey,
  type SequenceRange,
  type Store,
  type StoreEntry,
} from '@chirograph/interface'
import { headerOfValue } from './stored-event.js'

export interface StoredEvent extends HeldEvent {
  readonly place: EventPlace
}

/** Every branch at every place of a range, ascending or, in reverse, descending. A body that is not there is null. */
export async function* walkEvents(
  store: Store,
  range: SequenceRange,
  { isReverse = false, areBodiesWanted = true }: { isReverse?: boolean; areBodiesWanted?: boolean } = {},
): AsyncIterable<readonly StoredEvent[]> {
  const bodies = areBodiesWanted
    ? bodiesBeside(store.pages({ ...bodyRange(range), reverse: isReverse }), isReverse)
    : undefined
  try {
    for await (const page of store.pages({ ...eventRange(range), reverse: isReverse })) {
      const events: StoredEvent[] = []
      for (const [key, value] of page) {
        const place = readEventKey(key)
        const { headerBytes, signature } = headerOfValue(value, place)
        let bodyBytes = bodies === undefined ? null : bodies.at(place)
        while (bodyBytes === undefined) {
          await bodies?.readOn()
          bodyBytes = bodies?.at(place)
        }
        events.push({ headerBytes, signature, bodyBytes, place })
      }
      yield bodies === undefined ? events : await withLaterBodies(store, events)
    }
  } finally {
    await bodies?.close()
  }
}

/** The bodies were read before, so those of events that came in between are looked up. */
async function withLaterBodies(
  store: Store,
  events: readonly StoredEvent[],
): Promise<readonly StoredEvent[]> {
  const lacking = events.filter(({ bodyBytes }) => bodyBytes === null)
  if (lacking.length === 0) return events
  const found = await store.getMany(lacking.map(({ place }) => bodyKey(place)))
  const later = new Map(lacking.map((event, index) => [event, found[index] ?? null]))
  return events.map((event) => ({ ...event, bodyBytes: event.bodyBytes ?? later.get(event) ?? null }))
}

/** Walks beside another walk over the same places, and waits only where a page of it ends. */
interface BodyCursor {
  /** The body at a place: null where it was pruned, undefined where it may lie in the next page. */
  at(place: EventPlace): Uint8Array | null | undefined
  readOn(): Promise<void>
  close(): Promise<void>
}

function bodiesBeside(pages: AsyncIterable<readonly StoreEntry[]>, isReverse: boolean): BodyCursor {
  const iterator = pages[Symbol.asyncIterator]()
  let page: readonly StoreEntry[] = []
  let next = 0
  let isAtEnd = false
  return {
    at(place) {
      // Bodies of places that were passed over are passed over.
      for (; next < page.length; next++) {
        const [key, value] = page[next] as StoreEntry // below the length
        const order = compareToPlace(key, place)
        if (order === 0) {
          next++
          return value
        }
        if (isReverse ? order < 0 : order > 0) return null
      }
      return isAtEnd ? null : undefined
    },
    async readOn() {
      const more = await iterator.next()
      isAtEnd = more.done === true
      page = more.done ? [] : more.value
      next = 0
    },
    async close() {
      await iterator.return?.()
    },
  }
}

function compareToPlace(key: Uint8Array, place: EventPlace): number {
  const found = readEventKey(key)
  return found.sequence - place.sequence || found.branch - place.branch
}
