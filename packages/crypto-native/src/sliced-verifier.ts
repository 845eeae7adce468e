/** Signatures checked on the calling thread, in slices between which its event loop turns. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Ed25519 } from '@chirograph/crypto'
import {
  assertJobsFit,
  type SignatureJob,
  type SignatureVerifier,
  signaturesStopped,
} from '@chirograph/interface'
import { sliceMsMax } from './limits.js'

/** Keeps the port's contract without any thread. One slice is shared by all calls, so many small ones yield as well. */
export function createSlicedVerifier(args: {
  readonly ed25519: Ed25519
  readonly sliceMs?: number
}): SignatureVerifier {
  const { ed25519, sliceMs = sliceMsMax } = args
  let waiting = 0
  let isStopped = false
  let last: Promise<unknown> = Promise.resolve()
  let sliceBeganMs: number | undefined

  async function verify(jobs: readonly SignatureJob[]): Promise<boolean[]> {
    if (isStopped) throw signaturesStopped()
    assertJobsFit({ waiting, more: jobs.length })
    waiting += jobs.length
    const result = last.then(() => check(jobs))
    last = result.then(
      () => {},
      () => {}, // the caller hears of it; the next call begins all the same
    )
    try {
      return await result
    } finally {
      waiting -= jobs.length
    }
  }

  async function check(jobs: readonly SignatureJob[]): Promise<boolean[]> {
    const verdicts: boolean[] = []
    for (const job of jobs) {
      // Again after a turn: it begins a new slice, and others who waited for it may have spent that one.
      while (isSliceSpent()) await nextTurn()
      if (isStopped) throw signaturesStopped()
      verdicts.push(ed25519.verify(job))
    }
    return verdicts
  }

  /** A slice lasts until the event loop turns, which promises alone do not make it do. */
  function isSliceSpent(): boolean {
    if (sliceBeganMs === undefined) {
      sliceBeganMs = performance.now()
      setImmediate(() => {
        sliceBeganMs = undefined
      })
    }
    return performance.now() - sliceBeganMs >= sliceMs
  }

  async function stop(): Promise<void> {
    isStopped = true
    await last
  }

  return { verify, stop }
}
