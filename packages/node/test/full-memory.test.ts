/** Two whole shells, of which one holds as many events as it takes: what it lets in by gossip and by sync, and when. */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import {
  type GossipVerdict,
  memoryHub,
  memoryStore,
  type Network,
  systemClock,
  type Topic,
} from '@chirograph/interface'
import { eventAt } from '@chirograph/log'
import { lease, memberAt, replicaOf } from '../../replica/test/member.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { pendingEventsMax } from '../src/intake-room.js'
import { joinLimits } from '../src/joiner.js'
import { initialiseStore } from '../src/meta.js'
import { type Shell, startShell } from '../src/shell.js'
import { stateMemoryLimits } from '../src/state-memory.js'

/** A network that keeps what its shell said of gossip, and how many answers about logs it gave or broke off. */
function listening(network: Network) {
  const verdicts: [Topic, GossipVerdict][] = []
  let answered = 0
  const listened: Network = {
    ...network,
    start: (handlers) =>
      network.start({
        ...handlers,
        async *request(...asked) {
          try {
            yield* handlers.request(...asked)
          } finally {
            if (asked[1] === 'sync') answered++
          }
        },
        async gossip(topic, bytes, from) {
          const verdict = await handlers.gossip(topic, bytes, from)
          verdicts.push([topic, verdict])
          return verdict
        },
      }),
  }
  return { network: listened, verdicts, answered: () => answered }
}

async function shellOf(index: number, network: Network, onPublished: (id: EventId) => void = () => {}) {
  const store = memoryStore()
  await initialiseStore(store, { org: memberAt(index).org as OrgId })
  return startShell({
    config: replicaOf(index).config,
    isFirstStart: true,
    isCopy: false,
    hearMembersMs: 10,
    store,
    network,
    signatures: undefined,
    clock: systemClock,
    addresses: [],
    randomBytes: (length) => globalThis.crypto.getRandomValues(new Uint8Array(length)),
    joinLimits,
    stateMemory: stateMemoryLimits,
    onNews: (news) => {
      if (news.kind === 'published') onPublished(news.event.id)
      if (news.kind === 'refused') throw new Error(`refused: ${news.reason}`)
    },
    onOwnChainCertain: () => {},
    onArrived: () => {},
    onNotice: () => {},
    onFailure: (error) => {
      throw error
    },
  })
}

/** Member 0, whose memory is full, and member 1, which publishes; no quorum, so nothing becomes final. */
async function startPair() {
  const hub = memoryHub()
  const networks = [0, 1].map((index) => listening(hub.network(memberAt(index).peer)))
  const [own, other] = networks
  ok(own && other)
  const published: EventId[] = []
  const full = await shellOf(0, own.network)
  const author = await shellOf(1, other.network, (id) => published.push(id))
  let requests = 0
  full.replica.log.pending.count += pendingEventsMax + 1
  return {
    full,
    verdicts: own.verdicts,
    connect: () => own.network.connect(`memory:${memberAt(1).peer}`),
    async publish() {
      const before = published.length
      author.dispatch({ kind: 'publish', request: requests++, body: lease })
      await until('it is published', () => published.length > before)
      return published[before] as EventId // waited for above
    },
    /** Compares logs with the author: whether there is anything to do, and then what is held here and there. */
    async sync() {
      const before = other.answered()
      full.dispatch({ kind: 'connected', peer: memberAt(1).peer })
      await until('both questions were answered', () => other.answered() >= before + 2)
      await until('it ended', () => full.syncs.get(memberAt(1).peer)?.progress === null)
    },
    emptied() {
      full.replica.log.pending.count -= pendingEventsMax + 1
    },
    stop: () => Promise.all([full.stop(), author.stop()]),
  }
}

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (isTrue()) return
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
  throw new Error(`never happened: ${what}`)
}

function holds({ replica }: Shell, id: EventId): boolean {
  return eventAt(replica.log, id) !== undefined
}

suite('a node that holds as many events as it takes', (it) => {
  it('lets in none by gossip until there is room', async () => {
    const { full, verdicts, connect, publish, emptied, stop } = await startPair()
    await connect()
    const first = await publish()
    await until('it was judged', () => verdicts.length > 0)
    equal(verdicts[0], ['events', 'ignore'])
    is(holds(full, first), false)
    emptied()
    const second = await publish()
    await until('both are here', () => holds(full, first) && holds(full, second))
    await stop()
  })

  it('takes none of an answer but of the chain that a header lacks something of', async () => {
    const { full, connect, publish, sync, stop } = await startPair()
    const { org } = memberAt(1)
    const ids = [await publish(), await publish()]
    const { lacking } = full.replica
    const held = () => ids.filter((id) => holds(full, id)).length
    await connect()
    for (let time = 0; time < 2; time++) await sync()
    is(held(), 0)
    const places = { fromSequence: 0, toSequence: 1 }
    const { org: another } = memberAt(2)
    lacking.set(`${another}/0`, { author: another, generation: 0, ...places })
    await sync()
    is(held(), 0)
    lacking.set(`${org}/0`, { author: org, generation: 0, ...places })
    await sync()
    is(held(), 2)
    await stop()
  })
})
