/** Many seeds in a row: what was done in them, what failed, and whether they take the same course again. */
import type { Misdeeds } from './cast.js'
import {
  nameOfPlace,
  type RunCounts,
  type RunReport,
  replayCommand,
  runSeed,
  type SeededRunOptions,
  SimulationFailure,
} from './seeded-run.js'
import { shrink } from './shrinking.js'

/** Of so many seeds one is run twice. */
const twiceEvery = 100

export interface FailedSeed {
  readonly seed: number
  readonly message: string
  /** The command that shows it at its smallest. */
  readonly command: string
}

export interface CampaignReport {
  readonly seeds: number
  readonly failed: number
  /** Seeds that were run twice and took the same course. */
  readonly repeated: number
  readonly seconds: number
  readonly sum: Readonly<Partial<Record<keyof RunCounts, number>>>
  /** How many runs had each actor in them, by its name. */
  readonly runsWith: Readonly<Record<string, number>>
  readonly misdeeds: Misdeeds
  /** Of all seeds, the longest virtual time until everything was final. */
  readonly slowestCalmMs: number
}

export interface CampaignOptions {
  readonly first: number
  readonly count: number
  readonly options?: Omit<SeededRunOptions, 'seed'>
  readonly onReport?: (report: RunReport) => void
  readonly onFailure?: (failed: FailedSeed) => void
  /** Runs one seed; a `SimulationFailure` is thrown when something that must hold does not. */
  readonly run?: (options: SeededRunOptions) => RunReport
  /** Milliseconds of a clock that only goes forward. */
  readonly clockMs?: () => number
}

export function runCampaign(campaign: CampaignOptions): CampaignReport {
  const { first, count, options = {}, onReport, onFailure, run = runSeed } = campaign
  const { clockMs = () => performance.now() } = campaign
  const startedMs = clockMs()
  const sum: Partial<Record<keyof RunCounts, number>> = {}
  const misdeeds: Record<string, Record<string, number>> = {}
  const runsWith: Record<string, number> = {}
  let [failed, repeated, slowestCalmMs] = [0, 0, 0]

  function runOne(seed: number): RunReport {
    const report = run({ seed, ...options })
    if ((seed - first) % twiceEvery !== 0) return report
    const again = run({ seed, ...options })
    if (again.digest !== report.digest) throw new TwoCourses(seed)
    repeated++
    return report
  }

  for (let seed = first; seed < first + count; seed++) {
    try {
      const report = runOne(seed)
      const { counts, actors } = report
      // The keys of a closed interface whose values are all numbers.
      for (const key of Object.keys(counts) as (keyof RunCounts)[]) sum[key] = (sum[key] ?? 0) + counts[key]
      for (const { name } of new Map(actors.map((place) => [place.name, place])).values())
        runsWith[name] = (runsWith[name] ?? 0) + 1
      addMisdeeds(misdeeds, report.misdeeds)
      slowestCalmMs = Math.max(slowestCalmMs, counts.calmMs)
      onReport?.(report)
    } catch (error) {
      failed++
      onFailure?.(failureOf(error, { seed, ...options }, run))
    }
  }
  const seconds = (clockMs() - startedMs) / 1_000
  return { seeds: count, failed, repeated, seconds, sum, runsWith, misdeeds, slowestCalmMs }
}

/** The same seed took two courses: something in a run comes from elsewhere, and no failure could be shown again. */
class TwoCourses extends Error {
  constructor(seed: number) {
    super(`determinism: seed ${seed} takes another course when it is run again`)
  }
}

function failureOf(
  error: unknown,
  options: SeededRunOptions,
  run: (options: SeededRunOptions) => RunReport,
): FailedSeed {
  const { seed } = options
  if (error instanceof TwoCourses) {
    const command = replayCommand(options)
    return { seed, message: `${error.message}\n\n  ${command}`, command }
  }
  if (!(error instanceof SimulationFailure)) throw error
  const { failure, runs } = shrink(error, run)
  const command = replayCommand(failure.plan)
  const who = failure.plan.actors.map(nameOfPlace).join(', ') || 'nobody Byzantine'
  const shrunk = `The smallest run found in ${runs} that fails in the same way, with ${who}:`
  return { seed, message: `${error.message}\n\n${shrunk}\n\n  ${command}`, command }
}

function addMisdeeds(sum: Record<string, Record<string, number>>, more: Misdeeds): void {
  for (const [name, counts] of Object.entries(more)) {
    const known = sum[name] ?? {}
    sum[name] = known
    for (const [what, times] of Object.entries(counts)) known[what] = (known[what] ?? 0) + times
  }
}
