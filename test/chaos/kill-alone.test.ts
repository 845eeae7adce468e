/** A member whose peers are all away, killed with SIGKILL over and over. */
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { killCycles } from './cycles.ts'
import { killInProcesses } from './src/campaigns.js'
import { createTally, describeTally } from './src/tally.js'

const cycles = killCycles.alone

suite('a member alone that is killed', (it) => {
  it(
    `${cycles} times while it starts and publishes holds all that it acknowledged, at its place`,
    async () => {
      const tally = createTally()
      equal(await killInProcesses('one of four, alone', { seed: 2026, cycles, tally }), [])
      console.log(`\n${describeTally(tally)}`)
      const { kills, inWrite, acknowledged, recovered, lost } = tally.sum()
      equal({ kills, recovered, lost }, { kills: cycles, recovered: acknowledged, lost: 0 })
      ok(acknowledged > cycles, `only ${acknowledged} events were acknowledged`)
      ok(inWrite > 5 && kills - inWrite > 5, `${inWrite} of ${kills} kills came into a write`)
      for (const when of ['starting', 'publishing']) ok(tally.row('one of four, alone', when).kills > 0, when)
      is(tally.rows.length, 2)
    },
    { timeoutMs: 170_000 },
  )

  it('comes, with those that are killed elsewhere, to 200 processes in each run of all tests', () => {
    ok(Object.values(killCycles).reduce((sum, count) => sum + count, 0) >= 200)
  })
})
