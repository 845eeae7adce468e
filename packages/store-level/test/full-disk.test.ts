/** A disk that is full for a moment: the torn write is the last one, because LevelDB would lose what came behind it. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { arrivalKey } from '@chirograph/interface'
import { equal, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { openLevelStore } from '../src/index.js'
import { counterValue } from './counter.ts'

/** The largest file that the process may write, in the units of `ulimit -f`: a few hundred of its writes. */
const fileBlocksMax = 200

const hasLimits = spawnSync('prlimit', ['--version']).status === 0

suite('a disk that was full', (it) => {
  const title = 'is not written to again before the store is opened anew, and nothing acknowledged is lost'
  const body = async () => {
    const home = await tempDir()
    const directory = join(home.path, 'store')
    const lines = await fillUntilRefused(directory)
    const acknowledged = lines.filter((line) => /^\d+$/.test(line)).map(Number)
    const refusals = lines.filter((line) => line.startsWith('refused'))
    ok(acknowledged.length > 10)
    match(refusals[0] ?? '', /STORE_IO_FAILED: the disk under .* failed/)
    const store = await openLevelStore(directory, { createIfMissing: false })
    for (const counter of acknowledged) equal(await store.get(arrivalKey(counter)), counterValue(counter))
    match(refusals[1] ?? '', /STORE_IO_FAILED: a write to .* failed earlier/)
    await store.batch([{ kind: 'put', key: arrivalKey(0), value: new Uint8Array() }], { sync: true })
    await store.close()
    await home.dispose()
  }
  if (hasLimits) it(title, body)
  else it.skip(title, 'needs prlimit', body)
})

/** What a process says that writes until its files may not grow, is given room, and writes on until it is killed. */
async function fillUntilRefused(directory: string): Promise<string[]> {
  const script = fileURLToPath(new URL('child.ts', import.meta.url))
  const limited = `ulimit -S -f ${fileBlocksMax}; exec "$@"`
  const command = [process.execPath, '--import', 'tsx', script, 'fill', directory, '0']
  const child = spawn('sh', ['-c', limited, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await once(child, 'close')
  return text.split('\n')
}
