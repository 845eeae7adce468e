/** What a directory may look like that cannot be opened, and what the error says. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { arrivalKey } from '@chirograph/interface'
import { failsWith, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { openLevelStore } from '../src/index.js'

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
