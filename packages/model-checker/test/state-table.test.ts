import { equal, is, seeded, suite } from '../../workspace/kit.ts'
import { createStateTable, type Triple } from '../src/state-table.ts'

suite('the table of states', (it) => {
  it('holds each state once, in the order of its coming, whatever its size', () => {
    const random = seeded(20261127)
    const table = createStateTable()
    const expected: Triple[] = []
    const keys = new Set<string>()
    for (let count = 0; count < 200_000; count++) {
      // Few values in two places, so that many states come twice; all 21 bits in the third.
      const state: Triple = [random.int(2) * (2 ** 21 - 1), random.int(2 ** 21), random.int(40) * 52_428]
      const mixed: Triple = count % 3 === 0 ? state : [state[1] % 64, state[0], state[2]]
      const isNew = !keys.has(mixed.join())
      is(table.add(mixed, count), isNew)
      if (!isNew) continue
      keys.add(mixed.join())
      is(table.parentOf(expected.length), count)
      expected.push(mixed)
    }
    is(table.size(), expected.length)
    equal(
      expected.every((state, index) => table.stateAt(index).join() === state.join()),
      true,
    )
  })
})
