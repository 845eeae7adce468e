/** What memory keeps when events are final, and how it is filled again: rule L30. */
import type { VerifiedEvent } from '@chirograph/event'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  createLog,
  emptyCut,
  eventAt,
  extendCut,
  finalTipOf,
  frontier,
  headsOf,
  type LogIndex,
  markFinal,
  planCut,
  restoreEntry,
  restorePending,
  trimFinal,
} from '../src/index.ts'
import { accept, after, chain, entryOf, judged, logOf, make, nobody, org, unlimited } from './world.ts'

const events = chain(org(1), 6)
const [e0, e1, e2, e3, e4, e5] = events as [
  VerifiedEvent,
  VerifiedEvent,
  VerifiedEvent,
  VerifiedEvent,
  VerifiedEvent,
  VerifiedEvent,
]
const branch = after(e1, { timeMs: 9 })

suite('finality', (it) => {
  it('L30: lets go of the bytes of final events and keeps their places', () => {
    const log = logOf(...events)
    markFinal(log, [e0, e1])
    const { author, generation, sequence, prev, kind } = e1.header
    const { arrival, ...entry } = eventAt(log, e1.id) ?? { arrival: -1 }
    is(arrival, 1)
    equal(entry, {
      id: e1.id,
      author,
      generation,
      sequence,
      prev,
      kind,
      isFinal: true,
      branch: 0,
      isVerified: true,
      stored: undefined,
      event: undefined,
    })
    is(eventAt(log, e2.id)?.event, e2)
    is(finalTipOf(log, org(1), 0)?.id, e1.id)
  })

  it('marks an event final once, and only one that is here', () => {
    const log = logOf(e0, e1)
    markFinal(log, [e0])
    markFinal(log, [e0])
    is(finalTipOf(log, org(1), 0)?.id, e0.id)
    let message = ''
    try {
      markFinal(log, [e5])
    } catch (thrown) {
      message = String(thrown)
    }
    ok(message.includes(e5.id))
  })

  it('goes on above the final tip after everything below it was trimmed', () => {
    const log = logOf(e0, e1, e2)
    markFinal(log, [e0, e1, e2])
    trimFinal(log, { keep: 0 })
    equal([...log.entries.keys()], [e2.id])
    is(judged(log, e3), 'accept')
    accept(log, e3)
    equal(planCut(log, { parent: new Map([[org(1), entryOf(e2)]]), frozen: nobody, ...unlimited }), [
      entryOf(e3),
    ])
  })

  it('L30: trims what lies further back than asked, and nothing that is not final', () => {
    const log = logOf(e0, e1, branch, e2, e3, e4)
    markFinal(log, [e0, e1, e2, e3])
    trimFinal(log, { keep: 1 })
    equal(new Set(log.entries.keys()), new Set([branch, e2, e3, e4].map((event) => event.id)))
    trimFinal(log, { keep: 0 })
    equal(new Set(log.entries.keys()), new Set([branch, e3, e4].map((event) => event.id)))
    is(headsOf(log, org(1), 0).length, 2)
  })

  it('L30: holds no bytes of a final head', () => {
    const log = logOf(e0)
    markFinal(log, [e0])
    equal(
      headsOf(log, org(1), 0).map(({ id, isFinal, event, stored }) => ({ id, isFinal, event, stored })),
      [{ id: e0.id, isFinal: true, event: undefined, stored: undefined }],
    )
  })

  it('L30: keeps loaded entries that lie within what is kept, and takes none for a head', () => {
    const log = createLog()
    restoreEntry(log, { ...e5, branch: 0, isVerified: true })
    for (const event of [e1, e4]) restoreEntry(log, { ...event, branch: 0, isVerified: true, stored: event })
    equal(
      headsOf(log, org(1), 0).map((head) => head.id),
      [e5.id],
    )
    trimFinal(log, { keep: 2 })
    equal(new Set(log.entries.keys()), new Set([e4.id, e5.id]))
  })

  it('L30: takes no time for history that is not in memory', () => {
    const old = make({ author: org(1), sequence: 2 ** 52, prev: e0.id })
    const log = createLog()
    restoreEntry(log, { ...old, branch: 0, isVerified: true })
    trimFinal(log, { keep: 0 })
    is(judged(log, after(old)), 'accept')
  })

  it('L30: lets go again of what was loaded to answer a question', () => {
    const log = logOf(...events)
    markFinal(log, events)
    trimFinal(log, { keep: 0 })
    is(judged(log, e1), 'load')
    restoreEntry(log, { ...e1, branch: 0, isVerified: true, stored: e1 })
    is(judged(log, e1), 'ignore')
    trimFinal(log, { keep: 0 })
    equal([...log.entries.keys()], [e5.id])
    is(judged(log, e1), 'load')
  })
})

suite('start-up', (it) => {
  const running = (): LogIndex => {
    const log = logOf(...events, branch)
    markFinal(log, [e0, e1, e2, e3])
    return log
  }

  it('needs the last final event and what is not final, in any order', () => {
    const before = running()
    for (const pending of [
      [branch, e4, e5],
      [e5, e4, branch],
    ]) {
      const log = createLog()
      restoreEntry(log, { ...e3, branch: 0, isVerified: true })
      for (const event of pending) restorePending(log, event, 0)
      equal(frontier(log), frontier(before))
      is(finalTipOf(log, org(1), 0)?.id, e3.id)
      is(judged(log, after(e5)), 'accept')
      is(judged(log, make({ author: org(1), timeMs: 5 })), 'load')
      const parent = new Map([[org(1), entryOf(e3)]])
      const verdict = extendCut(log, { parent, changes: [entryOf(e5)], frozen: nobody, ...unlimited })
      ok(verdict.kind === 'extended')
      equal(verdict.events, [e4, e5])
    }
  })

  it('may restore every header instead, in any order', () => {
    for (const order of [
      [e0, e1, e2, e3],
      [e3, e1, e0, e2],
      [e1, e3, e0, e2],
    ]) {
      const log = createLog()
      for (const event of order) {
        restoreEntry(log, { ...event, branch: 0, isVerified: true })
        is(headsOf(log, org(1), 0).length, 1)
      }
      for (const event of [e4, e5, branch]) restorePending(log, event, 0)
      equal(frontier(log), frontier(running()))
      for (const event of [...events, branch]) is(judged(log, event), 'ignore')
    }
  })

  it('leaves an event that is not final as it is when its slot is loaded whole', () => {
    const log = createLog()
    restoreEntry(log, { ...e3, branch: 0, isVerified: true })
    restorePending(log, branch, 0)
    for (const event of [branch, e2])
      restoreEntry(log, { ...event, branch: 0, isVerified: true, stored: event })
    is(eventAt(log, branch.id)?.isFinal, false)
    is(eventAt(log, branch.id)?.event, branch)
    is(eventAt(log, e2.id)?.isFinal, true)
  })

  it('asks for a slot of which only a lost branch is in memory', () => {
    const log = createLog()
    restoreEntry(log, { ...e3, branch: 0, isVerified: true })
    restorePending(log, branch, 0)
    is(judged(log, e2), 'load')
  })

  it('plans the same cut as before the restart', () => {
    const before = logOf(...events)
    markFinal(before, [e0, e1, e2])
    const log = createLog()
    restoreEntry(log, { ...e2, branch: 0, isVerified: true })
    for (const event of [e5, e3, e4]) restorePending(log, event, 0)
    const args = { parent: new Map([[org(1), entryOf(e2)]]), frozen: nobody, ...unlimited }
    equal(planCut(log, args), planCut(before, args))
    equal(planCut(createLog(), { ...args, parent: emptyCut }), [])
  })
})
