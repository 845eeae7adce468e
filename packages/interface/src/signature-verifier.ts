/**
 * The SignatureVerifier port: many ed25519 signatures checked beside the event loop instead of in its way. The
 * answers are those of the pinned rule of `@chirograph/crypto`, whoever computes them and in whatever order.
 */
import { ChirographError } from './errors.js'
import { signatureJobsMax } from './limits.js'

/** One signature to be checked. Any bytes of any length may come in; nobody may change them until it is answered. */
export interface SignatureJob {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

export interface SignatureVerifier {
  /**
   * Whether each signature is right, in the order of the jobs. Rejects with `SIGNATURES_QUEUE_FULL`, before anything
   * is begun, when more than `signatureJobsMax` jobs would then be waiting, and with `SIGNATURES_STOPPED` once
   * stopped.
   */
  verify(jobs: readonly SignatureJob[]): Promise<boolean[]>

  /**
   * Ends all work at once: what is not answered yet rejects with `SIGNATURES_STOPPED`, and so does every later call.
   * Resolves when nothing of it is left open; stopping again does nothing.
   */
  stop(): Promise<void>
}

export function signaturesStopped(): ChirographError {
  return new ChirographError({
    code: 'SIGNATURES_STOPPED',
    what: 'the signature verifier has been stopped',
    hint: 'await the checks before stopping, or ask a new one',
  })
}

/** Throws `SIGNATURES_QUEUE_FULL` when so many more jobs would be above the limit. */
export function assertJobsFit(args: { readonly waiting: number; readonly more: number }): void {
  const { waiting, more } = args
  if (waiting + more <= signatureJobsMax) return
  throw new ChirographError({
    code: 'SIGNATURES_QUEUE_FULL',
    what: `${more} signatures beside ${waiting} that wait are above ${signatureJobsMax}`,
    hint: 'await earlier checks before asking for more',
    facts: { waiting, more },
  })
}
