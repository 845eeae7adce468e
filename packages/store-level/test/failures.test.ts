/** What a directory may look like that cannot be opened, and what the error says. */
import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { arrivalKey } from '@chirograph/interface'
import { equal, failsWith, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { compactStore, openLevelStore } from '../src/index.js'

suite('store failures', (it) => {
  it('fails with STORE_MISSING where there is no database, and leaves nothing behind', async () => {
    const home = await tempDir()
    const directory = join(home.path, 'none')
    const error = await failsWith('STORE_MISSING', openLevelStore(directory, { createIfMissing: false }))
    match(error.message, directory)
    is(existsSync(directory), false)
    mkdirSync(directory)
    await failsWith('STORE_MISSING', openLevelStore(directory, { createIfMissing: false }))
    is(readdirSync(directory).length, 0)
    await home.dispose()
  })

  it('fails with STORE_CORRUPT when a file of the database is damaged or gone', async () => {
    const damages: ((directory: string) => void)[] = [
      (directory) => writeFileSync(join(directory, 'CURRENT'), 'garbage'),
      (directory) => writeFileSync(join(directory, 'CURRENT'), 'MANIFEST-999999\n'),
      (directory) => writeFileSync(manifestOf(directory), 'x'.repeat(1000)),
      (directory) => rmSync(manifestOf(directory)),
    ]
    for (const damage of damages) {
      const home = await tempDir()
      const store = await openLevelStore(home.path, { createIfMissing: true })
      await store.batch([{ kind: 'put', key: arrivalKey(1), value: arrivalKey(1) }], { sync: true })
      await store.close()
      damage(home.path)
      const error = await failsWith('STORE_CORRUPT', openLevelStore(home.path, { createIfMissing: false }))
      match(error.message, home.path)
      await home.dispose()
    }
  })

  it('begins no new database where the files of one lie without the one that holds them together', async () => {
    const home = await tempDir()
    const store = await openLevelStore(home.path, { createIfMissing: true })
    await store.batch([{ kind: 'put', key: arrivalKey(1), value: arrivalKey(1) }], { sync: true })
    await store.close()
    rmSync(join(home.path, 'CURRENT'))
    const before = readdirSync(home.path)
    for (const createIfMissing of [true, false])
      match(
        (await failsWith('STORE_CORRUPT', openLevelStore(home.path, { createIfMissing }))).message,
        'CURRENT',
      )
    equal(readdirSync(home.path), before)
    await home.dispose()
  })

  it('begins anew where LevelDB was killed before it had made a database (found by a kill while it started)', async () => {
    const leftovers = [
      ['MANIFEST-000001'],
      ['LOCK', 'LOG', 'MANIFEST-000001'],
      ['MANIFEST-000001', '000001.dbtmp'],
    ]
    for (const names of leftovers) {
      const home = await tempDir()
      for (const name of names) writeFileSync(join(home.path, name), '')
      await failsWith('STORE_MISSING', openLevelStore(home.path, { createIfMissing: false }))
      const store = await openLevelStore(home.path, { createIfMissing: true })
      await store.batch([{ kind: 'put', key: arrivalKey(1), value: arrivalKey(1) }], { sync: true })
      await store.close()
      const again = await openLevelStore(home.path, { createIfMissing: false })
      equal(await again.get(arrivalKey(1)), arrivalKey(1))
      await again.close()
      await home.dispose()
    }
  })

  it('fails with STORE_CORRUPT where a table is cut short', async () => {
    const home = await tempDir()
    const store = await openLevelStore(home.path, { createIfMissing: true })
    const value = new Uint8Array(100_000).map((_, at) => (at * 7919) >> 3)
    await store.batch([{ kind: 'put', key: arrivalKey(1), value }], { sync: true })
    await compactStore(store)
    await store.close()
    const table = readdirSync(home.path).find((file) => file.endsWith('.ldb'))
    ok(table)
    truncateSync(join(home.path, table), 2_000)
    const opened = openLevelStore(home.path, { createIfMissing: false }).then(async (again) => {
      try {
        await again.get(arrivalKey(1))
      } finally {
        await again.close()
      }
    })
    await failsWith('STORE_CORRUPT', opened)
    await home.dispose()
  })

  it('fails with STORE_IO_FAILED where no directory can be made', async () => {
    const home = await tempDir()
    writeFileSync(join(home.path, 'file'), '')
    const directory = join(home.path, 'file', 'store')
    const error = await failsWith('STORE_IO_FAILED', openLevelStore(directory, { createIfMissing: true }))
    match(error.message, directory)
    await home.dispose()
  })
})

function manifestOf(directory: string): string {
  const name = readdirSync(directory).find((file) => file.startsWith('MANIFEST-'))
  ok(name)
  return join(directory, name)
}
