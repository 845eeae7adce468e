/**
 * A process of its own that uses a store until it is killed: `child.ts hold DIR`, `child.ts write DIR FROM`, or
 * `child.ts fill DIR 0`, which writes until the disk refuses, makes room, and goes on.
 */
import { execFileSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { openLevelStore } from '../src/index.js'
import { counterOps } from './counter.ts'

const [job, directory, from] = process.argv.slice(2)
if (directory === undefined) throw new Error('no directory')

const store = await openLevelStore(directory, { createIfMissing: true })
if (job === 'hold') {
  say('holding')
  setInterval(() => {}, 1000)
} else {
  const fillMax = 300
  let refused = 0
  for (let counter = Number(from); job === 'write' || counter < fillMax; counter++) {
    try {
      await store.batch(counterOps(counter), { sync: true })
    } catch (error) {
      if (job === 'write') throw error
      say(`refused ${String(error)}`)
      if (refused++ === 0) execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited'])
      continue
    }
    say(String(counter))
  }
  process.kill(process.pid, 'SIGKILL')
}

/** Synchronous, so that what was said has left the process when it is killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`)
}
