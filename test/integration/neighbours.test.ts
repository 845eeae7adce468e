/**
 * What users of other replicated logs complain of, each as a test that this one does not do it. The issues are named by
 * repository and number on GitHub.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { createEvent, parseOrgId, segmentOf, type VerifiedEvent } from '@chirograph/event'
import { keySpaces, type Network, type Store } from '@chirograph/interface'
import type { ChirographNode, LoggedEvent } from '@chirograph/node'
import { encodeSegmentFrame } from '@chirograph/replica'
import { networkIdOf } from '@chirograph/status'
import { equal, is, not, ok, seeded, suite } from '../../packages/workspace/kit.ts'
import { ed25519, type Running, startCluster } from './cluster.ts'
import { asking, countIn, createDoor, deaf, history, isFinalAt, nodeAt, until } from './scene.ts'

const lease = { kind: 'status.lease', count: 1_024 } as const

suite('a node, unlike its neighbours,', (it) => {
  it('does not grow by what it has seen before (orbitdb#1251)', async () => {
    const seen: Uint8Array[] = []
    const cluster = await startCluster(4, {
      networkOf: (network, index) => (index === 3 ? recording(network, seen) : network),
    })
    await history(cluster, { events: 12 })
    const rows = async () => {
      const store = await cluster.open(3)
      return Promise.all(
        Object.keys(keySpaces).map((space) => countIn(store, space as keyof typeof keySpaces)),
      )
    }
    // What its last checkpoint replaced is removed when it stops.
    await nodeAt(cluster, 3).stop()
    await cluster.start(3)
    const before = await rows()
    const { known } = nodeAt(cluster, 3).status().events
    ok(seen.length > 0)
    for (let round = 0; round < 5; round++) {
      for (const frame of seen.slice()) await cluster.inject('events', frame)
      await nodeAt(cluster, 3).stop()
      const back = await cluster.start(3)
      await until('it is current again', () => back.status().sync.state === 'current')
    }
    equal(await rows(), before)
    is(nodeAt(cluster, 3).status().events.known, known)
    await cluster.stop()
  })

  it(
    'reads no more at start where the history is longer (orbitdb#824, automerge#705)',
    async () => {
      let reads = 0
      const cluster = await startCluster(4, {
        storeOf: (store, index) => (index === 0 ? counting(store, (count) => (reads += count)) : store),
      })
      const readsOfStart = async () => {
        await nodeAt(cluster, 0).stop()
        reads = 0
        await cluster.start(0)
        return reads
      }
      await publishFinal(cluster, 10)
      const short = await readsOfStart()
      await publishFinal(cluster, 300)
      const long = await readsOfStart()
      ok(nodeAt(cluster, 0).status().events.final >= 310)
      ok(long <= short + 8, `${short} rows were read at first, and ${long} after 300 more events`)
      await cluster.stop()
    },
    { timeoutMs: 60_000 },
  )

  it('does not stand apart in silence, and comes together as soon as it can (orbitdb#519, indigo#1315)', async () => {
    const door = createDoor()
    let isShut = true
    const cluster = await startCluster(4, {
      networkOf: (network, index) =>
        index === 3
          ? asking(
              deaf(network, () => isShut),
              (request, next) => {
                if (isShut) throw new Error('the way is shut')
                return next(request)
              },
            )
          : network,
    })
    const { ids } = await history(cluster, { events: 6, among: [0, 1, 2] })
    const apart = nodeAt(cluster, 3)
    await sleep(300)
    not(await isFinalAt(apart, ids))
    is(apart.status().sync.state, 'unknown', 'what nobody confirmed is not called current')
    is(apart.status().sync.behindBy, null)
    isShut = false
    door.open()
    await nodeAt(cluster, 0).publish(lease)
    await until('it holds the same', () => isFinalAt(apart, ids))
    await until('and says so', () => apart.status().sync.state === 'current')
    equal(await told(apart), await told(nodeAt(cluster, 0)))
    await cluster.stop()
  })

  it('knows how much is left, and when it is done (scuttlego#33)', async () => {
    const cluster = await startCluster(4, {
      absent: [3],
      networkOf: (network, index) => (index === 3 ? slow(network) : network),
    })
    await history(cluster, { events: 40 })
    const late = await cluster.start(3)
    const left: number[] = []
    await until('it is done', () => {
      const { state, behindBy } = late.status().sync
      if (state === 'behind' && behindBy !== null && behindBy > 0) left.push(behindBy)
      return state === 'current'
    })
    ok((left[0] ?? 0) > 1, 'the number was known from the beginning')
    is(late.status().sync.behindBy, 0)
    is(late.status().events.known, nodeAt(cluster, 0).status().events.known)
    await cluster.stop()
  })

  it('says who forked, where, and what became of it (patchwork#1292)', async () => {
    const cluster = await startCluster(4)
    const college = nodeAt(cluster, 0)
    await nodeAt(cluster, 1).finality((await college.publish(lease)).id)
    const [twin] = outsideEvents(cluster, 0, [{ count: 2_048 }])
    if (!twin) throw new Error('a twin')
    await cluster.inject('events', encodeSegmentFrame([segmentOf(twin)]))
    await until('every member names it', () =>
      cluster.nodes.every((node) => node.status().forks.some(({ frozen }) => frozen !== null)),
    )
    for (const node of cluster.nodes) {
      const [fork] = node.status().forks
      is(fork?.org, college.org)
      is(fork?.name, 'Institution 0')
      is(fork?.generation, 0)
      is(fork?.sequence, 0)
      is(fork?.state, 'frozen')
      is(fork?.isSelf, node === college)
    }
    await cluster.stop()
  })

  it('keeps its disk and its service where a stranger floods it (orbitdb#402)', async () => {
    const cluster = await startCluster(4)
    await publishFinal(cluster, 4)
    const store = await cluster.open(0)
    const before = await countIn(store, 'event')
    const chance = seeded(402)
    // Events without what they follow, events that are signed falsely, and noise; each is new.
    const orphans = outsideEvents(
      cluster,
      1,
      Array.from({ length: 300 }, (_, n) => ({ sequence: n + 1_000 })),
    )
    for (const orphan of orphans) {
      const { headerBytes, bodyBytes } = orphan
      await cluster.inject('events', encodeSegmentFrame([segmentOf(orphan)]))
      const forged = segmentOf({ headerBytes, bodyBytes, signature: chance.bytes(64) })
      await cluster.inject('events', encodeSegmentFrame([forged]))
      await cluster.inject('events', chance.bytes(200))
    }
    const own = await nodeAt(cluster, 0).publish(lease)
    is((await nodeAt(cluster, 2).finality(own.id)).outcome.outcome, 'applied')
    is(await countIn(store, 'event'), before + 1, 'nothing of the flood is on disk')
    await cluster.stop()
  })

  it('tells events by who issued them (keripy#672)', async () => {
    const cluster = await startCluster(4)
    await publishFinal(cluster, 6)
    const reader = nodeAt(cluster, 3)
    for (const { org } of cluster.members) {
      const issuer = parseOrgId(org)
      const events = await told(reader, { issuer })
      equal(
        events,
        (await told(reader)).filter((event) => event.startsWith(org)),
      )
      is(events.length > 0, cluster.members.findIndex((member) => member.org === org) < 3)
    }
    await cluster.stop()
  })

  it('serves the history of others, to whoever comes late (lodestar#7753)', async () => {
    const cluster = await startCluster(4, { absent: [3] })
    const { ids } = await history(cluster, { events: 9 })
    // Whoever issued is gone; one member that only held their events is left.
    await nodeAt(cluster, 0).stop()
    await nodeAt(cluster, 1).stop()
    const late = await cluster.start(3)
    await until('it has the history from who is left', () => isFinalAt(late, ids))
    equal((await told(late)).sort(), (await told(nodeAt(cluster, 2))).sort())
    await cluster.stop()
  })
})

/** `count` events of the first three members, final at all members. */
async function publishFinal(cluster: Running, count: number): Promise<void> {
  let last: LoggedEvent['id'] | undefined
  for (let index = 0; index < count; index++) last = (await nodeAt(cluster, index % 3).publish(lease)).id
  if (last === undefined) return
  await Promise.all(cluster.nodes.map((node) => node.finality(last)))
  await until('nothing waits', () => cluster.nodes.every((node) => node.status().events.pending === 0))
}

/** Everything that a node tells, as author and place. */
async function told(
  node: ChirographNode,
  query: Parameters<ChirographNode['events']>[0] = {},
): Promise<string[]> {
  const events: string[] = []
  for await (const { author, generation, sequence, id } of node.events({ ...query, live: false }))
    events.push(`${author} ${generation} ${sequence} ${id}`)
  return 'issuer' in query ? events : events.sort()
}

/** Validly signed events that their author's node did not make. */
function outsideEvents(
  cluster: Running,
  index: number,
  wanted: readonly { readonly sequence?: number; readonly count?: number }[],
): VerifiedEvent[] {
  const member = cluster.members[index]
  const author = member && parseOrgId(member.org)
  if (!author) throw new Error(`no member ${index}`)
  const networkId = networkIdOf(cluster.genesis)
  const sign = (message: Uint8Array) => ed25519.sign({ seed: member.seeds.log, message })
  const make = (sequence: number, prev: VerifiedEvent['id'] | null, count: number) => {
    const place = { networkId, author, generation: 0, sequence, prev, references: [], timeMs: 5 }
    return createEvent({ ...place, body: { kind: 'status.lease', count } }, sign)
  }
  const nowhere = make(0, null, 4_096).id
  return wanted.map(({ sequence = 0, count = 1_024 }) =>
    make(sequence, sequence === 0 ? null : nowhere, count),
  )
}

/** Keeps the frames of events that were gossiped to it. */
function recording(network: Network, seen: Uint8Array[]): Network {
  return {
    ...network,
    start: (handlers) =>
      network.start({
        ...handlers,
        gossip: (topic, bytes, from) => {
          if (topic === 'events' && seen.length < 8) seen.push(bytes.slice())
          return handlers.gossip(topic, bytes, from)
        },
      }),
  }
}

/** Answers to its requests come a frame at a time. */
function slow(network: Network): Network {
  return asking(network, async function* (request, next) {
    for await (const frame of next(request)) {
      yield frame
      await sleep(60)
    }
  })
}

/** A store that counts the rows that are read from it. */
function counting(store: Store, count: (rows: number) => void): Store {
  return {
    ...store,
    get(key) {
      count(1)
      return store.get(key)
    },
    getMany(keys) {
      count(keys.length)
      return store.getMany(keys)
    },
    async *range(bounds) {
      for await (const entry of store.range(bounds)) {
        count(1)
        yield entry
      }
    },
    async *pages(bounds) {
      for await (const page of store.pages(bounds)) {
        count(page.length)
        yield page
      }
    },
  }
}
