/** Whole nodes on real sockets beside one hostile member: it is dropped, and the others notice nothing else of it. */
import { toHex } from '@chirograph/codec'
import { createEvent, type EventBody, type OrgId, segmentOf, type VerifiedEvent } from '@chirograph/event'
import { type Clock, memoryDisk, systemClock } from '@chirograph/interface'
import { createLibp2pNetwork, type NetworkLimits } from '@chirograph/network-libp2p'
import { type ChirographNode, createNode, initialiseStore } from '@chirograph/node'
import { encodeSegmentFrame } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { encodeFrames } from '../../packages/network-libp2p/src/frames.ts'
import { topicName } from '../../packages/network-libp2p/src/gossip.ts'
import { messageProtocol } from '../../packages/network-libp2p/src/message-lanes.ts'
import { answerKinds, wireProtocols } from '../../packages/network-libp2p/src/request-protocols.ts'
import {
  createRawMember,
  dialRaw,
  gossipedMessage,
  gossipFrame,
  gossipProtocol,
  keepWriting,
  openStreamTo,
  type RawMember,
  type RawStream,
} from '../../packages/network-libp2p/test/raw-member.ts'
import { equal, is, ok, seeded, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, memberOf } from './cluster.ts'

const honestCount = 3
const members = Array.from({ length: honestCount + 1 }, (_, index) => memberOf(index))
const hostile = memberOf(honestCount)
// A slow view timer, because some clocks here run fast.
const genesis = genesisOf(members, { viewTimeoutMs: 10_000 })
const networkId = networkIdOf(genesis)
const eventsTopic = topicName({ networkId: toHex(networkId), topic: 'events' })
/** Bytes that are new each time, for what was gossiped once is not judged again. */
const chance = seeded(1)
const lease: EventBody = { kind: 'status.lease', count: 1_024 }

interface Behaviour {
  readonly title: string
  /** Why the others keep it away. */
  readonly why: string
  readonly limits?: Partial<NetworkLimits>
  /** How much faster than real time the nodes' clocks run; those of their networks are real. */
  readonly speed?: number
  readonly withinMs: number
  /** Called once, before it connects. */
  readonly prepare?: (raw: RawMember) => Promise<void>
  /** What it does to one node, until it is cut off; it may do it again after that. */
  readonly act?: (raw: RawMember, address: string) => Promise<void>
}

const behaviours: readonly Behaviour[] = [
  {
    title: 'gossips garbage',
    why: 'it sent bytes that are no message of the protocol',
    withinMs: 40_000,
    act: (raw, address) =>
      writing(raw, { address, protocol: gossipProtocol }, () => gossipFrame(chance.bytes(100))),
  },
  {
    title: 'gossips events whose signatures do not hold',
    why: 'it sent an event with a signature that does not hold',
    withinMs: 40_000,
    act: (raw, address) =>
      writing(raw, { address, protocol: gossipProtocol }, (index) => {
        const { headerBytes, bodyBytes } = eventOf(index)
        return gossiped(
          encodeSegmentFrame([segmentOf({ headerBytes, bodyBytes, signature: chance.bytes(64) })]),
        )
      }),
  },
  {
    title: 'gossips what is no frame of events',
    why: 'it sent events that are no events',
    withinMs: 40_000,
    act: (raw, address) =>
      writing(raw, { address, protocol: gossipProtocol }, () =>
        gossiped(Uint8Array.of(255, ...chance.bytes(50))),
      ),
  },
  {
    title: 'floods gossip above its budget',
    why: 'it sent far more than any honest peer does',
    limits: { gossipPerSecond: 200, gossipBurst: 400, floodHeldMs: 1_000 },
    withinMs: 40_000,
    act(raw, address) {
      // The same valid message over and over: not even its copies are free.
      const frame = gossiped(encodeSegmentFrame([segmentOf(eventOf(0))]))
      return writing(raw, { address, protocol: gossipProtocol, burst: 50 }, () => frame)
    },
  },
  {
    title: 'sends messages of agreement that are none',
    why: 'it sent a message of agreement that cannot be read',
    withinMs: 40_000,
    act: (raw, address) =>
      writing(raw, { address, protocol: messageProtocol }, () => encodeFrames([chance.bytes(60)])),
  },
  {
    title: 'answers with garbage',
    why: 'it answered with bytes that are no answer',
    speed: 20,
    withinMs: 40_000,
    prepare: (raw) => answering(raw, (stream) => void stream.send(dataFrame(Uint8Array.of(255, 1, 2, 3)))),
  },
  {
    title: 'answers byte by byte',
    why: 'it was silent or very slow in its answers',
    limits: { requestStallMs: 300 },
    speed: 40,
    withinMs: 40_000,
    prepare: (raw) => {
      const bytes = dataFrame(new Uint8Array(100_000))
      return answering(raw, (stream) =>
        keepWriting(stream, { burst: 1, everyMs: 20 }, (index) => bytes.subarray(index, index + 1)),
      )
    },
  },
  {
    title: 'opens streams without end',
    why: 'it opened streams without end',
    limits: { streamsPerSecond: 10, streamsBurst: 60 },
    withinMs: 40_000,
    async act(raw, address) {
      const connection = await dialRaw(raw, address)
      for (let index = 0; index < 500 && connection.status === 'open'; index++) {
        const stream = await connection.newStream(wireProtocols.history).catch(() => undefined)
        stream?.abort(new Error('opened for nothing'))
      }
    },
  },
  {
    title: 'connects again and again',
    why: 'it connected again and again',
    limits: { connectsBurst: 10 },
    withinMs: 40_000,
    async act(raw, address) {
      const connection = await dialRaw(raw, address)
      // Time for the far side to learn who connected: it cannot blame anybody for a handshake that was never finished.
      await pause(100)
      connection.abort(new Error('again'))
    },
  },
]

suite('a hostile member', (it) => {
  for (const behaviour of behaviours) {
    const { title, why, withinMs } = behaviour
    it(
      `that ${title} is dropped by every node, and honest ones go on`,
      () =>
        beside(behaviour, async (nodes) => {
          const startMs = performance.now()
          const conducts = () =>
            nodes.map((node) => node.status().peers.find(({ peerId }) => peerId === hostile.peerId))
          // A node whose view of it is already over has it dropped again, so each is noted when it is first seen to be.
          const dropped = new Set<number>()
          while (dropped.size < nodes.length) {
            for (const [index, peer] of conducts().entries()) {
              if (peer?.conduct.state !== 'dropped' || dropped.has(index)) continue
              dropped.add(index)
              is(peer.conduct.why, why)
              ok(peer.bannedUntilMs !== null, 'the adapter does not know of it')
            }
            ok(
              performance.now() - startMs < withinMs,
              `after ${withinMs} ms ${dropped.size} nodes have dropped it`,
            )
            await pause(20)
          }
          const published = await nodes[0]?.publish(lease)
          if (!published) throw new Error('three nodes')
          await Promise.all(nodes.map((node) => node.finality(published.id)))
          for (const node of nodes) {
            const others = node.status().peers.filter(({ peerId }) => peerId !== hostile.peerId)
            equal(
              others.map(({ connected, conduct }) => [connected, conduct.state]),
              Array(honestCount - 1).fill([true, 'ok']),
            )
          }
        }),
      { timeoutMs: 80_000 },
    )
  }
})

/** Starts three nodes that are connected, and the hostile member beside them, and stops everybody. */
async function beside(
  behaviour: Behaviour,
  body: (nodes: readonly ChirographNode[]) => Promise<void>,
): Promise<void> {
  const nodes: ChirographNode[] = []
  const addresses: string[] = []
  const raw = await createRawMember(hostile.seeds.transport)
  let isOver = false
  try {
    for (let index = 0; index < honestCount; index++) {
      const node = await startNode(index, { ...behaviour, addresses: [...addresses] })
      nodes.push(node)
      addresses.push(node.status().addresses[0] ?? '')
    }
    const isMeshed = () =>
      nodes.every(
        (node) => node.status().peers.filter(({ connected }) => connected).length === honestCount - 1,
      )
    while (!isMeshed()) await pause(20)
    await raw.start()
    // Gossip of its own would run into what it is told to send by hand.
    await behaviour.prepare?.(raw)
    const acting = addresses.map(async (address) => {
      while (!isOver) {
        await dialRaw(raw, address).catch(() => {})
        await behaviour.act?.(raw, address).catch(() => {})
        await pause(50)
      }
    })
    await body(nodes)
    isOver = true
    await raw.stop()
    await Promise.all(acting)
  } finally {
    isOver = true
    await Promise.all([raw.stop(), ...nodes.map((node) => node.stop())])
  }
}

async function startNode(
  index: number,
  {
    limits,
    speed = 1,
    addresses,
  }: Pick<Behaviour, 'limits' | 'speed'> & { readonly addresses: readonly string[] },
): Promise<ChirographNode> {
  const member = members[index]
  if (!member) throw new Error(`no member ${index}`)
  const store = await memoryDisk().open()
  await initialiseStore(store, { org: member.org as OrgId })
  const network = createLibp2pNetwork({
    seed: member.seeds.transport,
    networkId: toHex(networkId),
    allowedPeers: new Set(members.map(({ peerId }) => peerId)),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    limits: { redialMinMs: 50, redialMaxMs: 500, ...limits },
  })
  const registrar = await memoryDisk().open()
  return createNode({
    genesis,
    seeds: member.seeds,
    store,
    registrar,
    network,
    ed25519,
    addresses,
    clock: fast(speed),
  })
}

function fast(speed: number): Clock {
  const startMs = Date.now()
  return {
    nowMs: () => Math.floor(startMs + (Date.now() - startMs) * speed),
    setTimer: (afterMs, fire) => systemClock.setTimer(afterMs / speed, fire),
  }
}

/** Writes to a stream of its own until that is closed, or for a while. */
async function writing(
  raw: RawMember,
  {
    address,
    protocol,
    burst = 1,
  }: { readonly address: string; readonly protocol: string; readonly burst?: number },
  frameAt: (index: number) => Uint8Array,
): Promise<void> {
  const stream = await openStreamTo(raw, { address, protocol })
  const closed = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve()))
  keepWriting(stream, { burst, everyMs: 10 }, frameAt)
  await Promise.race([closed, pause(5_000)])
  stream.abort(new Error('once more'))
}

async function answering(raw: RawMember, answer: (stream: RawStream) => void): Promise<void> {
  for (const protocol of Object.values(wireProtocols)) await raw.handle(protocol, answer)
}

function eventOf(timeMs: number): VerifiedEvent {
  const place = {
    networkId,
    author: hostile.org as OrgId,
    generation: 0,
    sequence: 0,
    prev: null,
    references: [],
  }
  return createEvent({ ...place, timeMs, body: lease }, (message) =>
    ed25519.sign({ seed: hostile.seeds.log, message }),
  )
}

function dataFrame(bytes: Uint8Array): Uint8Array {
  return encodeFrames([new Uint8Array([answerKinds.data, ...bytes])])
}

function gossiped(data: Uint8Array): Uint8Array {
  return gossipedMessage({ topic: eventsTopic, data })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
