/** How fast a node takes in single signed events from peers: decoded, verified, admitted, and stored in LevelDB. */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EventId } from '@chirograph/codec'
import { createVerifyPool, fastestEd25519 } from '@chirograph/crypto-native'
import { createEvent, type OrgId, segmentOf } from '@chirograph/event'
import { memoryHub } from '@chirograph/interface'
import { encodeSegmentFrame } from '@chirograph/replica'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { openBenchNode } from './bench-node.js'
import type { Limits } from './limits.js'
import { percentile, type Report } from './measure.js'
import { type BenchMember, benchGenesis, benchMember } from './members.js'

/** LevelDB puts that one admitted event costs: event, body, position, arrival. */
const putsPerEvent = 4

/** Runs of each kind, of which the median is told. */
const times = 3

/** Messages under way at once, as with the adapter for libp2p: it holds as many of one peer under judgement. */
const messagesAheadMax = 256

export async function benchIngest(limits: Limits, { events = 20_000 } = {}): Promise<Report> {
  const members = [0, 1, 2, 3].map(benchMember)
  const genesis = benchGenesis(members)
  const [own, author] = members
  if (!own || !author) throw new Error('four members')
  const wires = signedEvents(networkIdOf(genesis), author, events)
  const runs = []
  for (const perMessage of [1, 64])
    for (const isThreaded of [false, true]) {
      const costs: Cost[] = []
      for (let time = 0; time < times; time++)
        costs.push(await ingest({ wires, genesis, own, perMessage, isThreaded }))
      const median = (values: readonly number[]) => percentile(values, 0.5)
      const perSecond = median(costs.map((cost) => cost.perSecond))
      runs.push({ perMessage, isThreaded, perSecond, cpuUs: median(costs.map((cost) => cost.cpuUs)) })
    }
  const w4 = limits.w / putsPerEvent
  const best = Math.max(...runs.map(({ perSecond }) => perSecond))
  return {
    name: 'ingest',
    workload: `${events.toLocaleString('en-US')} events of one author, each signed, from a peer in the same process, verified and stored; medians of ${times}`,
    rows: [
      ...runs.map(({ perMessage, isThreaded, perSecond }) => ({
        what: `${perMessage} a message, signatures ${isThreaded ? 'on threads' : 'on the main thread'}`,
        value: perSecond,
        unit: '/s',
        limit: isThreaded
          ? { name: 'min(Vn, W/4)', value: Math.min(limits.vn, w4) }
          : { name: 'min(V1, W/4)', value: Math.min(limits.v1, w4) },
      })),
      // Processor time is what stays the same while a machine has other things to do.
      ...runs.map(({ perMessage, isThreaded, cpuUs }) => ({
        what: `  processor time of it, ${perMessage} a message, ${isThreaded ? 'threads' : 'main thread'}`,
        value: cpuUs,
        unit: 'µs',
        limit: { name: '1/V1 + 4/W', value: 1e6 / limits.v1 + 1e6 / w4 },
      })),
      {
        // Signatures and puts share the cores, so no pipeline of them is faster than the sum of both.
        what: '  the best against all cores doing nothing else',
        value: best,
        unit: '/s',
        limit: { name: '1/(1/Vn + 4/(cores × W))', value: 1 / (1 / limits.vn + 1 / (cpus().length * w4)) },
      },
      {
        what: '  the best against LevelDB puts alone',
        value: best * putsPerEvent,
        unit: 'puts/s',
        limit: { name: 'W', value: limits.w },
      },
    ],
  }
}

async function ingest(args: {
  readonly wires: readonly Uint8Array[]
  readonly genesis: Genesis
  readonly own: BenchMember
  readonly perMessage: number
  readonly isThreaded: boolean
}): Promise<Cost> {
  const { wires, genesis, own, perMessage, isThreaded } = args
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bench-'))
  const hub = memoryHub()
  const signatures = isThreaded ? createVerifyPool() : undefined
  const network = hub.network(own.peerId)
  const opened = await openBenchNode({ directory, genesis, member: own, network, addresses: [], signatures })
  const { node, close } = opened
  const peer = hub.network('bench-peer')
  // It refuses to answer, which is no fault; an empty answer would be one.
  const request = () => {
    throw new Error('nothing is answered here')
  }
  await peer.start({ gossip: async () => 'ignore', message() {}, peer() {}, request })
  await peer.connect(`memory:${own.peerId}`)
  // Its threads are up, and the code is compiled, on a node that runs for long.
  while (signatures?.status().threads === 0) await sleep(2)
  let known = 0
  /** A status costs more than an event, so it is asked for seldom. */
  const until = async (count: number) => {
    while (known < count) {
      await sleep(2)
      known = node.status().events.known
    }
  }
  const begin = performance.now()
  const cpu = process.cpuUsage()
  for (let sent = 0; sent < wires.length; sent += perMessage) {
    await until(sent - messagesAheadMax * perMessage)
    await peer.publish('events', encodeSegmentFrame(wires.slice(sent, sent + perMessage)))
  }
  await until(wires.length)
  await node.stop() // resolves once everything is on disk
  const perSecond = (wires.length * 1000) / (performance.now() - begin)
  const { user, system } = process.cpuUsage(cpu)
  await peer.stop()
  await close()
  await signatures?.stop()
  await rm(directory, { recursive: true })
  return { perSecond, cpuUs: (user + system) / wires.length }
}

interface Cost {
  readonly perSecond: number
  /** Of all threads, an event. */
  readonly cpuUs: number
}

function signedEvents(
  networkId: Uint8Array,
  author: ReturnType<typeof benchMember>,
  count: number,
): Uint8Array[] {
  const ed25519 = fastestEd25519()
  const wires: Uint8Array[] = []
  let prev: EventId | null = null
  for (let sequence = 0; sequence < count; sequence++) {
    const handle = new Uint8Array(32)
    new DataView(handle.buffer).setUint32(0, sequence)
    const place: { author: OrgId; generation: number; sequence: number; prev: EventId | null } = {
      author: author.org,
      generation: 0,
      sequence,
      prev,
    }
    const entries = [{ handle, position: sequence }]
    const body = { kind: 'status.revoke', entries, reason: 'withdrawn' } as const
    const event = createEvent({ networkId, ...place, references: [], timeMs: 1, body }, (message) =>
      ed25519.sign({ seed: author.seeds.log, message }),
    )
    prev = event.id
    wires.push(segmentOf(event))
  }
  return wires
}
