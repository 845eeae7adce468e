/** A process of its own that uses a store until it is killed: `child.ts hold DIR` or `child.ts write DIR FROM`. */
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
  for (let counter = Number(from); ; counter++) {
    await store.batch(counterOps(counter), { sync: true })
    say(String(counter))
  }
}

/** Synchronous, so that what was said has left the process when it is killed. */
function say(line: string): void {
  writeSync(1, `${line}\n`)
}
