/** The only member of a network, which agrees with itself and issues, killed with SIGKILL over and over. */
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { killCycles } from './cycles.ts'
import { killInProcesses } from './src/campaigns.js'
import { createTally, describeTally } from './src/tally.js'

const cycles = killCycles.onlyMember

suite('an only member that is killed', (it) => {
  it(
    `${cycles} times while it publishes, finalises and issues loses no event, checkpoint or credential`,
    async () => {
      const tally = createTally()
      equal(await killInProcesses('the only member', { seed: 2027, cycles, tally }), [])
      console.log(`\n${describeTally(tally)}`)
      const { kills, inWrite, acknowledged, recovered, lost } = tally.sum()
      equal({ kills, recovered, lost }, { kills: cycles, recovered: acknowledged, lost: 0 })
      ok(acknowledged > cycles, `only ${acknowledged} events were acknowledged`)
      ok(inWrite > 5 && kills - inWrite > 5, `${inWrite} of ${kills} kills came into a write`)
      for (const when of ['starting', 'publishing', 'finalising', 'issuing'])
        ok(tally.row('the only member', when).kills > 0, when)
    },
    { timeoutMs: 170_000 },
  )
})
