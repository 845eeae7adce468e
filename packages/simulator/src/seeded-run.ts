/** One whole run from a seed: a time of faults, a calm after it, and the oracles' judgement of both. */
import type { RefuseReason } from '@chirograph/replica'
import { type GenesisParameters, readOrg } from '@chirograph/status'
import { type ActorPlace, actorNames } from './actors/actor-names.js'
import type { Misdeeds } from './cast.js'
import { drawGovernance, isGoverned, openChanges, tendGovernance } from './governance.js'
import { judgeIdle } from './idle-oracle.js'
import { createRandom, type Random } from './random.js'
import { planRestores } from './restoring.js'
import { createSimulation, type Simulation } from './simulation.js'
import { areAllRecovered, tendForked } from './succession.js'
import { createWorkload } from './workload.js'

/** Far above what a calm network takes: seconds, or a heartbeat where a node missed the last decision. */
const calmLimitMsDefault = 600_000

const keyStream = 7
const actorStream = 11
const schemeStream = 13
const governanceStream = 17

/** Of so many runs one has BLS certificates, which take longer to make and check. */
const blsEvery = 8

/** How a run certifies. */
export const certificateNames = ['ed25519', 'bls12-381'] as const
export type CertificateName = (typeof certificateNames)[number]
const timerStream = 19
const idleStream = 23
const restoreStream = 29

/** In so many runs time passes in the end in which nothing happens; where members are Byzantine it never does. */
const idleChance = 0.2

/** A network that is slower than its parameters say: the view timer must grow before anything is decided. */
const shortTimersChance = 0.1
const shortTimeoutMs = [40, 80] as const

/** What was published last is on disk and acknowledged by then. */
const acknowledgedMs = 100

/** What can be left out of a run, to find out what of it a failure needs. */
export const faultNames = [
  'crashes',
  'partitions',
  'loss',
  'duplication',
  'skew',
  'keys',
  'members',
  'timers',
  'restores',
] as const
export type FaultName = (typeof faultNames)[number]

export interface SeededRunOptions {
  readonly seed: number
  /** 4 to 10 by default, chosen by the seed. */
  readonly size?: number
  /** Events that organisations sign during the time of faults. */
  readonly events?: number
  /** Byzantine members; by default the seed says whether there are any and who, at most f. */
  readonly actors?: readonly ActorPlace[]
  readonly without?: readonly FaultName[]
  /** Chosen by the seed by default. */
  readonly certificates?: CertificateName
  /** How long the time of faults is, in virtual milliseconds; chosen by the seed by default. */
  readonly faultsMs?: number
  /** How long, in virtual milliseconds, a calm network may need until everything is final at all nodes. */
  readonly calmLimitMs?: number
}

export interface RunCounts {
  readonly size: number
  readonly crashes: number
  readonly partitions: number
  /** Old backups that were put back. */
  readonly restores: number
  readonly lostBatches: number
  readonly delivered: number
  readonly lost: number
  readonly duplicated: number
  readonly partitioned: number
  readonly published: number
  /** Authors whose key somebody else used, and generations that were begun. */
  readonly forgers: number
  readonly rotations: number
  /** Epochs that were begun after the first. */
  readonly epochs: number
  /** Of these, by a tail of the header that closed the one before. */
  readonly tails: number
  readonly votes: number
  readonly proposals: number
  readonly certificates: number
  readonly checkpoints: number
  readonly signatures: number
  /** 1 where certificates were sums of BLS signatures. */
  readonly withBls: number
  /** Byzantine members; how often an honest node proved that one contradicted itself, as a validator or as an author. */
  readonly actors: number
  readonly equivocationsProven: number
  readonly forksProven: number
  /** Frames and messages of theirs that honest nodes refused. */
  readonly framesRefused: number
  readonly virtualMs: number
  /** Virtual time from the end of the faults until everything was final everywhere. */
  readonly calmMs: number
}

export interface RunReport {
  readonly seed: number
  readonly counts: RunCounts
  readonly actors: readonly ActorPlace[]
  readonly misdeeds: Misdeeds
  readonly digest: string
}

/** A seed that breaks an oracle. The message holds the command that shows it again and the last of the trace. */
export class SimulationFailure extends Error {
  override readonly name = 'SimulationFailure'
  readonly seed: number
  /** What was run, whole: nothing of it is left for the seed to choose. */
  readonly plan: RunPlan
  /** What did not hold. */
  readonly rule: string
  constructor(options: SeededRunOptions, plan: RunPlan, cause: unknown, trace: readonly string[]) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    const who = plan.actors.map(nameOfPlace).join(', ')
    const with_ = who === '' ? '' : `\n\n  with ${who}`
    super(`${what}${with_}\n\n  ${replayCommand(options)}\n\n${trace.join('\n')}`, { cause })
    this.seed = options.seed
    this.plan = plan
    this.rule = what.split(': ').slice(0, 2).join(': ')
  }
}

export type RunPlan = Omit<Required<SeededRunOptions>, 'calmLimitMs'> & Pick<SeededRunOptions, 'calmLimitMs'>

export function nameOfPlace({ name, node }: ActorPlace): string {
  return `${name}@${node}`
}

export function replayCommand(options: SeededRunOptions): string {
  const { seed, size, events, actors, without = [], certificates, faultsMs } = options
  const flags = [
    `--seed ${seed}`,
    size === undefined ? [] : `--size ${size}`,
    events === undefined ? [] : `--events ${events}`,
    actors === undefined ? [] : `--actors ${actors.map(nameOfPlace).join(',') || 'none'}`,
    without.length === 0 ? [] : `--without ${without.join(',')}`,
    certificates === undefined ? [] : `--certificates ${certificates}`,
    faultsMs === undefined ? [] : `--faults-ms ${faultsMs}`,
  ].flat()
  return `npm run simulate -- ${flags.join(' ')}`
}

/** Whom the seed makes Byzantine: nobody in half of the runs, else up to f members. */
export function drawActors(seed: number, size: number): ActorPlace[] {
  const random = createRandom(seed, actorStream)
  if (random.chance(0.5)) return []
  const order = random.shuffle(Array.from({ length: size }, (_, index) => index))
  const count = random.between(1, Math.ceil(size / 3) - 1)
  return order.slice(0, count).map((node) => ({ name: random.pick(actorNames), node }))
}

/** With what the seed certifies. */
export function drawCertificates(seed: number): CertificateName {
  return createRandom(seed, schemeStream).int(blsEvery) === 0 ? 'bls12-381' : 'ed25519'
}

/** Runs a seed to its end. Throws a `SimulationFailure` when something that must hold does not. */
export function runSeed(options: SeededRunOptions): RunReport {
  const random = createRandom(options.seed, 0)
  const size = options.size ?? random.between(4, 10)
  const { calmLimitMs = calmLimitMsDefault, without = [] } = options
  const actors = options.actors ?? drawActors(options.seed, size)
  const certificates = options.certificates ?? drawCertificates(options.seed)
  const has = (fault: FaultName) => !without.includes(fault)
  const latencyFrom = random.between(1, 20)
  // What is left out is drawn all the same, so that the rest stays as it is.
  const latencyMs = [latencyFrom, latencyFrom + random.between(0, 150)] as const
  const loss = random.chance(0.3) ? 0 : random.between(1, 30) / 100
  const duplication = random.chance(0.5) ? 0 : random.between(1, 20) / 100
  const syncMs = [0, random.between(0, 20)] as const
  const skewMsMax = random.between(0, 500)
  const governing = createRandom(options.seed, governanceStream)
  // A Byzantine member's place is that of the genesis, and a thief's key says who may not speak: each is for itself.
  const isGovernedRun = governing.chance(0.5) && actors.length === 0 && has('members')
  const simulation = createSimulation({
    seed: options.seed,
    size,
    links: { latencyMs, loss: has('loss') ? loss : 0, duplication: has('duplication') ? duplication : 0 },
    syncMs,
    skewMsMax: has('skew') ? skewMsMax : 0,
    parameters: has('timers') ? drawTimers(options.seed) : {},
    actors,
    ...(certificates === 'bls12-381' && { certificates }),
    joiners: isGovernedRun ? 1 : 0,
  })
  const drawnFaultsMs = random.between(4_000, 10_000)
  const faultsMs = options.faultsMs ?? drawnFaultsMs
  let { events = 0 } = options
  const done = { crashes: 0, partitions: 0, restores: 0 }
  try {
    planFaults(simulation, { random, faultsMs, done, has })
    events = options.events ?? random.between(4, 10)
    planEvents(simulation, { random, faultsMs, count: events })
    // A stream of its own, so that what else happens in a run does not depend on it.
    const plan = isGovernedRun ? drawGovernance(governing, { size, joiner: size, faultsMs }) : null
    if (plan) tendGovernance(simulation, plan)
    else if (has('keys')) planKeys(simulation, { random: createRandom(options.seed, keyStream), faultsMs })
    if (has('restores')) {
      const restoring = createRandom(options.seed, restoreStream)
      planRestores(simulation, { random: restoring, faultsMs, onRestore: () => done.restores++ })
    }
    simulation.runFor(faultsMs)
    calm(simulation, latencyFrom)
    const endedMs = simulation.nowMs()
    simulation.runFor(acknowledgedMs)
    tendForked(simulation)
    const isOver = () =>
      simulation.isSettled() &&
      (plan === null || isGoverned(simulation, plan)) &&
      areAllRecovered(simulation) &&
      simulation.oracles.areAllAnnounced()
    if (!simulation.runUntil(isOver, { limitMs: calmLimitMs })) {
      throw new Error(
        `liveness: ${calmLimitMs} ms after the faults ended ${[...whatIsOpen(simulation), ...(plan ? openChanges(simulation, plan) : [])].join('; ')}`,
      )
    }
    const recoveredMs = simulation.nowMs()
    // Where timers are too short, a header waits for its FINAL votes longer than its leader's patience: more follow it.
    const isPatient = simulation.genesis.parameters.viewTimeoutMs > shortTimeoutMs[1]
    if (isPatient && actors.length === 0 && createRandom(options.seed, idleStream).chance(idleChance)) {
      judgeIdle(simulation)
      simulation.runUntil(isOver, { limitMs: calmLimitMs })
    }
    if (simulation.refused.some(({ reason }) => !isPassing(reason)))
      throw new Error('publishing: an honest node refused to sign')
    simulation.oracles.auditHistory()
    return {
      seed: options.seed,
      counts: countsOf(simulation, { ...done, endedMs, recoveredMs }),
      actors,
      misdeeds: simulation.misdeeds(),
      digest: simulation.trace.digest(),
    }
  } catch (cause) {
    const plan = { seed: options.seed, size, events, actors, without, certificates, faultsMs }
    const whole = options.calmLimitMs === undefined ? plan : { ...plan, calmLimitMs }
    throw new SimulationFailure(options, whole, cause, simulation.trace.lastLines())
  }
}

function drawTimers(seed: number): Partial<GenesisParameters> {
  const random = createRandom(seed, timerStream)
  return random.chance(shortTimersChance) ? { viewTimeoutMs: random.between(...shortTimeoutMs) } : {}
}

/** Crashes of at most f nodes at once, and partitions of any shape, all of them over when the time of faults is. */
function planFaults(
  simulation: Simulation,
  {
    random,
    faultsMs,
    done,
    has,
  }: {
    random: Random
    faultsMs: number
    done: { crashes: number; partitions: number }
    has: (fault: FaultName) => boolean
  },
): void {
  const { nodes } = simulation
  const size = simulation.genesis.organisations.length
  const faulty = Math.ceil(size / 3) - 1
  for (let crash = random.int(4); crash > 0; crash--) {
    const index = random.int(size)
    const downMs = random.between(50, 4_000)
    simulation.after(random.int(faultsMs), () => {
      const down = nodes.filter((node) => node.replica === undefined).length
      if (nodes[index]?.replica === undefined || down >= faulty || !has('crashes')) return
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
      if (!has('partitions')) return
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
    const index = random.int(simulation.genesis.organisations.length)
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
  // A member whose key is stolen needs a quorum of the others to go on, so it counts as one of the f.
  if (nodes.filter(({ index }) => simulation.isByzantine(index)).length >= Math.ceil(nodes.length / 3) - 1)
    return
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

/** What an unfinished run waits for. */
function whatIsOpen({ nodes, members, forkedIn, isByzantine, isSettled, oracles }: Simulation): string[] {
  const honest = nodes.filter(({ index }) => !isByzantine(index))
  const open = honest.flatMap(({ index, replica }) => {
    if (!replica) return [`node ${index} is down`]
    const { height, view } = replica.final.header.core
    const at = `node ${index}, at height ${height} of view ${view} and in view ${replica.consensus.view},`
    const waits: string[] = isSettled([index]) ? [] : [`${at} lacks an acknowledged event`]
    const accused = honest.filter((one) => replica.accused.has(members[one.index]?.org ?? replica.config.org))
    if (accused.length > 0) waits.push(`${at} accuses ${accused.map((one) => one.index).join(' and ')}`)
    if (replica.stopped && forkedIn.has(replica.config.org)) waits.push(`${at} has stopped signing`)
    for (const one of honest)
      if (readOrg(replica.final.state, members[one.index]?.org ?? replica.config.org)?.frozen)
        waits.push(`${at} holds ${one.index} for frozen`)
    return waits
  })
  return oracles.areAllAnnounced() ? open : [...open, 'a final header is not announced']
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
  simulation: Simulation,
  {
    crashes,
    partitions,
    restores,
    endedMs,
    recoveredMs,
  }: { crashes: number; partitions: number; restores: number; endedMs: number; recoveredMs: number },
): RunCounts {
  const { nodes, members, network, oracles, publishedCount, forkedIn, signaturesChecked, nowMs } = simulation
  const { named, forksFound, refusals, isByzantine } = simulation
  return {
    size: nodes.length,
    crashes,
    partitions,
    restores,
    lostBatches: nodes.reduce((sum, node) => sum + node.lostBatches, 0),
    ...network.counts,
    published: publishedCount(),
    forgers: forkedIn.size,
    rotations: members.reduce(
      (sum, { org }) => sum + (nodes[0]?.replica?.final.cut.get(org)?.generation ?? 0),
      0,
    ),
    epochs: simulation.epoch(),
    ...oracles.counts,
    signatures: signaturesChecked(),
    withBls: simulation.genesis.certificates === undefined ? 0 : 1,
    actors: nodes.filter(({ index }) => isByzantine(index)).length,
    equivocationsProven: [...named.values()].reduce((sum, by) => sum + by.size, 0),
    forksProven: forksFound.size,
    framesRefused: [...refusals.values()].reduce((sum, times) => sum + times, 0),
    virtualMs: nowMs(),
    calmMs: recoveredMs - endedMs,
  }
}
