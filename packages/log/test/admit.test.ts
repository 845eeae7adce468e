/** Admission: rules L1 to L8. */
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  admit,
  apply,
  branchesMax,
  createLog,
  entriesAt,
  eventAt,
  forksOf,
  headsOf,
  markFinal,
  recordFork,
  restoreEntry,
  trimFinal,
} from '../src/index.ts'
import { accept, after, body, chain, judged, logOf, make, org } from './world.ts'

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

  it('L2: rejects a generation that no rotation began (unknown-generation)', () => {
    const first = make({ author: org(1) })
    const log = logOf(first)
    is(judged(log, make({ author: org(1), generation: 1 })), 'unknown-generation')
    is(judged(log, after(first, { generation: 1 })), 'unknown-generation')
    is(judged(log, make({ author: org(1), generation: 1, prev: first.id })), 'unknown-generation')
  })

  it('L3: has no prev exactly at sequence 0 (prev-mismatch)', () => {
    const first = make({ author: org(1) })
    const log = logOf(first)
    is(judged(log, make({ author: org(1), prev: first.id })), 'prev-mismatch')
    is(judged(log, make({ author: org(1), sequence: 1 })), 'prev-mismatch')
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
    equal(admit(log, first), { kind: 'load', slots: [{ ...slot, sequence: 0 }] })
    const sibling = after(first, { timeMs: 9 })
    equal(admit(log, sibling), {
      kind: 'load',
      slots: [
        { ...slot, sequence: 0 },
        { ...slot, sequence: 1 },
      ],
    })
    for (const event of [first, second])
      restoreEntry(log, { ...event, branch: 0, isVerified: true, stored: event })
    is(judged(log, first), 'ignore')
    const verdict = admit(log, sibling)
    ok(verdict.kind === 'accept' && verdict.fork)
  })

  it('L6: asks for the header of a final sibling, which memory does not keep', () => {
    const [first, second] = chain(org(1), 2)
    ok(first && second)
    const log = logOf(first, second)
    markFinal(log, [first])
    const sibling = make({ author: org(1), timeMs: 9 })
    equal(admit(log, sibling), { kind: 'load', slots: [{ author: org(1), generation: 0, sequence: 0 }] })
    restoreEntry(log, { ...first, branch: 0, isVerified: true, stored: first })
    const verdict = admit(log, sibling)
    ok(verdict.kind === 'accept' && verdict.fork)
    is(eventAt(log, first.id)?.event, undefined)
  })

  it('L6: does not ask when the proof is known already', () => {
    const first = make({ author: org(1) })
    const sibling = make({ author: org(1), timeMs: 1 })
    const fork = admit(logOf(first), sibling)
    ok(fork.kind === 'accept' && fork.fork)
    const log = logOf(first)
    markFinal(log, [first])
    recordFork(log, fork.fork)
    equal(admit(log, make({ author: org(1), timeMs: 2 })), { kind: 'accept', fork: fork.fork })
  })

  it('L7: keeps branches up to the limit at one place, and no more (branch-limit)', () => {
    const log = createLog()
    for (let timeMs = 0; timeMs < branchesMax; timeMs++) accept(log, make({ author: org(1), timeMs }))
    is(judged(log, make({ author: org(1), timeMs: branchesMax })), 'branch-limit')
    is(entriesAt(log, { author: org(1), generation: 0, sequence: 0 }).length, branchesMax)
    const [branch] = entriesAt(log, { author: org(1), generation: 0, sequence: 0 })
    ok(branch?.event)
    is(judged(log, after(branch.event)), 'accept', 'a kept branch goes on')
  })

  it('L8: keeps both branches of a fork, with the proof, smaller header first', () => {
    const first = make({ author: org(1) })
    const [a, b] = [1, 2].map((timeMs) => after(first, { timeMs }))
    ok(a && b)
    const log = logOf(first, a)
    const verdict = admit(log, b)
    ok(verdict.kind === 'accept' && verdict.fork)
    equal([verdict.fork.first.headerBytes, verdict.fork.second.headerBytes], sortedHeaders(a, b))
    equal(apply(log, b, verdict), verdict.fork)
    equal(forksOf(log, org(1)), [verdict.fork])
    const slot = { author: org(1), generation: 0, sequence: 1 }
    equal(
      entriesAt(log, slot).map((entry) => entry.event),
      [a, b],
    )
  })

  it('L8: finds a fork between two events that were judged before either was applied', () => {
    const [a, b] = [1, 2].map((timeMs) => make({ author: org(1), timeMs }))
    ok(a && b)
    const log = createLog()
    const [first, second] = [admit(log, a), admit(log, b)]
    ok(first.kind === 'accept' && second.kind === 'accept')
    is(apply(log, a, first), undefined)
    ok(apply(log, b, second))
    is(forksOf(log, org(1)).length, 1)
  })

  it('leaves the log as it is when an accepted event is applied twice', () => {
    const first = make({ author: org(1) })
    const log = logOf(first)
    is(apply(log, first, { kind: 'accept' }), undefined)
    is(entriesAt(log, { author: org(1), generation: 0, sequence: 0 }).length, 1)
    equal(forksOf(log, org(1)), [])
  })

  it('does not take another author’s event for a fork', () => {
    const log = logOf(make({ author: org(1) }))
    equal(admit(log, make({ author: org(2), body })), { kind: 'accept' })
  })
})

function sortedHeaders(...events: readonly { readonly headerBytes: Uint8Array }[]): Uint8Array[] {
  return events.map((event) => event.headerBytes).sort((a, b) => Buffer.compare(a, b))
}
