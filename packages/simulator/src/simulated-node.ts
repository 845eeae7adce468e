/** One node: the production replica with a virtual disk, and its effects run in their order. */
import {
  createReplica,
  type Fact,
  type Replica,
  type ReplicaConfig,
  type ReplicaEffect,
  type ReplicaInput,
  step,
} from '@chirograph/replica'
import { createLanes, type Lanes } from './lanes.js'
import type { Random } from './random.js'
import type { Schedule } from './schedule.js'
import { createVirtualDisk, type VirtualDisk } from './virtual-disk.js'

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never
export type NodeInput = Bare<ReplicaInput>

/** Everything of a replica's effects that is neither disk nor timer. */
export type OutwardEffect = Exclude<ReplicaEffect, { kind: 'persist' } | { kind: 'set-timer' }>

export interface SimulatedNode {
  readonly index: number
  readonly disk: VirtualDisk
  readonly lanes: Lanes
  /** Undefined while the node is down. */
  readonly replica: Replica | undefined
  /** Counts starts; what was begun in another life is over. */
  readonly life: number
  readonly lostBatches: number
  start(): void
  crash(): void
  /** It votes on, whatever it sees of its own votes: no honest node does. */
  neverDoubts(): void
  input(input: NodeInput): void
  /** Runs when everything that is in memory now is durable; `drop` instead when the node crashes before. */
  whenDurable(run: () => void, drop?: () => void): void
}

export interface Step {
  readonly replica: Replica
  readonly effects: readonly ReplicaEffect[]
  /** How many events had come into the log before. */
  readonly arrivals: number
}

export interface NodeEnvironment {
  readonly schedule: Schedule
  readonly random: Random
  readonly clockMs: () => number
  readonly syncMs: readonly [from: number, to: number]
  readonly run: (node: SimulatedNode, effect: OutwardEffect) => void
  readonly onDurable: (node: SimulatedNode, fact: Fact) => void
  /** What came of an input, before any of it is run. */
  readonly onStep: (node: SimulatedNode, step: Step) => void
}

interface ThenEffect {
  readonly kind: 'then'
  readonly run: () => void
  readonly drop: () => void
}

interface Life {
  readonly replica: Replica
  readonly timers: Map<string, number>
  readonly queue: (ReplicaEffect | ThenEffect)[]
  /** The synced batch that the disk works on. */
  writing: readonly Fact[] | null
}

export function createSimulatedNode(
  index: number,
  config: Omit<ReplicaConfig, 'nonce'>,
  environment: NodeEnvironment,
): SimulatedNode {
  const { schedule, random, clockMs, syncMs, run, onDurable, onStep } = environment
  const disk = createVirtualDisk((fact) => onDurable(node, fact))
  let current: Life | undefined
  let lives = 0
  let lostBatches = 0
  let isDoubting = true
  let lanes = createLanes()

  function drain(life: Life): void {
    while (life === current && life.writing === null) {
      const effect = life.queue.shift()
      if (effect === undefined) return
      if (effect.kind === 'persist') persist(life, effect)
      else if (effect.kind === 'set-timer') setTimer(life, effect)
      else if (effect.kind === 'then') effect.run()
      else run(node, effect)
    }
  }

  /** What follows a synced batch waits for the disk; an unsynced one only reaches its cache. */
  function persist(life: Life, { facts, isSynced }: Extract<ReplicaEffect, { kind: 'persist' }>): void {
    const delayMs = isSynced ? random.between(...syncMs) : 0
    if (delayMs === 0) {
      disk.write(facts, { isSynced })
      return
    }
    life.writing = facts
    schedule.after(delayMs, () => {
      if (life !== current) return
      disk.write(facts, { isSynced })
      life.writing = null
      drain(life)
    })
  }

  function setTimer(
    life: Life,
    { timer, view, afterMs }: Extract<ReplicaEffect, { kind: 'set-timer' }>,
  ): void {
    const armed = (life.timers.get(timer) ?? 0) + 1
    life.timers.set(timer, armed)
    schedule.after(afterMs, () => {
      if (life === current && life.timers.get(timer) === armed) node.input({ kind: 'timer', timer, view })
    })
  }

  const node: SimulatedNode = {
    index,
    disk,
    get lanes() {
      return lanes
    },
    get replica() {
      return current?.replica
    },
    get life() {
      return lives
    },
    get lostBatches() {
      return lostBatches
    },
    start() {
      if (current) throw new Error(`node ${index} runs already`)
      lives++
      // Who asks in one life takes no answer to what was asked in another.
      const nonce = (index * 1e6 + lives).toString(16).padStart(32, '0')
      const replica = createReplica({ ...config, nonce }, disk.restore(config.genesis))
      current = { replica, timers: new Map(), queue: [], writing: null }
      node.input({ kind: 'start' })
    },
    crash() {
      if (!current) throw new Error(`node ${index} is down already`)
      const { writing, queue } = current
      lostBatches += disk.crash(random, writing)
      current = undefined
      lanes = createLanes()
      for (const effect of queue) if (effect.kind === 'then') effect.drop()
    },
    neverDoubts() {
      isDoubting = false
    },
    input(input) {
      const life = current
      if (!life) return
      const { replica } = life
      const { arrivals } = replica.log
      const effects = step(replica, { ...input, nowMs: clockMs() } as ReplicaInput) // the input, with its time
      if (!isDoubting && replica.consensus.votesFrom === null) {
        const { config: own } = replica.consensus
        replica.consensus = { ...replica.consensus, votesFrom: 0, config: { ...own, mayVote: true } }
        // A timer that was over long ago: what could be said at this input is said, as if nothing had been seen.
        const past = { kind: 'timer', timer: 'propose', view: -1, nowMs: clockMs() } as const
        effects.push(...step(replica, past))
      }
      onStep(node, { replica, effects, arrivals })
      life.queue.push(...effects)
      drain(life)
    },
    whenDurable(run, drop = () => {}) {
      if (!current) return drop()
      current.queue.push({ kind: 'then', run, drop })
      drain(current)
    },
  }
  return node
}
