/** A folder that lost the database that nobody else has, or the file that holds its files together. */
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
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
      const lost = await chirograph(home, 'fsck', '--data-dir', dataDir, '--json')
      equal([lost.code, JSON.parse(lost.out).state], [10, 'damaged'])

      equal([(await stateOf('registrar')).state, (await stateOf('log')).state], ['failed', 'failed'])
      match((await stateOf('registrar')).hint, '--new-registrar')
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
    { timeoutMs: 180_000 },
  )

  it(
    'is found damaged by fsck and doctor when the latest writes of its log are cut off or gone',
    async () => {
      const { path: home, dispose } = await tempDir()
      await chirograph(home, 'network', 'create', '--local', '1', '--out', 'n')
      const dataDir = join('n', 'member-1')
      const log = join(home, dataDir, 'log')
      const damages = [(file: string) => truncate(file, 40), (file: string) => rm(file)]
      for (const damage of damages) {
        const [name = ''] = (await readdir(log)).filter((file) => file.endsWith('.log'))
        const kept = await readFile(join(log, name))
        await damage(join(log, name))
        const found = await chirograph(home, 'fsck', '--data-dir', dataDir, '--json')
        is(found.code, 10)
        const { state, total, findings } = JSON.parse(found.out)
        equal([state, total, findings[0].code], ['damaged', 1, 'database-damaged'])
        match(findings[0].what, name)
        if (damage !== damages.at(-1)) await writeFile(join(log, name), kept)
      }
      const spoken = await chirograph(home, 'fsck', '--data-dir', dataDir)
      equal([spoken.code, spoken.err.includes('move that folder away')], [10, true])
      const doctor = await chirograph(home, 'doctor', '--data-dir', dataDir, '--json')
      const [first, ...others] = JSON.parse(doctor.out).checks
      equal([doctor.code, first.name, first.state], [1, 'log', 'failed'])
      match(others.find(({ name }: { name: string }) => name === 'node').hint, 'first put right')

      await truncate(join(home, dataDir, 'keys.json'), 100)
      const { checks } = JSON.parse((await chirograph(home, 'doctor', '--data-dir', dataDir, '--json')).out)
      equal(
        checks
          .filter(({ state }: { state: string }) => state === 'failed')
          .map(({ name }: { name: string }) => name),
        ['keys'],
        'what is wrong with the keys is said once',
      )
      await dispose()
    },
    { timeoutMs: 180_000 },
  )
})
