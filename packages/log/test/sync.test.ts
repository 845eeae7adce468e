/** What two nodes owe each other: rules L21 to L27. */

import * as fc from 'fast-check'
import { compareBytes, contentIdBytes, digestOfContentId, sha256 } from '@chirograph/codec'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { equal, is, not, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  type AnswerPlan,
  branchesMax,
  type ClaimColumns,
  claimColumns,
  countOf,
  createLog,
  decodeFrontier,
  encodeFrontier,
  entriesAt,
  eventAt,
  type FrontierClaims,
  type FrontierEntry,
  frontier,
  frontierDigest,
  headsOf,
  headTag,
  type LogEntry,
  type LogIndex,
  locatorMax,
  markFinal,
  planAnswer,
  planBranches,
  planLocator,
  type Range,
  readClaims,
  restoreEntry,
  restorePending,
  splitRange,
  straysOf,
  stretchesOf,
  trimFinal,
} from '../src/index.ts'
import {
  accept,
  after,
  chain,
  contents,
  entryOf,
  history,
  logOf,
  make,
  org,
  rotation,
  takeIn,
} from './world.ts'

const root = make({ author: org(1) })
const left = [after(root, { timeMs: 1 })]
left.push(after(left[0] as AuthenticEvent))
const right = [after(root, { timeMs: 2 })]

const members = [org(1), org(2), org(3), org(4), org(5), org(6)]
const key = new Uint8Array(16).fill(7)

/** What a node says of itself to one that knows `members`, read back. */
function claimsOf(log: LogIndex, known: readonly OrgId[] = members): FrontierClaims {
  const claims = readClaims({
    columns: claimColumns({ entries: frontier(log), members: known, key }),
    members: known,
    key,
  })
  ok(claims)
  return claims
}

/** What `local` owes `asker`. */
function answer(local: LogIndex, asker: LogIndex): AnswerPlan {
  return planAnswer({ log: local, local: frontier(local), claims: claimsOf(asker) })
}

const nothing: AnswerPlan = { ranges: [], eventCount: 0, probes: [], isBehind: false }

const range = (n: number, fromSequence: number, toSequence: number): Range => {
  return { author: org(n), generation: 0, fromSequence, toSequence }
}

const first = { author: org(1), generation: 0 }
const idsOf = (entries: readonly { readonly id: string }[]): string[] => entries.map(({ id }) => id)

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
    equal(answer(one, other), nothing)
    const almost = logOf(...branches.slice(0, branchesMax - 1))
    equal(answer(one, almost).probes, [org(1)])
    equal(answer(almost, one).probes, [org(1)])
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

suite('frontier claims', (it) => {
  const entryAt = (author: OrgId, generation = 0, sequence = 3): FrontierEntry => {
    return { ...entryOf(root), author, generation, sequence, branches: null }
  }

  it('L23: say of each author where it stands, whatever members there are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.record({ n: fc.nat(40), generation: fc.nat(2), sequence: fc.nat(), isForked: fc.boolean() }),
          { selector: ({ n }) => n, maxLength: 30 },
        ),
        fc.uniqueArray(fc.nat(40), { maxLength: 40 }),
        (authors, known) => {
          const entries = authors.map(({ n, generation, sequence, isForked }): FrontierEntry => {
            const branches = isForked ? new Uint8Array(32).fill(n) : null
            return { ...entryAt(org(n), generation, sequence), branches }
          })
          const args = { members: known.map(org), key }
          const claims = readClaims({ columns: claimColumns({ ...args, entries }), ...args })
          ok(claims)
          is(claims.size, entries.length)
          for (const entry of entries) {
            const { generation, sequence } = entry
            equal(claims.get(entry.author), { generation, sequence, tag: headTag(key, entry), key })
          }
        },
      ),
    )
  })

  it('L23: take a bit, a number and four bytes for each member that changed, and name no other', () => {
    const columns = claimColumns({ entries: [entryAt(org(6)), entryAt(org(2))], members, key })
    equal(columns.authors, Uint8Array.of(0b0100_0100))
    equal(columns.sequences, [3, 3])
    is(columns.tags.length, 8)
    equal([columns.generations, columns.others], [[], []])
    equal(claimColumns({ entries: [entryAt(org(1))], members, key }).authors, Uint8Array.of(0x80))
    equal(claimColumns({ entries: [], members, key }).authors, new Uint8Array())
  })

  it('L23: that do not fit each other or name no member are refused', () => {
    const good = claimColumns({ entries: [entryAt(org(2), 1), entryAt(org(9))], members, key })
    const wrong: Partial<ClaimColumns>[] = [
      { authors: new Uint8Array() },
      { authors: Uint8Array.of(0b0000_0001) },
      { authors: Uint8Array.of(0b0110_0000) },
      { authors: Uint8Array.of(0, 0x80) },
      { sequences: [] },
      { sequences: [3, 3] },
      { tags: new Uint8Array(3) },
      { tags: new Uint8Array(8) },
      { generations: [{ at: 1, generation: 1 }] },
    ]
    ok(readClaims({ columns: good, members, key }))
    for (const change of wrong) is(readClaims({ columns: { ...good, ...change }, members, key }), undefined)
  })

  it('L24: have tags that nobody can prepare: another key, another tag', () => {
    const entry = entryAt(org(1))
    is(headTag(key, entry).length, 4)
    equal(headTag(key, entry), sha256(key, digestOfContentId(entry.id)).slice(0, 4))
    not.equal(headTag(new Uint8Array(16), entry), headTag(key, entry))
    const forked = { ...entry, branches: new Uint8Array(32).fill(1) }
    equal(headTag(key, forked), sha256(key, forked.branches).slice(0, 4))
  })
})

suite('planAnswer', (it) => {
  it('L23: sends whole chains of authors that the asker does not know, and sees what it lacks itself', () => {
    const [mine, theirs] = [logOf(...chain(org(3), 2), ...chain(org(1), 4)), logOf(...chain(org(2), 3))]
    const ranges = [range(1, 0, 3), range(3, 0, 1)]
    equal(answer(mine, theirs), { ranges, eventCount: 6, probes: [], isBehind: true })
    equal(answer(theirs, mine), { ranges: [range(2, 0, 2)], eventCount: 3, probes: [], isBehind: true })
    equal(answer(mine, createLog()), { ranges, eventCount: 6, probes: [], isBehind: false })
  })

  it('L23: probes a forked author that the asker does not know, whose branches are no range', () => {
    const plan = answer(logOf(root, ...left, ...right), createLog())
    equal(plan, { ranges: [], eventCount: 0, probes: [org(1)], isBehind: false })
  })

  it('L24: owes nothing between equal logs, forked or not', () => {
    for (const events of [[root, ...left], [root, ...left, ...right], []])
      equal(answer(logOf(...events), logOf(...events)), nothing)
  })

  it('L25: probes an author whose heads differ at one sequence', () => {
    const [a, b] = [logOf(root, ...left.slice(0, 1)), logOf(root, ...right)]
    for (const plan of [answer(a, b), answer(b, a)])
      equal(plan, { ...nothing, probes: [org(1)], isBehind: true })
  })

  it('L25: probes an author of whom one side holds more branches', () => {
    const [a, b] = [logOf(root, ...left), logOf(root, ...left, ...right)]
    equal(answer(a, b).probes, [org(1)])
    equal(answer(b, a).probes, [org(1)])
  })

  it('L25: probes rather than sends a range when the side ahead knows branches', () => {
    const plan = answer(logOf(root, ...left, ...right), logOf(root))
    equal([plan.ranges, plan.probes], [[], [org(1)]])
  })

  it('L26: sends the gap of who is behind, and counts it', () => {
    const events = chain(org(1), 10)
    const [full, part] = [logOf(...events), logOf(...events.slice(0, 4))]
    equal(answer(full, part), { ranges: [range(1, 4, 9)], eventCount: 6, probes: [], isBehind: false })
    equal(answer(part, full), { ...nothing, isBehind: true })
    is(countOf([]), 0)
    is(countOf([range(1, 4, 9), range(2, 0, 0)]), 7)
  })

  it('L26: does not take a trimmed log for a fork', () => {
    const events = chain(org(1), 10)
    const log = logOf(...events)
    markFinal(log, events)
    trimFinal(log, { keep: 0 })
    const plan = answer(log, logOf(...events.slice(0, 4)))
    equal(plan, { ranges: [range(1, 4, 9)], eventCount: 6, probes: [], isBehind: false })
  })

  it('L26: sends what is above a claim that may be false, and nothing that is not here', () => {
    const log = logOf(...chain(org(1), 10))
    const claimed = (sequence: number, generation = 0) => {
      const claims = new Map([[org(1), { generation, sequence, tag: new Uint8Array(4), key }]])
      return planAnswer({ log, local: frontier(log), claims })
    }
    equal(claimed(3).ranges, [range(1, 4, 9)])
    equal(claimed(9), { ...nothing, probes: [org(1)], isBehind: true })
    equal(claimed(Number.MAX_SAFE_INTEGER), { ...nothing, isBehind: true })
    equal(claimed(0, 7), { ...nothing, isBehind: true })
  })

  it('L26: sends what is final of a closed generation and then the later ones', () => {
    const events = chain(org(1), 5)
    const [, , , fourth, passed] = events
    ok(fourth && passed)
    const begin = rotation(fourth)
    const next = after(begin)
    const log = logOf(...events, begin, next)
    markFinal(log, [...events.slice(0, 4), begin])
    const later: Range = { ...range(1, 0, 1), generation: 1 }
    equal(answer(log, createLog()).ranges, [range(1, 0, 3), later])
    equal(answer(log, logOf(...events.slice(0, 2))).ranges, [range(1, 2, 3), later])
    equal(answer(log, logOf(...events)).ranges, [later])
    const same = logOf(...events.slice(0, 4), begin)
    equal(answer(log, same).ranges, [{ ...later, fromSequence: 1 }])
    equal(answer(logOf(...events), log), { ...nothing, isBehind: true })
  })
})

suite('branches', (it) => {
  const plan = (log: LogIndex, locator: readonly string[], entriesMax = 1_000, places = {}) =>
    planBranches(log, {
      ...first,
      locator: locator as AuthenticEvent['id'][], // ids of events made here
      placeOf: (id) => (places as Record<string, number | undefined>)[id],
      entriesMax,
    })

  it('L27: names few ids of a long chain, and finds where the branches part', () => {
    const trunk = chain(org(1), 1_000)
    const top = trunk[999] as AuthenticEvent
    const [mine, theirs] = [chainFrom(top, 40, 1), chainFrom(top, 50, 2)]
    const [a, b] = [logOf(...trunk, ...mine), logOf(...trunk, ...theirs)]
    const locator = locatorOf(a)
    ok(locator.length < 16)
    const found = plan(b, locator)
    is(found.final, null)
    const missing = found.pending.filter((entry) => eventAt(a, entry.id) === undefined)
    equal(idsOf(missing), idsOf(theirs))
    ok(found.pending.length < 2 * theirs.length, `${found.pending.length} entries for ${theirs.length}`)
  })

  it('L27: finds them when the trunk is final and trimmed on either side, by asking the store', () => {
    const trunk = chain(org(1), 100)
    const [mine, theirs] = [chainFrom(trunk[89] as AuthenticEvent, 20, 1), trunk.slice(90)]
    const places = Object.fromEntries(trunk.map(({ id, header }) => [id, header.sequence]))
    for (const finalTo of [40, 90, 95, 100]) {
      const [a, b] = [logOf(...trunk.slice(0, 90), ...mine), logOf(...trunk)]
      markFinal(a, trunk.slice(0, Math.min(90, finalTo)))
      markFinal(b, trunk.slice(0, finalTo))
      for (const log of [a, b]) trimFinal(log, { keep: 2 })
      const { final, pending } = plan(b, locatorOf(a, trunk), 1_000, places)
      const sent = new Set([
        ...trunk
          .slice(final?.fromSequence ?? 0, final === null ? 0 : final.toSequence + 1)
          .map(({ id }) => id),
        ...idsOf(pending),
      ])
      for (const { id } of theirs) ok(sent.has(id), `final to ${finalTo}`)
      ok(sent.size <= 2 * mine.length + 2, `${sent.size} sent, final to ${finalTo}`)
    }
  })

  it('L27: answers in order of sequence, in whatever order the events were restored', () => {
    const log = createLog()
    for (const event of [left[1], right[0], left[0], root]) restorePending(log, event as AuthenticEvent, 0)
    equal(
      plan(log, [root.id]).pending.map((entry) => entry.sequence),
      [1, 1, 2],
    )
  })

  it('L27: bounds the locator and the answer, and ignores ids of others and of nothing', () => {
    const log = logOf(root, ...left, ...right, ...chain(org(2), 3))
    const [other] = headsOf(log, org(2), 0)
    ok(other)
    const foreign = make({ author: org(1), timeMs: 99 }).id
    for (const locator of [[], [other.id], [foreign]]) is(plan(log, locator).pending.length, 4)
    is(plan(log, [], 2).pending.length, 2)
    const long = [...Array.from({ length: locatorMax }, () => other.id), ...idsOf(headsOf(log, org(1), 0))]
    is(plan(log, long).pending.length, 4)
    equal(planBranches(log, { ...first, author: org(7), locator: [], placeOf: () => 0, entriesMax: 9 }), {
      final: null,
      pending: [],
    })
    equal(planLocator(log, org(7), 0), { heads: [], sequences: [] })
    const wide = createLog()
    for (const event of chain(org(1), 30)) {
      accept(wide, event)
      for (let timeMs = 1; timeMs < branchesMax; timeMs++) {
        const { sequence, prev } = event.header
        accept(wide, make({ author: org(1), sequence, prev, timeMs }))
      }
    }
    const { heads, sequences } = planLocator(wide, org(1), 0)
    is(heads.length, 32)
    is(heads[0]?.length, root.id.length)
    ok(heads.length + sequences.length <= locatorMax)
  })

  it('L27: names sequences at doubling distances behind the highest head, down to the first', () => {
    equal(planLocator(logOf(...chain(org(1), 12)), org(1), 0).sequences, [10, 9, 7, 3, 0])
    equal(planLocator(logOf(root), org(1), 0).sequences, [])
    const high = createLog()
    const event = make({ author: org(1), sequence: Number.MAX_SAFE_INTEGER, prev: root.id })
    restoreEntry(high, { ...event, branch: 0, isVerified: true })
    const { heads, sequences } = planLocator(high, org(1), 0)
    is(sequences.at(-1), 0)
    ok(heads.length + sequences.length <= locatorMax)
  })

  it('makes stretches of which each follows the one before, a branch behind what it branches from', () => {
    const log = logOf(root, ...left, ...right)
    const stretches = stretchesOf(plan(log, []).pending)
    equal(stretches.map(idsOf), [idsOf([root, ...left]), idsOf(right)])
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const log = createLog()
        takeIn(log, history(seeded(seed), { events: 60, forkers: 2 }))
        for (const author of log.chains.keys()) {
          const { pending } = planBranches(log, {
            author,
            generation: 0,
            locator: [],
            placeOf: () => undefined,
            entriesMax: 1_000,
          })
          const sent = new Set<string>()
          for (const stretch of stretchesOf(pending)) {
            let before: LogEntry | undefined
            for (const entry of stretch) {
              ok(before === undefined || entry.prev === before.id)
              ok(entry.prev === null || sent.has(entry.prev))
              sent.add(entry.id)
              before = entry
            }
          }
          is(sent.size, pending.length)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('splits a range where the store ends and memory begins', () => {
    const events = chain(org(1), 10)
    const log = logOf(...events)
    const split = (from: number, to: number) => {
      const { final, pending } = splitRange(log, range(1, from, to))
      return [final, pending.map(({ sequence }) => sequence)]
    }
    equal(split(7, 9), [null, [7, 8, 9]])
    markFinal(log, events.slice(0, 6))
    trimFinal(log, { keep: 0 })
    equal(split(2, 9), [range(1, 2, 5), [6, 7, 8, 9]])
    equal(split(2, 4), [range(1, 2, 4), []])
    equal(split(6, 7), [null, [6, 7]])
    equal(splitRange(log, range(8, 0, 9)), { final: null, pending: [] })
  })

  it('tells strays, which finality passed over, from what may yet be final', () => {
    const events = chain(org(1), 5)
    const [, , third, , last] = events
    ok(third && last)
    const low = after(events[0] as AuthenticEvent, { timeMs: 5 })
    const high = [after(third, { timeMs: 6 })]
    high.push(after(high[0] as AuthenticEvent), after(last, { timeMs: 7 }))
    const log = logOf(...events, low, ...high)
    const tipAt = (sequence: number) => ({ ...first, sequence })
    markFinal(log, events.slice(0, 4))
    equal(idsOf(straysOf(log, tipAt(3))), idsOf([low, high[0] as AuthenticEvent]))
    markFinal(log, [last])
    trimFinal(log, { keep: 0 })
    equal(idsOf(straysOf(log, tipAt(4))), idsOf([low, ...high.slice(0, 2)]))
    equal(straysOf(logOf(...events), tipAt(4)), [])
    equal(straysOf(log, { ...tipAt(4), author: org(2) }), [])
  })
})

suite('two logs', (it) => {
  it('L27: on different branches hold the same after each asked twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const random = seeded(seed)
        const events = history(random, { events: 60, forkers: 3 })
        const logs = [createLog(), createLog()] as const
        const [a, b] = logs
        for (const log of logs)
          takeIn(
            log,
            events.filter(() => random.chance(0.9)),
          )
        // Twice: who is behind on one branch may hold another one, which shows once it has both.
        for (let times = 0; times < 2; times++) {
          bring(a, b)
          bring(b, a)
        }
        equal(contents(a), contents(b))
        equal([answer(a, b), answer(b, a)], [nothing, nothing])
      }),
      { numRuns: 80 },
    )
  })
})

/** Heads, and what the store has at the planned sequences. */
function locatorOf(log: LogIndex, stored: readonly AuthenticEvent[] = []): string[] {
  const { heads, sequences } = planLocator(log, org(1), 0)
  const behind = sequences.flatMap((sequence) => {
    const held = entriesAt(log, { ...first, sequence }).map(({ id }) => id)
    return held.length > 0
      ? held
      : stored.filter(({ header }) => header.sequence === sequence).map(({ id }) => id)
  })
  return [...heads, ...behind]
}

function chainFrom(prev: AuthenticEvent, length: number, timeMs: number): AuthenticEvent[] {
  const events: AuthenticEvent[] = []
  for (let last = prev; events.length < length; events.push(last)) last = after(last, { timeMs })
  return events
}

/** One sync: `asker` gets what `other` owes it by its ranges, then by the locators of what was probed. */
function bring(asker: LogIndex, other: LogIndex): void {
  const plan = answer(other, asker)
  const pending = plan.ranges.flatMap((wanted) => splitRange(other, wanted).pending)
  // A fork behind an unequal sequence shows when the first event of the range does not fit.
  const hidden = plan.ranges.filter(({ fromSequence }) => fromSequence > 0).map(({ author }) => author)
  for (const author of [...plan.probes, ...hidden]) {
    const { heads, sequences } = planLocator(asker, author, 0)
    const behind = sequences.flatMap((sequence) => entriesAt(asker, { author, generation: 0, sequence }))
    const args = { author, generation: 0, locator: [...heads, ...behind.map(({ id }) => id)] }
    pending.push(...planBranches(other, { ...args, placeOf: () => undefined, entriesMax: 1_000 }).pending)
  }
  takeIn(
    asker,
    pending.flatMap(({ event }) => event ?? []),
  )
}
