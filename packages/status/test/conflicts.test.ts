/**
 * What becomes of acts that contradict each other, as a table: each line is a story told header by header, and what a
 * reader finds at its end. Property: the end depends on what became final where, not on the order in which a node
 * came to know it.
 */
import fc from 'fast-check'
import { type EventId, sha256, utf8 } from '@chirograph/codec'
import { type EventBody, runOf, type VerifiedEvent } from '@chirograph/event'
import { orderEvents } from '@chirograph/log'
import { type NetworkState, readOrg, stateRoot, statusOf } from '@chirograph/status'
import { equal, is, suite } from '../../workspace/kit.ts'
import {
  chainOf,
  dayMs,
  entries,
  evidenceOf,
  fold,
  forkOf,
  handle,
  headerTimeMs,
  issue,
  type Member,
  makeNetwork,
  rotate,
} from './network.ts'

const network = makeNetwork({ size: 4 })
const [college, one, two, three] = network.members as [Member, Member, Member, Member] // four
const until = headerTimeMs + 30 * dayMs
const revoke: EventBody = { kind: 'status.revoke', entries: entries(1), reason: 'withdrawn' }
const suspend: EventBody = {
  kind: 'status.suspend',
  entries: entries(1),
  reason: 'under-review',
  untilMs: until,
}
const reinstate: EventBody = { kind: 'status.reinstate', entries: entries(1) }
const thirdSeed = sha256(utf8('third key'))

/** A forked college: what it issued, the other branch, and acts on either. */
const [issued, lost] = forkOf(network, college)
const onKept = (body: EventBody) => chainOf(network, college, { sequence: 1, prev: issued.id })(body)
const onLost = (body: EventBody) => chainOf(network, college, { sequence: 1, prev: lost.id })(body)
const evidence = (by: Member = one) => chainOf(network, by)(evidenceOf(issued, lost))
const recovery = chainOf(network, college, { generation: 1, prev: issued.id, seed: college.nextSeed })(
  rotate({ seed: college.nextSeed, nextSeed: thirdSeed }),
)
const afterRecovery = (body: EventBody) =>
  chainOf(network, college, { generation: 1, sequence: 1, prev: recovery.id, seed: college.nextSeed })(body)
const salvage = (event: VerifiedEvent, by: Member = two) => {
  const run = runOf([event.headerBytes], event.signature)
  return chainOf(network, by)({ kind: 'fork.salvage', run, bodyBytes: event.bodyBytes })
}
const approvals = [one, two, three].map((member) =>
  chainOf(network, member)({ kind: 'recovery.approve', author: college.id, rotation: recovery.id }),
)

/** One author's acts in a row, each in a header of its own. */
function acts(...bodies: EventBody[]): VerifiedEvent[][] {
  const next = chainOf(network, college)
  return [issue(), ...bodies].map((body) => [next(body)])
}

interface Story {
  readonly rule: string
  readonly headers: readonly (readonly VerifiedEvent[])[]
  readonly status: 'active' | 'suspended' | 'revoked'
  readonly isFrozen?: boolean
  readonly generation?: number
}

const stories: readonly Story[] = [
  { rule: '1: revoked absorbs a later reinstatement', headers: acts(revoke, reinstate), status: 'revoked' },
  { rule: '1: revoked absorbs a later suspension', headers: acts(revoke, suspend), status: 'revoked' },
  { rule: '1: a revocation replaces a suspension', headers: acts(suspend, revoke), status: 'revoked' },
  {
    rule: '1: a revocation replaces a lifted suspension',
    headers: acts(suspend, reinstate, revoke),
    status: 'revoked',
  },
  { rule: '2: reinstating lifts a suspension', headers: acts(suspend, reinstate), status: 'active' },
  { rule: '2: the last suspension counts', headers: acts(suspend, reinstate, suspend), status: 'suspended' },
  {
    rule: '2: a reinstatement before it lifts nothing',
    headers: acts(reinstate, suspend),
    status: 'suspended',
  },
  {
    rule: '3: what was final before the freeze stays',
    headers: [[issued], [onKept(revoke)], [evidence()]],
    status: 'revoked',
    isFrozen: true,
  },
  {
    rule: '3: what follows the freeze has no effect, on either branch',
    headers: [[issued], [evidence()], [onKept(suspend), onLost(revoke)]],
    status: 'active',
    isFrozen: true,
  },
  {
    rule: '3: a salvaged revocation of the losing branch restricts',
    headers: [[issued], [evidence()], [salvage(onLost(revoke))]],
    status: 'revoked',
    isFrozen: true,
  },
  {
    rule: '3: so does one of the branch that was frozen',
    headers: [[issued], [evidence()], [salvage(onKept(revoke))]],
    status: 'revoked',
    isFrozen: true,
  },
  {
    rule: '3: a salvaged suspension restricts, and the recovered author may lift it',
    headers: [
      [issued],
      [evidence()],
      [salvage(onLost(suspend))],
      approvals,
      [recovery],
      [afterRecovery(reinstate)],
    ],
    status: 'active',
    generation: 1,
  },
  {
    rule: '3: a suspension does not come back by being salvaged twice',
    headers: [
      [issued],
      [evidence()],
      [salvage(onLost(suspend))],
      approvals,
      [recovery],
      [afterRecovery(reinstate)],
      [salvage(onLost(suspend), three)],
    ],
    status: 'active',
    generation: 1,
  },
  {
    rule: '3: a salvaged revocation outlives the recovery',
    headers: [
      [issued],
      [evidence()],
      [salvage(onLost(revoke))],
      approvals,
      [recovery],
      [afterRecovery(reinstate)],
    ],
    status: 'revoked',
    generation: 1,
  },
  {
    rule: '3: a salvage before the evidence has no effect',
    headers: [[issued], [salvage(onLost(revoke))], [evidence()]],
    status: 'active',
    isFrozen: true,
  },
  {
    rule: '3: without a quorum of approvals nobody recovers',
    headers: [[issued], [evidence()], approvals.slice(0, 2), [recovery]],
    status: 'active',
    isFrozen: true,
  },
  {
    rule: '3: a rotation in time outruns the thief: the fork of the closed generation freezes nobody',
    headers: [[issued], [recovery], [evidence()], [salvage(onLost(revoke))]],
    status: 'active',
    generation: 1,
  },
  {
    rule: '6: acts of one height follow their author’s chain',
    headers: [[issued], inChain(issued, suspend, reinstate)],
    status: 'active',
  },
]

/** Signs bodies one after the other behind an event. */
function inChain(event: VerifiedEvent, ...bodies: EventBody[]): VerifiedEvent[] {
  const next = chainOf(network, college, { sequence: event.header.sequence + 1, prev: event.id })
  return bodies.map((body) => next(body))
}

/** Folds headers one by one, each in the final order of its events; a chain's last event is its entry in the cut. */
function tell(headers: readonly (readonly VerifiedEvent[])[]): NetworkState {
  let { state } = network
  const tips = new Map<string, { generation: number; sequence: number }>()
  const final = new Set<EventId>()
  headers.forEach((events, index) => {
    const ordered = orderEvents(events)
    for (const { id, header } of ordered) {
      tips.set(header.author, header)
      final.add(id)
    }
    state = fold(state, ordered, {
      height: index + 1,
      cutEntryOf: (org) => tips.get(org),
      isFinalOrInCut: (id) => final.has(id),
    }).state
  })
  return state
}

suite('conflicts', (it) => {
  for (const { rule, headers, status, isFrozen = false, generation = 0 } of stories) {
    it(rule, () => {
      const state = tell(headers)
      is(statusOf(state, { org: college.id, handle: handle(1), atMs: headerTimeMs }).state, status)
      const row = readOrg(state, college.id)
      is(row?.frozen != null, isFrozen)
      is(row?.logKeys.at(-1)?.generation, generation)
    })
  }

  it('come out the same in whatever order a node came to know the events of a header', () => {
    const all = stories.flatMap(({ headers }) => headers)
    fc.assert(
      fc.property(fc.constantFrom(...stories), fc.infiniteStream(fc.nat()), ({ headers }, draws) => {
        const shuffled = headers.map((events) => {
          return [...events]
            .map((event) => [draws.next().value ?? 0, event] as const)
            .sort(([a], [b]) => a - b)
        })
        const again = tell(shuffled.map((events) => events.map(([, event]) => event)))
        equal(stateRoot(again), stateRoot(tell(headers)))
      }),
      { numRuns: all.length },
    )
  })

  it('freeze at the same entry, whoever brings the evidence, and however often', () => {
    const accusers = [one, two, three]
    const rows = accusers.map((first) => {
      const rest = accusers.filter((member) => member !== first)
      const state = tell([[issued], [evidence(first)], rest.map((member) => evidence(member))])
      return readOrg(state, college.id)?.frozen
    })
    for (const row of rows) equal(row, { generation: 0, sequence: 0, height: 2 })
  })

  it('freeze before the first event where none was final', () => {
    equal(readOrg(tell([[evidence()]]), college.id)?.frozen, { generation: 0, sequence: null, height: 1 })
  })
})
