/** Makes a failing run smaller, as long as the same rule still breaks: what is left is what the failure needs. */
import {
  type FaultName,
  faultNames,
  type RunPlan,
  runSeed,
  type SeededRunOptions,
  SimulationFailure,
} from './seeded-run.js'

/** A run that does not end costs seconds; this many are a minute or two. */
const runsMax = 60

const sizeMin = 4
const faultsMsMin = 500

export interface Shrunk {
  /** The smallest run that was found to fail in the same way. */
  readonly failure: SimulationFailure
  /** How many runs that took. */
  readonly runs: number
}

/** `run` throws a `SimulationFailure` when something that must hold does not. */
export function shrink(
  failure: SimulationFailure,
  run: (options: SeededRunOptions) => unknown = runSeed,
): Shrunk {
  let smallest = failure
  let runs = 0
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false
    for (const plan of smallerThan(smallest.plan)) {
      if (runs >= runsMax) return { failure: smallest, runs }
      runs++
      const failed = failureOf(plan, run)
      if (failed?.rule !== failure.rule) continue
      smallest = failed
      isSmaller = true
      break
    }
  }
  return { failure: smallest, runs }
}

function failureOf(
  plan: RunPlan,
  run: (options: SeededRunOptions) => unknown,
): SimulationFailure | undefined {
  try {
    run(plan)
    return undefined
  } catch (thrown) {
    if (thrown instanceof SimulationFailure) return thrown
    throw thrown
  }
}

/** One step smaller each; what makes most of a difference to a reader first. */
function* smallerThan(plan: RunPlan): Generator<RunPlan> {
  if (plan.certificates !== 'ed25519') yield { ...plan, certificates: 'ed25519' }
  for (const left of plan.actors) yield { ...plan, actors: plan.actors.filter((place) => place !== left) }
  for (const size of sizesBelow(plan.size)) {
    const actors = plan.actors.map(({ name, node }) => ({ name, node: node % size }))
    const areApart = new Set(actors.map(({ node }) => node)).size === actors.length
    // With more than f of them nothing is promised.
    if (areApart && actors.length <= Math.ceil(size / 3) - 1) yield { ...plan, size, actors }
  }
  for (const fault of faultNames) {
    const without: FaultName[] = [...plan.without, fault]
    if (!plan.without.includes(fault)) yield { ...plan, without }
  }
  for (const events of [0, Math.floor(plan.events / 2), plan.events - 1])
    if (events >= 0 && events < plan.events) yield { ...plan, events }
  const faultsMs = Math.floor(plan.faultsMs / 2)
  if (faultsMs >= faultsMsMin) yield { ...plan, faultsMs }
}

function sizesBelow(size: number): number[] {
  return [...new Set([sizeMin, Math.floor((sizeMin + size) / 2), size - 1])].filter(
    (smaller) => smaller >= sizeMin && smaller < size,
  )
}
