/** Four nodes in memory that lose power, one, two or all at a time, and while they catch up. */
import { suite } from '../../packages/workspace/kit.ts'
import { cutPower } from './cut-power.ts'

suite('four nodes that lose power', (it) => {
  it(
    '200 times lose nothing, contradict nothing that they said, and agree in the end',
    () => cutPower('four together', { round: 2_000, cuts: 200 }),
    { timeoutMs: 170_000 },
  )
})
