/** A node that does not answer in time may have done what it was asked for: what is known of that, and who can tell. */
import { failure, isLate } from './failure.js'

/** `CLI_TIMED_OUT` in these words where the deadline came first. */
export async function explainedWhenLate<T>(
  answer: Promise<T>,
  told: () => { readonly what: string; readonly hint: string },
): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!isLate(error)) throw error
    const { what, hint } = told()
    throw failure('CLI_TIMED_OUT', what, hint, error)
  }
}

/** Of what was stored and sent, and was to be waited for until it is final. */
export function notFinalYet(done: string): { what: string; hint: string } {
  return {
    what: `${done}, safe on this node, and not known to be final yet`,
    hint: 'nothing has to be repeated: it becomes final by itself once enough members are reachable; chirograph events shows it, and chirograph status who is connected',
  }
}
