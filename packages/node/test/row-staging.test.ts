/** What of a snapshot's rows is on disk, and when. */
import { memoryDisk, type Store, spaceRange, stateRowKey } from '@chirograph/interface'
import { equal, is, suite } from '../../workspace/kit.ts'
import { clearRows } from '../src/row-staging.js'

suite('rows of a space that is not read', (it) => {
  it('are gone for good before others are staged: a power cut would bring old ones back among them', async () => {
    const store = await memoryDisk().open()
    const key = stateRowKey(new Uint8Array(32), 'otherStateRow')
    await store.batch([{ kind: 'put', key, value: Uint8Array.of(1) }], { sync: true })
    const synced: boolean[] = []
    const watched: Store = {
      ...store,
      batch(ops, options) {
        synced.push(options.sync)
        return store.batch(ops, options)
      },
    }
    await clearRows(watched, 'otherStateRow')
    equal(synced, [true])
    for await (const page of store.pages(spaceRange('otherStateRow'))) is(page.length, 0)
  })
})
