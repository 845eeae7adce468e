/** Four processes behind proxies that delay, lose, part and silence, while members stand still, end, or lose their disk. */
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { onFaultyNetwork } from './src/campaigns.js'
import { networkFaults } from './src/faulty-network.js'
import { createTally, describeTally } from './src/tally.js'

const kinds = Object.keys(networkFaults)

suite('four members on a faulty network', (it) => {
  it(
    `meet each of ${kinds.length} faults, agree in the end, and hold the same on their disks`,
    async () => {
      const tally = createTally()
      equal(await onFaultyNetwork({ seed: 2031, cycles: kinds.length, size: 4, tally }), [])
      console.log(`\n${describeTally(tally)}`)
      for (const kind of kinds) is(tally.row('one of 4, on a faulty network', kind).kills, 1, kind)
      const { acknowledged, recovered, lost } = tally.sum()
      is(lost, 0)
      ok(recovered > 0 && acknowledged >= recovered, `${recovered} of ${acknowledged}`)
    },
    { timeoutMs: 170_000 },
  )
})
