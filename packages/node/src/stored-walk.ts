/** Many events of one chain from the store, headers and bodies side by side, by the page: waiting costs more than reading. */
import type { HeldEvent } from '@chirograph/event'
import {
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
    ? cursorOf(store.pages({ ...bodyRange(range), reverse: isReverse }))
    : undefined
  try {
    for await (const page of store.pages({ ...eventRange(range), reverse: isReverse })) {
      const events: StoredEvent[] = []
      for (const [key, value] of page) {
        const place = readEventKey(key)
        const bodyBytes = bodies === undefined ? null : await bodyAt(bodies, place, isReverse)
        events.push({ place, ...headerOfValue(value, place), bodyBytes })
      }
      yield events
    }
  } finally {
    await bodies?.close()
  }
}

interface Cursor {
  current: StoreEntry | undefined
  advance(): Promise<void>
  close(): Promise<void>
}

/** Walks beside another walk over the same places. */
function cursorOf(pages: AsyncIterable<readonly StoreEntry[]>): Cursor {
  const iterator = pages[Symbol.asyncIterator]()
  let page: readonly StoreEntry[] = []
  let at = 0
  const cursor: Cursor = {
    current: undefined,
    async advance() {
      if (++at < page.length) {
        cursor.current = page[at]
        return
      }
      const next = await iterator.next()
      page = next.done ? [] : next.value
      at = 0
      cursor.current = page[0]
    },
    async close() {
      await iterator.return?.()
    },
  }
  at = 0
  return cursor
}

/** The body at a place: null where it was pruned. Bodies of places that were passed over are passed over. */
async function bodyAt(cursor: Cursor, place: EventPlace, isReverse: boolean): Promise<Uint8Array | null> {
  for (;;) {
    if (cursor.current === undefined) await cursor.advance()
    const { current } = cursor
    if (current === undefined) return null
    const found = readEventKey(current[0])
    const order = found.sequence - place.sequence || found.branch - place.branch
    if (order === 0) {
      cursor.current = undefined
      return current[1]
    }
    if (isReverse ? order < 0 : order > 0) return null
    cursor.current = undefined
  }
}
