/** A backup that was restored, or a copy: it signs nothing until it has been told what it lacks, and that is on disk. */
import { fromUtf8 } from '@chirograph/codec'
import {
  type MemoryDisk,
  memoryDisk,
  memoryHub,
  metaKey,
  type Store,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { type ChirographNode, createNode, initialiseStore } from '@chirograph/node'
import { failsWith, is, ok, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, memberOf } from './cluster.ts'
import { until } from './scene.ts'

const lease = { kind: 'status.lease', count: 1024 } as const

/** Members on networks in memory; each start says on what disk, and where that physically is. */
function createMembers(count: number) {
  const members = Array.from({ length: count }, (_, index) => memberOf(index))
  const genesis = genesisOf(members)
  const hub = memoryHub()
  return {
    async start(index: number, { disk, place, wasMoved, storeOf = (store: Store) => store }: Start) {
      const member = members[index]
      if (!member) throw new Error(`no member ${index}`)
      const store = await disk.open()
      if ((await store.get(metaKey('schema'))) === undefined)
        await initialiseStore(store, { org: member.org as ChirographNode['org'] })
      return createNode({
        genesis,
        seeds: member.seeds,
        store: storeOf(store),
        registrar: await memoryDisk().open(),
        network: hub.network(member.peerId),
        ed25519,
        addresses: members.flatMap(({ peerId }) => (peerId === member.peerId ? [] : [`memory:${peerId}`])),
        storePlace: place,
        ...(wasMoved === undefined ? {} : { wasMoved }),
      })
    },
  }
}

interface Start {
  readonly disk: MemoryDisk
  readonly place: string
  readonly wasMoved?: boolean
  readonly storeOf?: (store: Store) => Store
}

async function copyOf(disk: MemoryDisk): Promise<MemoryDisk> {
  const copy = memoryDisk()
  const [from, to] = [await disk.open(), await copy.open()]
  const ops: StoreOp[] = []
  for await (const [key, value] of from.range({ from: new Uint8Array(1), to: new Uint8Array([255]) }))
    ops.push({ kind: 'put', key, value })
  await to.batch(ops, { sync: true })
  return copy
}

async function placeIn(disk: MemoryDisk): Promise<string | undefined> {
  const place = await (await disk.open()).get(metaKey('place'))
  return place && fromUtf8(place)
}

/** Holds up the first write of an event, and whatever else has not gone down by then. */
function holdingEvents() {
  const { from, to } = spaceRange('event')
  const isEvent = ({ key }: StoreOp) => Buffer.compare(key, from) >= 0 && Buffer.compare(key, to) < 0
  let isHeld = false
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    isHolding: () => isHeld,
    release: () => release(),
    storeOf: (store: Store): Store => ({
      ...store,
      async batch(ops, options) {
        if (ops.some(isEvent)) {
          isHeld = true
          await released
        }
        await store.batch(ops, options)
      },
    }),
  }
}

suite('a store that is not where it was', (it) => {
  it('never belongs there once others know later events of its own: neither its key nor its vote is used', async () => {
    const { start } = createMembers(2)
    const disk = memoryDisk()
    const other = await start(1, { disk: memoryDisk(), place: 'elsewhere' })
    const college = await start(0, { disk, place: 'here' })
    await other.finality((await college.publish(lease)).id)
    await until('it is final at both', async () => college.status().events.final === 1)
    const backup = await copyOf(disk)
    const lost = await college.publish(lease)
    await other.finality(lost.id)
    await college.stop()

    const held = holdingEvents()
    const restored = await start(0, { disk: backup, place: 'there', storeOf: held.storeOf })
    await until('it was told of the event that the backup lacks', held.isHolding)
    // In memory it is certain by now what was signed: nothing more is asked of a pair's only other member.
    await until('that is certain', () => restored.status().signing === 'own-key-elsewhere')
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    is(await placeIn(backup), 'here')
    held.release()
    await until('it is told', async () => (await restored.event(lost.id)) !== undefined)
    await failsWith('NODE_SIGNING_REFUSED', restored.publish(lease))
    is(restored.status().isVoting, false)
    await restored.stop()
    is(await placeIn(backup), 'here')

    const again = await start(0, { disk: backup, place: 'there' })
    await until('it heard the other', () => again.status().sync.state === 'current')
    await failsWith('NODE_SIGNING_REFUSED', again.publish(lease))
    is(again.status().isVoting, false, 'after a restart, too')
    await Promise.all([again.stop(), other.stop()])
  })

  it('votes again once the others have told which views they are in, and belongs there then, though it signs nothing', async () => {
    const { start } = createMembers(4)
    const disk = memoryDisk()
    const others = await Promise.all(
      [1, 2, 3].map((index) => start(index, { disk: memoryDisk(), place: 'elsewhere' })),
    )
    const [other] = others
    const college = await start(0, { disk, place: 'here' })
    const backup = await copyOf(disk)
    const lost = await college.publish(lease)
    await Promise.all(others.map((node) => node.finality(lost.id)))
    await college.stop()

    const restored = await start(0, { disk: backup, place: 'there' })
    is(restored.status().whyNotVoting, 'copied-folder')
    await until('the others were heard', () => restored.status().votesFrom !== null)
    ok(Number(restored.status().votesFrom) >= Number(other?.status().view) + 1)
    for (let view = 0; view < 3; view++) await other?.finality((await other.publish(lease)).id)
    await until('it votes', () => restored.status().isVoting)
    is(restored.status().signing, 'own-key-elsewhere')
    await until('that is on its disk', async () => (await placeIn(backup)) === 'there')
    const { votesFrom } = restored.status()
    await restored.stop()
    const again = await start(0, { disk: backup, place: 'there' })
    is(again.status().votesFrom, votesFrom)
    for (const node of others) is(node.status().counters.equivocations, 0)
    await Promise.all([again, ...others].map((node) => node.stop()))
  })

  it('is believed where it is when whoever moved it says that nothing ran elsewhere', async () => {
    const { start } = createMembers(4)
    const disks = [0, 1, 2, 3].map(() => memoryDisk())
    const run = (place: string, options: Partial<Start> = {}) =>
      Promise.all(disks.map((disk, index) => start(index, { disk, place, ...options })))
    const before = await run('here')
    const first = await before[0]?.publish(lease)
    if (!first) throw new Error('four nodes')
    await Promise.all(before.map((node) => node.finality(first.id)))
    await Promise.all(before.map((node) => node.stop()))

    const silent = await run('there')
    await until('all were heard', () => silent.every((node) => node.status().signing === 'ok'))
    for (const node of silent) is(node.status().isVoting, false, 'all were moved, and nobody can tell a view')
    await Promise.all(silent.map((node) => node.stop()))

    const moved = await run('there', { wasMoved: true })
    for (const node of moved) ok(node.status().isVoting)
    const next = await moved[0]?.publish(lease)
    if (next) await Promise.all(moved.map((node) => node.finality(next.id)))
    await Promise.all(moved.map((node) => node.stop()))
    for (const disk of disks) is(await placeIn(disk), 'there')
  })
})
