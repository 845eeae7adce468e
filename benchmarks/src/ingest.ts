/** How fast a node takes in single signed events from peers: decoded, verified, admitted, and stored in LevelDB. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EventId } from '@chirograph/codec'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { createEvent, type OrgId, segmentOf } from '@chirograph/event'
import { memoryHub } from '@chirograph/interface'
import { createNode, initialiseStore } from '@chirograph/node'
import { encodeSegmentFrame } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { openLevelStore } from '@chirograph/store-level'
import type { Limits } from './limits.js'
import type { Report } from './measure.js'
import { benchGenesis, benchMember } from './members.js'

/** LevelDB puts that one admitted event costs: event, body, position, arrival. */
const putsPerEvent = 4

export async function benchIngest(limits: Limits, { events = 20_000 } = {}): Promise<Report> {
  const members = [0, 1, 2, 3].map(benchMember)
  const genesis = benchGenesis(members)
  const [own, author] = members
  if (!own || !author) throw new Error('four members')
  const wires = signedEvents(networkIdOf(genesis), author, events)
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bench-'))
  const store = await openLevelStore(join(directory, 'log'), { createIfMissing: true })
  const registrar = await openLevelStore(join(directory, 'registrar'), { createIfMissing: true })
  await initialiseStore(store, { org: own.org })
  const hub = memoryHub()
  const network = hub.network(own.peerId)
  const node = await createNode({
    genesis,
    seeds: own.seeds,
    store,
    registrar,
    network,
    ed25519: fastestEd25519(),
  })
  const peer = hub.network('bench-peer')
  const idle = { gossip: async () => 'ignore' as const, message() {}, async *request() {}, peer() {} }
  await peer.start(idle)
  await peer.connect(`memory:${own.peerId}`)

  const begin = performance.now()
  for (const wire of wires) await peer.publish('events', encodeSegmentFrame([wire]))
  while (node.status().events.known < events) await new Promise((resolve) => setImmediate(resolve))
  await node.stop() // resolves once everything is on disk
  const perSecond = (events * 1000) / (performance.now() - begin)

  await peer.stop()
  await Promise.all([store.close(), registrar.close()])
  await rm(directory, { recursive: true })
  const floor = Math.min(limits.v1, limits.w / putsPerEvent)
  return {
    name: 'ingest',
    workload: `${events.toLocaleString('en-US')} signed events of one author, one gossip message each, verified and stored on one thread`,
    rows: [
      {
        what: 'events verified and stored',
        value: perSecond,
        unit: '/s',
        limit: { name: 'min(V1, W/4)', value: floor },
      },
      {
        what: '  against signature checks alone',
        value: perSecond,
        unit: '/s',
        limit: { name: 'V1', value: limits.v1 },
      },
      {
        what: '  against LevelDB puts alone',
        value: perSecond * putsPerEvent,
        unit: 'puts/s',
        limit: { name: 'W', value: limits.w },
      },
    ],
  }
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
