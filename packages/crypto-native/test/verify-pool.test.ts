/** The pool of threads: the contract, with threads, without any, and with threads that die in every way. */
import { spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Ed25519 } from '@chirograph/crypto'
import { createVerifyPool as createBuiltPool } from '@chirograph/crypto-native'
import { signatureVerifierContract } from '@chirograph/interface'
import * as kit from '../../workspace/kit.ts'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { createVerifyPool, fastestEd25519, type ThreadLoss, type VerifyPool } from '../src/index.ts'
import { chunkJobsMax, pooledJobsMin, replacementsMax } from '../src/limits.ts'
import { jobs, published, verdictsOf } from './judged-jobs.ts'

/** The built file: the sources run through a loader that threads do not get. */
const startThread = () => new Worker(new URL('../dist/verify-worker.js', import.meta.url))
/** A thread that runs this text, with `port` to its parent and `answer(packed)` as the real one answers. */
const startFake = (body: string) =>
  new Worker(
    `const { parentPort: port } = require('node:worker_threads')
     const answer = (packed) => port.postMessage(new Uint8Array(new Uint32Array(packed, 0, 1)[0]))
     ${body}`,
    { eval: true },
  )

async function up(pool: VerifyPool, threads: number): Promise<VerifyPool> {
  while (pool.status().threads < threads) await sleep(2)
  return pool
}

/** The contract, on the published vectors. */
const contract = (name: string, make: () => Promise<VerifyPool>) =>
  signatureVerifierContract(name, { make, cases: published }, kit)

contract('a pool of two threads', () => up(createVerifyPool({ threads: 2, startThread }), 2))
contract('a pool whose thread is not up yet', async () => createVerifyPool({ threads: 1, startThread }))
contract('a pool without threads', async () => createVerifyPool({ threads: 0 }))
contract('a pool whose threads die of work', () =>
  up(createVerifyPool({ threads: 1, startThread: () => startFake(diesOfWork) }), 1),
)

const diesOfWork = `port.on('message', () => { throw new Error('poisoned') }); port.postMessage('ready')`

suite('a pool of threads', (it) => {
  it('starts its own threads from the built package, and gives the rule’s verdicts on them', async () => {
    const losses: ThreadLoss[] = []
    const pool = await up(createBuiltPool({ threads: 1, onThreadLost: (loss) => losses.push(loss) }), 1)
    equal(await pool.verify(jobs(300)), verdictsOf(jobs(300)))
    await pool.stop()
    equal(losses, [])
  })

  it('does all of a larger batch on threads, and none of a small one', async () => {
    let checkedHere = 0
    const fast = fastestEd25519()
    const ed25519: Ed25519 = {
      ...fast,
      verify(asked) {
        checkedHere++
        return fast.verify(asked)
      },
    }
    const pool = await up(createVerifyPool({ threads: 1, startThread, ed25519 }), 1)
    equal(await pool.verify(jobs(500)), verdictsOf(jobs(500)))
    is(checkedHere, 0)
    equal(await pool.verify(jobs(pooledJobsMin - 1)), verdictsOf(jobs(pooledJobsMin - 1)))
    is(checkedHere, pooledJobsMin - 1)
    await pool.stop()
  })

  it('loses no job with a thread that is killed while it works, and starts another', async () => {
    const workers: Worker[] = []
    const losses: ThreadLoss[] = []
    const pool = await up(
      createVerifyPool({
        threads: 2,
        startThread: () => {
          const worker = startThread()
          workers.push(worker)
          return worker
        },
        onThreadLost: (loss) => losses.push(loss),
      }),
      2,
    )
    const answers = Promise.all([700, 5, 900].map((count) => pool.verify(jobs(count))))
    await workers[0]?.terminate()
    equal(
      await answers,
      [700, 5, 900].map((count) => verdictsOf(jobs(count))),
    )
    is(losses.length, 1)
    ok(losses[0]?.isReplaced && losses[0].cause instanceof Error)
    await up(pool, 2)
    is(workers.length, 3)
    is(pool.status().waiting, 0)
    await pool.stop()
  })

  it('takes the work from a thread that hangs without ending, and starts another', async () => {
    const losses: ThreadLoss[] = []
    let started = 0
    const hangs = `port.on('message', () => { for (;;); }); port.postMessage('ready')`
    const start = () => (started++ === 0 ? startFake(hangs) : startThread())
    const options = { threads: 1, answerMs: 200, onThreadLost: (loss: ThreadLoss) => losses.push(loss) }
    const pool = await up(createVerifyPool({ ...options, startThread: start }), 1)
    equal(await pool.verify(jobs(300)), verdictsOf(jobs(300)))
    equal([losses.length, losses[0]?.isReplaced, started], [1, true, 2])
    ok(String(losses[0]?.cause).includes('silent'))
    await up(pool, 1)
    equal(await pool.verify(jobs(300)), verdictsOf(jobs(300)))
    await pool.stop()
  })

  it('goes on without threads when they die again and again, and says so each time', async () => {
    const losses: ThreadLoss[] = []
    let started = 0
    const pool = createVerifyPool({
      threads: 2,
      startThread: () => {
        started++
        return startFake(diesOfWork)
      },
      onThreadLost: (loss) => losses.push(loss),
    })
    while (losses.length < 2 + replacementsMax) {
      equal(await pool.verify(jobs(400)), verdictsOf(jobs(400)))
      await sleep(1)
    }
    is(started, 2 + replacementsMax)
    equal(
      losses.map(({ isReplaced }) => isReplaced),
      [...Array(replacementsMax).fill(true), false, false],
    )
    ok(losses.every(({ cause }) => cause instanceof Error && cause.message === 'poisoned'))
    equal(pool.status(), { threads: 0, waiting: 0 })
    equal(await pool.verify(jobs(400)), verdictsOf(jobs(400)))
    await pool.stop()
  })

  it('believes no thread that answers too little, too much, unasked, or ends by itself', async () => {
    const strange = {
      'too little': `port.on('message', () => port.postMessage(new Uint8Array(1)))`,
      'too much': `port.on('message', () => port.postMessage(new Uint8Array(${chunkJobsMax + 1}).fill(1)))`,
      'other things': `port.on('message', () => port.postMessage({ verdicts: 'all right' }))`,
      unasked: `setTimeout(() => port.postMessage(new Uint8Array(0)), 1); port.on('message', () => {})`,
      'an exit': `port.on('message', () => process.exit(0))`,
    }
    for (const [what, body] of Object.entries(strange)) {
      const losses: ThreadLoss[] = []
      const pool = await up(
        createVerifyPool({
          threads: 1,
          startThread: () => startFake(`${body}; port.postMessage('ready')`),
          onThreadLost: (loss) => losses.push(loss),
        }),
        1,
      )
      equal(await pool.verify(jobs(200)), verdictsOf(jobs(200)), what)
      ok(losses.length > 0, what)
      await pool.stop()
    }
  })

  it('checks by itself what its threads do not start for', async () => {
    const losses: ThreadLoss[] = []
    const pool = createVerifyPool({
      threads: 1,
      startThread: () => new Worker(new URL('./no-such-file.js', import.meta.url)),
      onThreadLost: (loss) => losses.push(loss),
    })
    while (losses.length < 1 + replacementsMax) {
      equal(await pool.verify(jobs(100)), verdictsOf(jobs(100)))
      await sleep(1)
    }
    equal(await pool.verify(jobs(100)), verdictsOf(jobs(100)))
    await pool.stop()
  })

  it('is not stopped from starting by a system that gives it no thread', async () => {
    const losses: ThreadLoss[] = []
    const pool = createVerifyPool({
      threads: 2,
      startThread: () => {
        throw new Error('no more threads')
      },
      onThreadLost: (loss) => losses.push(loss),
    })
    equal(await pool.verify(jobs(100)), verdictsOf(jobs(100)))
    is(losses.length, 2)
    await pool.stop()
  })

  it('ends threads at once that would work on, and keeps none', async () => {
    const workers: Worker[] = []
    const pool = await up(
      createVerifyPool({
        threads: 2,
        startThread: () => {
          const worker = startFake(`port.on('message', () => { for (;;); }); port.postMessage('ready')`)
          workers.push(worker)
          return worker
        },
      }),
      2,
    )
    const waiting = failsWith('SIGNATURES_STOPPED', pool.verify(jobs(1_000)))
    await sleep(20)
    await pool.stop()
    await waiting
    // The number of a thread that has ended.
    equal(
      workers.map(({ threadId }) => threadId),
      [-1, -1],
    )
  })

  it('lets a process end that has nothing else to do, but not before its jobs are answered', async () => {
    const child = fileURLToPath(new URL('./idle-pool.ts', import.meta.url))
    const { stdout, code } = await run(process.execPath, ['--import', 'tsx', child])
    equal({ stdout, code }, { stdout: 'up\nanswered 300\n', code: 0 })
  })
})

function run(command: string, args: readonly string[]): Promise<{ stdout: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 15_000 })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ stdout, code }))
  })
}
