/** `kill -9` in the middle of synced writes: nothing acknowledged is lost, nothing is half there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Store } from '@chirograph/interface'
import { arrivalKey, checkpointHeightKey, readArrivalKey, spaceRange } from '@chirograph/interface'
import { equal, is, ok, seeded, suite, tempDir } from '../../workspace/kit.ts'
import { openLevelStore } from '../src/index.js'
import { counterValue } from './counter.ts'

const cycles = 15

suite('a killed process', (it) => {
  it(
    'loses no acknowledged write and leaves no half batch',
    async () => {
      const random = seeded(2026)
      const home = await tempDir()
      const directory = join(home.path, 'store')
      let next = 0
      for (let cycle = 0; cycle < cycles; cycle++) {
        const acknowledged = await writeUntilKilled({
          directory,
          from: next,
          afterWrites: 1 + random.int(200),
        })
        ok(acknowledged >= next)
        const store = await openLevelStore(directory, { createIfMissing: false })
        next = await checkCounters(store, acknowledged)
        await store.close()
      }
      await home.dispose()
    },
    { timeoutMs: 90_000 },
  )
})

/** Runs a writer, kills it once it acknowledged so many writes, and returns the last counter it acknowledged. */
async function writeUntilKilled(run: {
  directory: string
  from: number
  afterWrites: number
}): Promise<number> {
  const script = fileURLToPath(new URL('child.ts', import.meta.url))
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', script, 'write', run.directory, String(run.from)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text = text.slice(text.lastIndexOf('\n', text.length - 2) + 1) + chunk
    if (lastLine(text) >= run.from + run.afterWrites) child.kill('SIGKILL')
  })
  await once(child, 'close')
  is(child.signalCode, 'SIGKILL')
  return lastLine(text)
}

/** The last whole line as a number; a line without its end was not said. */
function lastLine(text: string): number {
  return Number(text.split('\n').at(-2) ?? -1)
}

/** Checks every counter up to the acknowledged one and that the two places agree; returns the next free counter. */
async function checkCounters(store: Store, acknowledged: number): Promise<number> {
  let next = 0
  for await (const [key, value] of store.range(spaceRange('arrival'))) {
    is(readArrivalKey(key), next, 'a counter is missing')
    equal(value, counterValue(next))
    equal(await store.get(checkpointHeightKey(next)), value)
    next++
  }
  is(await store.get(checkpointHeightKey(next)), undefined, 'half of a batch is there')
  is(await store.get(arrivalKey(next)), undefined)
  ok(next > acknowledged, `${acknowledged} was acknowledged and the last one there is ${next - 1}`)
  return next
}
