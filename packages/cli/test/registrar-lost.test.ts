/** A folder that lost the database that nobody else has, or the file that holds its files together. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { equal, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { chirograph, startNode } from './processes.ts'

suite('a folder whose databases are not whole', (it) => {
  it(
    'is not begun anew behind its owner’s back, and doctor says so before a start does',
    async () => {
      const { path: home, dispose } = await tempDir()
      const made = await chirograph(home, 'network', 'create', '--local', '4', '--out', 'try-out')
      is(made.code, 0, made.err)
      const dataDir = join('try-out', 'member-1')
      const doctor = () => chirograph(home, 'doctor', '--data-dir', dataDir, '--json')
      const stateOf = async (name: string) =>
        JSON.parse((await doctor()).out).checks.find((check: { name: string }) => check.name === name)
      is((await stateOf('registrar')).state, 'ok')
      is((await stateOf('config')).state, 'ok')

      for (const database of ['log', 'registrar']) {
        const folder = join(home, dataDir, database)
        await rm(join(folder, 'CURRENT'))
        const files = (await readdir(folder)).filter((name) => /MANIFEST|ldb/.test(name))
        ok(files.length > 0)
        const { state, hint } = await stateOf(database)
        equal([state, typeof hint], ['failed', 'string'])
        const started = await chirograph(home, 'start', '--data-dir', dataDir)
        is(started.code !== 0, true)
        match(started.err, 'STORE_CORRUPT')
        equal(
          (await readdir(folder)).filter((name) => /MANIFEST|ldb/.test(name)),
          files,
          'nothing is removed',
        )
        await rm(folder, { recursive: true })
      }

      is((await stateOf('registrar')).state, 'failed')
      const refused = await chirograph(home, 'start', '--data-dir', dataDir)
      is(refused.code, 3)
      match(refused.err, 'CLI_REGISTRAR_MISSING')
      match(refused.err, '--new-registrar')

      const running = startNode(home, dataDir, '--new-registrar')
      await running.ready
      running.child.kill('SIGTERM')
      is((await running.ended).code, 0)
      is((await stateOf('registrar')).state, 'ok')
      await dispose()
    },
    { timeoutMs: 60_000 },
  )
})
