/** Four processes over loopback, killed with SIGKILL in turn, and one again and again while it catches up. */
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { killCycles } from './cycles.ts'
import { killInNetwork } from './src/campaigns.js'
import { createTally, describeTally } from './src/tally.js'

const cycles = killCycles.network
/** Events that the last of them lacks when it comes back. */
const backlog = 2_000

suite('four members that are killed in turn', (it) => {
  it(
    `${cycles} times, and one until it has ${backlog} events that it lacks, agree on everything in the end`,
    async () => {
      const tally = createTally()
      equal(await killInNetwork({ seed: 2028, cycles, backlog, tally }), [])
      console.log(`\n${describeTally(tally)}`)
      const { kills, acknowledged, recovered, lost } = tally.sum()
      equal({ recovered, lost }, { recovered: acknowledged, lost: 0 })
      ok(kills >= cycles)
      ok(acknowledged > backlog, `only ${acknowledged} events were acknowledged`)
      const { inWrite } = tally.sum()
      ok(inWrite > 2 && kills - inWrite > 2, `${inWrite} of ${kills} kills came into a write`)
      ok(tally.row('one of four, together', 'syncing').kills > 2, 'too few were killed while they synced')
    },
    { timeoutMs: 170_000 },
  )
})
