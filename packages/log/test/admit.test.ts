/** Admission: rules L1 to L8. */
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  admit,
  admitSegment,
  apply,
  branchesMax,
  createLog,
  entriesAt,
  eventAt,
  finalGenerationOf,
  finalTipOf,
  forksOf,
  headsOf,
  markFinal,
  restoreEntry,
  trimFinal,
} from '../src/index.ts'
import { accept, after, body, chain, judged, logOf, make, org, rotation } from './world.ts'

suite('admit', (it) => {
  it('accepts a chain from its beginning, and holds each event whole', () => {
    const events = chain(org(1), 3)
    const log = logOf(...events)
    for (const event of events) is(eventAt(log, event.id)?.event, event)
    equal(
      headsOf(log, org(1), 0).map((head) => head.id),
      [events[2]?.id],
    )
  })

  it('changes nothing by itself', () => {
    const log = createLog()
    const first = make({ author: org(1) })
    is(judged(log, first), 'accept')
    is(judged(log, first), 'accept')
    is(log.entries.size, 0)
    is(log.chains.size, 0)
  })

  it('L1: ignores what it knows', () => {
    const [first, second] = chain(org(1), 2)
    ok(first && second)
    const log = logOf(first, second)
    is(judged(log, first), 'ignore')
    is(judged(log, second), 'ignore')
  })

  it('L2: begins a generation with a rotation, and no chain elsewhere (misplaced-rotation)', () => {
    const first = make({ author: org(1) })
    const log = logOf(first)
    is(judged(log, rotation(first)), 'accept')
    is(judged(log, make({ author: org(1), generation: 1, prev: first.id })), 'misplaced-rotation')
    is(judged(log, rotation(first, { generation: 0, sequence: 1 })), 'misplaced-rotation')
    is(judged(log, rotation(first, { sequence: 1 })), 'misplaced-rotation')
    is(judged(log, rotation({ author: org(2) }, { generation: 0 })), 'misplaced-rotation')
  })

  it('L2: sees a misplaced rotation in a segment also where the prev of that is not here yet', () => {
    const [first, second, third] = chain(org(1), 3)
    ok(first && second && third)
    const wrong = rotation(third, { generation: 0, sequence: 3 })
    is(admitSegment(logOf(first), [third]).kind, 'defer')
    for (const log of [logOf(first), logOf(first, second)]) {
      const verdict = admitSegment(log, [third, wrong])
      is(verdict.kind === 'reject' && verdict.reason, 'misplaced-rotation')
    }
  })

  it('L2: goes on in the new generation behind its rotation, which may follow nothing', () => {
    const begin = rotation({ author: org(1) })
    const log = logOf(begin)
    is(judged(log, after(begin)), 'accept')
    is(judged(logOf(), after(begin)), 'defer')
  })

  it('L2: ignores what is of a closed generation, or of one that is not open yet', () => {
    const [first, second] = chain(org(1), 2)
    ok(first && second)
    const begin = rotation(first)
    const log = logOf(first, begin)
    is(judged(log, second), 'accept', 'not closed before the rotation is final')
    is(judged(log, rotation(begin)), 'ignore')
    markFinal(log, [first, begin])
    is(judged(log, second), 'ignore')
    is(judged(log, rotation(begin)), 'accept')
  })

  it('L2: lets go of what a rotation closed, and keeps where that generation ended', () => {
    const [first, second, third] = chain(org(1), 3)
    ok(first && second && third)
    const begin = rotation(first)
    const log = logOf(first, second, third, begin)
    is(log.pending.count, 4)
    markFinal(log, [first, second, begin])
    // Its place stays, so that nobody takes it for final because it is in the store.
    is(eventAt(log, third.id)?.event, undefined)
    is(eventAt(log, third.id)?.isFinal, false)
    equal(log.pending, { count: 0, bytes: 0 })
    is(finalTipOf(log, org(1), 0)?.id, second.id)
    equal(
      headsOf(log, org(1), 0).map(({ id }) => id),
      [second.id],
    )
    is(finalGenerationOf(log, org(1)), 1)
  })

  it('L3: has no prev exactly at sequence 0 (prev-mismatch)', () => {
    const first = make({ author: org(1) })
    const log = logOf(first)
    is(judged(log, make({ author: org(1), prev: first.id })), 'prev-mismatch')
    is(judged(log, make({ author: org(1), sequence: 1 })), 'prev-mismatch')
    is(judged(log, rotation(rotation(first), { prev: null })), 'prev-mismatch', 'a second rotation')
  })

  it('L4: rejects a sequence that is not its prev’s plus one (gap-sequence)', () => {
    const [first, second] = chain(org(1), 2)
    ok(first && second)
    const log = logOf(first, second)
    is(judged(log, after(first, { sequence: 2 })), 'gap-sequence')
    is(judged(log, after(second, { sequence: 1 })), 'gap-sequence')
  })

  it('L4: rejects a prev of another author (foreign-prev)', () => {
    const other = make({ author: org(2) })
    is(judged(logOf(other), after(other, { author: org(1) })), 'foreign-prev')
    is(judged(logOf(other), rotation(other, { author: org(1) })), 'foreign-prev', 'a rotation')
    const begin = rotation(other)
    is(
      judged(logOf(other, begin), rotation(begin, { generation: 1, timeMs: 1 })),
      'foreign-prev',
      'its own generation',
    )
  })

  it('L5: defers an event until its prev is here, and names it', () => {
    const [first, second, third] = chain(org(1), 3)
    ok(first && second && third)
    const log = createLog()
    equal(admit(log, second), { kind: 'defer', missing: first.id })
    accept(log, first)
    equal(admit(log, third), { kind: 'defer', missing: second.id })
    is(judged(log, second), 'accept')
  })

  it('L5: does not wait for references', () => {
    const unknown = make({ author: org(2) })
    is(judged(createLog(), make({ author: org(1), references: [unknown.id] })), 'accept')
  })

  it('L6: asks for final events that left memory, and decides once they are restored', () => {
    const events = chain(org(1), 5)
    const [first, second] = events
    ok(first && second)
    const log = logOf(...events)
    markFinal(log, events)
    trimFinal(log, { keep: 1 })
    const slot = { author: org(1), generation: 0 }
    equal(admit(log, first), { kind: 'load', slots: [{ ...slot, sequence: 0 }], id: null })
    const sibling = after(first, { timeMs: 9 })
    equal(admit(log, sibling), {
      kind: 'load',
      slots: [
        { ...slot, sequence: 0 },
        { ...slot, sequence: 1 },
      ],
      id: null,
    })
    for (const event of [first, second])
      restoreEntry(log, { ...event, branch: 0, isVerified: true, stored: event })
    is(judged(log, first), 'ignore')
    is(judged(log, sibling), 'accept')
  })

  it('L6: asks by its id for what a rotation follows, and waits for it if the store has it not', () => {
    const events = chain(org(1), 5)
    const [first, second] = events
    ok(first && second)
    const log = logOf(...events)
    markFinal(log, events)
    trimFinal(log, { keep: 0 })
    const begin = rotation(second)
    equal(admit(log, begin), { kind: 'load', slots: [], id: second.id })
    equal(admit(log, begin, { isLoaded: true }), { kind: 'defer', missing: second.id })
    restoreEntry(log, { ...second, branch: 0, isVerified: true, stored: second })
    is(judged(log, begin), 'accept')
  })

  it('L7: keeps branches up to the limit at one place, and ignores more', () => {
    const log = createLog()
    for (let timeMs = 0; timeMs < branchesMax; timeMs++) accept(log, make({ author: org(1), timeMs }))
    is(judged(log, make({ author: org(1), timeMs: branchesMax })), 'ignore')
    is(entriesAt(log, { author: org(1), generation: 0, sequence: 0 }).length, branchesMax)
    const [branch] = entriesAt(log, { author: org(1), generation: 0, sequence: 0 })
    ok(branch?.event)
    is(judged(log, after(branch.event)), 'accept', 'a kept branch goes on')
  })

  it('L8: keeps both branches of a fork, and says that they contradict each other', () => {
    const first = make({ author: org(1) })
    const [a, b] = [1, 2].map((timeMs) => after(first, { timeMs }))
    ok(a && b)
    const log = logOf(first)
    is(apply(log, a), false)
    is(judged(log, b), 'accept')
    is(apply(log, b), true)
    const slot = { author: org(1), generation: 0, sequence: 1 }
    equal(
      entriesAt(log, slot).map((entry) => entry.event),
      [a, b],
    )
  })

  it('leaves the log as it is when an accepted event is applied twice', () => {
    const first = make({ author: org(1) })
    const log = logOf(first)
    is(apply(log, first), false)
    is(entriesAt(log, { author: org(1), generation: 0, sequence: 0 }).length, 1)
    equal(forksOf(log, org(1)), [])
  })

  it('does not take another author’s event for a fork', () => {
    const log = logOf(make({ author: org(1) }))
    equal(admit(log, make({ author: org(2), body })), { kind: 'accept' })
  })
})
