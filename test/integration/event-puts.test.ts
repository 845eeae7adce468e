/** How many store operations an event costs a member until it is final, counted at a member that did not make it. */
import { keySpaces, type StoreOp } from '@chirograph/interface'
import { equal, ok, suite } from '../../packages/workspace/kit.ts'
import { startCluster } from './cluster.ts'
import { heightOf, nodeAt, until } from './scene.ts'

const perEvent = ['event', 'body', 'position', 'arrival'] as const

suite('an event that becomes final', (it) => {
  it('costs four puts in all: to become final adds to a checkpoint and not to an event', async () => {
    const ops: StoreOp[] = []
    const cluster = await startCluster(4, {
      storeOf: (store, index) =>
        index !== 1
          ? store
          : {
              ...store,
              batch(batch, options) {
                ops.push(...batch)
                return store.batch(batch, options)
              },
            },
    })
    const [first, second] = [nodeAt(cluster, 0), nodeAt(cluster, 1)]
    const publish = () => first.publish({ kind: 'status.lease', count: 1_024 })
    await second.finality((await publish()).id)
    const heightBefore = heightOf(second)
    ops.length = 0
    const count = 300
    const published = await Promise.all(Array.from({ length: count }, publish))
    for (const { id } of published) await second.finality(id)
    await until('all of it is on disk', () => second.status().events.known === count + 1)
    const checkpoints = heightOf(second) - heightBefore
    await cluster.stop()
    const puts = ops.filter(({ kind }) => kind === 'put')
    const inSpace = (name: keyof typeof keySpaces) =>
      puts.filter(({ key }) => key[0] === keySpaces[name]).length
    equal(perEvent.map(inSpace), [count, count, count, count])
    const others = puts.length - 4 * count
    ok(checkpoints > 0 && checkpoints < count / 10, `${checkpoints} checkpoints for ${count} events`)
    ok(others <= 24 * checkpoints, `${others} further puts in ${checkpoints} checkpoints`)
  })
})
