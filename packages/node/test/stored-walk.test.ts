/** Events and bodies that are read side by side belong together, whatever is written while they are. */
import {
  bodyKey,
  type EventPlace,
  eventKey,
  memoryStore,
  type Store,
  type StoreOp,
} from '@chirograph/interface'
import { equal, is, suite } from '../../workspace/kit.ts'
import { storedValue } from '../src/stored-event.js'
import { type StoredEvent, walkEvents } from '../src/stored-walk.js'

const placeAt = (sequence: number): EventPlace => ({ author: 1, generation: 0, sequence, branch: 0 })
const whole = { author: 1, generation: 0, fromSequence: 0, toSequence: 1_000 }

function opsAt(sequence: number, hasBody = true): StoreOp[] {
  const place = placeAt(sequence)
  const value = storedValue({ headerBytes: Uint8Array.of(sequence), signature: null })
  const ops: StoreOp[] = [{ kind: 'put', key: eventKey(place), value }]
  if (hasBody) ops.push({ kind: 'put', key: bodyKey(place), value: Uint8Array.of(9, sequence) })
  return ops
}

function assertOwnBody({ place, bodyBytes }: StoredEvent, isPruned: boolean): void {
  equal(bodyBytes, isPruned ? null : Uint8Array.of(9, place.sequence), `of ${place.sequence}`)
}

suite('a walk over stored events', (it) => {
  it('gives each its body, and none where it was pruned, in both directions', async () => {
    const store = memoryStore()
    const isPruned = (sequence: number) => sequence % 3 === 1
    for (let at = 0; at < 100; at++) await store.batch(opsAt(at, !isPruned(at)), { sync: false })
    for (const isReverse of [false, true]) {
      const seen: number[] = []
      for await (const page of walkEvents(store, whole, { isReverse }))
        for (const event of page) {
          seen.push(event.place.sequence)
          assertOwnBody(event, isPruned(event.place.sequence))
        }
      const all = Array.from({ length: 100 }, (_, at) => at)
      equal(seen, isReverse ? all.reverse() : all)
    }
  })

  it('gives its body to an event that came while others were read, and bodies were at their end already', async () => {
    const store = memoryStore()
    for (let at = 0; at < 40; at++) await store.batch(opsAt(at, at >= 30), { sync: false })
    const ahead: Store = { ...store, pages: (bounds) => readAhead(store.pages(bounds)) }
    const seen: number[] = []
    for await (const page of walkEvents(ahead, whole))
      for (const event of page) {
        if (seen.length === 0) await store.batch(opsAt(40), { sync: false })
        seen.push(event.place.sequence)
        assertOwnBody(event, event.place.sequence < 30)
      }
    is(seen.at(-1), 40)
  })
})

/** As a store on a disk does it: the next page is read before this one is handed out. */
async function* readAhead<T>(pages: AsyncIterable<T>): AsyncIterable<T> {
  const iterator = pages[Symbol.asyncIterator]()
  for (let next = await iterator.next(); !next.done; ) {
    const after = await iterator.next()
    yield next.value
    next = after
  }
}
