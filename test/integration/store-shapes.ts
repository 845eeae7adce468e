/** Stores as nodes leave them, for tests of whoever looks at stores: what stands in them, and copies to damage. */
import type { EventId } from '@chirograph/codec'
import { createEvent, type OrgId, segmentOf } from '@chirograph/event'
import {
  keySpaces,
  type MemoryDisk,
  memoryDisk,
  readVoteKey,
  type Store,
  type StoreEntry,
} from '@chirograph/interface'
import { orgIdOfSeeds } from '@chirograph/node'
import { decodeCheckpoint, encodeSegmentFrame } from '@chirograph/replica'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { ed25519, type Member, memberOf, startCluster } from './cluster.ts'
import { heightOf, history, nodeAt, until } from './scene.ts'

export type Rows = readonly StoreEntry[]

export interface Shape {
  readonly genesis: Genesis
  readonly org: OrgId
  readonly rows: Rows
}

export async function rowsOf(store: Store): Promise<StoreEntry[]> {
  const rows: StoreEntry[] = []
  for await (const row of store.range({ from: new Uint8Array([0]), to: new Uint8Array([255]) }))
    rows.push(row)
  return rows
}

export async function diskOf(rows: Rows): Promise<MemoryDisk> {
  const disk = memoryDisk()
  const store = await disk.open()
  await store.batch(
    rows.map(([key, value]) => ({ kind: 'put', key, value })),
    { sync: true },
  )
  await store.close()
  return disk
}

export async function storeOf(rows: Rows): Promise<Store> {
  return (await diskOf(rows)).open()
}

export function shapeOf(member: Member, genesis: Genesis, rows: Rows): Shape {
  return { genesis, org: orgIdOfSeeds(member.seeds, ed25519), rows }
}

/**
 * What the first of three institutions holds after a while, at the moment at which it has voted on own events that are
 * not final: batches, revocations, another's rotated key, and a member that forked, with one branch final.
 */
export async function busyShape(): Promise<Shape> {
  let rows: Rows | undefined
  const keep = (now: Rows) => {
    rows = now
  }
  const cluster = await startCluster(4, {
    absent: [3],
    storeOf: (store, index) => (index === 0 ? watched(store, keep) : store),
  })
  await history(cluster, { events: 8, among: [0, 1, 2] })
  await fork(cluster)
  const second = nodeAt(cluster, 1)
  await second.finality((await second.rotateKey()).id)
  await second.finality((await second.publish({ kind: 'status.lease', count: 1_024 })).id)
  const first = nodeAt(cluster, 0)
  await first.publish({ kind: 'status.lease', count: 1_024 })
  await first.finality((await first.publish({ kind: 'status.lease', count: 2_048 })).id)
  await cluster.stop()
  const [member] = cluster.members
  if (member === undefined || rows === undefined) throw new Error('a first member that voted')
  return shapeOf(member, cluster.genesis, rows)
}

/** What a member holds whose newest checkpoint is a heartbeat: of the same state as the one before. */
export async function heartbeatShape(): Promise<Shape> {
  const cluster = await startCluster(4, { parameters: { heartbeatMs: 200 } })
  const { ids } = await history(cluster, { events: 2, among: [0] })
  for (const id of ids) await nodeAt(cluster, 0).finality(id)
  const height = heightOf(nodeAt(cluster, 0))
  await until('hearts beat', () => heightOf(nodeAt(cluster, 0)) >= height + 2)
  await cluster.stop()
  const rows = await rowsOf(await cluster.open(0))
  return shapeOf(memberOf(0), cluster.genesis, rows)
}

/** What the only member of a network holds, whose state takes many pages. */
export async function pagedShape(): Promise<Shape> {
  const cluster = await startCluster(1)
  await history(cluster, { events: 0, rows: 1_000 })
  await cluster.stop()
  const rows = await rowsOf(await cluster.open(0))
  return shapeOf(memberOf(0), cluster.genesis, rows)
}

/** Tells what a store holds whenever a NOTARIZE vote in an open view has just been written: a crash would leave that. */
function watched(store: Store, tell: (rows: Rows) => void): Store {
  return {
    ...store,
    async batch(ops, options) {
      await store.batch(ops, options)
      const views = ops.flatMap(({ kind, key }) =>
        kind === 'put' && key[0] === keySpaces.vote && readVoteKey(key).kind === 1
          ? readVoteKey(key).view
          : [],
      )
      if (views.length === 0) return
      const rows = await rowsOf(store)
      if (Math.max(...views) > finalViewIn(rows)) tell(rows)
    },
  }
}

/** Pages of the state at a place that has a newer one: they are read by nobody any more. */
export function pastPagesIn(rows: Rows): ReadonlySet<Uint8Array> {
  const newest = new Map<string, Uint8Array>()
  const past = new Set<Uint8Array>()
  for (const [key] of rows) {
    if (key[0] !== keySpaces.statePage) continue
    const place = key.subarray(0, -5).join()
    // In the order of their versions.
    const before = newest.get(place)
    if (before) past.add(before)
    newest.set(place, key)
  }
  return past
}

/** The view of the newest checkpoint: what was voted up to it is over. */
export function finalViewIn(rows: Rows): number {
  const newest = rows.filter(([key]) => key[0] === keySpaces.checkpointHeight).at(-1)
  const decoded = newest && decodeCheckpoint(newest[1])
  return decoded?.ok ? decoded.value.header.core.view : 0
}

/** Three events of the member that never started, of which two stand at one place. */
async function fork(cluster: Awaited<ReturnType<typeof startCluster>>): Promise<void> {
  const { seeds, org } = memberOf(3)
  const eventOf = (sequence: number, prev: EventId | null, count: number) =>
    createEvent(
      {
        networkId: networkIdOf(cluster.genesis),
        author: org as OrgId,
        generation: 0,
        sequence,
        prev,
        references: [],
        timeMs: Date.now(),
        body: { kind: 'status.lease', count },
      },
      (message) => ed25519.sign({ seed: seeds.log, message }),
    )
  const first = eventOf(0, null, 1_024)
  await cluster.inject('events', encodeSegmentFrame([segmentOf(first)]))
  await nodeAt(cluster, 0).finality(first.id)
  const [one, other] = [eventOf(1, first.id, 1_024), eventOf(1, first.id, 2_048)]
  await cluster.inject('events', encodeSegmentFrame([segmentOf(one)]))
  await nodeAt(cluster, 0).finality(one.id)
  await cluster.inject('events', encodeSegmentFrame([segmentOf(other)]))
  await until('the fork is final', () => nodeAt(cluster, 0).organisation(org as OrgId)?.frozen != null)
}
