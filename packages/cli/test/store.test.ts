import { is, match, suite, tempDir } from '../../workspace/kit.ts'
import { chirograph } from './processes.ts'

suite('chirograph store', (it) => {
  it(
    'counts, compacts, and has nothing to migrate or prune in a log of its own version',
    async () => {
      const { path, dispose } = await tempDir()
      await chirograph(path, 'init', '--name', 'Sample College', '--type', 'community-college')
      const stat = JSON.parse((await chirograph(path, 'store', 'stat', '--json')).out)
      is(stat.schema, '3')
      is(stat.spaces.length, 1)
      match((await chirograph(path, 'store', 'compact')).out, 'Compacted: ')
      match((await chirograph(path, 'store', 'migrate')).out, 'Nothing to do')
      match((await chirograph(path, 'store', 'prune', '--before', '2026-01-01')).out, 'Nothing to prune')
      const tooFar = await chirograph(path, 'store', 'prune', '--before', '7')
      is(tooFar.code, 2)
      match(tooFar.err, 'NODE_PRUNE_TOO_FAR')
      const toCome = await chirograph(path, 'store', 'prune', '--before', '2999-01-01', '--dry-run')
      is(toCome.code, 2)
      match(toCome.err, '2999-01-01 is still to come')
      for (const wrong of [
        ['--before', 'yesterday'],
        ['--before', '1', '--keep', 'key.rotate'],
        ['--dry-run'],
      ])
        is((await chirograph(path, 'store', 'prune', ...wrong)).code, 2)
      await dispose()
    },
    { timeoutMs: 60_000 },
  )
})
