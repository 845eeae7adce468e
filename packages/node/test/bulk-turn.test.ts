import { eventOf, gossipOf, memberAt, replicaOf, take } from '../../replica/test/member.ts'
import { equal, is, suite } from '../../workspace/kit.ts'
import { createBulkTurn, freshEventsOf } from '../src/bulk-turn.js'

suite('the turn for bulk', (it) => {
  function turns() {
    const clock = { ms: 0 }
    return { clock, bulk: createBulkTurn(() => clock.ms) }
  }

  it('belongs to one peer at a time; small answers need none', () => {
    const { bulk } = turns()
    equal([bulk.begin('a', 100_000), bulk.begin('b', 100_000), bulk.begin('b', 100)], [true, false, true])
    bulk.end('b')
    is(bulk.begin('b', 100_000), false)
    bulk.end('a')
    is(bulk.begin('b', 100_000), true)
  })

  it('is lost by a peer that repeats what is known: that counts for nothing', () => {
    const { clock, bulk } = turns()
    const replica = replicaOf(0)
    const again = () => freshEventsOf(take(replica, gossipOf(eventOf(1), memberAt(1).peer)))
    equal([again(), again(), again()], [1, 0, 0])
    bulk.begin('a', 100_000)
    clock.ms = 6_000
    for (let time = 0; time < 20; time++) bulk.took('a', again())
    is(bulk.begin('b', 100_000), true)
  })

  it('is lost by a peer that brings little, and kept by one that brings enough', () => {
    const { clock, bulk } = turns()
    bulk.begin('a', 100_000)
    clock.ms = 5_000
    is(bulk.begin('b', 100_000), false, 'five seconds are given to everybody')
    clock.ms = 10_000
    bulk.took('a', 2_000)
    is(bulk.begin('b', 100_000), false)
    clock.ms = 10_001
    is(bulk.begin('b', 100_000), true)
    bulk.end('a')
    is(bulk.begin('c', 100_000), false, 'the turn is b’s now, whatever a does')
  })
})
