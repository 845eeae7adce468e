/** A cluster in one thread: production replicas on a virtual clock, network and disks, watched by oracles. */
import { type EventId, toHex } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { type AuthenticEvent, type EventBody, nextKeyHashOf, segmentOf } from '@chirograph/event'
import { type Checkpoint, segmentInput, sessionKeyBytes } from '@chirograph/replica'
import {
  currentLogKey,
  type Genesis,
  type GenesisParameters,
  readClosedGenerations,
  readOrg,
  validatorSetOf,
} from '@chirograph/status'
import { createExchanges } from './exchange.js'
import { type Forgery, forgeBranch } from './forgery.js'
import { createOracles, type Oracles } from './oracles.js'
import { createRandom, type Random } from './random.js'
import { rememberingEd25519 } from './remembering-ed25519.js'
import { createSchedule } from './schedule.js'
import { genesisTimeMs, type SimulatedMember, simulatedGenesis } from './simulated-genesis.js'
import {
  createSimulatedNode,
  type NodeInput,
  type OutwardEffect,
  type SimulatedNode,
} from './simulated-node.js'
import { createTrace, type Trace } from './trace.js'
import { createVirtualNetwork, type LinkFaults, type VirtualNetwork } from './virtual-network.js'
import { createWitness, type Witness } from './witness.js'

/** How long a node hears what others know of its chain before it signs after a restart, and when people try again. */
const hearMembersMs = 2_000
const askAgainMs = 250

/** Correctness never depends on gossip: this often a node compares logs with another one. */
const syncIntervalMs = 5_000

/** Things that happen in one run; far above what any needs. More of them is a storm that feeds itself. */
const stepsMax = 1_000_000

export interface SimulationOptions {
  readonly seed: number
  /** Organisations, all of them validators. */
  readonly size: number
  readonly links?: LinkFaults
  /** How long a synced write takes, in virtual milliseconds. */
  readonly syncMs?: readonly [from: number, to: number]
  /** Each node's clock is ahead of the virtual one by up to this. */
  readonly skewMsMax?: number
  readonly parameters?: Partial<GenesisParameters>
  /** Nodes whose vote record is not certain to be whole: they follow without voting. */
  readonly withoutVoteRecord?: readonly number[]
  /** Nodes that are down until they are started. */
  readonly absent?: readonly number[]
  readonly ed25519?: Ed25519
  /** Sees every message that leaves a node, at its virtual time. */
  readonly onSend?: (sent: {
    readonly from: number
    readonly bytes: Uint8Array
    readonly atMs: number
  }) => void
  readonly onFinal?: (final: {
    readonly node: number
    readonly checkpoint: Checkpoint
    readonly events: readonly AuthenticEvent[]
    readonly atMs: number
  }) => void
}

export interface Simulation
  extends Pick<Witness, 'published' | 'forkedIn' | 'forksFound' | 'publishedCount' | 'refused'> {
  readonly genesis: Genesis
  readonly members: readonly SimulatedMember[]
  readonly nodes: readonly SimulatedNode[]
  readonly network: VirtualNetwork
  readonly oracles: Oracles
  readonly trace: Trace
  readonly random: Random
  readonly signaturesChecked: () => number
  nowMs(): number
  after(delayMs: number, run: () => void): void
  publish(node: number, body: EventBody): void
  /** Takes the next log key of this node's organisation into use. */
  rotate(node: number): void
  forge(forgery: Forgery): void
  crash(node: number): void
  start(node: number): void
  /** Keeps what a node's disk holds now; calling it puts that back and starts the node. */
  backup(node: number): (options: { readonly shows: boolean }) => void
  partition(groups: readonly (readonly number[])[], options?: { readonly isOneWay?: boolean }): void
  heal(): void
  /** Whether every acknowledged event is final at every one of these nodes (all by default). */
  isSettled(nodes?: readonly number[]): boolean
  runFor(durationMs: number): void
  /** False when the limit passed first. */
  runUntil(isDone: () => boolean, options: { readonly limitMs: number }): boolean
}

export const calmLinks: LinkFaults = { latencyMs: [1, 1], loss: 0, duplication: 0 }

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, size, links = calmLinks, syncMs = [0, 0], skewMsMax = 0, parameters = {} } = options
  const { withoutVoteRecord = [], absent = [], onSend, onFinal } = options
  const ed25519 = rememberingEd25519(options.ed25519 ?? fastestEd25519())
  const { genesis, members } = simulatedGenesis({ size, seed, ed25519, parameters })
  const set = validatorSetOf(genesis)
  const schedule = createSchedule()
  const random = createRandom(seed, 1)
  const network = createVirtualNetwork({ schedule, random: createRandom(seed, 2), faults: links })
  const oracles = createOracles({ genesis, set, ed25519 })
  const trace = createTrace()
  const witness = createWitness({ members, oracles, trace, nowMs: schedule.nowMs })
  const indexOfPeer = new Map(members.map(({ peer }, index) => [peer, index]))
  const peerOf = (index: number) => memberAt(index).peer
  const exchanges = createExchanges({
    schedule,
    network,
    latencyMs: () => random.between(...links.latencyMs),
    sessionKey: () => random.bytes(sessionKeyBytes),
    peerOf,
  })
  const asked = new Map<number, () => void>()
  let requests = 0
  let isSettledKnown = false
  let steps = 0

  const signWith = (key: Uint8Array) => (message: Uint8Array) => ed25519.sign({ seed: key, message })
  const signAs = ({ logSeeds }: SimulatedMember) => {
    const seeds = new Map(logSeeds.map((one) => [toHex(ed25519.publicKey(one)), one]))
    return (message: Uint8Array, logKey: Uint8Array) => {
      const own = seeds.get(toHex(logKey))
      if (own === undefined) throw new Error('signed with a key that is nobody’s here')
      return ed25519.sign({ seed: own, message })
    }
  }

  const nodes = members.map((member, index) => {
    const skewMs = random.between(0, skewMsMax)
    return createSimulatedNode(
      index,
      {
        genesis,
        org: member.org,
        signers: { event: signAs(member), vote: signWith(member.voteSeed) },
        ed25519,
        hasVoteRecord: !withoutVoteRecord.includes(index),
      },
      {
        schedule,
        random: createRandom(seed, 100 + index),
        clockMs: () => genesisTimeMs + 1_000 + schedule.nowMs() + skewMs,
        syncMs,
        run,
        onDurable(node, fact) {
          if (fact.kind !== 'checkpoint') return
          const { height, view } = fact.checkpoint.header.core
          trace.note(schedule.nowMs(), `node ${node.index}: height ${height} of view ${view} is final`)
          oracles.finalized(node.index, fact.checkpoint)
          isSettledKnown = false
        },
      },
    )
  })

  function memberAt(index: number): SimulatedMember {
    const member = members[index]
    if (!member) throw new Error(`no member ${index}`)
    return member
  }

  function nodeAt(index: number): SimulatedNode {
    const node = nodes[index]
    if (!node) throw new Error(`no node ${index}`)
    return node
  }

  function nodeOf(peer: string): SimulatedNode {
    const index = indexOfPeer.get(peer)
    if (index === undefined) throw new Error(`no peer ${peer}`)
    return nodeAt(index)
  }

  function run(node: SimulatedNode, effect: OutwardEffect): void {
    switch (effect.kind) {
      case 'send':
        if (witness.isTrusted(node.index))
          oracles.sent(node.index, effect.bytes, (view) => node.disk.durableVotes(view))
        onSend?.({ from: node.index, bytes: effect.bytes, atMs: schedule.nowMs() })
        for (const to of effect.to === null ? nodes : [nodeOf(effect.to)]) {
          if (to !== node)
            deliver(node, to, { kind: 'message', bytes: effect.bytes, from: peerOf(node.index) })
        }
        break
      case 'gossip':
        for (const to of nodes) if (to !== node) deliver(node, to, gossipInput(node, effect))
        break
      case 'announce': {
        const announced = { bytes: segmentOf(effect.event), from: peerOf(node.index), isGossip: true }
        for (const to of nodes) if (to !== node) deliver(node, to, segmentInput(announced))
        break
      }
      case 'sync':
        exchanges.sync(node, nodeOf(effect.peer), effect.hasGap)
        break
      case 'fetch-checkpoints':
        exchanges.fetchCheckpoints(node, nodeOf(effect.peer), effect.fromHeight)
        break
      case 'load': {
        const stored = node.disk.headersAt(effect.slots, effect.id)
        schedule.after(0, () =>
          node.input({ kind: 'loaded', stored, retry: effect.retry, jumps: effect.jumps }),
        )
        break
      }
      case 'look-up': {
        const { ids, jumps } = effect
        const isThere = (id: EventId) => node.disk.event(id) !== undefined
        const [found, absent] = [ids.filter(isThere), ids.filter((id) => !isThere(id))]
        schedule.after(0, () => node.input({ kind: 'looked-up', found, absent, jumps }))
        break
      }
      case 'refused':
        // After a restart a node first hears what others know of its chain; its people try again.
        if (effect.reason === 'own-events-missing') askAgain(node, effect.request)
        else witness.hear(node.index, effect)
        break
      case 'published':
        isSettledKnown = false
        witness.hear(node.index, effect)
        break
      case 'final': {
        const { checkpoint, events } = effect
        witness.hear(node.index, effect)
        onFinal?.({ node: node.index, checkpoint, events, atMs: schedule.nowMs() })
        break
      }
      case 'signing-stopped':
      case 'forked':
      case 'equivocated':
      case 'conflict':
      case 'rejected':
        witness.hear(node.index, effect)
        break
      case 'verdict':
      case 'admitted':
      case 'joined':
        break
    }
  }

  function askAgain(node: SimulatedNode, request: number): void {
    const { life } = node
    schedule.after(askAgainMs, () => {
      if (node.life === life && node.replica) asked.get(request)?.()
    })
  }

  function ask(node: SimulatedNode, input: (request: number) => NodeInput): void {
    const request = requests++
    const send = () => node.input(input(request))
    asked.set(request, send)
    send()
  }

  /** Somebody with an organisation's log key signs a branch behind what is final, and shows it to some of the nodes. */
  function forge(forgery: Forgery): void {
    const { author, to } = forgery
    const { org, logSeeds } = memberAt(author)
    const replica = nodes.find(({ index }) => index === to[0])?.replica
    const row = replica && readOrg(replica.final.state, org)
    if (!row) return
    const { generation: current } = currentLogKey(row)
    const { generation = current } = forgery
    witness.noteForked(org, generation)
    const { networkId } = replica
    const sign = signWith(logSeeds[generation] ?? new Uint8Array())
    const timeMs = genesisTimeMs + schedule.nowMs()
    const closed = readClosedGenerations(replica.final.state, org)
    const behind =
      generation === current ? replica.final.cut.get(org) : (closed[generation]?.last ?? undefined)
    const segments = forgeBranch({ forgery, networkId, author: org, generation, behind, timeMs, sign })
    trace.note(schedule.nowMs(), `somebody signs ${forgery.bodies.length} events as member ${author}`)
    for (const index of to)
      for (const bytes of segments)
        nodeAt(index).input(segmentInput({ bytes, from: peerOf(author), isGossip: true }))
  }

  /** Where the node runs and there is a key left. */
  function rotate(index: number): void {
    const node = nodeAt(index)
    const { logSeeds, org } = memberAt(index)
    const row = node.replica && readOrg(node.replica.final.state, org)
    if (!row) return
    const [key, next] = logSeeds.slice(currentLogKey(row).generation + 1)
    if (key === undefined || next === undefined) return
    const nextKeyHash = nextKeyHashOf(ed25519.publicKey(next))
    ask(node, (request) => ({ kind: 'rotate', request, logKey: ed25519.publicKey(key), nextKeyHash }))
  }

  function deliver(
    from: SimulatedNode,
    to: SimulatedNode,
    input: Parameters<SimulatedNode['input']>[0],
  ): void {
    network.send(from.index, to.index, () => {
      trace.mark(schedule.nowMs(), from.index, to.index, input.kind)
      to.input(input)
    })
  }

  function gossipInput(from: SimulatedNode, { topic, bytes }: Extract<OutwardEffect, { kind: 'gossip' }>) {
    const origin = { bytes, from: peerOf(from.index) }
    if (topic === 'evidence') return { kind: 'evidence', ...origin } as const
    return { kind: 'checkpoint', ...origin, isGossip: true } as const
  }

  /** Both ends learn of a connection, after a moment of their own. */
  function connect(a: SimulatedNode, b: SimulatedNode): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const { life } = one
      schedule.after(random.between(...links.latencyMs), () => {
        if (one.life === life && one.replica && other.replica && network.isReachable(one.index, other.index))
          one.input({ kind: 'connected', peer: peerOf(other.index) })
      })
    }
  }

  function start(index: number): void {
    const node = nodeAt(index)
    trace.note(schedule.nowMs(), `node ${index}: starts`)
    node.start()
    for (const other of nodes) {
      if (other !== node && other.replica && network.isReachable(index, other.index)) connect(node, other)
    }
    const { life } = node
    schedule.after(hearMembersMs, () => {
      if (node.life === life) node.input({ kind: 'heard-all' })
    })
    const syncInTurn = () => {
      if (node.life !== life || !node.replica) return
      const others = nodes.filter((other) => other !== node && other.replica)
      if (others.length > 0) exchanges.sync(node, random.pick(others), false)
      schedule.after(syncIntervalMs, syncInTurn)
    }
    schedule.after(random.between(syncIntervalMs / 2, syncIntervalMs), syncInTurn)
  }

  function heal(): void {
    const cut = nodes.flatMap((a, index) =>
      nodes.slice(index + 1).flatMap((b) => (network.isReachable(a.index, b.index) ? [] : [[a, b] as const])),
    )
    network.heal()
    trace.note(schedule.nowMs(), 'the network heals')
    for (const [a, b] of cut) if (a.replica && b.replica) connect(a, b)
  }

  function isSettled(indices: readonly number[] = nodes.map((_, index) => index)): boolean {
    return indices.every((index) => {
      const cut = nodeAt(index).replica?.final.cut
      return cut && witness.isSettledIn(cut)
    })
  }

  function runNext(endMs: number): boolean {
    if (steps++ > stepsMax) throw new Error(`storm: more than ${stepsMax} steps in one run`)
    return schedule.runNext(endMs)
  }

  for (const { index } of nodes) if (!absent.includes(index)) start(index)

  return {
    genesis,
    members,
    nodes,
    network,
    oracles,
    trace,
    random,
    published: witness.published,
    publishedCount: witness.publishedCount,
    refused: witness.refused,
    signaturesChecked: ed25519.checkedCount,
    nowMs: schedule.nowMs,
    after: schedule.after,
    publish: (node, body) => ask(nodeAt(node), (request) => ({ kind: 'publish', request, body })),
    rotate,
    forge,
    forkedIn: witness.forkedIn,
    forksFound: witness.forksFound,
    crash(index) {
      trace.note(schedule.nowMs(), `node ${index}: crashes`)
      nodeAt(index).crash()
    },
    start,
    backup(index) {
      const putBack = nodeAt(index).disk.backup()
      return (options) => {
        const { org } = memberAt(index)
        trace.note(schedule.nowMs(), `node ${index}: an old backup is put back`)
        if (nodeAt(index).replica) nodeAt(index).crash()
        putBack(options)
        // Its vote record is old too, and it does not know; what it signs of the log is all that can be asked of it.
        if (!options.shows) witness.noteOldVotes(index)
        witness.noteOldCopy(org)
        start(index)
      }
    },
    partition(groups, { isOneWay = false } = {}) {
      const groupOf = new Map(
        groups.flatMap((group, number) => group.map((index) => [index, number] as const)),
      )
      trace.note(
        schedule.nowMs(),
        `partition ${groups.map((group) => group.join('+')).join(' | ')}${isOneWay ? ', one way' : ''}`,
      )
      network.partition((from, to) => {
        const [a, b] = [groupOf.get(from) ?? 0, groupOf.get(to) ?? 0]
        return isOneWay ? a < b : a !== b
      })
    },
    heal,
    isSettled(indices) {
      if (indices) return isSettled(indices)
      isSettledKnown ||= isSettled()
      return isSettledKnown
    },
    runFor(durationMs) {
      const endMs = schedule.nowMs() + durationMs
      while (runNext(endMs)) {}
    },
    runUntil(isDone, { limitMs }) {
      const endMs = schedule.nowMs() + limitMs
      while (!isDone()) if (!runNext(endMs)) return isDone()
      return true
    },
  }
}
