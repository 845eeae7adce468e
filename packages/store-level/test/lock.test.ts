/** One process per directory, and an error that says which one has it. */

import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { equal, failsWith, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { openLevelStore } from '../src/index.js'

suite('the store lock', (it) => {
  it('names the process that holds a directory, and lets go when it is killed', async () => {
    const home = await tempDir()
    const directory = join(home.path, 'store')
    const child = hold(directory)
    try {
      ok(child.stdout)
      await once(child.stdout, 'data')
      const error = await failsWith('STORE_LOCKED', openLevelStore(directory, { createIfMissing: true }))
      const { facts } = error as typeof error & { facts: Record<string, unknown> } // a ChirographError has facts
      is(facts.pid, child.pid)
      is(facts.host, hostname())
      is(facts.directory, directory)
      match(error.message, `process ${child.pid} on ${hostname()}, running since `)
      match(error.message, directory)
    } finally {
      child.kill('SIGKILL')
    }
    await once(child, 'exit')

    ok(existsSync(join(directory, 'node.lock.json')), 'a killed process cannot clear its note')
    const store = await openLevelStore(directory, { createIfMissing: false })
    await store.close()
    await home.dispose()
  })

  it('holds against a second open in the same process, and lets go on close', async () => {
    const home = await tempDir()
    const store = await openLevelStore(home.path, { createIfMissing: true })
    const error = await failsWith('STORE_LOCKED', openLevelStore(home.path, { createIfMissing: true }))
    match(error.message, `process ${process.pid} on `)
    await store.close()
    is(existsSync(join(home.path, 'node.lock.json')), false)
    await (await openLevelStore(home.path, { createIfMissing: false })).close()
    await home.dispose()
  })

  it('says that it is locked without naming anybody when the note is not one of ours', async () => {
    const home = await tempDir()
    const store = await openLevelStore(home.path, { createIfMissing: true })
    const forged = JSON.stringify({ pid: 1, host: 'h; rm -rf /', startedAt: 'now' })
    for (const note of ['', 'not json', '[]', '{"pid":"1"}', forged, 'x'.repeat(100_000)]) {
      writeFileSync(join(home.path, 'node.lock.json'), note)
      const error = await failsWith('STORE_LOCKED', openLevelStore(home.path, { createIfMissing: true }))
      equal(
        error.message,
        `STORE_LOCKED: another process uses ${home.path}; stop it, or choose another directory`,
      )
    }
    await store.close()
    await home.dispose()
  })
})

function hold(directory: string): ChildProcess {
  const child = fileURLToPath(new URL('child.ts', import.meta.url))
  return spawn(process.execPath, ['--import', 'tsx', child, 'hold', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}
