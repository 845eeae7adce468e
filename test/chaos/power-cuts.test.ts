/** Nodes alone, in memory, on disks that lose power; and that faults of a disk are found in this way. */
import '../native.ts'
import type { Store } from '@chirograph/interface'
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { cutPower } from './cut-power.ts'
import { runPowerCuts, type Sabotage } from './src/power-cuts.js'
import { createTally } from './src/tally.js'

suite('a node that loses power', (it) => {
  it(
    'alone among four, 1,200 times, has kept every event that it acknowledged or showed',
    () => cutPower('a member alone', { round: 1_000, cuts: 1_200 }),
    { timeoutMs: 120_000 },
  )

  it('does the same again with the same seed', async () => {
    for (const seed of [3, 4, 5]) {
      const runs = []
      for (let time = 0; time < 2; time++) {
        const tally = createTally()
        runs.push({ run: await runPowerCuts({ seed, tally }), rows: tally.rows })
      }
      ok((runs[0]?.run.cuts ?? 0) > 0)
      equal(runs[0], runs[1], `seed ${seed}`)
    }
  })
})

const sabotages: readonly (readonly [string, Sabotage])[] = [
  [
    'says that it synced, and did not',
    (store: Store) => ({ ...store, batch: (ops) => store.batch(ops, { sync: false }) }),
  ],
  [
    'writes a batch in two halves, the second one first',
    (store: Store) => ({
      ...store,
      async batch(ops, options) {
        const half = ops.length >> 1
        await store.batch(ops.slice(half), options)
        await store.batch(ops.slice(0, half), options)
      },
    }),
  ],
]

suite('power cuts', (it) => {
  for (const [fault, sabotage] of sabotages) {
    it(`show a disk that ${fault}`, async () => {
      const breaches: string[] = []
      for (let seed = 0; seed < 30 && breaches.length === 0; seed++) {
        if (seed % 3 === 2) continue // one node is enough to show it
        breaches.push(...(await runPowerCuts({ seed, tally: createTally(), sabotage })).breaches)
      }
      ok(breaches.length > 0, 'nobody noticed')
    })
  }
})
