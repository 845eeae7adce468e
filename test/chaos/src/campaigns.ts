/** The campaigns that there are: what each puts nodes through, and the command that shows a breach again. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDiskFaults } from './disk-faults.js'
import { faultyNetwork, networkFaults } from './faulty-network.js'
import { type AloneKind, killAlone, type CampaignOptions as ProcessCampaignOptions } from './kill-alone.js'
import { killNetwork } from './kill-network.js'
import { runPowerCuts } from './power-cuts.js'
import { createProcesses, type Processes } from './processes.js'
import { createTally, type Tally } from './tally.js'

export const campaignNames = ['kill', 'network', 'faults', 'power', 'disk'] as const
export type CampaignName = (typeof campaignNames)[number]

export interface CampaignReport {
  readonly name: CampaignName
  readonly seed: number
  readonly cycles: number
  readonly seconds: number
  readonly tally: Tally
  /** Of batches that were not synced, those that power cuts took, and those they left; 0 for other campaigns. */
  readonly batchesLost: number
  readonly batchesKept: number
  /** What did not hold, and how to see it again; empty when everything did. */
  readonly breaches: readonly string[]
}

export interface CampaignOptions {
  readonly seed: number
  readonly cycles: number
  /** Told the number of cycles that are over. */
  readonly onCycles?: (done: number) => void
}

/** Runs at least so many cycles, or up to the first breach. */
export async function runCampaign(name: CampaignName, options: CampaignOptions): Promise<CampaignReport> {
  const startedMs = performance.now()
  const tally = createTally()
  const { seed } = options
  const outcome = await campaigns[name]({ ...options, tally })
  const seconds = (performance.now() - startedMs) / 1000
  return { name, seed, tally, seconds, cycles: tally.sum().kills, batchesLost: 0, batchesKept: 0, ...outcome }
}

interface Outcome {
  readonly breaches: readonly string[]
  readonly batchesLost?: number
  readonly batchesKept?: number
}

type Campaign = (options: CampaignOptions & { readonly tally: Tally }) => Promise<Outcome>

/** Events that the late member of a network lacks. */
const backlog = 3_000
/** Kills in one network before another is founded: start-up reads the whole history. */
const killsPerNetwork = 50
/** Faults on one network: each kind three times. */
const faultsPerNetwork = 3 * Object.keys(networkFaults).length

const campaigns: Record<CampaignName, Campaign> = {
  async kill({ cycles, ...options }) {
    const half = Math.ceil(cycles / 2)
    const alone = await killInProcesses('one of four, alone', { ...options, cycles: half })
    if (alone.length > 0) return { breaches: alone }
    return { breaches: await killInProcesses('the only member', { ...options, cycles: half }) }
  },
  async network({ cycles, seed, ...options }) {
    for (let round = 0; options.tally.sum().kills < cycles; round++) {
      const left = Math.min(killsPerNetwork, cycles - options.tally.sum().kills)
      const breaches = await killInNetwork({ ...options, seed: seed + round, cycles: left, backlog })
      if (breaches.length > 0) return { breaches }
    }
    return { breaches: [] }
  },
  async faults({ cycles, seed, ...options }) {
    for (let round = 0; options.tally.sum().kills < cycles; round++) {
      const left = Math.min(faultsPerNetwork, cycles - options.tally.sum().kills)
      // Four and seven: one that may be faulty, and two.
      const size = round % 2 === 0 ? 4 : 7
      const breaches = await onFaultyNetwork({ ...options, seed: seed + round, cycles: left, size })
      if (breaches.length > 0) return { breaches }
    }
    return { breaches: [] }
  },
  power: ({ seed, cycles, tally, onCycles }) =>
    runSeeds('power', { seed, cycles, tally, onCycles }, async (one) => {
      const { cuts, ...outcome } = await runPowerCuts({ seed: one, tally })
      return { ...outcome, cycles: cuts }
    }),
  disk: ({ seed, cycles, tally, onCycles }) =>
    runSeeds('disk', { seed, cycles, tally, onCycles }, async (one) => {
      const { faults, breaches } = await runDiskFaults({ seed: one, tally })
      return { breaches, cycles: faults }
    }),
}

type Told = CampaignOptions & { readonly tally: Tally }

/** Kills one process after the other. */
export function killInProcesses(kind: AloneKind, options: Told): Promise<readonly string[]> {
  return inProcesses({ isWired: false }, options, (given) => killAlone(kind, given))
}

/** Kills members of a network of four; `backlog` events are what the last of them lacks. */
export function killInNetwork({
  backlog,
  ...options
}: Told & { readonly backlog: number }): Promise<readonly string[]> {
  return inProcesses({ isWired: true }, options, (given) => killNetwork({ ...given, backlog }))
}

/** Members of a network behind proxies that do what a bad network does. */
export function onFaultyNetwork({
  size,
  ...options
}: Told & { readonly size: number }): Promise<readonly string[]> {
  return inProcesses({ isWired: true }, options, (given) => faultyNetwork({ ...given, size }))
}

/** Runs with processes of its own, on a directory that is removed unless it shows a breach. */
async function inProcesses(
  { isWired }: { readonly isWired: boolean },
  { onCycles, ...options }: Told,
  run: (given: ProcessCampaignOptions & { readonly processes: Processes }) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const processes = await createProcesses({ ahead: 1, isWired })
  try {
    return await inDirectory((directory) =>
      run({ ...options, directory, processes, onCycle: () => onCycles?.(options.tally.sum().kills) }),
    )
  } finally {
    await processes.dispose()
  }
}

async function inDirectory(
  run: (directory: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-chaos-'))
  const breaches = await run(directory)
  if (breaches.length === 0) await rm(directory, { recursive: true })
  return breaches
}

/** One run for each seed, until they have put enough behind them. */
async function runSeeds(
  name: CampaignName,
  { seed, cycles, tally, onCycles }: CampaignOptions & { readonly tally: Tally },
  run: (seed: number) => Promise<Outcome & { readonly cycles: number }>,
): Promise<Outcome> {
  const sum = { batchesLost: 0, batchesKept: 0 }
  for (let one = seed, done = 0; done < cycles; one++) {
    const outcome = await run(one)
    sum.batchesLost += outcome.batchesLost ?? 0
    sum.batchesKept += outcome.batchesKept ?? 0
    done += outcome.cycles
    onCycles?.(tally.sum().kills)
    if (outcome.breaches.length > 0)
      return { ...sum, breaches: [...outcome.breaches, `seen again with: ${replayCommand(name, one)}`] }
  }
  return { ...sum, breaches: [] }
}

export function replayCommand(name: CampaignName, seed: number): string {
  return `npm run chaos -- ${name} --seed ${seed} --cycles 1`
}
