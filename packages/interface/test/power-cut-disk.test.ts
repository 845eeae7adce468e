/** What a power cut may take and what it may not, over every choice that a cut has. */
import * as kit from '../../workspace/kit.ts'
import { powerCutDisk, type Store, storeContract } from '../src/index.js'

const { equal, failsWith, is, suite } = kit

const makeSubject = async () => ({ ...powerCutDisk({ keeps: () => false }), dispose: async () => {} })
storeContract('power-cut disk', makeSubject, kit)

suite('a power cut', (it) => {
  it('may leave any subset of the batches that were not synced', async () => {
    const seen = new Set<string>()
    for (let choice = 0; choice < 8; choice++) {
      let asked = 0
      const disk = powerCutDisk({ keeps: () => ((choice >> asked++) & 1) === 1 })
      const store = await disk.open()
      for (const name of [1, 2, 3]) await write(store, name, { sync: false })
      is(disk.atRisk, 3)
      const { lost, kept } = disk.cut()
      is(lost + kept, 3)
      const left = await namesOn(disk)
      is(left.length, kept)
      seen.add(left.join())
    }
    equal([...seen].sort(), ['', '1', '1,2', '1,2,3', '1,3', '2', '2,3', '3'])
  })

  it('takes no batch that was synced, nor any that came before a synced one', async () => {
    const disk = powerCutDisk({ keeps: () => false })
    const store = await disk.open()
    await write(store, 1, { sync: false })
    await write(store, 2, { sync: true })
    await write(store, 3, { sync: false })
    equal(disk.cut(), { lost: 1, kept: 0 })
    equal(await namesOn(disk), [1, 2])
  })

  it('in the middle of a synced batch leaves all of it or nothing, and fails it', async () => {
    for (const keeps of [true, false]) {
      let release = () => {}
      const pause = () =>
        new Promise<void>((resolve) => {
          release = resolve
        })
      const disk = powerCutDisk({ keeps: () => keeps, pause })
      const store = await disk.open()
      const ops = [1, 2].map(
        (name) => ({ kind: 'put', key: Uint8Array.of(name), value: new Uint8Array() }) as const,
      )
      const written = failsWith('STORE_POWER_CUT', store.batch(ops, { sync: true }))
      await Promise.resolve()
      equal(disk.cut(), { lost: keeps ? 0 : 1, kept: keeps ? 1 : 0 })
      release()
      await written
      const reading = namesOn(disk)
      await new Promise(setImmediate)
      release()
      equal(await reading, keeps ? [1, 2] : [])
    }
  })

  it('applies what survives in the order in which it was written', async () => {
    const disk = powerCutDisk({ keeps: () => true })
    const store = await disk.open()
    await store.batch([{ kind: 'put', key: Uint8Array.of(1), value: Uint8Array.of(1) }], { sync: false })
    await store.batch([{ kind: 'delete', key: Uint8Array.of(1) }], { sync: false })
    await store.batch([{ kind: 'put', key: Uint8Array.of(1), value: Uint8Array.of(2) }], { sync: false })
    disk.cut()
    equal(await (await disk.open()).get(Uint8Array.of(1)), Uint8Array.of(2))
  })

  it('fails every store that was open, and none that is opened afterwards', async () => {
    const disk = powerCutDisk({ keeps: () => true })
    const store = await disk.open()
    await write(store, 1, { sync: true })
    await write(store, 2, { sync: true })
    const range = store.range(everything)[Symbol.asyncIterator]()
    await range.next()
    disk.cut()
    await failsWith('STORE_POWER_CUT', () => store.get(Uint8Array.of(1)))
    await failsWith('STORE_POWER_CUT', () => store.getMany([Uint8Array.of(1)]))
    await failsWith('STORE_POWER_CUT', () => write(store, 3, { sync: true }))
    await failsWith('STORE_POWER_CUT', () => range.next())
    equal(await namesOn(disk), [1, 2])
  })
})

const everything = { from: Uint8Array.of(0), to: Uint8Array.of(255) }

function write(store: Store, name: number, options: { sync: boolean }): Promise<void> {
  return store.batch([{ kind: 'put', key: Uint8Array.of(name), value: new Uint8Array(3) }], options)
}

async function namesOn(disk: { open(): Promise<Store> }): Promise<(number | undefined)[]> {
  const names: (number | undefined)[] = []
  for await (const [key] of (await disk.open()).range(everything)) names.push(key[0])
  return names
}
