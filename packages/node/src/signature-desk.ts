/**
 * Signatures that arrive together go to the threads together. One by one a signature costs more on its way to a thread
 * and back than the thread saves; gathered for one turn of the event loop, whatever peers send in it is one batch.
 */
import { type SignatureJob, type SignatureVerifier, signatureJobsMax } from '@chirograph/interface'

export interface SignatureDesk {
  /**
   * Whether each signature holds, in the order of the jobs; undefined where that is left to the caller: with too few of
   * them to be worth a thread, and when the threads do not answer. Never rejects. Waits while the desk is full.
   */
  check(jobs: readonly SignatureJob[]): Promise<readonly (boolean | undefined)[]>
}

/** Fewer are checked faster by whoever asks (measured at `pooledJobsMin` of the threads). */
export const deskJobsMin = 8

interface Waiting {
  readonly jobs: readonly SignatureJob[]
  readonly resolve: (answers: readonly (boolean | undefined)[]) => void
}

export function createSignatureDesk(verifier: SignatureVerifier): SignatureDesk {
  let gathered: Waiting[] = []
  /** Jobs that were taken in and are not answered. */
  let taken = 0
  /** Callers that wait for room, first come first served. */
  const queue: Waiting[] = []

  function take(waiting: Waiting): void {
    taken += waiting.jobs.length
    if (gathered.length === 0) setImmediate(send)
    gathered.push(waiting)
  }

  function hasRoom({ jobs }: Waiting): boolean {
    // What is larger than the desk by itself must pass, too: it is left to the caller below.
    return taken === 0 || taken + jobs.length <= signatureJobsMax
  }

  function send(): void {
    const batch = gathered
    gathered = []
    const jobs = batch.flatMap((waiting) => waiting.jobs)
    if (jobs.length < deskJobsMin) return answer(batch, undefined)
    verifier.verify(jobs).then(
      (verdicts) => answer(batch, verdicts),
      // Stopped, or full because others ask it as well: nothing is lost, the caller checks by itself.
      () => answer(batch, undefined),
    )
  }

  function answer(batch: readonly Waiting[], verdicts: readonly boolean[] | undefined): void {
    let at = 0
    for (const { jobs, resolve } of batch) {
      const from = at
      at += jobs.length
      taken -= jobs.length
      resolve(jobs.map((_, index) => verdicts?.[from + index]))
    }
    while (queue.length > 0) {
      const [next] = queue
      if (next === undefined || !hasRoom(next)) return
      queue.shift()
      take(next)
    }
  }

  return {
    check(jobs) {
      if (jobs.length === 0) return Promise.resolve([])
      return new Promise((resolve) => {
        const waiting = { jobs, resolve }
        if (queue.length === 0 && hasRoom(waiting)) take(waiting)
        else queue.push(waiting)
      })
    },
  }
}
