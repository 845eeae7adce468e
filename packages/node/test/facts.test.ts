/** What an event costs the store: counted in operations, so that nothing creeps in by which the disk grows. */
import { keySpaces, memoryDisk, type Store, type StoreOp } from '@chirograph/interface'
import { equal, is, suite } from '../../workspace/kit.ts'
import { chainOf, openArrivals, org } from './arrivals.ts'

const spaceNames = new Map(Object.entries(keySpaces).map(([name, space]) => [space as number, name]))

/** The key spaces of what was written since the last look, in order of their names; an operation that deletes says so. */
function opsIn(batches: StoreOp[][]): string[] {
  const ops = batches.splice(0).flat()
  return ops
    .map(({ kind, key }) => `${kind === 'put' ? '' : 'delete '}${spaceNames.get(key[0] ?? -1)}`)
    .sort()
}

async function openCounted() {
  const batches: StoreOp[][] = []
  const counted = (store: Store): Store => ({
    ...store,
    batch(ops, options) {
      batches.push([...ops])
      return store.batch(ops, options)
    },
  })
  const arrivals = await openArrivals(memoryDisk(), counted)
  batches.length = 0
  return { arrivals, batches }
}

suite('what an event writes', (it) => {
  it('is four puts in one batch, and one more where its author has no number yet', async () => {
    const { arrivals, batches } = await openCounted()
    const [first, ...others] = chainOf(org(1), 10)
    if (!first) throw new Error('ten events')
    await arrivals.admit(first)
    is(batches.length, 1)
    equal(opsIn(batches), ['arrival', 'author', 'body', 'event', 'position'])
    for (const event of others) {
      await arrivals.admit(event)
      is(batches.length, 1)
      equal(opsIn(batches), ['arrival', 'body', 'event', 'position'])
    }
  })

  it('is four puts where it is brought from before a snapshot, and one for the stretch that it comes in', async () => {
    const { arrivals, batches } = await openCounted()
    const events = chainOf(org(1), 60)
    const [last] = events.slice(-1)
    if (!last) throw new Error('sixty events')
    await arrivals.admit(last)
    opsIn(batches)
    await arrivals.bring(events.slice(10, 59))
    const written = opsIn(batches)
    is(written.length, 4 * 49 + 1)
    is(written.filter((name) => name === 'history').length, 1)
  })
})
