import { replayCommand, runSeed, SimulationFailure } from '@chirograph/simulator'
import { is, match, ok, suite } from '../../packages/workspace/kit.ts'
import { regressions } from './seeds.ts'

suite('replaying a seed', (it) => {
  for (const seed of [11, 12, 13]) {
    it(`${seed} takes the same course twice`, () => {
      const [first, second] = [runSeed({ seed }), runSeed({ seed })]
      is(first.digest, second.digest)
      ok(first.counts.votes > 0)
    })
  }

  it('another seed takes another course', () => {
    is.not(runSeed({ seed: 11, size: 4 }).digest, runSeed({ seed: 12, size: 4 }).digest)
  })

  it('a seed that fails names the one command that shows it again, and what happened last', () => {
    let failure: unknown
    try {
      runSeed({ seed: 3, size: 5, events: 6, calmLimitMs: 0 })
    } catch (thrown) {
      failure = thrown
    }
    ok(failure instanceof SimulationFailure)
    match(failure.message, 'liveness')
    match(failure.message, 'npm run simulate -- --seed 3 --size 5 --events 6')
    match(failure.message, /\d+ ms {2}node \d: published/)
    is(replayCommand({ seed: 9 }), 'npm run simulate -- --seed 9')
  })

  for (const { seed, showed } of regressions) {
    it(`seed ${seed} no longer shows that ${showed}`, () => {
      // They were found where nobody was Byzantine, and all certificates were lists.
      ok(runSeed({ seed, actors: [], certificates: 'ed25519' }).counts.checkpoints > 0)
    })
  }
})
