/** A member that was away for long goes on from a snapshot; and members whose own history is not whole serve others. */
import { equal, is, not, ok, suite } from '../../packages/workspace/kit.ts'
import { type Running, startCluster } from './cluster.ts'
import {
  afterwards,
  asking,
  countIn,
  createDoor,
  early,
  heightOf,
  history,
  isFinalAt,
  nodeAt,
  until,
  verdictsOf,
} from './scene.ts'

const patient = { eventsMin: 100_000, heightsMin: 100_000 }

function hasNotice({ notices }: Running, index: number, what: string): boolean {
  return notices[index]?.some((notice) => notice.what === what) ?? false
}

/** That a member's store holds what another's does, each event once. */
async function holdsTheSame(cluster: Running, one: number, other: number): Promise<void> {
  const [a, b] = await Promise.all([cluster.open(one), cluster.open(other)])
  for (const space of ['event', 'body', 'position', 'arrival'] as const)
    is(await countIn(a, space), await countIn(b, space), space)
  is(await countIn(b, 'arrival'), await countIn(b, 'event'))
  is(await countIn(a, 'history'), 0)
}

suite('a member that was away for long', (it) => {
  it('goes on from a snapshot, keeps what it had and fetches what lies between', async () => {
    let limits = patient
    const cluster = await startCluster(4, { joinLimits: (index) => (index === 3 ? limits : patient) })
    const before = await history(cluster, { events: 4 })
    await nodeAt(cluster, 3).stop()
    const meanwhile = await history(cluster, { events: 12, among: [0, 1, 2] })
    limits = early
    const back = await cluster.start(3)
    await until('it is where the others are', () => heightOf(back) >= heightOf(nodeAt(cluster, 0)))
    ok(hasNotice(cluster, 3, 'took a snapshot'))
    is(await isFinalAt(back, before.ids), true)
    equal(await verdictsOf(cluster, back, meanwhile.batch), ['fail revoked', 'pass never-restricted'])
    await until('what lies between is here', () => isFinalAt(back, meanwhile.ids))
    await until('and it is said so', () => hasNotice(cluster, 3, 'history is complete'))
    await holdsTheSame(cluster, 3, 0)
    const store = await cluster.open(3)
    // It is a member like any other, after another restart too.
    await back.stop()
    const again = await cluster.start(3)
    const own = await again.publish({ kind: 'status.lease', count: 1024 })
    await Promise.all(cluster.nodes.map((node) => node.finality(own.id)))
    await cluster.stop()
    is(await countIn(store, 'statePage'), await countIn(await cluster.open(0), 'statePage'))
    is(await countIn(store, 'pastPages'), 0, 'old pages are gone')
  })

  it('lets go of events of which it cannot tell yet whether they are final, and has each once in the end', async () => {
    let limits = patient
    const cluster = await startCluster(4, { joinLimits: (index) => (index === 3 ? limits : patient) })
    const first = await history(cluster, { events: 2 })
    // Two of four are no quorum: what the first publishes now reaches the last and stays pending there.
    await Promise.all([1, 2].map((index) => nodeAt(cluster, index).stop()))
    const college = nodeAt(cluster, 0)
    const published = []
    for (let count = 0; count < 3; count++)
      published.push((await college.publish({ kind: 'status.lease', count: 1024 })).id)
    const last = published.at(-1)
    if (!last) throw new Error('three events')
    await until('the last member holds them', async () => {
      return (await nodeAt(cluster, 3).eventState(last)).state === 'pending'
    })
    await nodeAt(cluster, 3).stop()
    await Promise.all([1, 2].map((index) => cluster.start(index)))
    for (const id of published)
      await nodeAt(cluster, 1)
        .finality(id)
        .catch(() => {})
    const later = await history(cluster, { events: 8, among: [0, 1, 2] })
    limits = early
    const back = await cluster.start(3)
    await until('it is where the others are', () => heightOf(back) >= heightOf(college))
    ok(hasNotice(cluster, 3, 'took a snapshot'))
    const all = [...first.ids, ...published, ...later.ids]
    await until('everything is here', () => isFinalAt(back, all))
    await until('and it is said so', () => hasNotice(cluster, 3, 'history is complete'))
    await holdsTheSame(cluster, 3, 0)
    await cluster.stop()
  })
})

suite('members whose own history is not whole', (it) => {
  it(
    'give others a snapshot, and no events that would not follow what they have',
    async () => {
      const door = createDoor()
      let limits = patient
      const cluster = await startCluster(5, {
        absent: [4],
        joinLimits: () => limits,
        networkOf: (network, index) =>
          asking(network, (request, next) =>
            index === 3 && request.protocol === 'history'
              ? afterwards(door.opened, () => next(request))
              : next(request),
          ),
      })
      const { batch, ids } = await history(cluster, { events: 6 })
      await nodeAt(cluster, 3).stop()
      cluster.wipe(3)
      limits = early
      const open = await cluster.start(3)
      await until('the fourth has a snapshot', () => hasNotice(cluster, 3, 'took a snapshot'))
      await Promise.all([0, 1, 2].map((index) => nodeAt(cluster, index).stop()))
      const late = await cluster.start(4)
      await until('the fifth has it from the fourth', () => heightOf(late) === heightOf(open))
      equal(await verdictsOf(cluster, late, batch), ['fail revoked', 'pass never-restricted'])
      is(await isFinalAt(late, ids), false)
      limits = patient
      await Promise.all([0, 1, 2].map((index) => cluster.start(index)))
      await until('the fifth has all history', () => isFinalAt(late, ids))
      door.open()
      await until('the fourth has it too', () => isFinalAt(open, ids))
      await until('and both say so', () =>
        [3, 4].every((one) => hasNotice(cluster, one, 'history is complete')),
      )
      await holdsTheSame(cluster, 0, 3)
      await holdsTheSame(cluster, 0, 4)
      for (const index of cluster.members.keys()) not(hasNotice(cluster, index, 'refused what a peer sent'))
      await cluster.stop()
    },
    { timeoutMs: 60_000 },
  )

  it(
    'give a snapshot to whoever needs checkpoints that none of them has kept',
    async () => {
      let limits = patient
      const cluster = await startCluster(4, { joinLimits: () => limits })
      const before = await history(cluster, { events: 1 })
      await nodeAt(cluster, 3).stop()
      const { batch, ids } = await history(cluster, { events: 6, among: [0, 1, 2] })
      limits = early
      for (const index of [0, 1, 2]) {
        await nodeAt(cluster, index).stop()
        cluster.wipe(index)
        const fresh = await cluster.start(index)
        await until('it has a snapshot and history', () => isFinalAt(fresh, ids))
      }
      limits = patient
      const back = await cluster.start(3)
      await until('it is where the others are', () => heightOf(back) >= heightOf(nodeAt(cluster, 0)))
      ok(hasNotice(cluster, 3, 'took a snapshot'))
      equal(await verdictsOf(cluster, back, batch), ['fail revoked', 'pass never-restricted'])
      await until('all history is here', () => isFinalAt(back, [...before.ids, ...ids]))
      for (const index of cluster.members.keys()) not(hasNotice(cluster, index, 'refused what a peer sent'))
      await cluster.stop()
    },
    { timeoutMs: 60_000 },
  )
})
