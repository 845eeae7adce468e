/**
 * Signatures checked on threads. The verdicts are those of the calling thread, because every thread chooses its back
 * end with the same known answers.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Ed25519 } from '@chirograph/crypto'
import {
  assertJobsFit,
  type SignatureJob,
  type SignatureVerifier,
  signaturesStopped,
} from '@chirograph/interface'
import { fastestEd25519 } from './fastest.js'
import {
  chunkJobsMax,
  chunksAheadMax,
  pooledJobsMin,
  replacementsMax,
  threadAnswerMs,
  threadsMax,
  watchTurns,
} from './limits.js'
import { packJobs } from './packed-jobs.js'
import { createSlicedVerifier } from './sliced-verifier.js'

export interface VerifyPool extends SignatureVerifier {
  status(): VerifyPoolStatus
}

export interface VerifyPoolStatus {
  /** Threads that are up. While there is none, the calling thread does the work. */
  readonly threads: number
  /** Signatures that are not answered yet. */
  readonly waiting: number
}

/** A thread that could not start or died. No job is lost with it. */
export interface ThreadLoss {
  readonly cause: unknown
  /** Whether another was started in its place. */
  readonly isReplaced: boolean
}

/**
 * Starts `threads` threads (by default one for each core but one, at most 8) and keeps the port's contract with them.
 * Until the first is up, and when none is left, the calling thread checks in slices, with `ed25519` (by default the
 * fastest). An idle pool does not keep the process alive, one that has work does.
 */
export function createVerifyPool(
  options: {
    readonly threads?: number
    readonly ed25519?: Ed25519
    readonly onThreadLost?: (loss: ThreadLoss) => void
    readonly startThread?: () => Worker
    /** How long a thread may be silent over its work. */
    readonly answerMs?: number
  } = {},
): VerifyPool {
  const { ed25519 = fastestEd25519(), onThreadLost = () => {}, startThread = startWorker } = options
  const { answerMs = threadAnswerMs } = options
  const { threads = Math.max(1, Math.min(availableParallelism() - 1, threadsMax)) } = options
  const here = createSlicedVerifier({ ed25519 })
  const live = new Set<Thread>()
  const batches = new Set<Batch>()
  /** Waits for a thread. */
  let queue: Chunk[] = []
  /** Came back from dead threads, and is checked here: should it be what killed them, it kills no other. */
  let returned: Chunk[] = []
  let waiting = 0
  let replacements = 0
  let isCheckingHere = false
  let stopping: Promise<void> | undefined

  for (let i = 0; i < threads; i++) start()

  async function verify(jobs: readonly SignatureJob[]): Promise<boolean[]> {
    if (stopping) throw signaturesStopped()
    assertJobsFit({ waiting, more: jobs.length })
    waiting += jobs.length
    try {
      return await (jobs.length < pooledJobsMin ? here.verify(jobs) : verifyOnThreads(jobs))
    } finally {
      waiting -= jobs.length
    }
  }

  function verifyOnThreads(jobs: readonly SignatureJob[]): Promise<boolean[]> {
    return new Promise((resolve, reject) => {
      const batch: Batch = { verdicts: new Array(jobs.length), left: jobs.length, resolve, reject }
      batches.add(batch)
      const share = Math.ceil(jobs.length / Math.max(1, live.size))
      const size = Math.min(chunkJobsMax, Math.max(pooledJobsMin, share))
      for (let start = 0; start < jobs.length; start += size)
        queue.push({ batch, start, jobs: jobs.slice(start, start + size) })
      pump()
    })
  }

  function start(): void {
    let worker: Worker
    try {
      worker = startThread()
    } catch (cause) {
      onThreadLost({ cause, isReplaced: false })
      return
    }
    const thread: Thread = {
      worker,
      isReady: false,
      inFlight: [],
      failure: undefined,
      cancelWatch: undefined,
    }
    live.add(thread)
    worker.unref()
    worker.on('message', (message: unknown) => take(thread, message))
    worker.on('error', (error) => fail(thread, error))
    worker.on('messageerror', (error) => fail(thread, error))
    worker.on('exit', () => lose(thread))
  }

  /** Gives every thread that is up its next chunks, evenly; with none up, one at a time is checked here. */
  function pump(): void {
    const ready = [...live].filter((thread) => thread.isReady)
    for (let ahead = 0; ahead < chunksAheadMax; ahead++) {
      for (const thread of ready) {
        const chunk = thread.inFlight.length <= ahead ? queue.shift() : undefined
        if (chunk) send(thread, chunk)
      }
    }
    if (isCheckingHere) return
    const chunk = returned.shift() ?? (ready.length === 0 ? queue.shift() : undefined)
    if (chunk) checkHere(chunk)
  }

  function checkHere(chunk: Chunk): void {
    isCheckingHere = true
    here
      .verify(chunk.jobs)
      .then(
        (verdicts) => settle(chunk, verdicts),
        (error: unknown) => reject(chunk.batch, error),
      )
      .finally(() => {
        isCheckingHere = false
        pump()
      })
  }

  function send(thread: Thread, chunk: Chunk): void {
    if (thread.inFlight.length === 0) thread.worker.ref()
    thread.inFlight.push(chunk)
    if (thread.inFlight.length === 1) watch(thread)
    const packed = packJobs(chunk.jobs)
    thread.worker.postMessage(packed, [packed])
  }

  function take(thread: Thread, message: unknown): void {
    if (!live.has(thread) || thread.failure !== undefined) return
    if (message === 'ready') thread.isReady = true
    else {
      const [chunk] = thread.inFlight
      if (chunk === undefined || !(message instanceof Uint8Array) || message.length !== chunk.jobs.length)
        return fail(thread, new Error('a thread answered what it was not asked'))
      thread.inFlight.shift()
      if (thread.inFlight.length === 0) {
        thread.worker.unref()
        thread.cancelWatch?.()
      } else watch(thread)
      settle(
        chunk,
        Array.from(message, (verdict) => verdict === 1),
      )
    }
    pump()
  }

  /**
   * One that hangs does not end, and in native code it cannot be ended: its work is taken from it at once. Time counts in
   * turns of this event loop, or answers that lie there unread would be taken for silence.
   */
  function watch(thread: Thread): void {
    thread.cancelWatch?.()
    let turns = 0
    const timer = setInterval(() => {
      if (++turns < watchTurns) return
      fail(thread, new Error(`a thread was silent over its work for ${answerMs} ms`))
      lose(thread)
    }, answerMs / watchTurns)
    thread.cancelWatch = () => clearInterval(timer)
  }

  function settle({ batch, start }: Chunk, verdicts: readonly boolean[]): void {
    for (const [i, verdict] of verdicts.entries()) batch.verdicts[start + i] = verdict
    batch.left -= verdicts.length
    if (batch.left > 0 || !batches.delete(batch)) return
    batch.resolve(batch.verdicts)
  }

  function reject(batch: Batch, error: unknown): void {
    batches.delete(batch)
    queue = queue.filter((chunk) => chunk.batch !== batch)
    returned = returned.filter((chunk) => chunk.batch !== batch)
    batch.reject(error)
  }

  /** Its end follows, and `lose` with it. */
  function fail(thread: Thread, error: unknown): void {
    thread.failure ??= error
    thread.isReady = false
    thread.worker.terminate()
  }

  function lose(thread: Thread): void {
    thread.cancelWatch?.()
    // Its end may follow long after it was given up.
    if (!live.delete(thread) || stopping) return
    returned.push(...thread.inFlight.splice(0))
    const isReplaced = replacements < replacementsMax
    onThreadLost({ cause: thread.failure ?? new Error('the thread ended by itself'), isReplaced })
    if (isReplaced) {
      replacements++
      start()
    }
    pump()
  }

  function stop(): Promise<void> {
    stopping ??= end()
    return stopping
  }

  async function end(): Promise<void> {
    const unanswered = [...batches]
    batches.clear()
    queue = []
    returned = []
    for (const batch of unanswered) batch.reject(signaturesStopped())
    for (const { cancelWatch } of live) cancelWatch?.()
    await Promise.all([here.stop(), ...[...live].map(({ worker }) => worker.terminate())])
  }

  return {
    verify,
    stop,
    status: () => ({ threads: [...live].filter((thread) => thread.isReady).length, waiting }),
  }
}

interface Thread {
  readonly worker: Worker
  isReady: boolean
  /** In the order in which they were sent, which is that of the answers. */
  readonly inFlight: Chunk[]
  failure: unknown
  /** Stops watching how long it is silent. */
  cancelWatch: (() => void) | undefined
}

interface Chunk {
  readonly batch: Batch
  /** The place of its first job in the batch. */
  readonly start: number
  readonly jobs: readonly SignatureJob[]
}

interface Batch {
  readonly verdicts: boolean[]
  /** Jobs without a verdict. */
  left: number
  readonly resolve: (verdicts: boolean[]) => void
  readonly reject: (error: unknown) => void
}

function startWorker(): Worker {
  return new Worker(new URL('./verify-worker.js', import.meta.url), { name: 'chirograph-verify' })
}
