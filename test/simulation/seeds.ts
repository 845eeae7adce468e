/** Runs a share of the seeds; the shares are files of their own so that they run beside each other. */
import '../native.ts'
import { readFileSync } from 'node:fs'
import { runSeed } from '@chirograph/simulator'
import { ok, suite } from '../../packages/workspace/kit.ts'

/** Seeds in each file: what one core works off in half a minute. */
const seedsPerShare = 48

/** Seeds that once showed a fault, and must not again. */
export const regressions: readonly { readonly seed: number; readonly showed: string }[] = JSON.parse(
  readFileSync(new URL('regressions.json', import.meta.url), 'utf8'),
)

export function runShare(share: number): void {
  suite(`simulation, share ${share}`, (it) => {
    const first = share * 10_000
    it(
      `seeds ${first} to ${first + seedsPerShare - 1} agree, stay within H0 to H5, and finalise everything, whoever is Byzantine`,
      () => {
        const sum = { crashes: 0, partitions: 0, lost: 0, duplicated: 0, checkpoints: 0, actors: 0 }
        for (let seed = first; seed < first + seedsPerShare; seed++) {
          const { counts } = runSeed({ seed })
          for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key] // the keys written above
        }
        // A share without these faults would have shown nothing.
        for (const [fault, count] of Object.entries(sum)) ok(count > 20, `too few of ${fault}: ${count}`)
      },
      { timeoutMs: 170_000 },
    )
  })
}
