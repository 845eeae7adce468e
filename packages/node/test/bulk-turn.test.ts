import { equal, is, suite } from '../../workspace/kit.ts'
import { createBulkTurn } from '../src/bulk-turn.js'

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
