/** One whole run from a seed: a time of faults, a calm after it, and the oracles' judgement of both. */
import type { RefuseReason } from '@chirograph/replica'
import { createRandom, type Random } from './random.js'
import { createSimulation, type Simulation } from './simulation.js'
import { areAllRecovered, tendForked } from './succession.js'
import { createWorkload } from './workload.js'

/** Far above what a calm network takes: seconds, or a heartbeat where a node missed the last decision. */
const calmLimitMsDefault = 600_000

const keyStream = 7

/** What was published last is on disk and acknowledged by then. */
const acknowledgedMs = 100

export interface SeededRunOptions {
  readonly seed: number
  /** 4 to 10 by default, chosen by the seed. */
  readonly size?: number
  /** Events that organisations sign during the time of faults. */
  readonly events?: number
  /** How long, in virtual milliseconds, a calm network may need until everything is final at all nodes. */
  readonly calmLimitMs?: number
}

export interface RunCounts {
  readonly size: number
  readonly crashes: number
  readonly partitions: number
  readonly lostBatches: number
  readonly delivered: number
  readonly lost: number
  readonly duplicated: number
  readonly partitioned: number
  readonly published: number
  /** Authors whose key somebody else used, and generations that were begun. */
  readonly forgers: number
  readonly rotations: number
  readonly votes: number
  readonly proposals: number
  readonly certificates: number
  readonly checkpoints: number
  readonly signatures: number
  readonly virtualMs: number
  /** Virtual time from the end of the faults until everything was final everywhere. */
  readonly calmMs: number
}

export interface RunReport {
  readonly seed: number
  readonly counts: RunCounts
  readonly digest: string
}

/** A seed that breaks an oracle. The message holds the command that shows it again and the last of the trace. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure'
  readonly seed: number
  constructor(options: SeededRunOptions, cause: unknown, trace: readonly string[]) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    super(`${what}\n\n  ${replayCommand(options)}\n\n${trace.join('\n')}`, { cause })
    this.seed = options.seed
  }
}

export function replayCommand({ seed, size, events }: SeededRunOptions): string {
  const sized = size === undefined ? '' : ` --size ${size}`
  const counted = events === undefined ? '' : ` --events ${events}`
  return `npm run simulate -- --seed ${seed}${sized}${counted}`
}

/** Runs a seed to its end. Throws a `SimulationFailure` when something that must hold does not. */
export function runSeed(options: SeededRunOptions): RunReport {
  const random = createRandom(options.seed, 0)
  const size = options.size ?? random.between(4, 10)
  const { calmLimitMs = calmLimitMsDefault } = options
  const latencyFrom = random.between(1, 20)
  const simulation = createSimulation({
    seed: options.seed,
    size,
    links: {
      latencyMs: [latencyFrom, latencyFrom + random.between(0, 150)],
      loss: random.chance(0.3) ? 0 : random.between(1, 30) / 100,
      duplication: random.chance(0.5) ? 0 : random.between(1, 20) / 100,
    },
    syncMs: [0, random.between(0, 20)],
    skewMsMax: random.between(0, 500),
  })
  const done = { crashes: 0, partitions: 0 }
  try {
    const faultsMs = random.between(4_000, 10_000)
    planFaults(simulation, { random, faultsMs, done })
    planEvents(simulation, { random, faultsMs, count: options.events ?? random.between(4, 10) })
    // A stream of its own, so that what else happens in a run does not depend on it.
    planKeys(simulation, { random: createRandom(options.seed, keyStream), faultsMs })
    simulation.runFor(faultsMs)
    calm(simulation, latencyFrom)
    const endedMs = simulation.nowMs()
    simulation.runFor(acknowledgedMs)
    tendForked(simulation)
    const isOver = () =>
      simulation.isSettled() && areAllRecovered(simulation) && simulation.oracles.areAllAnnounced()
    if (!simulation.runUntil(isOver, { limitMs: calmLimitMs })) {
      throw new Error(
        `liveness: ${calmLimitMs} ms after the faults ended something is still not final everywhere`,
      )
    }
    if (simulation.refused.some(({ reason }) => !isPassing(reason)))
      throw new Error('publishing: an honest node refused to sign')
    simulation.oracles.auditHistory()
    return {
      seed: options.seed,
      counts: countsOf(simulation, { ...done, endedMs }),
      digest: simulation.trace.digest(),
    }
  } catch (cause) {
    throw new SimulationFailure(options, cause, simulation.trace.lastLines())
  }
}

/** Crashes of at most f nodes at once, and partitions of any shape, all of them over when the time of faults is. */
function planFaults(
  simulation: Simulation,
  {
    random,
    faultsMs,
    done,
  }: { random: Random; faultsMs: number; done: { crashes: number; partitions: number } },
): void {
  const { nodes } = simulation
  const faulty = Math.ceil(nodes.length / 3) - 1
  for (let crash = random.int(4); crash > 0; crash--) {
    const index = random.int(nodes.length)
    const downMs = random.between(50, 4_000)
    simulation.after(random.int(faultsMs), () => {
      const down = nodes.filter((node) => node.replica === undefined).length
      if (nodes[index]?.replica === undefined || down >= faulty) return
      done.crashes++
      simulation.crash(index)
      // The end of the faults may have brought it back before.
      simulation.after(downMs, () => {
        if (nodes[index]?.replica === undefined) simulation.start(index)
      })
    })
  }
  for (let partition = random.int(3), fromMs = 0; partition > 0; partition--) {
    fromMs += random.int(faultsMs / 2)
    if (fromMs >= faultsMs) return
    const order = random.shuffle(nodes.map((_, index) => index))
    const split = random.between(1, nodes.length - 1)
    const isOneWay = random.chance(0.2)
    simulation.after(fromMs, () => {
      done.partitions++
      simulation.partition([order.slice(0, split), order.slice(split)], { isOneWay })
    })
    fromMs += random.between(100, 4_000)
    simulation.after(Math.min(fromMs, faultsMs), () => simulation.heal())
  }
}

function planEvents(
  simulation: Simulation,
  { random, faultsMs, count }: { random: Random; faultsMs: number; count: number },
): void {
  const workload = createWorkload(random)
  for (let event = 0; event < count; event++) {
    const index = random.int(simulation.nodes.length)
    const body = workload.next(index)
    simulation.after(random.int(faultsMs), () => {
      if (simulation.nodes[index]?.replica) simulation.publish(index, body)
    })
  }
}

/** Institutions rotate their keys, and thieves use them: branches that different nodes see, signed here and there. */
function planKeys(simulation: Simulation, { random, faultsMs }: { random: Random; faultsMs: number }): void {
  const { nodes } = simulation
  const indices = nodes.map(({ index }) => index)
  for (let rotation = random.chance(0.3) ? random.between(1, 2) : 0; rotation > 0; rotation--) {
    const index = random.pick(indices)
    simulation.after(random.int(faultsMs), () => simulation.rotate(index))
  }
  if (!random.chance(0.3)) return
  const author = random.pick(indices)
  const workload = createWorkload(random)
  const order = random.shuffle(indices)
  const split = random.between(1, order.length - 1)
  const sides = random.chance(0.7) ? [order.slice(0, split), order.slice(split)] : [order.slice(0, split)]
  const atMs = random.int(faultsMs)
  for (const to of sides) {
    const bodies = Array.from({ length: random.between(1, 4) }, () => workload.next(author))
    const forgery = { author, to, bodies, isEachSigned: random.chance(0.5) }
    simulation.after(atMs + random.int(500), () => simulation.forge(forgery))
  }
}

/** What an honest node says to a rotation that comes too early. */
function isPassing(reason: RefuseReason): boolean {
  return reason === 'own-events-pending' || reason === 'rotation-pending'
}

/** The faults end: links are good, partitions heal, and whoever is down comes back. */
function calm(simulation: Simulation, latencyMs: number): void {
  simulation.network.setFaults({ latencyMs: [latencyMs, latencyMs], loss: 0, duplication: 0 })
  simulation.heal()
  for (const { index, replica } of simulation.nodes) if (replica === undefined) simulation.start(index)
}

function countsOf(
  { nodes, members, network, oracles, publishedCount, forkedIn, signaturesChecked, nowMs }: Simulation,
  { crashes, partitions, endedMs }: { crashes: number; partitions: number; endedMs: number },
): RunCounts {
  return {
    size: nodes.length,
    crashes,
    partitions,
    lostBatches: nodes.reduce((sum, node) => sum + node.lostBatches, 0),
    ...network.counts,
    published: publishedCount(),
    forgers: forkedIn.size,
    rotations: members.reduce(
      (sum, { org }) => sum + (nodes[0]?.replica?.final.cut.get(org)?.generation ?? 0),
      0,
    ),
    ...oracles.counts,
    signatures: signaturesChecked(),
    virtualMs: nowMs(),
    calmMs: nowMs() - endedMs,
  }
}
