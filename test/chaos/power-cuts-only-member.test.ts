/** The only member of a network, in memory, on disks that lose power: it also agrees with itself, and issues. */
import { suite } from '../../packages/workspace/kit.ts'
import { cutPower } from './cut-power.ts'

suite('an only member that loses power', (it) => {
  it(
    '600 times has kept every event, checkpoint and credential',
    () => cutPower('the only member', { round: 1_000, cuts: 600 }),
    { timeoutMs: 170_000 },
  )
})
