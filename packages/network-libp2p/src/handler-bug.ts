/**
 * A handler that throws is a bug in the shell. A hostile peer may have provoked
 * it, so it must not stop the process, and nobody may overlook it either: it
 * becomes a process warning with its stack.
 */

export function reportBug(handler: string, error: unknown): void {
  process.emitWarning(
    `the ${handler} handler failed: ${error instanceof Error ? error.message : String(error)}`,
    {
      type: 'ChirographHandlerBug',
      detail: error instanceof Error ? (error.stack ?? '') : '',
    },
  )
}
