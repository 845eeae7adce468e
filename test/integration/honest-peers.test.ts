/**
 * No two honest peers ever punish each other. Four honest replicas judge, relay and serve by the node's own code; they
 * differ in what they hold, which members and generations they know of, and when they came. Everything wrong comes from
 * a hostile member and from authors that fork and sign as they like.
 */
import { encode } from '@chirograph/codec'
import {
  createEvent,
  createSegmenter,
  type EventBody,
  encodeSegment,
  type HeldEvent,
  type NewEvent,
  type OrgId,
  segmentOf,
  type VerifiedEvent,
} from '@chirograph/event'
import type { Topic } from '@chirograph/interface'
import { type LogEntry, stretchesOf } from '@chirograph/log'
import {
  createReplica,
  emptyRestored,
  encodeSegmentFrame,
  type Replica,
  type ReplicaEffect,
  type ReplicaInput,
  segmentInput,
  signatureOfSegment,
  step,
} from '@chirograph/replica'
import {
  genesisState,
  networkIdOf,
  orgRowKey,
  orgRowShape,
  readOrg,
  restoreState,
  rowsOf,
} from '@chirograph/status'
import { createAuthorBudget } from '../../packages/node/src/author-budget.ts'
import { createGossipJudge } from '../../packages/node/src/gossip-judge.ts'
import { createPeerConduct, type PeerConduct } from '../../packages/node/src/peer-conduct.ts'
import type { SegmentIntake } from '../../packages/node/src/segment-intake.ts'
import { equal, ok, type Seeded, seeded, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, type Member, memberOf } from './cluster.ts'

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

const honestCount = 4
const members = Array.from({ length: 8 }, (_, index) => memberOf(index))
const genesis = genesisOf(members)
const networkId = networkIdOf(genesis)
const [rotating, unknown, forking, hostile] = members.slice(honestCount)
if (!rotating || !unknown || !forking || !hostile) throw new Error('eight members')
const authors = members.slice(honestCount)
const stepsPerRun = 120
const lease: EventBody = { kind: 'status.lease', count: 1_024 }
const rotate: EventBody = { kind: 'key.rotate', logKey: new Uint8Array(32), nextKeyHash: new Uint8Array(32) }

suite('honest peers', (it) => {
  it(
    'never lower each other’s score, whatever others make them hold, relay and serve',
    async () => {
      const totals = { relayed: 0, served: 0, hostileFaults: 0 }
      const refused = new Set<string>()
      for (let seed = 1; seed <= 25; seed++) {
        const world = createWorld(seeded(seed))
        for (let step = 0; step < stepsPerRun; step++) await world.act(step)
        await world.settle()
        for (const node of world.nodes) {
          for (const other of world.nodes) {
            const { score, state, why } = node.conduct.of(other.peer)
            equal({ seed, score, state, why }, { seed, score: 100, state: 'ok', why: null })
          }
          if (node.conduct.of(hostile.peerId).score < 100) totals.hostileFaults++
        }
        for (const key of ['relayed', 'served'] as const) totals[key] += world.counts[key]
        for (const reason of world.refused) refused.add(reason)
      }
      // The claim is worth something only where these happened, and often.
      ok(totals.relayed > 300, `only ${totals.relayed} messages were relayed`)
      ok(totals.served > 1_000, `only ${totals.served} segments were served`)
      equal([...refused].sort(), ['foreign-prev', 'gap-sequence', 'unknown-author'])
      ok(totals.hostileFaults > 50, `the hostile member was found out ${totals.hostileFaults} times only`)
    },
    { timeoutMs: 60_000 },
  )
})

type Place = Pick<NewEvent, 'sequence' | 'prev'>

interface Node {
  readonly peer: string
  readonly replica: Replica
  readonly conduct: PeerConduct
  /** Hears nothing before this step. */
  readonly fromStep: number
  readonly hear: (topic: Topic, bytes: Uint8Array, from: string) => Promise<void>
  readonly take: (segment: Uint8Array, from: string) => void
}

function createWorld(random: Seeded) {
  const counts = { relayed: 0, served: 0 }
  /** Why honest replicas refused what honest ones sent. */
  const refused = new Set<string>()
  let nowMs = 1_750_000_000_000
  let steps = 0
  const queue: { readonly to: Node; readonly run: () => Promise<void> }[] = []
  const nodes: Node[] = members.slice(0, honestCount).map((_, index) => createNode(index))
  /** Events that the dishonest authors made, by author. */
  const made = new Map<string, VerifiedEvent[]>()

  function createNode(index: number): Node {
    const member = members[index]
    if (!member) throw new Error(`no member ${index}`)
    const replica = replicaOf(index)
    const seen = new Set<string>()
    const conduct = createPeerConduct({ nowMs: () => nowMs, onChange: () => {} })
    const dispatch = (input: Bare<ReplicaInput>): ReplicaEffect[] => {
      const effects = step(replica, { ...input, nowMs } as ReplicaInput) // rebuilt whole
      for (const effect of effects) {
        if (effect.kind === 'rejected') {
          conduct.note(effect.from, effect.reason)
          if (effect.from !== hostile?.peerId) refused.add(effect.reason)
        }
        if (effect.kind === 'gossip') publish(effect.topic, effect.bytes)
      }
      return effects
    }
    const publish = (topic: Topic, bytes: Uint8Array): void => {
      if (seen.size === seen.add(keyOf(topic, bytes)).size) return
      send(topic, bytes)
    }
    const send = (topic: Topic, bytes: Uint8Array): void => {
      counts.relayed++
      for (const other of nodes)
        if (other.peer !== member.peerId)
          queue.push({ to: other, run: () => other.hear(topic, bytes, member.peerId) })
    }
    const intake: SegmentIntake = async (segments, source) =>
      segments.map((bytes) => segmentInput({ bytes, ...source }))
    const breathe = async (): Promise<void> => {}
    const { judge } = createGossipJudge({
      dispatch,
      intake,
      conduct,
      budget: createAuthorBudget({ nowMs: () => nowMs, areOthersWaiting: () => false }),
      peerOf: (author) => members.find(({ org }) => org === author)?.peerId,
      isKnown: () => false,
      isForged: ({ segment }) => {
        const signature =
          segment.kind === 'decoded' ? signatureOfSegment(replica, segment.segment) : undefined
        return signature !== undefined && !ed25519.verify(signature)
      },
      breathe,
      pause: breathe,
      publish,
    })
    return {
      peer: member.peerId,
      replica,
      conduct,
      fromStep: index === 2 ? stepsPerRun / 2 : 0,
      async hear(topic, bytes, from) {
        if (seen.size === seen.add(keyOf(topic, bytes)).size) return
        if ((await judge(topic, bytes, from)) === 'accept') send(topic, bytes)
      },
      take: (segment, from) => void dispatch(segmentInput({ bytes: segment, from, isGossip: false })),
    }
  }

  async function deliver(): Promise<void> {
    const [message] = queue.splice(random.int(queue.length), 1)
    if (message && steps >= message.to.fromStep && random.chance(0.6)) await message.run()
  }

  /** Everything that one node holds of every chain, as it serves it. */
  function serve(from: Node, to: Node): void {
    for (const chains of from.replica.log.chains.values()) {
      for (const chain of [...chains.values()]) {
        const entries = [...chain.slots].sort(([a], [b]) => a - b).flatMap(([, slot]) => slot)
        for (const stretch of stretchesOf(entries)) {
          for (const segment of segmentsOf(stretch)) {
            counts.served++
            to.take(segment, from.peer)
          }
        }
      }
    }
  }

  function sign(who: Member, place: Place, { generation = 0, body = lease } = {}): VerifiedEvent {
    const seed = generation === 0 ? who.seeds.log : who.seeds.nextLog
    const event = createEvent(
      {
        ...place,
        networkId,
        author: who.org as OrgId,
        generation,
        references: [],
        timeMs: random.int(1_000_000),
        body,
      },
      (message) => ed25519.sign({ seed, message }),
    )
    made.set(who.org, [...(made.get(who.org) ?? []), event])
    return event
  }

  /** New events of a dishonest author, on top of any of its events: forks come by themselves. */
  function author(): VerifiedEvent[] {
    const who = random.pick(authors)
    const generation = who === rotating && random.chance(0.3) ? 1 : 0
    const ground = (made.get(who.org) ?? []).filter(({ header }) => header.generation === generation)
    const run: VerifiedEvent[] = []
    let before = ground.length === 0 || random.chance(0.1) ? undefined : random.pick(ground)
    for (let length = 1 + random.int(5); length > 0; length--) {
      before = sign(who, placeAbove(who === forking ? undefined : before), {
        generation,
        body: random.chance(0.05) ? rotate : lease,
      })
      run.push(before)
    }
    return run
  }

  /** One node holds an event, another one gets what does not fit on top of it: only the first can see what is wrong. */
  async function setTrap(): Promise<void> {
    const [holder, relay] = random.shuffle(nodes.filter(({ fromStep }) => steps >= fromStep))
    const [who, other] = random.shuffle(authors.filter((one) => one !== unknown))
    if (!holder || !relay || !who || !other) return
    const ground = sign(who, placeAbove(undefined))
    const straight = sign(who, placeAbove(ground))
    const run = random.pick([
      [sign(random.pick([who, other]), { sequence: 1 + random.int(3), prev: ground.id })],
      [straight, sign(who, placeAbove(straight), { body: rotate })],
    ])
    holder.take(segmentOf(ground), hostile?.peerId ?? '')
    const segment = encodeSegment({ items: run, signature: run.at(-1)?.signature ?? null })
    await relay.hear('events', encodeSegmentFrame([segment]), hostile?.peerId ?? '')
  }

  function placeAbove(before: VerifiedEvent | undefined): Place {
    return before === undefined
      ? { sequence: 0, prev: null }
      : { sequence: before.header.sequence + 1, prev: before.id }
  }

  /** Segments as anybody could make them of authentic events, valid and spoiled ones. */
  function segmentsBy(run: readonly VerifiedEvent[], isSpoiled: boolean): Uint8Array[] {
    return run.flatMap((event, index) => {
      const isWhole = random.chance(0.5)
      const items = isWhole ? run.slice(0, index + 1) : [event]
      const end = items.at(-1)?.signature ?? new Uint8Array(64)
      const signature =
        isSpoiled && random.chance(0.5) ? random.bytes(64) : isSpoiled && random.chance(0.1) ? null : end
      const segment = encodeSegment({ items, signature })
      const at = random.int(segment.length)
      if (isSpoiled && random.chance(0.1)) segment[at] = (segment[at] ?? 0) ^ (1 << random.int(8))
      return random.chance(0.7) ? [segment] : []
    })
  }

  async function beHostile(): Promise<void> {
    const to = random.pick(nodes)
    if (steps < to.fromStep) return
    const old = [...made.values()].flat()
    const runs = [
      ...(random.chance(0.8) ? [author()] : []),
      ...(old.length > 0 && random.chance(0.6) ? [[random.pick(old)]] : []),
    ]
    const segments = random.shuffle(runs.flatMap((run) => segmentsBy(run, random.chance(0.4))))
    if (segments.length === 0) return
    const [bytes, topic] = random.pick([
      [encodeSegmentFrame(segments), 'events'],
      [encodeSegmentFrame(segments), 'events'],
      [encodeSegmentFrame(segments), 'events'],
      [random.bytes(40), 'events'],
      [random.bytes(40), 'evidence'],
      [random.bytes(40), 'certificates'],
    ] as const)
    if (random.chance(0.7)) await to.hear(topic, bytes, hostile?.peerId ?? '')
    else for (const segment of segments) to.take(segment, hostile?.peerId ?? '')
    // The others keep listening to it here, so that it does all the harm it can.
    nowMs += 60_000
  }

  return {
    nodes,
    counts,
    refused,
    async act(step: number) {
      steps = step
      nowMs += random.int(1_000)
      if (random.chance(0.35)) await beHostile()
      else if (random.chance(0.1)) await setTrap()
      else if (random.chance(0.2)) serve(random.pick(nodes), random.pick(nodes))
      for (let count = random.int(6); count > 0 && queue.length > 0; count--) await deliver()
    },
    /** Everybody comes to hold what anybody holds, over a few rounds. */
    async settle() {
      steps = stepsPerRun
      while (queue.length > 0) await deliver()
      for (let round = 0; round < 2; round++)
        for (const from of nodes) for (const to of nodes) if (from !== to) serve(from, to)
      while (queue.length > 0) await deliver()
    },
  }
}

/** Honest replicas know different members and generations: one has not heard of an author, one of its rotation. */
function replicaOf(index: number): Replica {
  const member = members[index]
  if (!member) throw new Error(`no member ${index}`)
  const signWith = (seed: Uint8Array) => (message: Uint8Array) => ed25519.sign({ seed, message })
  const replica = createReplica(
    {
      genesis,
      org: member.org as OrgId,
      signers: { event: signWith(member.seeds.log), vote: signWith(member.seeds.consensus) },
      ed25519,
      hasVoteRecord: true,
      nonce: '00'.repeat(16),
    },
    emptyRestored(),
  )
  const state = genesisState(genesis)
  const without = index === 1 ? orgRowKey(unknown?.org as OrgId) : undefined
  const rotated = orgRowKey(rotating?.org as OrgId)
  const rows = [...rowsOf(state)].flatMap((row) => {
    if (without !== undefined && isSame(row.key, without)) return []
    if (index !== 0 || !isSame(row.key, rotated)) return [row]
    const org = readOrg(state, rotating?.org as OrgId)
    if (!org || !rotating) throw new Error('a member has a row')
    const [first] = org.logKeys
    if (!first) throw new Error('a member has a key')
    const next = { ...first, generation: 1, key: ed25519.publicKey(rotating.seeds.nextLog) }
    return [{ key: row.key, value: encode(orgRowShape, { ...org, logKeys: [first, next] }) }]
  })
  replica.final = { ...replica.final, state: restoreState({ genesis, rows }) }
  return replica
}

function segmentsOf(stretch: readonly LogEntry[]): Uint8Array[] {
  const segmenter = createSegmenter()
  const events = stretch.flatMap(({ event }) => (event === undefined ? [] : [event as HeldEvent]))
  return [...events.flatMap((event) => segmenter.push(event)), ...segmenter.end()]
}

function keyOf(topic: Topic, bytes: Uint8Array): string {
  return `${topic} ${Buffer.from(bytes).toString('latin1')}`
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
