/** Nodes that got the same events hold the same log, whatever came first, twice, or after a gap. */
import * as fc from 'fast-check'
import { equal, ok, seeded, suite } from '../../workspace/kit.ts'
import { createLog, emptyCut, extendCut, forksOf, headsOf, markFinal, trimFinal } from '../src/index.ts'
import { contents, entryOf, history, nobody, takeIn, unlimited } from './world.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 })

suite('convergence', (it) => {
  it('holds the same entries, proofs and frontier for any order, repeats and gaps of arrival', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        const made = history(random, { events: 70, forkers: 2 })
        const arriving = made.filter(() => random.chance(0.93))
        const [a, b] = [createLog(), createLog()]
        takeIn(a, arriving)
        takeIn(b, random.shuffle([...arriving, ...arriving.filter(() => random.chance(0.5))]))
        equal(contents(b), contents(a))
        // What came after a gap is not in: its prev is nowhere.
        for (const entry of a.entries.values()) ok(entry.prev === null || a.entries.has(entry.prev))
      }),
      { numRuns: 100 },
    )
  })

  it('gives the same verdict on the same cut', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        const events = history(random, { events: 50, forkers: 2 })
        const [a, b] = [createLog(), createLog()]
        takeIn(a, events)
        takeIn(b, random.shuffle(events))
        const byAuthor = new Map(random.shuffle(events).map((event) => [event.header.author, entryOf(event)]))
        const changes = [...byAuthor.values()].sort((x, y) => (x.author < y.author ? -1 : 1))
        const args = { parent: emptyCut, changes, frozen: nobody, ...unlimited }
        const verdict = extendCut(a, args)
        ok(verdict.kind === 'extended')
        equal(extendCut(b, args), verdict)
      }),
      { numRuns: 60 },
    )
  })

  it('proves a fork of exactly the authors who forked', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        const events = history(random, { events: 50, forkers: 2 })
        const log = createLog()
        takeIn(log, random.shuffle(events))
        for (const author of log.chains.keys()) {
          const own = events.filter((event) => event.header.author === author)
          const places = new Set(own.map((event) => event.header.sequence))
          const isForked = places.size < own.length
          equal(
            [forksOf(log, author).length, headsOf(log, author, 0).length > 1],
            [isForked ? 1 : 0, isForked],
          )
        }
      }),
      { numRuns: 60 },
    )
  })

  it('answers as before about events above what was trimmed', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        const events = history(random, { events: 60, forkers: 0 })
        const [whole, trimmed] = [createLog(), createLog()]
        const early = events.slice(0, 40)
        takeIn(whole, early)
        takeIn(trimmed, early)
        markFinal(trimmed, early)
        trimFinal(trimmed, { keep: random.int(3) })
        const late = random.shuffle(events.slice(40))
        takeIn(whole, late)
        takeIn(trimmed, late)
        const tips = [...trimmed.entries.keys()]
        ok(tips.every((id) => whole.entries.has(id)))
        for (const event of late) ok(trimmed.entries.has(event.id))
      }),
      { numRuns: 40 },
    )
  })
})
