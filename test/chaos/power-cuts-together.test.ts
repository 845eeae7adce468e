/** Four nodes in memory that lose power, one, two or all at a time, and while they catch up. */
import { equal, suite } from '../../packages/workspace/kit.ts'
import { cutPower } from './cut-power.ts'
import { runPowerCuts } from './src/power-cuts.js'
import { createTally } from './src/tally.js'

suite('four nodes that lose power', (it) => {
  it(
    '200 times lose nothing, contradict nothing that they said, and agree in the end',
    () => cutPower('four together', { round: 2_000, cuts: 200 }),
    { timeoutMs: 170_000 },
  )

  it(
    'publish a batch that a cut interrupted once the history behind a snapshot is here (seed 500042)',
    async () => equal((await runPowerCuts({ seed: 500_042, tally: createTally() })).breaches, []),
    { timeoutMs: 60_000 },
  )
})
