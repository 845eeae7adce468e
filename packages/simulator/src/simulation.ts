/** A cluster in one thread: production replicas on a virtual clock, network and disks, watched by oracles. */
import { type EventId, toHex } from '@chirograph/codec'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import { fastestBls, fastestEd25519 } from '@chirograph/crypto-native'
import { type AuthenticEvent, type EventBody, nextKeyHashOf, segmentOf } from '@chirograph/event'
import { type Checkpoint, segmentInput, sessionKeyBytes } from '@chirograph/replica'
import {
  currentLogKey,
  type Genesis,
  type GenesisParameters,
  readClosedGenerations,
  readOrg,
  validatorSetOf,
  voteSignerOfSeed,
} from '@chirograph/status'
import type { Delivery } from './actors/actor.js'
import type { ActorPlace } from './actors/actor-names.js'
import { breach } from './breach.js'
import { type Cast, createCast } from './cast.js'
import { createCertaintyOracle } from './certainty-oracle.js'
import { createEpochBook } from './epoch-book.js'
import { createExchanges } from './exchange.js'
import { judgeFairness } from './fairness-oracle.js'
import { type Forgery, forgeBranch } from './forgery.js'
import { judgeMemory } from './memory-oracle.js'
import { createOracles, type Oracles } from './oracles.js'
import { createRandom, type Random } from './random.js'
import { rememberingBls } from './remembering-bls.js'
import { rememberingEd25519 } from './remembering-ed25519.js'
import { createSchedule } from './schedule.js'
import { genesisTimeMs, type SimulatedMember, simulatedGenesis } from './simulated-genesis.js'
import {
  createSimulatedNode,
  type NodeInput,
  type OutwardEffect,
  type SimulatedNode,
} from './simulated-node.js'
import { createSpreadingOracle } from './spreading-oracle.js'
import { createTrace, type Trace } from './trace.js'
import { createVirtualNetwork, type LinkFaults, type VirtualNetwork } from './virtual-network.js'
import { judgeVouching } from './vouching-oracle.js'
import { createWitness, type Witness } from './witness.js'

/** How long a node hears what others know of its chain before it signs after a restart, and when people try again. */
const hearMembersMs = 2_000
const askAgainMs = 250

/** Correctness never depends on gossip: this often a node compares logs with another one. */
const syncIntervalMs = 5_000

/** What replicas hold is judged this often. */
const judgeMemoryMs = 1_000

/** A peer that nobody talks to is given up after this long. */
const unreachableMs = 500

/** Things that happen in one run; far above what any needs. More of them is a storm that feeds itself. */
const stepsMax = 1_000_000

export interface SimulationOptions {
  readonly seed: number
  /** Organisations of the genesis, all of them validators. */
  readonly size: number
  /** Institutions that are not in the genesis: their nodes come behind the others and observe at first. */
  readonly joiners?: number
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
  /** Byzantine members: at most f of them, or nothing is promised. */
  readonly actors?: readonly ActorPlace[]
  readonly ed25519?: Ed25519
  readonly certificates?: Genesis['certificates']
  readonly bls?: Bls
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
  extends Pick<
      Witness,
      | 'published'
      | 'applications'
      | 'forkedIn'
      | 'forksFound'
      | 'named'
      | 'refusals'
      | 'publishedCount'
      | 'refused'
    >,
    Pick<Cast, 'isByzantine' | 'misdeeds'> {
  readonly genesis: Genesis
  readonly members: readonly SimulatedMember[]
  readonly nodes: readonly SimulatedNode[]
  readonly network: VirtualNetwork
  readonly oracles: Oracles
  readonly trace: Trace
  readonly random: Random
  readonly signaturesChecked: () => number
  /** The newest epoch that a node has begun. */
  epoch(): number
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
  /** Whether every acknowledged event is final at every one of these nodes (all honest ones by default). */
  isSettled(nodes?: readonly number[]): boolean
  runFor(durationMs: number): void
  /** False when the limit passed first. */
  runUntil(isDone: () => boolean, options: { readonly limitMs: number }): boolean
}

export const calmLinks: LinkFaults = { latencyMs: [1, 1], loss: 0, duplication: 0 }

export function createSimulation(options: SimulationOptions): Simulation {
  const { seed, size, links = calmLinks, syncMs = [0, 0], skewMsMax = 0, parameters = {} } = options
  const { withoutVoteRecord = [], absent = [], actors = [], joiners = 0 } = options
  const { certificates, onSend, onFinal } = options
  const ed25519 = rememberingEd25519(options.ed25519 ?? fastestEd25519())
  const bls = certificates && rememberingBls(options.bls ?? fastestBls())
  const { genesis, members } = simulatedGenesis({
    size,
    seed,
    ed25519,
    parameters,
    joiners,
    ...(certificates && { certificates }),
    ...(bls && { bls }),
  })
  const set = validatorSetOf(genesis)
  const book = createEpochBook({ first: set, orgs: members.map(({ org }) => org) })
  const schedule = createSchedule()
  const random = createRandom(seed, 1)
  const network = createVirtualNetwork({ schedule, random: createRandom(seed, 2), faults: links })
  const trace = createTrace()
  const indexOfPeer = new Map(members.map(({ peer }, index) => [peer, index]))
  const peerOf = (index: number) => memberAt(index).peer
  const cast = createCast(actors, {
    seed,
    genesis,
    set,
    members,
    ed25519,
    bls,
    schedule,
    replica: (member) => nodeAt(member).replica,
    publish: (member, body) => publish(member, body),
    post: (member, deliveries) => post(nodeAt(member), deliveries),
    tell: (member, input) => nodeAt(member).input(input),
    askSync: (member, asked, request) => exchanges.probe(member, nodeAt(asked), request),
  })
  const { isByzantine } = cast
  const oracles = createOracles({ genesis, book, ed25519, bls, ...(actors.length > 0 && { isByzantine }) })
  const witness = createWitness({ members, book, oracles, trace, isByzantine, nowMs: schedule.nowMs })
  const faulty = () => cast.size + witness.untrustedCount()
  const certainty = createCertaintyOracle({ setOf: book.setOf, faulty })
  const spreading = createSpreadingOracle()
  const exchanges = createExchanges({
    schedule,
    network,
    latencyMs: () => random.between(...links.latencyMs),
    sessionKey: () => random.bytes(sessionKeyBytes),
    peerOf,
    filter: cast,
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

  const voteAs = ({ voteSeed, nextVoteSeed, voteKeys }: SimulatedMember) => {
    const seeds = new Map([
      [voteKeys[0], voteSignerOfSeed(voteSeed, { certificates, ed25519, bls })],
      [voteKeys[1], voteSignerOfSeed(nextVoteSeed, { certificates, ed25519, bls })],
    ])
    return (message: Uint8Array, consensusKey: Uint8Array) => {
      const own = seeds.get(toHex(consensusKey))
      if (own === undefined) throw new Error('voted with a key that is not the node’s')
      return own(message)
    }
  }

  const makeNode = (
    member: SimulatedMember,
    index: number,
    { skewMs, stream }: { skewMs: number; stream: number },
  ) =>
    createSimulatedNode(
      index,
      {
        genesis,
        org: member.org,
        signers: { event: signAs(member), vote: voteAs(member) },
        ed25519,
        bls,
        hasVoteRecord: !withoutVoteRecord.includes(index),
      },
      {
        schedule,
        random: createRandom(seed, stream + index),
        clockMs: () => genesisTimeMs + 1_000 + schedule.nowMs() + skewMs,
        syncMs,
        run,
        onDurable(node, fact) {
          if (fact.kind !== 'checkpoint' || isByzantine(node.index)) return
          book.note(node.index, fact)
          const latestMs = genesisTimeMs + 1_000 + schedule.nowMs() + skewMsMax
          if (fact.checkpoint.header.core.timeMs > latestMs + genesis.parameters.clockBoundMs)
            breach('H3', `node ${node.index} has a final header of a time that is still to come`)
          const { height, view } = fact.checkpoint.header.core
          trace.note(schedule.nowMs(), `node ${node.index}: height ${height} of view ${view} is final`)
          oracles.finalized(node.index, fact.checkpoint)
          isSettledKnown = false
        },
        onStep(node, step) {
          if (!isByzantine(node.index)) judgeFairness(node.index, step, unforked())
        },
      },
    )
  const unforked = () =>
    members.flatMap(({ org }, index) => (isByzantine(index) || witness.forkedIn.has(org) ? [] : [org]))
  const nodes = members.map((member, index) =>
    makeNode(member, index, { skewMs: random.between(0, skewMsMax), stream: 100 }),
  )
  /** Of a member with a twin there are two. */
  const copies = nodes.map((node, index) =>
    cast.hasTwin(index)
      ? [node, makeNode(memberAt(index), index, { skewMs: skewMsMax, stream: 500 })]
      : [node],
  )
  // Each would keep silent once it sees what the other said (H16): whoever runs two on purpose does not.
  for (const both of copies) if (both.length > 1) for (const node of both) node.neverDoubts()

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

  function indexOf(peer: string): number {
    const index = indexOfPeer.get(peer)
    if (index === undefined) throw new Error(`no peer ${peer}`)
    return index
  }

  /** The copies of a member that talk to this node, and this node to them: all there are where nobody is a twin. */
  function copiesFacing(node: SimulatedNode, index: number): readonly SimulatedNode[] {
    const own = copies[node.index]?.indexOf(node) ?? 0
    if (!cast.facedBy(node.index, index).includes(own)) return []
    return cast.facedBy(index, node.index).flatMap((copy) => copies[index]?.[copy] ?? [])
  }

  const peersOf = (node: SimulatedNode) => nodes.flatMap(({ index }) => (index === node.index ? [] : [index]))

  function run(node: SimulatedNode, effect: OutwardEffect): void {
    switch (effect.kind) {
      case 'send':
        if (!isByzantine(node.index) && witness.isTrusted(node.index)) {
          oracles.sent(node.index, effect.bytes, (place) => node.disk.durableVotes(place))
          certainty.sent(effect.bytes)
          judgeVouching(node.index, effect.bytes, { book, disk: node.disk })
        }
        onSend?.({ from: node.index, bytes: effect.bytes, atMs: schedule.nowMs() })
        say(node, effect.to === null ? peersOf(node) : [indexOf(effect.to)], {
          kind: 'message',
          bytes: effect.bytes,
          from: peerOf(node.index),
        })
        break
      case 'gossip':
        if (effect.topic === 'evidence' && !isByzantine(node.index))
          spreading.spread(node.index, node.life, effect.bytes)
        say(node, peersOf(node), gossipInput(node, effect))
        break
      case 'announce': {
        const announced = { bytes: segmentOf(effect.event), from: peerOf(node.index), isGossip: true }
        say(node, peersOf(node), segmentInput(announced))
        break
      }
      case 'sync': {
        const [answerer] = copiesFacing(node, indexOf(effect.peer))
        if (answerer) exchanges.sync(node, answerer, effect.hasGap)
        break
      }
      case 'fetch-checkpoints': {
        const [answerer] = copiesFacing(node, indexOf(effect.peer))
        if (answerer) exchanges.fetchCheckpoints(node, answerer, effect.fromHeight)
        else schedule.after(unreachableMs, () => node.input({ kind: 'fetched', peer: effect.peer }))
        break
      }
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
        if (!isByzantine(node.index))
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

  /** What a node says goes to each of these members, or what it makes of it when it is Byzantine. */
  function say(node: SimulatedNode, to: readonly number[], input: NodeInput): void {
    const deliveries = to.map((index) => ({ to: index, input }))
    post(node, isByzantine(node.index) ? cast.says(node.index, deliveries) : deliveries)
  }

  function post(node: SimulatedNode, deliveries: readonly Delivery[]): void {
    for (const { to, input, delayMs = 0, isFirst = false } of deliveries) {
      if (to === node.index) continue
      if (delayMs > 0) schedule.after(delayMs, () => deliver(node, to, input))
      else deliver(node, to, input, isFirst ? { isFirst } : {})
    }
  }

  function deliver(
    from: SimulatedNode,
    to: number,
    input: NodeInput,
    { isFirst = cast.hearsFirst(to) } = {},
  ): void {
    if (copiesFacing(from, to).length === 0) return
    if (!isFirst) network.send(from.index, to, () => arrive(from, to, input))
    else if (network.isReachable(from.index, to)) schedule.after(0, () => arrive(from, to, input))
  }

  function arrive(from: SimulatedNode, to: number, input: NodeInput): void {
    trace.mark(schedule.nowMs(), from.index, to, input.kind)
    if (isByzantine(to) && !cast.hears(to, input, from.index)) return
    for (const copy of copiesFacing(from, to)) copy.input(input)
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
    trace.note(schedule.nowMs(), `node ${index}: starts`)
    for (const node of copies[index] ?? []) startCopy(node)
  }

  function startCopy(node: SimulatedNode): void {
    node.start()
    for (const index of peersOf(node))
      for (const other of copiesFacing(node, index))
        if (other.replica && network.isReachable(node.index, index)) connect(node, other)
    const { life } = node
    schedule.after(hearMembersMs, () => {
      if (node.life === life) node.input({ kind: 'heard-all' })
    })
    const syncInTurn = () => {
      if (node.life !== life || !node.replica) return
      const others = peersOf(node)
        .flatMap((index) => copiesFacing(node, index))
        .filter((other) => other.replica)
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
    for (const [a, b] of cut)
      for (const one of copies[a.index] ?? [])
        for (const other of copiesFacing(one, b.index)) if (one.replica && other.replica) connect(one, other)
  }

  const honest = nodes.flatMap(({ index }) => (isByzantine(index) ? [] : [index]))

  function isSettled(indices: readonly number[] = honest): boolean {
    return indices.every((index) => {
      const cut = nodeAt(index).replica?.final.cut
      return cut && witness.isSettledIn(cut)
    })
  }

  function runNext(endMs: number): boolean {
    if (steps++ > stepsMax) throw new Error(`storm: more than ${stepsMax} steps in one run`)
    return schedule.runNext(endMs)
  }

  /** Of a member with a twin one of the two is asked. */
  function publish(index: number, body: EventBody): void {
    const [node = nodeAt(index), twin] = copies[index] ?? []
    const asked = twin && random.chance(0.5) ? twin : node
    ask(asked, (request) => ({ kind: 'publish', request, body }))
  }

  function judgeMemories(): void {
    for (const index of honest) {
      const { replica } = nodeAt(index)
      if (replica) judgeMemory(index, replica)
    }
    schedule.after(judgeMemoryMs, judgeMemories)
  }

  for (const { index } of nodes) if (!absent.includes(index)) start(index)
  schedule.after(judgeMemoryMs, judgeMemories)

  return {
    genesis,
    members,
    nodes,
    network,
    oracles,
    trace,
    random,
    published: witness.published,
    applications: witness.applications,
    epoch: () => book.last,
    publishedCount: witness.publishedCount,
    refused: witness.refused,
    signaturesChecked: () => ed25519.checkedCount() + (bls?.checkedCount() ?? 0),
    nowMs: schedule.nowMs,
    after: schedule.after,
    publish,
    rotate,
    forge,
    forkedIn: witness.forkedIn,
    forksFound: witness.forksFound,
    named: witness.named,
    refusals: witness.refusals,
    isByzantine,
    misdeeds: cast.misdeeds,
    crash(index) {
      trace.note(schedule.nowMs(), `node ${index}: crashes`)
      for (const node of copies[index] ?? []) node.crash()
    },
    start,
    backup(index) {
      const putBack = nodeAt(index).disk.backup()
      return (options) => {
        const { org } = memberAt(index)
        trace.note(schedule.nowMs(), `node ${index}: an old backup is put back`)
        for (const node of copies[index] ?? []) if (node.replica) node.crash()
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
