/** Bodies that went: what stays as it was, and how members get along of whom some, or all, have pruned. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex } from '@chirograph/codec'
import { decodeHeader } from '@chirograph/event'
import { type KeySpace, keySpaces, type Store } from '@chirograph/interface'
import { checkStore, prunableKinds, pruneStore } from '@chirograph/node'
import { compactStore, openLevelStore } from '@chirograph/store-level'
import { equal, failsWith, is, ok, suite, tempDir } from '../../packages/workspace/kit.ts'
import { ed25519, memberOf, type Running, startCluster } from './cluster.ts'
import { countIn, early, handleOf, heightOf, history, isFinalAt, nodeAt, until, verdictsOf } from './scene.ts'
import { busyShape, type Rows, rowsOf, type Shape, shapeOf, storeOf } from './store-shapes.ts'

const anyTime = { timeoutMs: 120_000 }

let busy: Promise<Shape> | undefined
const busyOnce = () => {
  busy ??= busyShape()
  return busy
}

const inSpace = (rows: Rows, space: KeySpace) => rows.filter(([key]) => key[0] === keySpaces[space])

async function check(store: Store, { genesis, org }: Shape) {
  const { findings, pruned, toFetch } = await checkStore(store, { genesis, org, ed25519 })
  return { findings: findings.map(({ code, what }) => `${code} ${what}`), pruned, toFetch }
}

/** Everything that was final at the newest checkpoint. */
async function pruneAll(store: Store, options: { isDryRun?: boolean } = {}) {
  const height = await countIn(store, 'checkpointHeight')
  return pruneStore(store, { before: { height: height + 1 }, ...options })
}

function shapeAt(cluster: Running, index: number): Shape {
  return shapeOf(memberOf(index), cluster.genesis, [])
}

suite('pruning', (it) => {
  it(
    'removes bodies of prunable kinds that are final, and nothing else',
    async () => {
      const shape = await busyOnce()
      const store = await storeOf(shape.rows)
      const planned = await pruneAll(store, { isDryRun: true })
      equal(await rowsOf(store), shape.rows)
      const done = await pruneAll(store)
      equal({ ...planned, kind: 'done' }, done)
      ok(done.bodies > 5, `${done.bodies} bodies`)
      const after = await rowsOf(store)
      for (const space of Object.keys(keySpaces) as KeySpace[])
        if (!['body', 'bodyFloor', 'meta'].includes(space))
          equal(inSpace(after, space), inSpace(shape.rows, space))
      const left = new Set(
        inSpace(after, 'body').map(([key]) => Buffer.from(key.subarray(1)).toString('hex')),
      )
      const lost = inSpace(shape.rows, 'event').filter(
        ([key]) => !left.has(Buffer.from(key.subarray(1)).toString('hex')),
      )
      is(lost.length, done.bodies)
      for (const [, value] of lost) {
        const decoded = decodeHeader(value.subarray(1, value.length - (value[0] === 1 ? 64 : 0)))
        ok(decoded.kind === 'decoded' && prunableKinds.includes(decoded.header.kind))
      }
      const { findings, pruned } = await check(store, shape)
      equal([findings, pruned], [[], done.bodies])
      equal((await pruneAll(store)).bodies, 0)
    },
    anyTime,
  )

  it('goes up to the checkpoint before the height or the time that is named, and keeps what it is told to', async () => {
    const shape = await busyOnce()
    const bodiesBefore = async (height: number) =>
      (await pruneStore(await storeOf(shape.rows), { before: { height }, isDryRun: true })).bodies
    const newest = inSpace(shape.rows, 'checkpointHeight').length
    is(await bodiesBefore(1), 0)
    const some = await bodiesBefore(newest >> 1)
    ok(some > 0 && some < (await bodiesBefore(newest + 1)))
    const store = await storeOf(shape.rows)
    is((await pruneStore(store, { before: { timeMs: 1_000 }, isDryRun: true })).height, 0)
    is((await pruneStore(store, { before: { timeMs: Date.now() + 1_000 }, isDryRun: true })).height, newest)
    await failsWith('NODE_PRUNE_TOO_FAR', () => pruneStore(store, { before: { height: newest + 2 } }))
    is((await pruneStore(store, { before: { height: newest }, keep: prunableKinds })).bodies, 0)
  })

  it(
    'that is killed before any of its writes leaves a sound store, and goes on when it is run again',
    async () => {
      const shape = await busyOnce()
      const whole = await storeOf(shape.rows)
      await pruneAll(whole)
      const expected = inSpace(await rowsOf(whole), 'body')
      for (let writes = 0; writes < 6; writes++) {
        const store = await storeOf(shape.rows)
        let left = writes
        const dying: Store = {
          ...store,
          async batch(ops, options) {
            if (left-- <= 0) throw new Error('killed')
            await store.batch(ops, options)
          },
        }
        await pruneAll(dying).catch(() => {})
        equal((await check(store, shape)).findings, [])
        await pruneAll(store)
        equal(inSpace(await rowsOf(store), 'body'), expected)
      }
    },
    anyTime,
  )

  it('leaves a floor that fsck corrects where it lies above what is final', async () => {
    const shape = await busyOnce()
    const store = await storeOf(shape.rows)
    await pruneAll(store)
    const rows = await rowsOf(store)
    const [floor] = inSpace(rows, 'bodyFloor')
    if (!floor) throw new Error('a floor')
    const raised = rows.map((row): (typeof rows)[number] =>
      row === floor ? [row[0], Uint8Array.of(0x19, 0x70, 0)] : row,
    )
    const { findings } = await checkStore(await storeOf(raised), { ...shape, ed25519 })
    equal(
      findings.map(({ code }) => code),
      ['body-floor'],
    )
  })

  it(
    'leaves every proof byte for byte as it was, and the node signs, votes and serves on',
    async () => {
      const cluster = await startCluster(4)
      const { batch, ids } = await history(cluster, { events: 8 })
      const proofs = (node: ReturnType<typeof nodeAt>) =>
        batch.entries.map((entry) =>
          Buffer.from(
            node.proveStatus({
              org: nodeAt(cluster, 0).org,
              handle: handleOf(entry),
              batch: batch.event,
              index: entry.index,
              path: entry.path.map((sibling) => fromHex(sibling) ?? new Uint8Array()),
            }),
          ).toString('hex'),
        )
      await Promise.all(cluster.nodes.map((node) => node.stop()))
      const alone = await cluster.start(0)
      const before = proofs(alone)
      await alone.stop()
      const done = await pruneAll(await cluster.open(0))
      ok(done.bodies >= ids.length, `${done.bodies} bodies`)
      const again = await cluster.start(0)
      equal(proofs(again), before)
      is(await again.event(batch.event), undefined)
      ok(await isFinalAt(again, ids))
      for (const index of [1, 2, 3]) await cluster.start(index)
      const more = await again.publish({ kind: 'status.lease', count: 1_024 })
      await again.finality(more.id)
      const told: string[] = []
      for await (const event of again.events({ live: false })) told.push(`${event.body === null}`)
      is(told.filter((isBare) => isBare === 'true').length, done.bodies)
      equal(await verdictsOf(cluster, again, batch), ['fail revoked', 'pass never-restricted'])
      await cluster.stop()
      equal((await check(await cluster.open(0), shapeAt(cluster, 0))).findings, [])
    },
    anyTime,
  )

  for (const [title, pruners, limits] of [
    ['gets every body from the one member that kept them', [0, 1], {}],
    ['by snapshot gets every body from the one member that kept them', [0, 1], early],
    ['takes headers alone where every member pruned, and is whole with them', [0, 1, 2], {}],
  ] as const)
    it(
      `a member that comes late ${title}`,
      async () => {
        const cluster = await startCluster(4, { absent: [3], joinLimits: () => limits })
        const { batch, ids } = await history(cluster, { events: 12, among: [0, 1, 2] })
        const rotation = await nodeAt(cluster, 1).rotateKey()
        await nodeAt(cluster, 0).finality(rotation.id)
        await until('all are there', () =>
          [1, 2].every((index) => heightOf(nodeAt(cluster, index)) >= heightOf(nodeAt(cluster, 0))),
        )
        await Promise.all([0, 1, 2].map((index) => nodeAt(cluster, index).stop()))
        for (const index of pruners) await pruneAll(await cluster.open(index))
        for (const index of [0, 1, 2]) await cluster.start(index)
        const late = await cluster.start(3)
        await until(
          'it is where the others are, and whole',
          async () => (await isFinalAt(late, ids)) && late.status().history.isWhole,
          60_000,
        )
        equal(await verdictsOf(cluster, late, batch), ['fail revoked', 'pass never-restricted'])
        const hasBodies = pruners.length < 3
        for (const id of ids) is((await late.event(id)) !== undefined, hasBodies, id)
        ok(await late.event(rotation.id), 'a key is always kept')
        equal(
          cluster.notices.flat().filter(({ what }) => /^a peer is (throttled|dropped)$/.test(what)),
          [],
        )
        await cluster.stop()
        const found = await check(await cluster.open(3), shapeAt(cluster, 3))
        equal([found.findings, found.toFetch, found.pruned > 0], [[], 0, !hasBodies])
      },
      anyTime,
    )

  it(
    'gives room back on the disk, once the log is compacted',
    async () => {
      const cluster = await startCluster(3)
      await history(cluster, { events: 2, rows: 4_000 })
      await cluster.stop()
      const { path, dispose } = await tempDir()
      const store = await openLevelStore(join(path, 'log'), { createIfMissing: true })
      const rows = await rowsOf(await cluster.open(0))
      await store.batch(
        rows.map(([key, value]) => ({ kind: 'put', key, value })),
        { sync: true },
      )
      await compactStore(store)
      const before = await bytesIn(join(path, 'log'))
      const { bytes } = await pruneAll(store)
      ok(bytes > 100_000, `${bytes} bytes`)
      await compactStore(store)
      const after = await bytesIn(join(path, 'log'))
      ok(before - after > bytes / 2, `${before} before, ${after} after, ${bytes} pruned`)
      await store.close()
      await dispose()
    },
    anyTime,
  )
})

async function bytesIn(directory: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(directory)) bytes += (await stat(join(directory, name))).size
  return bytes
}
