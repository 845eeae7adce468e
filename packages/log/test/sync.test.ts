/** What two nodes owe each other: rules L21 to L27. */

import * as fc from 'fast-check'
import { compareBytes, contentIdBytes, digestOfContentId, sha256 } from '@chirograph/codec'
import type { AuthenticEvent } from '@chirograph/event'
import { equal, is, not, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  branchesMax,
  countOf,
  createLog,
  decodeFrontier,
  encodeFrontier,
  entriesBeyond,
  eventAt,
  type FrontierEntry,
  frontier,
  frontierDigest,
  headsOf,
  type LogIndex,
  locatorMax,
  locatorOf,
  markFinal,
  mayHold,
  planSync,
  restorePending,
  trimFinal,
} from '../src/index.ts'
import {
  accept,
  after,
  chain,
  contents,
  entryOf,
  history,
  judged,
  logOf,
  make,
  org,
  takeIn,
} from './world.ts'

const root = make({ author: org(1) })
const left = [after(root, { timeMs: 1 })]
left.push(after(left[0] as AuthenticEvent))
const right = [after(root, { timeMs: 2 })]

function planBetween(local: LogIndex, remote: LogIndex): ReturnType<typeof planSync> {
  return planSync({
    local: frontier(local),
    remote: frontier(remote),
    holds: (entry) => mayHold(local, entry),
  })
}

const range = (n: number, fromSequence: number, toSequence: number): object => {
  return { author: org(n), generation: 0, fromSequence, toSequence }
}

suite('frontier', (it) => {
  it('L21: has the highest event of each author, sorted by author', () => {
    const [a, b] = [chain(org(1), 3), chain(org(2), 2)]
    const tips = [a[2], b[1]].map((event) => ({ ...entryOf(event as AuthenticEvent), branches: null }))
    equal(frontier(logOf(...b, ...a)), tips)
    equal(frontier(createLog()), [])
  })

  it('L21: is the same whatever of it is final', () => {
    const events = chain(org(1), 3)
    const log = logOf(...events)
    const before = frontier(log)
    markFinal(log, events)
    trimFinal(log, { keep: 0 })
    equal(frontier(log), before)
  })

  it('L22: tells apart one branch, the other, and both', () => {
    const logs = [
      logOf(root, ...left),
      logOf(root, ...right),
      logOf(root, ...left, ...right),
      logOf(root, ...left.slice(0, 1), ...right),
    ]
    const digests = logs.map((log) => Buffer.from(frontierDigest(frontier(log))).toString('hex'))
    is(new Set(digests).size, 4)
    const again = logOf(root, ...right, ...left)
    equal(frontier(again), frontier(logs[2] as LogIndex))
  })

  it('L21: shows the highest head of a fork, of equal ones that with the smallest id', () => {
    for (let timeMs = 1; timeMs < 20; timeMs++) {
      const [one, two] = [make({ author: org(1), timeMs }), make({ author: org(1), timeMs: 0 })]
      const low = compareBytes(contentIdBytes(one.id), contentIdBytes(two.id)) < 0 ? one : two
      is(frontier(logOf(one, two))[0]?.id, low.id)
      const next = after(one)
      is(frontier(logOf(one, two, next))[0]?.id, next.id)
    }
  })

  it('L22: is a hash over the ids of all heads, ascending', () => {
    for (let timeMs = 1; timeMs < 20; timeMs++) {
      const heads = [make({ author: org(1), timeMs }), after(make({ author: org(1) }), { timeMs })]
      const log = logOf(make({ author: org(1) }), ...heads)
      const digests = heads.map((event) => digestOfContentId(event.id)).sort(compareBytes)
      equal(frontier(log)[0]?.branches, sha256(...digests))
    }
  })

  it('L22: stops telling sets apart once an author filled a place with branches', () => {
    const branches = Array.from({ length: branchesMax + 4 }, (_, timeMs) => make({ author: org(1), timeMs }))
    const [one, other] = [logOf(...branches.slice(0, branchesMax)), logOf(...branches.slice(4))]
    equal(frontierDigest(frontier(one)), frontierDigest(frontier(other)))
    equal(planBetween(one, other).forks, [])
    const almost = logOf(...branches.slice(0, branchesMax - 1))
    is(planBetween(one, almost).forks.length, 1)
    is(planBetween(almost, one).forks.length, 1)
  })

  it('comes back from its canonical bytes; anything else is refused', () => {
    const entries = frontier(logOf(root, ...left, ...right, ...chain(org(2), 2)))
    const decoded = decodeFrontier(encodeFrontier(entries))
    ok(decoded.ok)
    equal(decoded.value, entries)
    not(decodeFrontier(encodeFrontier(entries).subarray(1)).ok)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeFrontier(bytes)))
  })
})

suite('planSync', (it) => {
  it('L23: sends and asks for whole chains of authors that one side does not know', () => {
    const plan = planBetween(logOf(...chain(org(3), 2), ...chain(org(1), 4)), logOf(...chain(org(2), 3)))
    equal(plan.send, [range(1, 0, 3), range(3, 0, 1)])
    equal(plan.receive, [range(2, 0, 2)])
    equal([plan.sendCount, plan.receiveCount], [6, 3])
    equal(plan.unknownAuthors, [org(2)])
  })

  it('L24: owes nothing between equal logs, forked or not', () => {
    const nothing = {
      send: [],
      receive: [],
      forks: [],
      unknownAuthors: [],
      otherGenerations: [],
      sendCount: 0,
      receiveCount: 0,
    }
    for (const events of [[root, ...left], [root, ...left, ...right], []])
      equal(planBetween(logOf(...events), logOf(...events)), nothing)
  })

  it('L25: probes an author whose heads differ at one sequence', () => {
    const [a, b] = [logOf(root, ...left.slice(0, 1)), logOf(root, ...right)]
    const plan = planBetween(a, b)
    equal(plan.forks, [{ author: org(1), generation: 0, local: frontier(a)[0], remote: frontier(b)[0] }])
    equal([plan.send, plan.receive], [[], []])
  })

  it('L25: probes an author of whom one side holds more branches', () => {
    const [a, b] = [logOf(root, ...left), logOf(root, ...left, ...right)]
    is(planBetween(a, b).forks.length, 1)
    is(planBetween(b, a).forks.length, 1)
  })

  it('L25: probes rather than asks for a range when the side ahead knows branches', () => {
    const plan = planBetween(logOf(root), logOf(root, ...left, ...right))
    is(plan.forks.length, 1)
    equal([plan.send, plan.receive], [[], []])
  })

  it('L25: finds a fork behind an unequal sequence: the one ahead at once, the one behind by the first event', () => {
    const [ahead, behind] = [logOf(root, ...left), logOf(root, ...right)]
    is(planBetween(ahead, behind).forks.length, 1)
    const plan = planBetween(behind, ahead)
    equal(plan.receive, [range(1, 2, 2)])
    is(judged(behind, left[1] as AuthenticEvent), 'defer')
  })

  it('L26: asks for the gap of who is behind, and counts it', () => {
    const events = chain(org(1), 10)
    const [full, part] = [logOf(...events), logOf(...events.slice(0, 4))]
    equal(planBetween(part, full).receive, [range(1, 4, 9)])
    equal(planBetween(full, part).send, [range(1, 4, 9)])
    is(planBetween(full, part).sendCount, 6)
    is(countOf([]), 0)
  })

  it('L26: does not take a trimmed log for a fork', () => {
    const events = chain(org(1), 10)
    const log = logOf(...events)
    markFinal(log, events)
    trimFinal(log, { keep: 0 })
    const plan = planBetween(log, logOf(...events.slice(0, 4)))
    equal(plan.forks, [])
    is(plan.sendCount, 6)
  })

  it('keeps apart authors known in different generations', () => {
    const local: FrontierEntry = { ...entryOf(root), branches: null }
    const plan = planSync({ local: [local], remote: [{ ...local, generation: 1 }] })
    equal(plan.otherGenerations, [org(1)])
    equal([plan.send, plan.receive, plan.forks], [[], [], []])
  })
})

suite('branch sync', (it) => {
  it('L27: brings two nodes on different branches to the same log in one exchange', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = seeded(seed)
        const events = history(random, { events: 60, forkers: 3 })
        const [a, b] = [createLog(), createLog()]
        takeIn(
          a,
          events.filter(() => random.chance(0.9)),
        )
        takeIn(
          b,
          events.filter(() => random.chance(0.9)),
        )
        exchange(a, b)
        equal(contents(a), contents(b))
        equal(planBetween(a, b).forks, [])
      }),
      { numRuns: 80 },
    )
  })

  it('L27: names few ids of a long chain, and finds where the branches part', () => {
    const trunk = chain(org(1), 1_000)
    const top = trunk[999] as AuthenticEvent
    const [mine, theirs] = [chainFrom(top, 40, 1), chainFrom(top, 50, 2)]
    const [a, b] = [logOf(...trunk, ...mine), logOf(...trunk, ...theirs)]
    const locator = locatorOf(a, org(1), 0)
    ok(locator.length < 16)
    const found = entriesBeyond(b, { author: org(1), generation: 0, locator, entriesMax: 1_000 })
    const missing = found.filter((entry) => eventAt(a, entry.id) === undefined)
    equal(
      missing.map((entry) => entry.id),
      theirs.map((event) => event.id),
    )
    ok(found.length < 2 * theirs.length, `${found.length} entries for ${theirs.length}`)
  })

  it('L27: answers in order of sequence, in whatever order the events were restored', () => {
    const log = createLog()
    for (const event of [left[1], right[0], left[0], root]) restorePending(log, event as AuthenticEvent)
    const found = entriesBeyond(log, { author: org(1), generation: 0, locator: [root.id], entriesMax: 9 })
    equal(
      found.map((entry) => entry.sequence),
      [1, 1, 2],
    )
  })

  it('L27: bounds the locator and the answer, and ignores ids of others', () => {
    const log = logOf(root, ...left, ...right, ...chain(org(2), 3))
    const [other] = headsOf(log, org(2), 0)
    ok(other)
    const all = { author: org(1), generation: 0, entriesMax: 100 }
    is(entriesBeyond(log, { ...all, locator: [] }).length, 4)
    is(entriesBeyond(log, { ...all, locator: [other.id] }).length, 4)
    is(entriesBeyond(log, { ...all, locator: [], entriesMax: 2 }).length, 2)
    const long = [
      ...Array.from({ length: locatorMax }, () => other.id),
      ...headsOf(log, org(1), 0).map((one) => one.id),
    ]
    is(entriesBeyond(log, { ...all, locator: long }).length, 4)
    is(entriesBeyond(log, { ...all, author: org(7), locator: [] }).length, 0)
    equal(locatorOf(log, org(7), 0), [])
    const wide = createLog()
    for (const event of chain(org(1), 30)) {
      accept(wide, event)
      for (let timeMs = 1; timeMs < branchesMax; timeMs++) {
        const { sequence, prev } = event.header
        accept(wide, make({ author: org(1), sequence, prev, timeMs }))
      }
    }
    ok(locatorOf(wide, org(1), 0).length <= locatorMax)
  })
})

function chainFrom(prev: AuthenticEvent, length: number, timeMs: number): AuthenticEvent[] {
  const events: AuthenticEvent[] = []
  for (let last = prev; events.length < length; events.push(last)) last = after(last, { timeMs })
  return events
}

/** One round of what the plan of `a` asks for, carried out between two logs. */
function exchange(a: LogIndex, b: LogIndex): void {
  const plan = planBetween(a, b)
  const fromB = plan.receive.flatMap((wanted) => stretch(b, wanted))
  const fromA = plan.send.flatMap((wanted) => stretch(a, wanted))
  // A fork found by the side behind shows when the first event does not fit; it is probed like the others.
  const hidden = [...plan.receive, ...plan.send]
  for (const { author, generation } of [...plan.forks, ...hidden]) {
    fromB.push(...branches(a, b, author, generation))
    fromA.push(...branches(b, a, author, generation))
  }
  takeIn(a, fromB)
  takeIn(b, fromA)
}

function branches(
  asking: LogIndex,
  answering: LogIndex,
  author: AuthenticEvent['header']['author'],
  generation: number,
): AuthenticEvent[] {
  const locator = locatorOf(asking, author, generation)
  const entries = entriesBeyond(answering, { author, generation, locator, entriesMax: 1_000 })
  return entries.flatMap((entry) => (entry.event === undefined ? [] : [entry.event]))
}

function stretch(log: LogIndex, wanted: ReturnType<typeof planSync>['send'][number]): AuthenticEvent[] {
  return [...log.entries.values()]
    .filter(({ author, sequence }) => author === wanted.author && sequence >= wanted.fromSequence)
    .flatMap((entry) => (entry.event === undefined ? [] : [entry.event]))
}
