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
import { failsWith, is, suite } from '../../packages/workspace/kit.ts'
import { ed25519, genesisOf, memberOf } from './cluster.ts'
import { until } from './scene.ts'

const lease = { kind: 'status.lease', count: 1024 } as const

/** Two members on networks in memory; each start says on what disk, and where that physically is. */
function createPair() {
  const members = [memberOf(0), memberOf(1)]
  const genesis = genesisOf(members)
  const hub = memoryHub()
  return {
    async start(index: number, { disk, place, storeOf = (store: Store) => store }: Start) {
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
      })
    },
  }
}

interface Start {
  readonly disk: MemoryDisk
  readonly place: string
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
    const { start } = createPair()
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
})
