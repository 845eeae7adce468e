/** What a leader proposes: rules L18 to L20. */

import * as fc from 'fast-check'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  type Cut,
  createLog,
  cutBytesMin,
  cutChangesMax,
  cutOf,
  emptyCut,
  eventBytes,
  extendCut,
  forksOf,
  type LogIndex,
  markFinal,
  planCut,
} from '../src/index.ts'
import {
  accept,
  after,
  bodyOf,
  chain,
  entryOf,
  history,
  logOf,
  make,
  nobody,
  org,
  takeIn,
  unlimited,
} from './world.ts'

const plan = (log: LogIndex, args: Partial<Parameters<typeof planCut>[1]> = {}): ReturnType<typeof planCut> =>
  planCut(log, { parent: emptyCut, frozen: nobody, ...unlimited, ...args })

/** Plans, extends and makes final, as a leader alone would; returns the events of each cut. */
function finalise(
  log: LogIndex,
  caps: { readonly bytesMax: number; readonly eventsMax: number },
): AuthenticEvent[][] {
  let parent: Cut = emptyCut
  const cuts: AuthenticEvent[][] = []
  for (;;) {
    const args = { parent, frozen: nobody, ...caps }
    const changes = planCut(log, args)
    if (changes.length === 0) return cuts
    const verdict = extendCut(log, { ...args, changes })
    ok(verdict.kind === 'extended', JSON.stringify(verdict))
    cuts.push(verdict.events)
    parent = verdict.cut
    markFinal(log, verdict.events)
  }
}

suite('planCut', (it) => {
  it('plans everything new when the caps allow it, sorted by author', () => {
    const [a, b] = [chain(org(1), 4), chain(org(2), 3)]
    const log = logOf(...b, ...a)
    const tips = [...a.slice(-1), ...b.slice(-1)].map(entryOf)
    equal(plan(log), tips)
    equal(plan(log, { parent: cutOf(tips) }), [])
    equal(plan(createLog()), [])
  })

  it('is accepted by extendCut, whatever the history, the parent and the caps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = seeded(seed)
        const log = createLog()
        const events = history(random, { events: 60, forkers: random.int(3) })
        takeIn(log, random.shuffle(events))
        const caps = {
          bytesMax: random.chance(0.5) ? 3_000 + random.int(6_000) : unlimited.bytesMax,
          eventsMax: random.chance(0.5) ? 1 + random.int(10) : unlimited.eventsMax,
        }
        const final = finalise(log, caps).flat()
        const honest = events.filter((event) => forksOf(log, event.header.author).length === 0)
        // Some cut of a few kilobytes at a time makes every event of an unforked author final, once.
        equal(final.map((event) => event.id).sort(), honest.map((event) => event.id).sort())
      }),
      { numRuns: 80 },
    )
  })

  it('L18: gives a flood of large events no more bytes than the others get', () => {
    const large = chain(org(1), 40, { body: bodyOf(1_000) })
    const small = [org(2), org(3), org(4)].map((author) => chain(author, 100))
    const log = logOf(...large, ...small.flat())
    const verdict = extendCut(log, {
      parent: emptyCut,
      changes: plan(log, { bytesMax: 3 * cutBytesMin }),
      frozen: nobody,
      bytesMax: 3 * cutBytesMin,
      eventsMax: unlimited.eventsMax,
    })
    ok(verdict.kind === 'extended')
    for (const events of small)
      is(verdict.events.filter((event) => events.some(({ id }) => id === event.id)).length, 100)
    ok(verdict.events.some((event) => event.header.author === org(1)))
  })

  it('L18: shares a cap on events evenly', () => {
    const log = logOf(...[1, 2, 3].flatMap((n) => chain(org(n), 50)))
    const taken = plan(log, { eventsMax: 30 }).map((entry) => entry.sequence + 1)
    equal(taken, [10, 10, 10])
  })

  it('L18: takes who waited longest first when there is not room for all', () => {
    const log = logOf(...[5, 1, 3, 2, 4].map((n) => make({ author: org(n) })))
    const authors = plan(log, { eventsMax: 2 }).map((entry) => entry.author)
    equal(authors, [org(1), org(5)])
  })

  it('L18: does not let small events keep a large one out for ever', () => {
    const log = createLog()
    accept(log, make({ author: org(9), body: bodyOf(1_000) }))
    const lanes = [1, 2, 3].map((n) => make({ author: org(n) }))
    for (const event of lanes) accept(log, event)
    const caps = { bytesMax: cutBytesMin, eventsMax: unlimited.eventsMax }
    const first = finalise(log, caps)[0]
    ok(first?.some((event) => event.header.author === org(9)))
  })

  it('bounds the authors in one cut', () => {
    const log = createLog()
    for (let n = 1; n <= cutChangesMax + 1; n++) accept(log, make({ author: org(n) }))
    const changes = plan(log)
    is(changes.length, cutChangesMax)
    is(extendCut(log, { parent: emptyCut, changes, frozen: nobody, ...unlimited }).kind, 'extended')
  })

  it('L19: leaves out frozen authors and those known to have forked', () => {
    const [a, b, c] = [1, 2, 3].map((n) => make({ author: org(n) }))
    ok(a && b && c)
    const log = logOf(a, b, c, after(b, { timeMs: 1 }), after(b, { timeMs: 2 }))
    const frozen = (author: OrgId): boolean => author === org(3)
    equal(plan(log, { frozen }), [entryOf(a)])
  })

  it('L19: does not continue a branch that the parent does not name', () => {
    const [root, branch] = [make({ author: org(1), timeMs: 1 }), make({ author: org(1), timeMs: 2 })]
    const log = logOf(root, after(root))
    equal(plan(log, { parent: cutOf([entryOf(branch)]) }), [])
  })

  it('L20: takes a reference before the event that would be void without it', () => {
    const spoken = chain(org(2), 3)
    const [, , third] = spoken
    ok(third)
    const speaks = make({ author: org(1), references: [third.id] })
    const log = logOf(...spoken, speaks)
    // The two caps leave room for three of the four events.
    equal(plan(log, { eventsMax: 3 }), [entryOf(third)])
    equal(plan(log, { bytesMax: spoken.reduce((sum, event) => sum + eventBytes(event), 0) }), [
      entryOf(third),
    ])
    equal(plan(log), [entryOf(speaks), entryOf(third)])
  })

  it('L20: does not wait for what is unknown, or for an author left out', () => {
    const unknown = make({ author: org(8) })
    const [x, y] = [1, 2].map((timeMs) => make({ author: org(2), timeMs }))
    ok(x && y)
    const frozenEvent = make({ author: org(3) })
    const speaks = [unknown, x, frozenEvent].map((event, n) =>
      make({ author: org(n + 4), references: [event.id] }),
    )
    const log = logOf(x, y, frozenEvent, ...speaks)
    equal(plan(log, { frozen: (author) => author === org(3) }), speaks.map(entryOf))
  })

  it('L20: lets an event that cannot be judged yet wait, with what follows and refers to it, and nothing else', () => {
    const [a1, a2, a3] = chain(org(1), 3)
    ok(a1 && a2 && a3)
    const others = chain(org(2), 2)
    const speaks = make({ author: org(3), references: [a2.id] })
    const log = logOf(a1, a2, a3, ...others, speaks)
    const isUndecided = ({ id }: { readonly id: string }) => id === a2.id
    equal(plan(log, { isUndecided }), [a1, ...others.slice(-1)].map(entryOf))
    equal(plan(log), [a3, ...others.slice(-1), speaks].map(entryOf))
  })
})
