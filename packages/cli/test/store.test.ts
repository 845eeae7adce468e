import { is, match, suite, tempDir } from '../../workspace/kit.ts'
import { chirograph } from './processes.ts'

suite('chirograph store', (it) => {
  it(
    'counts, compacts and has nothing to migrate in a log of its own version',
    async () => {
      const { path, dispose } = await tempDir()
      await chirograph(path, 'init', '--name', 'Sample College', '--type', 'community-college')
      const stat = JSON.parse((await chirograph(path, 'store', 'stat', '--json')).out)
      is(stat.schema, '2')
      is(stat.spaces.length, 1)
      match((await chirograph(path, 'store', 'compact')).out, 'Compacted: ')
      match((await chirograph(path, 'store', 'migrate')).out, 'Nothing to do')
      await dispose()
    },
    { timeoutMs: 60_000 },
  )
})
