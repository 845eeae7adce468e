/** Rotations in cuts: rules L12, L13, L19, L21 and L32. */
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  type Cut,
  type CutEntry,
  createLog,
  cutOf,
  emptyCut,
  extendCut,
  frontier,
  isInCut,
  type LogIndex,
  markFinal,
  planAnswer,
  planCut,
  recordFork,
  restoreEntry,
  trimFinal,
} from '../src/index.ts'
import { accept, after, chain, entryOf, logOf, nobody, org, rotation, unlimited } from './world.ts'

const [e0, e1, e2, e3] = chain(org(1), 4) as [AuthenticEvent, AuthenticEvent, AuthenticEvent, AuthenticEvent]
const begin = rotation(e1)
const [n1, n2] = [after(begin), after(after(begin))]
const parent = cutOf([entryOf(e2)])

interface Case {
  readonly parent?: Cut
  readonly changes: readonly CutEntry[]
  readonly frozen?: (author: OrgId) => boolean
  readonly approved?: (author: OrgId) => AuthenticEvent['id'] | undefined
  readonly eventsMax?: number
}

const extend = (log: LogIndex, args: Case) =>
  extendCut(log, { parent, frozen: nobody, ...unlimited, ...args })

function faultOf(log: LogIndex, args: Case): string {
  const verdict = extend(log, args)
  return verdict.kind === 'invalid' ? verdict.reason : verdict.kind
}

function made(log: LogIndex, args: Case): { readonly events: AuthenticEvent[]; readonly cut: Cut } {
  const verdict = extend(log, args)
  ok(verdict.kind === 'extended', verdict.kind)
  return verdict
}

const whole = () => logOf(e0, e1, e2, e3, begin, n1)

suite('a cut over a rotation', (it) => {
  it('L32: follows an earlier final event, and takes nothing more of the generation that it closes', () => {
    const { events, cut } = made(whole(), { changes: [entryOf(n1)] })
    equal(events, [begin, n1])
    equal(cut.get(org(1)), { ...entryOf(n1), closed: entryOf(e2) })
  })

  it('L32: takes what lies between the parent’s entry and its prev with it', () => {
    const late = rotation(e3)
    const { events, cut } = made(logOf(e0, e1, e2, e3, late), { changes: [entryOf(late)] })
    equal(events, [e3, late])
    equal(cut.get(org(1)), { ...entryOf(late), closed: entryOf(e3) })
  })

  it('L32: may follow nothing at all, whatever is final', () => {
    const bare = rotation({ author: org(1) })
    const log = logOf(e0, e1, e2, bare)
    equal(made(log, { changes: [entryOf(bare)] }).events, [bare])
    const { cut } = made(log, { parent: emptyCut, changes: [entryOf(bare)] })
    equal(cut.get(org(1)), { ...entryOf(bare), closed: null })
  })

  it('L32: counts what it closes for final when memory does not hold it any more', () => {
    const log = whole()
    markFinal(log, [e0, e1, e2])
    trimFinal(log, { keep: 0 })
    equal(made(log, { changes: [entryOf(begin)] }).events, [begin])
  })

  it('L32: does not follow another branch than the final one (not-descendant)', () => {
    const stray = after(e1, { timeMs: 9 })
    const strayed = rotation(stray)
    const log = logOf(e0, e1, e2, stray, strayed)
    is(faultOf(log, { changes: [entryOf(strayed)] }), 'not-descendant')
    is(faultOf(log, { parent: cutOf([entryOf(e1)]), changes: [entryOf(strayed)] }), 'extended')
  })

  it('L13: never goes back to a closed generation, nor over one (wrong-generation)', () => {
    const log = whole()
    const moved = cutOf([entryOf(begin)])
    is(faultOf(log, { parent: moved, changes: [entryOf(e3)] }), 'wrong-generation')
    is(faultOf(log, { changes: [{ ...entryOf(begin), generation: 2 }] }), 'wrong-generation')
    equal(made(log, { parent: moved, changes: [entryOf(n1)] }).events, [n1])
  })

  it('L11: counts what lies before the rotation too (too-many-events)', () => {
    const late = rotation(e3)
    const log = logOf(e0, e1, e2, e3, late)
    const changes = [entryOf(late)]
    is(faultOf(log, { parent: emptyCut, changes, eventsMax: 5 }), 'extended')
    is(faultOf(log, { parent: emptyCut, changes, eventsMax: 4 }), 'too-many-events')
  })

  it('L12: lets a frozen author go on by the approved rotation alone (frozen-author)', () => {
    const frozen = (author: OrgId): boolean => author === org(1)
    const other = rotation(e1, { timeMs: 5 })
    const over = rotation(e3)
    const log = logOf(e0, e1, e2, e3, begin, n1, other, over)
    const by = (event: AuthenticEvent | undefined) => ({ frozen, approved: () => event?.id })
    is(faultOf(log, { changes: [entryOf(begin)], ...by(undefined) }), 'frozen-author')
    is(faultOf(log, { changes: [entryOf(begin)], ...by(other) }), 'frozen-author')
    is(faultOf(log, { changes: [entryOf(e3)], ...by(begin) }), 'frozen-author')
    is(faultOf(log, { changes: [entryOf(over)], ...by(over) }), 'frozen-author', 'over what was not final')
    equal(made(log, { changes: [entryOf(n1)], ...by(begin) }).events, [begin, n1])
  })

  it('contains the events of the generation that it closed, before they are final and after', () => {
    const log = whole()
    const { cut } = made(log, { changes: [entryOf(n1)] })
    const inside = () => [e0, e1, e2, e3, begin, n1].map(({ id }) => isInCut(log, cut, id))
    equal(inside(), [true, true, true, false, true, true])
    markFinal(log, [e0, e1, e2])
    equal(inside(), [true, true, true, false, true, true])
    markFinal(log, [begin, n1])
    equal(inside(), [true, true, true, false, true, true])
  })
})

suite('planning over a rotation', (it) => {
  const plan = (log: LogIndex, args: Partial<Parameters<typeof planCut>[1]> = {}) =>
    planCut(log, { parent, frozen: nobody, ...unlimited, ...args })

  it('L19: takes the rotation before what else waits in the generation that it closes', () => {
    const log = whole()
    equal(plan(log), [entryOf(n1)])
    equal(made(log, { changes: plan(log) }).events, [begin, n1])
  })

  it('L19: takes what waits up to the rotation', () => {
    const late = rotation(e3)
    equal(plan(logOf(e0, e1, e2, e3, late)), [entryOf(late)])
  })

  it('L19: of a generation that forked only its rotation, so that the fork can be judged', () => {
    const other = rotation(e1, { timeMs: 5 })
    const log = logOf(e0, e1, e2, begin, n1, other)
    const [planned] = plan(log)
    ok(planned)
    equal([planned.generation, planned.sequence], [1, 0])
    is(faultOf(log, { changes: [planned] }), 'extended')
    equal(plan(log, { parent: cutOf([planned]) }), [])
  })

  it('L19: leaves out an author that forked, even where it rotates: only a quorum lets it go on', () => {
    const log = logOf(e0, e1, e2, e3, begin, after(e2, { timeMs: 9 }))
    equal(plan(log), [])
    const frozen = () => true
    equal(plan(log, { frozen }), [])
    equal(plan(log, { frozen, approved: () => begin.id }), [entryOf(begin)])
    equal(plan(log, { frozen, approved: () => n2.id }), [])
  })

  it('leaves out a rotation that would be void', () => {
    equal(plan(logOf(e0, e1, e2, begin), { mayRotate: () => false }), [])
    equal(plan(logOf(e0, e1, e2, e3, begin), { mayRotate: () => false }), [entryOf(e3)])
  })
})

suite('the frontier over a rotation', (it) => {
  const entry = (log: LogIndex) => frontier(log)[0]

  it('L21: names the head of the new generation, and one branch where it follows the last event', () => {
    const late = rotation(e3)
    equal(entry(logOf(e0, e1, e2, e3, late)), { ...entryOf(late), branches: null })
  })

  it('L22: sees two heads while the closing generation goes on elsewhere, and one once it is closed', () => {
    const log = whole()
    is(entry(log)?.branches?.length, 32)
    markFinal(log, [e0, e1, e2, begin])
    equal(entry(log), { ...entryOf(n1), branches: null })
    const other = logOf(e0, e1, e2, begin, n1)
    markFinal(other, [e0, e1, e2, begin])
    equal(frontier(other), frontier(log))
  })

  it('L23, L26: what a peer lacks goes on over closed generations to the current one', () => {
    const log = whole()
    markFinal(log, [e0, e1, e2, begin])
    const restarted = createLog()
    for (const event of [e2, begin]) restoreEntry(restarted, { ...event, branch: 0, isVerified: true })
    accept(restarted, n1)
    const key = new Uint8Array(16)
    const claim = { generation: 0, sequence: 0, tag: new Uint8Array(4), key }
    for (const held of [log, restarted]) {
      const args = { log: held, local: frontier(held) }
      const range = (generation: number, fromSequence: number, toSequence: number) => {
        return { author: org(1), generation, fromSequence, toSequence }
      }
      equal(planAnswer({ ...args, claims: new Map() }).ranges, [range(0, 0, 2), range(1, 0, 1)])
      equal(planAnswer({ ...args, claims: new Map([[org(1), claim]]) }).ranges, [
        range(0, 1, 2),
        range(1, 0, 1),
      ])
    }
  })

  it('L23: sends closed generations also of an author whose branches are compared', () => {
    const branch = after(begin, { timeMs: 7 })
    const log = logOf(e0, e1, e2, begin, n1, branch)
    markFinal(log, [e0, e1, e2, begin])
    const answer = planAnswer({ log, local: frontier(log), claims: new Map() })
    equal(answer.ranges, [{ author: org(1), generation: 0, fromSequence: 0, toSequence: 2 }])
    equal(answer.probes, [org(1)])
  })

  it('keeps a proof about a closed generation without effect on the next', () => {
    const log = whole()
    markFinal(log, [e0, e1, e2, begin])
    recordFork(log, forkAt(e0))
    equal(planCut(log, { parent: cutOf([entryOf(begin)]), frozen: nobody, ...unlimited }), [entryOf(n1)])
  })
})

function forkAt(prev: AuthenticEvent) {
  const log = logOf(prev, after(prev, { timeMs: 1 }), after(prev, { timeMs: 2 }))
  const evidence = log.chains.get(prev.header.author)?.get(0)?.fork
  ok(evidence)
  return evidence
}
