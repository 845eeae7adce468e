import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { createBreather } from '../src/breather.js'

suite('a breath between pieces of work', (it) => {
  it('is taken only when the slice of time is used up', async () => {
    const clock = { ms: 0 }
    const breathe = createBreather({ nowMs: () => clock.ms })
    const turns = countTurns()
    for (let piece = 0; piece < 5; piece++) await breathe()
    is(turns.stop(), 0)
    clock.ms = 6
    const later = countTurns()
    await breathe()
    ok(later.stop() > 0)
  })

  it('lets those who wait at the same time go on one a turn, so that their slices do not add up', async () => {
    const clock = { ms: 0 }
    const breathe = createBreather({ nowMs: () => clock.ms })
    clock.ms = 100
    let turn = 0
    const wentOn: number[] = []
    const isOver = { is: false }
    const tick = () => {
      turn++
      if (!isOver.is) setImmediate(tick)
    }
    setImmediate(tick)
    await Promise.all(
      [0, 1, 2].map(async () => {
        await breathe()
        wentOn.push(turn)
        clock.ms += 100
      }),
    )
    isOver.is = true
    is(new Set(wentOn).size, 3, `turns ${wentOn}`)
    equal(
      [...wentOn].sort((a, b) => a - b),
      wentOn,
    )
  })
})

/** Turns of the event loop until `stop`. */
function countTurns(): { stop: () => number } {
  let turns = 0
  let isOver = false
  const tick = () => {
    if (isOver) return
    turns++
    setImmediate(tick)
  }
  setImmediate(tick)
  return {
    stop() {
      isOver = true
      return turns
    },
  }
}
