/** Ctrl-C in the middle of long work on a stopped node's log: the work ends where it may, and nothing is left half done. */
import { failure } from './failure.js'
import type { Terminal } from './terminal.js'

/** The signal aborts at the first SIGINT or SIGTERM; a second one ends the process as usual. `CLI_INTERRUPTED`. */
export async function interruptible<T>(
  terminal: Terminal,
  { hint }: { readonly hint: string },
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const stop = () => {
    forget()
    terminal.say('Stopping …')
    controller.abort(failure('CLI_INTERRUPTED', 'it was stopped before it was done', hint))
  }
  const forget = () => {
    for (const signal of signals) process.off(signal, stop)
  }
  for (const signal of signals) process.on(signal, stop)
  try {
    return await act(controller.signal)
  } finally {
    forget()
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const
