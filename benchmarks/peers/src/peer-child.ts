/** The program of a peer's process: one log, and the clock held to what is done with it. Its argument is the peer's name. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Calls, Phase, Reply, Request } from './calls.js'
import { type Log, recordBytes } from './peer.js'
import { peers } from './peers.js'

/** How often a wait looks again: below the noise of anything that is timed here. */
const pollMs = 2

const peer = peers.find(({ name }) => name === process.argv[2])
let opened: Log<unknown> | undefined

function log(): Log<unknown> {
  if (!opened) throw new Error('no log was opened')
  return opened
}

const calls: Calls = {
  async open({ probe, ...place }) {
    if (!peer) throw new Error(`there is no peer ${process.argv[2]}`)
    const opener = await peer.load()
    const beganMs = performance.now()
    opened = await opener.open(place)
    if (probe !== null) await readOne(probe)
    return { ms: performance.now() - beganMs }
  },
  ticket: () => log().ticket(),
  follow: ({ ticket, records }) => log().follow(ticket, records),
  admit: ({ ticket }) => log().admit(ticket),
  admitted: () => log().admitted(),
  append({ records, batch, limitMs }) {
    const made = Array.from({ length: records }, () => new Uint8Array(randomBytes(recordBytes)))
    return timed({ records, limitMs }, async (done) => {
      const next = made.slice(done, done + batch)
      await log().append(next)
      return done + next.length
    })
  },
  hold: (work) => timed(work, waitForMore),
  replicate({ ticket, records, limitMs }) {
    let following: Promise<void> | undefined
    return timed({ records, limitMs }, async () => {
      following ??= log().follow(ticket, records)
      await following
      return waitForMore()
    })
  },
  async ids({ most }) {
    const ids = [...log().ids()]
    // The first steps of a Fisher–Yates shuffle.
    const count = Math.min(most, ids.length)
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(Math.random() * (ids.length - i))
      const [a, b] = [ids[i], ids[j]]
      if (a === undefined || b === undefined) throw new Error('both indexes are below the length')
      ids[i] = b
      ids[j] = a
    }
    return ids.slice(0, count)
  },
  read: ({ ids, limitMs }) =>
    timed({ records: ids.length, limitMs }, async (done) => {
      await readOne(ids[done] ?? '')
      return done + 1
    }),
  close: () => log().close(),
}

/** Takes one step after the other, each saying how many records are done, until all are or the time is up. */
async function timed(
  { records, limitMs }: { records: number; limitMs: number },
  step: (done: number) => Promise<number>,
): Promise<Phase> {
  const beganMs = performance.now()
  let done = 0
  let ms = 0
  while (done < records && ms < limitMs) {
    done = await step(done)
    ms = performance.now() - beganMs
  }
  return { records: done, ms, isStopped: done < records }
}

async function waitForMore(): Promise<number> {
  await sleep(pollMs)
  return log().held()
}

async function readOne(id: string): Promise<void> {
  if (!(await log().read(id))) throw new Error(`record ${id} is not in the log`)
}

process.on('message', async ({ id, call, argument }: Request) => {
  const reply = (message: Reply) => process.send?.(message)
  try {
    // Each call takes the one argument that its type says; the runner is typed by the same interface.
    const result = await (calls[call] as (argument: unknown) => Promise<unknown>)(argument)
    reply({ id, result: result ?? null })
  } catch (error) {
    reply({ id, error: error instanceof Error ? error.message : String(error) })
  }
})
// Without its runner, or after the last call, a peer's process has no reason to go on, whatever it left open.
process.on('disconnect', () => process.exit(0))
