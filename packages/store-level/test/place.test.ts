import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { placeOfStore } from '@chirograph/store-level'
import { is, not, suite } from '../../workspace/kit.ts'

suite('where a database is', (it) => {
  it('stays the same while it is used and when its folder gets another name, and is another for a copy', async () => {
    const base = await mkdtemp(join(tmpdir(), 'chirograph-place-'))
    try {
      const folder = join(base, 'log')
      await mkdir(folder)
      const place = await placeOfStore(folder)
      await writeFile(join(folder, '000001.ldb'), 'a table')
      is(await placeOfStore(folder), place)
      await rename(folder, join(base, 'named'))
      is(await placeOfStore(join(base, 'named')), place)
      await cp(join(base, 'named'), join(base, 'copy'), { recursive: true, preserveTimestamps: true })
      not((await placeOfStore(join(base, 'copy'))) === place)
    } finally {
      await rm(base, { recursive: true, force: true })
    }
  })

  it('is another for a backup that was put in the place of a folder that was removed, though it may get its number', async () => {
    const base = await mkdtemp(join(tmpdir(), 'chirograph-place-'))
    try {
      const folder = join(base, 'log')
      await mkdir(folder)
      const place = await placeOfStore(folder)
      await cp(folder, join(base, 'backup'), { recursive: true })
      await rm(folder, { recursive: true })
      await cp(join(base, 'backup'), folder, { recursive: true, preserveTimestamps: true })
      not((await placeOfStore(folder)) === place)
    } finally {
      await rm(base, { recursive: true, force: true })
    }
  })
})
