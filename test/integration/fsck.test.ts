/** What `checkStore` finds: every kind of damage, by its name and nothing besides; and nothing where nothing is wrong. */
import { contentIdOfDigest, sha256 } from '@chirograph/codec'
import {
  historyKey,
  holeKey,
  type KeySpace,
  keySpaces,
  memoryDisk,
  metaKey,
  readEventKey,
  readVoteKey,
  type Store,
} from '@chirograph/interface'
import { checkStore, type DamageCode, initialiseStore, repairStore } from '@chirograph/node'
import { bodyFloorOp } from '../../packages/node/src/body-floor.ts'
import { historyValue } from '../../packages/node/src/facts.ts'
import { equal, failsWith, ok, seeded, suite } from '../../packages/workspace/kit.ts'
import { ed25519, memberOf, startCluster } from './cluster.ts'
import { afterwards, asking, createDoor, early, heightOf, history, nodeAt, until } from './scene.ts'
import {
  anyTime,
  busyOnce,
  type Damage,
  damage,
  damages,
  doubled,
  flipped,
  gone,
  isMiddle,
  nameOf,
  type Row,
  truncated,
} from './store-damage.ts'
import { finalViewIn, pastPagesIn, type Rows, rowsOf, type Shape, shapeOf, storeOf } from './store-shapes.ts'

async function codesIn(store: Store, { genesis, org }: Shape): Promise<DamageCode[]> {
  const { findings } = await checkStore(store, { genesis, org, ed25519 })
  return findings.map(({ code }) => code).sort()
}

const codesOf = async (rows: Rows, shape: Shape) => codesIn(await storeOf(rows), shape)

suite('fsck', (it) => {
  it(
    'finds nothing in a store that was just made, and in one of forks, rotated keys, votes and pending events',
    async () => {
      const shape = await busyOnce()
      equal(await codesOf(shape.rows, shape), [])
      const fresh = memoryDisk()
      const store = await fresh.open()
      equal(await codesIn(store, shape), [])
      await initialiseStore(store, { org: shape.org })
      equal(await codesIn(store, shape), [])
    },
    anyTime,
  )

  it(
    'finds nothing at any moment at which a node may be killed, of one that was there and of one that joins by snapshot',
    async () => {
      const moments: { readonly index: number; readonly rows: Rows }[] = []
      const cluster = await startCluster(4, {
        absent: [3],
        joinLimits: () => early,
        storeOf: (store, index) =>
          index !== 0 && index !== 3
            ? store
            : {
                ...store,
                async batch(ops, options) {
                  await store.batch(ops, options)
                  moments.push({ index, rows: await rowsOf(store) })
                },
              },
      })
      await history(cluster, { events: 10, among: [0, 1, 2] })
      const rotation = await nodeAt(cluster, 0).rotateKey()
      await nodeAt(cluster, 0).finality(rotation.id)
      const late = await cluster.start(3)
      await until('it is whole', () => late.status().history.isWhole && heightOf(late) > 0)
      const { id } = await late.publish({ kind: 'status.lease', count: 1_024 })
      await nodeAt(cluster, 0).finality(id)
      await cluster.stop()
      const wrong = new Set<string>()
      for (const [at, { index, rows }] of moments.entries()) {
        const shape = shapeOf(memberOf(index), cluster.genesis, rows)
        const { findings } = await checkStore(await storeOf(rows), { ...shape, ed25519 })
        // Rows of a snapshot lie in the place that is not read until all of them are there.
        for (const one of findings)
          if (one.code !== 'leftover-rows') wrong.add(`member ${index}, write ${at}: ${nameOf(one)}`)
      }
      equal([...wrong], [])
      ok(moments.length > 30, `${moments.length} moments`)
    },
    anyTime,
  )

  it(
    'finds every kind of damage, names it and nothing else, and repairs what it says that it repairs',
    async () => {
      const shape = await busyOnce()
      const wrong: string[] = []
      for (const one of damages) {
        const rows = damage(shape.rows, one)
        if (rows === undefined) {
          if (one.finds.length > 0) wrong.push(`${one.title}: there is no such row`)
          continue
        }
        const found = await codesOf(rows, shape)
        if (found.join() !== one.finds.join()) wrong.push(`${one.title}: ${found.join(' ') || 'nothing'}`)
        const store = await storeOf(rows)
        const { left } = await repairStore(store, { ...shape, ed25519 })
        const leaves = left.findings.map(({ code }) => code)
        if (leaves.join() !== (one.leaves ?? []).join())
          wrong.push(`${one.title}: leaves ${leaves.join(' ')}`)
      }
      equal(wrong, [])
    },
    anyTime,
  )

  it('names both of two rows that have each other’s values', async () => {
    const shape = await busyOnce()
    const swapped = (space: KeySpace) => {
      const [one, other] = shape.rows.filter(
        ([key]) => key[0] === keySpaces[space] && (space !== 'body' || readEventKey(key).sequence < 2),
      )
      if (!one || !other) throw new Error(`two rows of ${space}`)
      return shape.rows.map(
        (row): Row => (row === one ? [row[0], other[1]] : row === other ? [row[0], one[1]] : row),
      )
    }
    const found: Record<string, string> = {}
    for (const space of ['event', 'body', 'position', 'author', 'frontier', 'checkpointDigest'] as const)
      found[space] = (await codesOf(swapped(space), shape)).join(' ')
    equal(found, {
      event: 'event-damaged event-damaged',
      body: 'body-damaged body-damaged',
      position: 'position-index position-index',
      author: 'author-row author-row',
      frontier: 'frontier-row frontier-row',
      checkpointDigest: 'checkpoint-index checkpoint-index',
    })
  })

  it(
    'finds a flipped bit in any value, unless nothing depends on it',
    async () => {
      const shape = await busyOnce()
      const random = seeded(20_260_901)
      const finalView = finalViewIn(shape.rows)
      const past = pastPagesIn(shape.rows)
      const unfound: string[] = []
      for (let round = 0; round < 400; round++) {
        const index = random.int(shape.rows.length)
        const [key, value] = shape.rows[index] as Row // the index is below the length
        if (value.length === 0) continue
        const at = random.int(value.length)
        const changed = value.with(at, (value[at] ?? 0) ^ (1 << random.int(8)))
        const rows = shape.rows.map((row, other): Row => (other === index ? [key, changed] : row))
        const name = Buffer.from(key).toString('hex')
        const isArbitrary = [metaKey('store-tag'), metaKey('place')].some((one) =>
          Buffer.from(one).equals(key),
        )
        // What was voted in a view that is over is read by nobody.
        const isPast = key[0] === keySpaces.vote && readVoteKey(key).view <= finalView
        if (isArbitrary || isPast || past.has(key)) continue
        try {
          if ((await codesOf(rows, shape)).length === 0) unfound.push(`${name} byte ${at}`)
        } catch (error) {
          // The one note that is read before anything else.
          ok(Buffer.from(key).equals(metaKey('schema')), `${name}: ${String(error)}`)
        }
      }
      equal(unfound, [])
    },
    anyTime,
  )

  it(
    'finds nothing wrong with a hole that is noted, counts what lacks, and names a note that does not lead to it',
    async () => {
      const shape = await busyOnce()
      const isLow = ([key]: Row) => isMiddle([key, key]) || readEventKey(key).sequence === 2
      const lost = shape.rows.filter(([key]) => key[0] === keySpaces.event && readEventKey(key).author === 0)
      const rows = shape.rows.filter((row) => !lost.includes(row) || !isLow(row))
      const store = await storeOf(rows)
      const { left } = await repairStore(store, { ...shape, ed25519 })
      equal([left.findings.map(nameOf), left.toFetch], [[], 2])
      const noted = await rowsOf(store)
      const hole = (become: Damage['become']) =>
        damage(noted, { title: '', space: 'hole', become, finds: [] }) ?? []
      for (const [become, finds] of [
        [flipped, ['history-note']],
        [truncated, ['event-missing', 'history-note']],
        [gone, ['event-missing']],
        [doubled, ['history-note']],
      ] as const) {
        equal(await codesOf(hole(become), shape), finds)
        const again = await storeOf(hole(become))
        const { left } = await repairStore(again, { ...shape, ed25519 })
        equal([left.findings.map(nameOf), left.toFetch], [[], 2])
      }
    },
    anyTime,
  )

  it(
    'names a note that leads to the wrong event below, alone, and writes it anew',
    async () => {
      const shape = await busyOnce()
      const isFirst = ([key]: Row) =>
        key[0] === keySpaces.event && readEventKey(key).author === 0 && readEventKey(key).sequence === 0
      const lost = await storeOf(shape.rows.filter((row) => !isFirst(row)))
      await repairStore(lost, { ...shape, ed25519 })
      // What is noted of a hole down to the beginning is, under the other key, history that is still to come.
      const holed = await rowsOf(lost)
      const hole = holed.find(([key]) => key[0] === keySpaces.hole)
      ok(hole)
      const note: Row = [historyKey({ author: 0, generation: 0 }), hole[1]]
      const noted = [...holed.filter((row) => row !== hole), note]
      equal(await codesOf(noted, shape), [])
      const misled = noted.map((row): Row => (row === note ? [row[0], row[1].with(-1, 0)] : row))
      equal(await codesOf(misled, shape), ['history-note'])
      const again = await storeOf(misled)
      const { left: rest } = await repairStore(again, { ...shape, ed25519 })
      equal([rest.findings.map(nameOf), rest.toFetch], [[], 1])
      equal(await again.get(note[0]), note[1])
    },
    anyTime,
  )

  it(
    'names notes of a key period that does not exist, and removes them',
    async () => {
      const shape = await busyOnce()
      const place = { author: 0, generation: 7 }
      const value = historyValue({ lowest: 3, before: contentIdOfDigest(sha256()) })
      const floor = bodyFloorOp({ ...place, sequence: 3 })
      ok(floor.kind === 'put')
      const notes: [Row, string][] = [
        [[historyKey(place), value], 'history-note'],
        [[holeKey({ ...place, fromSequence: 1 }), value], 'history-note'],
        [[floor.key, floor.value], 'body-floor'],
      ]
      for (const [row, code] of notes) {
        const rows = [...shape.rows, row]
        equal(await codesOf(rows, shape), [code])
        const store = await storeOf(rows)
        await repairStore(store, { ...shape, ed25519 })
        equal(await store.get(row[0]), undefined)
      }
    },
    anyTime,
  )

  it('refuses a store of another format, as every command does', async () => {
    const shape = await busyOnce()
    const store = await storeOf(shape.rows)
    await store.batch([{ kind: 'put', key: metaKey('schema'), value: Uint8Array.of(0x39) }], { sync: true })
    await failsWith('NODE_STORE_SCHEMA', () => codesIn(store, shape))
  })

  it('ends between two rows when it is asked to', async () => {
    const shape = await busyOnce()
    const controller = new AbortController()
    controller.abort(new Error('enough'))
    const run = checkStore(await storeOf(shape.rows), { ...shape, ed25519, signal: controller.signal })
    equal(await run.then(() => 'done', String), 'Error: enough')
  })

  it(
    'finds nothing in a store joined by snapshot, before, while and after its history comes, counts what lacks, and repairs the note of it',
    async () => {
      const door = createDoor()
      const cluster = await startCluster(4, {
        absent: [3],
        joinLimits: () => early,
        networkOf: (network, index) =>
          index !== 3
            ? network
            : asking(network, (request, next) =>
                request.protocol === 'history' ? afterwards(door.opened, () => next(request)) : next(request),
              ),
      })
      await history(cluster, { events: 12, among: [0, 1, 2] })
      const rotation = await nodeAt(cluster, 1).rotateKey()
      await nodeAt(cluster, 1).finality(rotation.id)
      const after = await nodeAt(cluster, 1).publish({ kind: 'status.lease', count: 1_024 })
      await nodeAt(cluster, 1).finality(after.id)
      const late = await cluster.start(3)
      await until('it joined', () => heightOf(late) >= heightOf(nodeAt(cluster, 0)))
      const member = memberOf(3)
      const check = async () =>
        checkStore(await cluster.open(3), { ...shapeOf(member, cluster.genesis, []), ed25519 })
      await until('the snapshot is on disk', async () => (await check()).toFetch > 0)
      const open = await check()
      equal(
        open.findings.map(({ code, what }) => `${code} ${what}`),
        [],
      )
      ok(open.toFetch > 0, `${open.toFetch} to fetch`)
      // A repair finds out again from where on history lacks, whatever happened to the note of it.
      const rows = await rowsOf(await cluster.open(3))
      const shape = shapeOf(member, cluster.genesis, rows)
      for (const become of [flipped, truncated, gone]) {
        const noted = damage(rows, { title: '', space: 'history', become, finds: [] }) ?? []
        ok((await codesOf(noted, shape)).includes('body-missing'))
        const { left } = await repairStore(await storeOf(noted), { ...shape, ed25519 })
        equal([left.findings.map(nameOf), left.toFetch], [[], open.toFetch])
      }
      door.open()
      await until('history is whole', () => late.status().history.isWhole)
      const whole = await check()
      equal([whole.findings.map(({ code, what }) => `${code} ${what}`), whole.toFetch], [[], 0])
      await cluster.stop()
    },
    anyTime,
  )
})
