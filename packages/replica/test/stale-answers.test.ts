/** Answers of the store that were read before a snapshot was taken, and come after it. */
import type { VerifiedEvent } from '@chirograph/event'
import { eventAt } from '@chirograph/log'
import type { Replica, Snapshot, StoredEntry } from '@chirograph/replica'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import {
  createFour,
  effectsOf,
  eventOf,
  genesisTimeMs,
  gossipOf,
  lease,
  memberAt,
  replicaOf,
  take,
} from './member.js'
import { snapshotOf } from './snapshots.js'

const peer = memberAt(1).peer

suite('J11: an answer of the store from before a snapshot', (it) => {
  it('does not bring back as final a branch that the snapshot let go of', () => {
    const { late, first, second, snapshot, branches } = scene()
    const [x, y] = branches
    // Both are asked for, and the answer for x is back before the store is read for y.
    const [loadX, loadY] = branches.map((branch) => effectsOf(take(late, gossipOf(branch, peer)), 'load')[0])
    ok(loadX && loadY)
    const stored = [entryOf(first), entryOf(second)]
    take(late, { ...loadX, kind: 'loaded', stored })
    is(eventAt(late.log, x.id)?.isFinal, false)
    const readForY = [...stored, entryOf(x, 1)]
    take(late, { kind: 'snapshot', snapshot, from: peer })
    not(eventAt(late.log, x.id), 'it is let go of')
    const effects = take(late, { ...loadY, kind: 'loaded', stored: readForY })
    not(eventAt(late.log, x.id), 'and does not come back')
    const [again] = effectsOf(effects, 'load')
    ok(again, 'the store is asked again')
    equal(again.slots, loadY.slots)
    is(again.retry.kind === 'segment' && again.retry.isLoaded, true)
    take(late, { ...again, kind: 'loaded', stored })
    is(eventAt(late.log, y.id)?.isFinal, false, 'what asked is judged by the second answer')
  })

  it('is asked for again for a proof that a fork needs, which is then as far as it was', () => {
    const { late, snapshot } = scene()
    const slot = { author: memberAt(0).org, generation: 0, sequence: 0 }
    take(late, { kind: 'snapshot', snapshot, from: peer })
    const retry = { kind: 'fork', slot, loads: 1 } as const
    const [again] = effectsOf(take(late, { kind: 'loaded', stored: [], retry, jumps: 1 }), 'load')
    equal(again?.retry, retry)
  })

  it('says nothing of a reference, which was asked for again', () => {
    const { late, snapshot } = scene()
    const nowhere = eventOf(3, { timeMs: genesisTimeMs + 77 }).id
    const speaking = eventOf(1, { references: [nowhere] })
    const [before] = effectsOf(take(late, gossipOf(speaking, peer)), 'look-up')
    equal(before?.ids, [nowhere])
    const [after] = effectsOf(take(late, { kind: 'snapshot', snapshot, from: peer }), 'look-up')
    ok(before && after)
    equal(after.ids, [nowhere])
    take(late, { ...before, kind: 'looked-up', found: [nowhere], absent: [] })
    is(late.lookedUp.has(nowhere), false)
    take(late, { ...after, kind: 'looked-up', found: [], absent: [nowhere] })
    is(late.lookedUp.get(nowhere), false)
  })
})

/** A replica that joined by a snapshot, one to come, and two events that contradict one below the first one's tip. */
function scene(): {
  readonly late: Replica
  readonly first: VerifiedEvent
  readonly second: VerifiedEvent
  readonly snapshot: Snapshot
  readonly branches: readonly [VerifiedEvent, VerifiedEvent]
} {
  const four = createFour()
  for (let node = 0; node < 4; node++) four.input(node, { kind: 'start' })
  let request = 0
  const publish = () => four.input(0, { kind: 'publish', request: ++request, body: lease })
  for (let count = 0; count < 3; count++) publish()
  const late = replicaOf(3)
  take(late, { kind: 'snapshot', snapshot: snapshotOf(four), from: peer })
  publish()
  publish()
  const [first, second] = four.announced
  ok(first && second)
  const branchAt = (timeMs: number) =>
    eventOf(0, { sequence: 1, prev: first.id, timeMs: genesisTimeMs + timeMs })
  return { late, first, second, snapshot: snapshotOf(four), branches: [branchAt(1), branchAt(2)] }
}

function entryOf({ headerBytes, signature }: VerifiedEvent, branch = 0): StoredEntry {
  return { headerBytes, signature, branch }
}
