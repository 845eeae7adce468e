/** A node that holds nothing of the state in memory answers as one that holds all of it, and a start reads little. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type EventId, sha256, utf8 } from '@chirograph/codec'
import type { EventBody, OrgId } from '@chirograph/event'
import { isChirographError, keySpaces, type Store, type StoreOp, spaceRange } from '@chirograph/interface'
import { checkStore } from '@chirograph/node'
import { decodeCheckpoint } from '@chirograph/replica'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, type Running, startCluster } from './cluster.ts'
import {
  afterwards,
  asking,
  createDoor,
  early,
  heightOf,
  history,
  isFinalAt,
  nodeAt,
  until,
  verdictsOf,
} from './scene.ts'

const rows = 3_000

/** What of the state a start reads: rows by range, and single values. */
interface Reads {
  ranges: number
  values: number
}

function counting(store: Store, reads: Reads): Store {
  const isOfState = ({ from }: { readonly from: Uint8Array }) => from[0] === keySpaces.statePage
  return {
    ...store,
    range(bounds) {
      if (isOfState(bounds)) reads.ranges++
      return store.range(bounds)
    },
    pages(bounds) {
      if (isOfState(bounds)) reads.ranges++
      return store.pages(bounds)
    },
    getSync(key) {
      if (key[0] === keySpaces.statePage) reads.values++
      return store.getSync(key)
    },
  }
}

/** That `fsck` finds nothing in any member's store, and that the state lies in all of them alike. */
async function assertSound({ genesis, members, open }: Running): Promise<void> {
  const states: string[] = []
  for (const [index, { org }] of members.entries()) {
    const store = await open(index)
    const { findings } = await checkStore(store, { genesis, org: org as OrgId, ed25519 })
    equal(
      findings.map(({ code, what }) => `${code}: ${what}`),
      [],
    )
    states.push(await stateRootOf(store))
  }
  ok(states.length > 0)
  for (const state of states) is(state, states[0])
}

/** The root that the newest checkpoint names. */
async function stateRootOf(store: Store): Promise<string> {
  for await (const [, value] of store.range({ ...spaceRange('checkpointHeight'), reverse: true, limit: 1 })) {
    const checkpoint = decodeCheckpoint(value)
    if (checkpoint.ok) return checkpoint.value.header.core.stateRoot
  }
  throw new Error('a checkpoint')
}

suite('a node with its state on disk', (it) => {
  it(
    'proves, judges and goes on as the others do, and is as sound after a restart',
    async () => {
      const reads: Reads = { ranges: 0, values: 0 }
      const cluster = await startCluster(4, {
        storeOf: (store, index) => (index === 1 ? counting(store, reads) : store),
      })
      const first = await history(cluster, { events: 4, rows })
      const sealed = nodeAt(cluster, 1)
      equal(await verdictsOf(cluster, sealed, first.batch), ['fail revoked', 'pass never-restricted'])
      // A start reads the root, and the rows of the institutions; 3,000 others stay where they are.
      await sealed.stop()
      reads.ranges = 0
      reads.values = 0
      const back = await cluster.start(1)
      is(reads.ranges, 0)
      ok(reads.values > 0 && reads.values < 60, `${reads.values} values`)
      equal(await verdictsOf(cluster, back, first.batch), ['fail revoked', 'pass never-restricted'])

      // It leads, votes and executes on rows that it reads as they are asked for.
      const second = await history(cluster, { events: 8 })
      for (const node of cluster.nodes)
        equal(await verdictsOf(cluster, node, second.batch), ['fail revoked', 'pass never-restricted'])
      await cluster.stop()
      await assertSound(cluster)
    },
    { timeoutMs: 40_000 },
  )

  it(
    'hands a late member a snapshot, which holds as little of it',
    async () => {
      const cluster = await startCluster(4, {
        absent: [3],
        joinLimits: (index) => (index === 3 ? early : {}),
      })
      const before = await history(cluster, { events: 4, rows, among: [0, 1, 2] })
      // Whoever hands it out has let go of its state.
      for (const index of [0, 2]) await nodeAt(cluster, index).stop()
      const late = await cluster.start(3)
      await until('it is where the others are', () => heightOf(late) >= heightOf(nodeAt(cluster, 1)))
      equal(await verdictsOf(cluster, late, before.batch), ['fail revoked', 'pass never-restricted'])
      for (const index of [0, 2]) await cluster.start(index)
      const after = await history(cluster, { events: 4 })
      equal(await verdictsOf(cluster, late, after.batch), ['fail revoked', 'pass never-restricted'])
      await until('its history is whole', () => late.status().history.isWhole)
      await cluster.stop()
      await assertSound(cluster)
    },
    { timeoutMs: 40_000 },
  )

  it(
    'executes under load what follows headers that are not final yet, and reads none of it where it is no more',
    async () => {
      const cluster = await startCluster(4)
      const { batch } = await history(cluster, { events: 0, rows })
      // Those who hold nothing of the state read all that follows.
      for (const index of [1, 3]) {
        await nodeAt(cluster, index).stop()
        await cluster.start(index)
      }
      const ids: EventId[] = []
      const atFirst = heightOf(nodeAt(cluster, 0))
      const bodyOf = (index: number, round: number): EventBody => {
        if (index > 0) return { kind: 'status.lease', count: 1024 }
        const entries = [{ handle: sha256(utf8(`${round * 11}`)), position: null }]
        return { kind: 'status.revoke', entries, reason: 'withdrawn' }
      }
      const publishAt = async (index: number) => {
        for (let round = 0; round < 250; round++) {
          ids.push((await nodeAt(cluster, index).publish(bodyOf(index, round))).id)
          await sleep(5)
        }
      }
      await Promise.all([0, 1, 2, 3].map(publishAt))
      await until('everything is final everywhere', async () => {
        for (const node of cluster.nodes) if (!(await isFinalAt(node, ids))) return false
        return true
      })
      ok(heightOf(nodeAt(cluster, 0)) > atFirst + 16, 'many headers, one upon the other')
      for (const node of cluster.nodes)
        equal(await verdictsOf(cluster, node, batch), ['fail revoked', 'pass never-restricted'])
      await cluster.stop()
      await assertSound(cluster)
    },
    { timeoutMs: 60_000 },
  )

  it(
    'lets go of what a member still fetches of it when it must, and that member goes on with a newer head',
    async () => {
      const door = createDoor()
      let asked = 0
      const cluster = await startCluster(4, {
        absent: [3],
        joinLimits: (index) => (index === 3 ? early : {}),
        networkOf: (network, index) =>
          asking(network, (request, next) => {
            if (index !== 3 || request.protocol !== 'snapshot') return next(request)
            // Of the one that keeps as little as it may; its first chunks are waited for.
            if (request.peerId !== cluster.members[1]?.peerId) throw new Error('asked of another')
            return asked++ === 1 ? afterwards(door.opened, () => next(request)) : next(request)
          }),
      })
      const { batch } = await history(cluster, { events: 2, rows, among: [0, 1, 2] })
      const late = await cluster.start(3)
      await until('it has asked for chunks', () => asked > 1)
      await history(cluster, { events: 16, among: [0, 1, 2] })
      door.open()
      await until('it is where the others are', () => heightOf(late) >= heightOf(nodeAt(cluster, 0)))
      ok(asked > 3, `${asked} requests: the first head was no use any more`)
      ok(cluster.notices[3]?.some((notice) => notice.what === 'took a snapshot'))
      equal(await verdictsOf(cluster, late, batch), ['fail revoked', 'pass never-restricted'])
      await cluster.stop()
    },
    { timeoutMs: 40_000 },
  )

  it('says that it has stopped when it is asked for what was not read before', async () => {
    const cluster = await startCluster(4)
    await history(cluster, { events: 2, rows: 1_000 })
    await nodeAt(cluster, 1).stop()
    const back = await cluster.start(1)
    await cluster.stop()
    const { org } = nodeAt(cluster, 0)
    let told: unknown
    try {
      for (let handle = 0; handle < 256; handle++)
        back.credentialStatus({ org, handle: new Uint8Array(32).fill(handle) })
    } catch (error) {
      told = error
    }
    ok(isChirographError(told, 'NODE_STOPPED'), String(told))
  })

  it('stops when a page that it reads is gone, says why, and the others go on', async () => {
    const cluster = await startCluster(4)
    await history(cluster, { events: 2, rows: 1_000 })
    const store = await cluster.open(3)
    const ops: StoreOp[] = []
    for await (const [key] of store.range(spaceRange('statePage')))
      if ((key[1] ?? 0) > 0) ops.push({ kind: 'delete', key })
    await store.batch(ops, { sync: true })
    let hasStopped = false
    nodeAt(cluster, 3).stopped.then(() => {
      hasStopped = true
    })
    await history(cluster, { events: 8, among: [0, 1, 2] })
    await until('it has stopped', () => hasStopped)
    const [error] = cluster.notices[3]?.filter(({ level }) => level === 'error') ?? []
    is(error?.what, 'the data directory is damaged: this node stops')
    ok(String(error?.facts.error).includes('chirograph fsck'))
    await cluster.stop()
  })

  it('stops at a page that is not what its hash names, says so, and believes nothing of it', async () => {
    const cluster = await startCluster(4)
    const { batch } = await history(cluster, { events: 2, rows: 1_000 })
    await nodeAt(cluster, 1).stop()
    const store = await cluster.open(1)
    const ops: StoreOp[] = []
    for await (const [key, value] of store.range(spaceRange('statePage')))
      if ((key[1] ?? 0) > 0) ops.push({ kind: 'put', key, value: value.with(-1, (value.at(-1) ?? 0) ^ 1) })
    ok(ops.length > 16)
    await store.batch(ops, { sync: true })
    let told: unknown
    try {
      await verdictsOf(cluster, await cluster.start(1), batch)
    } catch (error) {
      told = error
    }
    ok(isChirographError(told, 'NODE_STORE_DAMAGED'), String(told))
    await cluster.stop()
    const { findings } = await checkStore(await cluster.open(1), {
      genesis: cluster.genesis,
      org: cluster.members[1]?.org as OrgId,
      ed25519,
    })
    equal(
      findings.map(({ code }) => code),
      ['state-rows'],
    )
  })
})
