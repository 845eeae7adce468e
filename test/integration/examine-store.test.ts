/** What a look at a stopped node's store says before anything is started. */
import '../native.ts'
import { ChirographError, type Store } from '@chirograph/interface'
import { examineStore } from '@chirograph/node'
import { equal, suite } from '../../packages/workspace/kit.ts'
import { busyOnce, damage, flipped, named } from './store-damage.ts'
import { type Rows, type Shape, storeOf } from './store-shapes.ts'

suite('a look at the store of a stopped node', (it) => {
  const examined = async (rows: Rows, { genesis, org }: Shape) =>
    examineStore(await storeOf(rows), { genesis, org })

  it('finds that a node does not start where a note names another institution or network', async () => {
    const shape = await busyOnce()
    equal((await examined(shape.rows, shape)).kind, 'sound')
    for (const name of ['org', 'network']) {
      const which = named(name)
      const rows = damage(shape.rows, { title: '', space: 'meta', which, become: flipped, finds: [] }) ?? []
      const found = await examined(rows, shape)
      equal([name, found.kind], [name, 'foreign'])
    }
  })

  it('passes on what the store itself advises where it cannot be read', async () => {
    const shape = await busyOnce()
    const store = await storeOf(shape.rows)
    const parts = { code: 'STORE_CORRUPT', what: 'the database is damaged', hint: 'begin with an empty one' }
    const unreadable: Store = {
      ...store,
      range: () => {
        throw new ChirographError(parts)
      },
    }
    const { what, hint } = parts
    equal(await examineStore(unreadable, shape), { kind: 'damaged', what, hint })
  })
})
