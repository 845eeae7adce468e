/** Cuts the power of nodes in memory until it was cut often enough, and says what that came to. */
import '../native.ts'
import { equal, ok } from '../../packages/workspace/kit.ts'
import { replayCommand } from './src/campaigns.js'
import { type MemoryKind, memoryKinds } from './src/memory-kinds.js'
import { runPowerCuts } from './src/power-cuts.js'
import { createTally, describeTally } from './src/tally.js'

/** The seed says what runs, so that one number shows a run again: every third is of one kind. */
export async function cutPower(
  kind: MemoryKind,
  { round, cuts }: { round: number; cuts: number },
): Promise<void> {
  const tally = createTally()
  const batches = { lost: 0, kept: 0 }
  let snapshots = 0
  const first = round * memoryKinds.length + memoryKinds.indexOf(kind)
  for (let seed = first; tally.sum().kills < cuts; seed += memoryKinds.length) {
    const run = await runPowerCuts({ seed, tally })
    equal(run.breaches, [], `${run.breaches.join('\n')}\nseen again with: ${replayCommand('power', seed)}`)
    batches.lost += run.batchesLost
    batches.kept += run.batchesKept
    snapshots += run.snapshots
  }
  console.log(
    `\n${describeTally(tally)}\n${batches.lost} writes at risk lost, ${batches.kept} kept; ${snapshots} snapshots taken`,
  )
  const { kills, inWrite, acknowledged, recovered, lost } = tally.sum()
  equal({ recovered, lost }, { recovered: acknowledged, lost: 0 })
  ok(acknowledged > cuts, `only ${acknowledged} events were acknowledged`)
  ok(inWrite > cuts / 8 && kills - inWrite > cuts / 8, `${inWrite} of ${kills} cuts came into a write`)
  // Where nothing was at risk nothing is shown.
  ok(batches.lost > cuts / 12 && batches.kept > cuts / 12, 'too few writes were at risk')
  if (kind === 'four together') ok(snapshots > 5, 'too few were so far behind that they took a snapshot')
}
