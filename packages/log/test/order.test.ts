/** The final order: rules L16 and L17. */

import * as fc from 'fast-check'
import { compareBytes, contentIdBytes, type EventId } from '@chirograph/codec'
import type { AuthenticEvent } from '@chirograph/event'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { type Orderable, orderEvents } from '../src/index.ts'
import { chain, history, make, org } from './world.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 })

/** The order as SPEC.md states it, in quadratic time: the smallest event whose edges are all placed, repeatedly. */
function orderSlowly(events: readonly AuthenticEvent[]): EventId[] {
  const left = new Map(events.map((event) => [event.id, event]))
  const order: EventId[] = []
  while (left.size > 0) {
    const ready = [...left.values()].filter(({ header }) =>
      [header.prev, ...header.references].every((id) => id === null || !left.has(id)),
    )
    const [least] = ready.sort(
      (a, b) =>
        Buffer.compare(Buffer.from(a.header.author, 'hex'), Buffer.from(b.header.author, 'hex')) ||
        a.header.generation - b.header.generation ||
        a.header.sequence - b.header.sequence ||
        compareBytes(contentIdBytes(a.id), contentIdBytes(b.id)),
    )
    if (least === undefined) throw new Error('a cycle')
    left.delete(least.id)
    order.push(least.id)
  }
  return order
}

suite('orderEvents', (it) => {
  it('L16: is the stated order, whatever the order of the input', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        const events = history(random, { events: 40, forkers: 2 })
        const part = events.filter(() => random.chance(0.8))
        const expected = orderSlowly(part)
        for (const input of [part, random.shuffle(part), [...part, ...random.shuffle(part)]])
          equal(
            orderEvents(input).map((event) => event.id),
            expected,
          )
      }),
      { numRuns: 60 },
    )
  })

  it('L16: puts a reference before the event that speaks of it, against the ties', () => {
    const spoken = make({ author: org(2) })
    const speaks = make({ author: org(1), references: [spoken.id] })
    equal(orderEvents([speaks, spoken]), [spoken, speaks])
    equal(orderEvents([speaks]), [speaks])
  })

  it('L16: breaks the last tie by the bytes of the id, not by its text', () => {
    const twins = Array.from({ length: 60 }, (_, timeMs) => make({ author: org(1), timeMs }))
    const byBytes = [...twins].sort((a, b) => compareBytes(contentIdBytes(a.id), contentIdBytes(b.id)))
    const byText = [...twins].sort((a, b) => (a.id < b.id ? -1 : 1))
    is.not(byBytes.map((event) => event.id).join(), byText.map((event) => event.id).join())
    equal(orderEvents(twins), byBytes)
  })

  it('L16: breaks ties by author, then generation, then sequence', () => {
    const places = [
      { author: org(1), sequence: 9, prev: make({ author: org(1) }).id },
      { author: org(1), generation: 1 },
      { author: org(2), sequence: 3, prev: make({ author: org(2) }).id },
      { author: org(2), sequence: 30, prev: make({ author: org(2) }).id },
    ]
    const events = places.map(make)
    equal(orderEvents([...events].reverse()), events)
  })

  it('L17: ends on a cycle, which no hash allows, with every event once', () => {
    const [a, b, c] = [1, 2, 3].map((n) => make({ author: org(n) }))
    ok(a && b && c)
    const loop = (event: AuthenticEvent, on: AuthenticEvent): Orderable => ({
      id: event.id,
      header: { ...event.header, references: [on.id] },
    })
    const tied = [loop(c, a), loop(b, c), loop(a, b), loop(make({ author: org(4) }), a)]
    equal(
      orderEvents(tied).map((event) => event.header.author),
      [org(1), org(2), org(3), org(4)],
    )
    const self = loop(a, a)
    equal(orderEvents([self]), [self])
  })

  it('orders a long chain', () => {
    const events = chain(org(1), 3_000)
    equal(orderEvents([...events].reverse()), events)
  })
})
