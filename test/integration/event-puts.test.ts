/** How many store operations an event costs a member until it is final, counted at the member that made it and at another. */
import { keySpaces, type StoreOp } from '@chirograph/interface'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { startCluster } from './cluster.ts'
import { heightOf, nodeAt, until } from './scene.ts'

const perEvent = ['event', 'body', 'position', 'arrival'] as const
/** What a checkpoint writes, however many events become final with it. */
const perCheckpoint = [
  'vote',
  'checkpointHeight',
  'checkpointDigest',
  'frontier',
  'statePage',
  'pastPages',
  'final-height',
  'log-tree',
]

suite('an event that becomes final', (it) => {
  it('costs four puts in all, and whoever makes it one more, which says that its place is signed', async () => {
    const puts: [StoreOp[], StoreOp[]] = [[], []]
    const cluster = await startCluster(4, {
      storeOf: (store, index) => ({
        ...store,
        batch(batch, options) {
          puts[index]?.push(...batch.filter(({ kind }) => kind === 'put'))
          return store.batch(batch, options)
        },
      }),
    })
    const [maker, other] = [nodeAt(cluster, 0), nodeAt(cluster, 1)]
    const publish = () => maker.publish({ kind: 'status.lease', count: 1_024 })
    await other.finality((await publish()).id)
    const heightBefore = heightOf(other)
    for (const one of puts) one.length = 0
    const count = 300
    const published = await Promise.all(Array.from({ length: count }, publish))
    for (const { id } of published) await Promise.all([maker, other].map((node) => node.finality(id)))
    await until('all of it is on disk', () => other.status().events.known === count + 1)
    const checkpoints = heightOf(other) - heightBefore
    await cluster.stop()
    ok(checkpoints > 0 && checkpoints < count / 10, `${checkpoints} checkpoints for ${count} events`)
    for (const [index, own] of puts.entries()) {
      const names = own.map(nameOf)
      const times = (name: string) => names.filter((one) => one === name).length
      equal(perEvent.map(times), [count, count, count, count])
      // It outlives the event: where that is lost, its place is not signed anew.
      is(times('last-signed'), index === 0 ? count : 0)
      const others = names.filter((name) => name !== 'last-signed' && !perEvent.some((one) => one === name))
      equal(
        [...new Set(others)].filter((name) => !perCheckpoint.includes(name)),
        [],
      )
      ok(others.length <= 24 * checkpoints, `${others.length} further puts in ${checkpoints} checkpoints`)
    }
  })
})

/** Its key space, or the name of a note. */
function nameOf({ key }: StoreOp): string {
  if (key[0] === keySpaces.meta) return Buffer.from(key.subarray(1)).toString()
  return Object.entries(keySpaces).find(([, space]) => space === key[0])?.[0] ?? 'none'
}
