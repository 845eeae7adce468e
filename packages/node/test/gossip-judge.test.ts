import type { GossipVerdict, Topic } from '@chirograph/interface'
import { encodeSegmentFrame, type RejectReason, type ReplicaEffect } from '@chirograph/replica'
import { equal, is, suite } from '../../workspace/kit.ts'
import { createGossipJudge } from '../src/gossip-judge.js'
import { createPeerConduct } from '../src/peer-conduct.js'

type Outcome = GossipVerdict | RejectReason | 'nothing'

suite('a gossiped message', (it) => {
  it('is relayed when all of it was checked and something is new', () => {
    const { judge, published } = judgeOf(['accept', 'accept'])
    is(judge('events', frameOf(2), 'a'), 'accept')
    is(judgeOf(['ignore']).judge('events', frameOf(1), 'a'), 'ignore')
    equal(published, [])
  })

  it('of which a part was known is not relayed, for that copy was not checked; what was new goes on by itself', () => {
    const { judge, published } = judgeOf(['ignore', 'accept', 'nothing'])
    is(judge('events', frameOf(3), 'a'), 'ignore')
    equal(published, [['events', encodeSegmentFrame([Uint8Array.of(1)])]])
  })

  it('with a proof of malice is refused, and what comes after the proof is not looked at', () => {
    const { judge, dispatched, published, conduct } = judgeOf(['accept', 'bad-signature', 'accept'])
    is(judge('events', frameOf(3), 'a'), 'reject')
    equal([dispatched(), published], [2, []])
    is(conduct.of('a').state, 'throttled')
  })

  it('with what an honest peer may not know better is neither relayed nor held against it', () => {
    const { judge, published, conduct } = judgeOf(['unknown-author', 'accept'])
    is(judge('events', frameOf(2), 'a'), 'ignore')
    is(published.length, 1)
    equal(conduct.of('a'), { score: 100, state: 'ok', why: null })
  })

  it('costs no check once its sender is dropped', () => {
    const { judge, dispatched, conduct } = judgeOf(['accept'])
    conduct.note('a', 'flood')
    is(judge('events', frameOf(5), 'a'), 'ignore')
    is(dispatched(), 0)
  })

  it('that is no frame is judged whole, and refused', () => {
    const { judge, dispatched } = judgeOf(['malformed'])
    is(judge('events', Uint8Array.of(1, 2, 3), 'a'), 'reject')
    is(dispatched(), 1)
  })

  it('on the other topics is one thing, judged alike', () => {
    const cases: [Topic, Outcome, GossipVerdict][] = [
      ['evidence', 'accept', 'accept'],
      ['evidence', 'bad-evidence', 'reject'],
      ['evidence', 'unknown-author', 'ignore'],
      ['certificates', 'ignore', 'ignore'],
      ['certificates', 'uncertified-checkpoint', 'reject'],
      ['certificates', 'wrong-set', 'ignore'],
      ['certificates', 'bad-checkpoint', 'ignore'],
    ]
    for (const [topic, outcome, verdict] of cases)
      is(judgeOf([outcome]).judge(topic, Uint8Array.of(1), 'a'), verdict, `${topic} ${outcome}`)
  })
})

suite('the checks that a hostile peer can make a node do', (it) => {
  it('are two before it is dropped, however many bad signatures it sends at once', () => {
    const { judge, dispatched, conduct } = judgeOf(Array(1_000).fill('bad-signature'))
    for (let message = 0; message < 500; message++) judge('events', frameOf(500), 'a')
    is(dispatched(), 2)
    is(conduct.of('a').state, 'dropped')
  })
})

/** A judge over a replica that answers with these outcomes, one after the other. */
function judgeOf(outcomes: readonly Outcome[]) {
  const published: [Topic, Uint8Array][] = []
  const conduct = createPeerConduct({ nowMs: () => 0, onChange: () => {} })
  let dispatched = 0
  const dispatch = (input: { readonly kind: string; readonly from?: string }): ReplicaEffect[] => {
    const outcome = outcomes[dispatched++] ?? 'nothing'
    const effects = effectsOf(outcome, input.from ?? '')
    for (const effect of effects) if (effect.kind === 'rejected') conduct.note(effect.from, effect.reason)
    return effects
  }
  const publish = (topic: Topic, bytes: Uint8Array) => void published.push([topic, bytes])
  const { judge } = createGossipJudge({ dispatch, conduct, publish })
  return { judge, published, conduct, dispatched: () => dispatched }
}

function effectsOf(outcome: Outcome, from: string): ReplicaEffect[] {
  if (outcome === 'nothing') return []
  if (outcome === 'accept' || outcome === 'ignore') return [{ kind: 'verdict', verdict: outcome }]
  if (outcome === 'reject') return [{ kind: 'verdict', verdict: 'reject' }]
  return [
    { kind: 'verdict', verdict: 'reject' },
    { kind: 'rejected', reason: outcome, detail: 'a test', from },
  ]
}

/** A frame of so many segments; what is in them is the replica's business. */
function frameOf(count: number): Uint8Array {
  return encodeSegmentFrame(Array.from({ length: count }, (_, index) => Uint8Array.of(index & 255)))
}
