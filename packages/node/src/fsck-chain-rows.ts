/** The rows of one chain, headers and bodies side by side, from the last place down. */
import {
  bodyKey,
  type ChainPlace,
  chainRange,
  type EventPlace,
  eventKey,
  readEventKey,
  type StoreEntry,
  type StoreOp,
  strayKey,
} from '@chirograph/interface'
import type { Check } from './fsck.js'
import { isKeyWhole } from './fsck-notes.js'

/** What is stored at a place: what should be a header with a signature, what should be a body, or one of the two. */
export interface Slot {
  readonly place: EventPlace
  readonly value: Uint8Array | undefined
  readonly body: Uint8Array | undefined
}

/** Headers and bodies side by side, from the highest sequence down, all branches of one at a time. */
export async function* slotsDown(
  check: Check,
  place: ChainPlace,
): AsyncIterable<{ readonly sequence: number; readonly slots: readonly Slot[] }> {
  const { store } = check
  const bodies = wholeKeys(check, 'body', store.pages({ ...chainRange('body', place), reverse: true }))
  const events = wholeKeys(check, 'event', store.pages({ ...chainRange('event', place), reverse: true }))
  try {
    let [event, body] = [await events.next(), await bodies.next()]
    let slots: Slot[] = []
    while (!event.done || !body.done) {
      const [at, of] = [event.done ? undefined : event.value, body.done ? undefined : body.value]
      const order = at === undefined ? 1 : of === undefined ? -1 : compareDown(at.place, of.place)
      const found = order <= 0 ? at : of
      if (found === undefined) break
      const { sequence } = found.place
      if (slots[0] !== undefined && slots[0].place.sequence !== sequence) {
        yield { sequence: slots[0].place.sequence, slots }
        slots = []
      }
      slots.push({
        place: found.place,
        value: order <= 0 ? at?.value : undefined,
        body: order >= 0 ? of?.value : undefined,
      })
      check.step('events')
      if (order <= 0) event = await events.next()
      if (order >= 0) body = await bodies.next()
    }
    if (slots[0] !== undefined) yield { sequence: slots[0].place.sequence, slots }
  } finally {
    await Promise.all([events.return(undefined), bodies.return(undefined)])
  }
}

async function* wholeKeys(
  check: Check,
  space: 'event' | 'body',
  pages: AsyncIterable<readonly StoreEntry[]>,
): AsyncGenerator<{ readonly place: EventPlace; readonly value: Uint8Array }, void, undefined> {
  for await (const page of pages)
    for (const [key, value] of page)
      if (isKeyWhole(check, space, key)) yield { place: readEventKey(key), value }
}

export function compareDown(a: EventPlace, b: EventPlace): number {
  return b.sequence - a.sequence || b.branch - a.branch
}

/** All that is stored of an event but what points at it. */
export function removeOps(place: EventPlace): StoreOp[] {
  return [eventKey(place), bodyKey(place), strayKey(place)].map((key) => ({ kind: 'delete', key }))
}

/** Within its chain. */
export function placeName({ sequence, branch }: EventPlace): string {
  return `${sequence}/${branch}`
}
