/** What a campaign makes of its runs: counted, repeated, and made small where they fail. */
import '../../../test/native.ts'
import {
  type RunPlan,
  type RunReport,
  replayCommand,
  runCampaign,
  runSeed,
  type SeededRunOptions,
  SimulationFailure,
  shrink,
} from '@chirograph/simulator'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'

const plan: RunPlan = {
  seed: 5,
  size: 10,
  events: 9,
  faultsMs: 8_000,
  without: [],
  certificates: 'ed25519',
  actors: [
    { name: 'framer', node: 7 },
    { name: 'double-voter', node: 2 },
    { name: 'twins', node: 9 },
  ],
}

const quiet = runSeed({ seed: 1, size: 4, events: 0, faultsMs: 100, actors: [] })

/** A run that fails whenever this holds, and a rule that it breaks. */
function failingWhere(
  isFailing: (plan: RunPlan) => boolean,
  ruleOf: (plan: RunPlan) => string = () => 'agreement',
) {
  return (options: SeededRunOptions): RunReport => {
    const whole = { ...plan, ...options }
    if (!isFailing(whole)) return quiet
    throw new SimulationFailure(options, whole, new Error(`${ruleOf(whole)}: two headers`), [])
  }
}

function failureOf(
  run: (options: SeededRunOptions) => unknown,
  options: SeededRunOptions,
): SimulationFailure {
  try {
    run(options)
  } catch (thrown) {
    if (thrown instanceof SimulationFailure) return thrown
  }
  throw new Error('it did not fail')
}

suite('shrinking a failure', (it) => {
  it('leaves what it needs: one actor, the fewest nodes and events, the shortest time, no other fault', () => {
    const run = failingWhere(
      ({ actors, events, without }) =>
        actors.some(({ name }) => name === 'double-voter') && events >= 2 && !without.includes('loss'),
    )
    const { failure, runs } = shrink(failureOf(run, plan), run)
    equal(failure.plan.actors, [{ name: 'double-voter', node: 2 }])
    is(failure.plan.size, 4)
    is(failure.plan.events, 2)
    ok(failure.plan.faultsMs < 1_000)
    equal([...failure.plan.without].sort(), [
      'crashes',
      'duplication',
      'keys',
      'members',
      'partitions',
      'restores',
      'skew',
      'timers',
    ])
    ok(runs > 0)
  })

  it('never leaves more than f of the members Byzantine', () => {
    const run = failingWhere(({ actors }) => actors.length === 3)
    const { failure } = shrink(failureOf(run, plan), run)
    is(failure.plan.size, 10)
    is(failure.plan.actors.length, 3)
  })

  it('takes no other failure for the same one', () => {
    const run = failingWhere(
      () => true,
      ({ size }) => (size < 10 ? 'liveness' : 'agreement'),
    )
    is(shrink(failureOf(run, plan), run).failure.plan.size, 10)
  })

  it('of a real run ends with a command that shows it again', () => {
    const options = { seed: 3, size: 7, events: 6, calmLimitMs: 0 }
    const { failure } = shrink(failureOf(runSeed, options))
    is(failure.plan.size, 4)
    const again = failureOf(runSeed, failure.plan)
    is(again.rule, failure.rule)
    match(again.message, replayCommand(failure.plan))
  })
})

suite('a campaign', (it) => {
  it('runs one of 100 seeds twice, and counts what each actor did', () => {
    const seeds: number[] = []
    const run = (options: SeededRunOptions): RunReport => {
      seeds.push(options.seed)
      return {
        ...quiet,
        actors: [{ name: 'framer', node: 1 }],
        misdeeds: { framer: { 'votes altered': 2 } },
      }
    }
    const report = runCampaign({ first: 7, count: 101, run })
    is(seeds.length, 103)
    equal(
      [7, 107].map((seed) => seeds.filter((one) => one === seed).length),
      [2, 2],
    )
    is(report.repeated, 2)
    is(report.failed, 0)
    equal(report.misdeeds, { framer: { 'votes altered': 202 } })
    equal(report.runsWith, { framer: 101 })
  })

  it('fails a seed that takes two courses, and names it', () => {
    let courses = 0
    const run = (options: SeededRunOptions) => ({ ...quiet, seed: options.seed, digest: `${courses++}` })
    const failed: string[] = []
    const options = { size: 4, events: 1, faultsMs: 500 }
    const report = runCampaign({
      first: 8,
      count: 2,
      options,
      run,
      onFailure: ({ message }) => failed.push(message),
    })
    is(report.failed, 1)
    match(failed[0] ?? '', 'determinism: seed 8')
    match(failed[0] ?? '', 'npm run simulate -- --seed 8 --size 4 --events 1 --faults-ms 500')
  })

  it('shows a failure with the smallest run that fails in the same way', () => {
    const failed: string[] = []
    const run = failingWhere(({ actors }) => actors.some(({ name }) => name === 'twins'))
    const { seed, ...options } = plan
    runCampaign({
      first: seed,
      count: 1,
      options,
      run,
      onFailure: ({ message }) => failed.push(message),
    })
    match(failed[0] ?? '', '--seed 5 --size 4 --events 0 --actors twins@1 --without crashes')
  })
})
