/** Errors as a person reads them: what happened, what to do, and the code to look up. */
import { ApiError } from '@chirograph/api/client'
import { ChirographError } from '@chirograph/interface'
import { copyable } from './copyable.js'
import { exitCodeOf } from './exit-codes.js'
import { plainText } from './plain-text.js'
import type { Terminal } from './terminal.js'

/** A failure of the command itself. */
export function failure(code: string, what: string, hint: string, cause?: unknown): ChirographError {
  return new ChirographError({ code, what, hint, cause })
}

export function usage(what: string, hint: string): ChirographError {
  return failure('CLI_USAGE', what, hint)
}

/** Prints a failure and returns the exit code for it. */
export function report(terminal: Terminal, error: unknown, dataDir: string): number {
  const told = inWords(error)
  const hint = copyable(told.hint, dataDir)
  if (terminal.isJson) {
    const { code, what, facts } = told
    const errors = told instanceof ApiError && told.errors.length > 0 ? { errors: told.errors } : {}
    terminal.complain(JSON.stringify({ error: { code, what, hint, facts, ...errors } }))
  } else {
    const { red, dim, bold } = terminal.talkColours
    const details = told instanceof ApiError ? told.errors.map((detail) => detailLine(told.code, detail)) : []
    terminal.complain(
      [
        `${red(bold('✘'))} ${capitalised(plainText(told.what))}.`,
        ...details.map((line) => `    ${line}`),
        `  ${ended(capitalised(plainText(hint)))}`,
        dim(`  ${told.code}`),
      ].join('\n'),
    )
  }
  if (terminal.isVerbose) terminal.complain(traceOf(error))
  return exitCodeOf(told.code)
}

function inWords(error: unknown): ChirographError {
  if (error instanceof ChirographError) return error
  if (isLate(error)) {
    return failure(
      'CLI_TIMED_OUT',
      'the node did not answer in time, and may do what it was asked for all the same',
      'give it longer with --timeout; chirograph events shows what it published, and chirograph status how it does',
      error,
    )
  }
  return failure(
    'CLI_BUG',
    `something unexpected happened (${error instanceof Error ? error.message : String(error)})`,
    'run it again with --verbose and report what it prints',
    error,
  )
}

/** Whether a deadline came before the answer. */
export function isLate(error: unknown): boolean {
  return error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')
}

function detailLine(code: string, { row, column, expected, got }: ApiError['errors'][number]): string {
  // The candidates, of which none is wrong.
  if (code === 'API_AMBIGUOUS') return plainText(`${column}  ${got}`)
  const place = [row === undefined ? '' : `row ${row}`, column].filter((part) => part !== '').join(', ')
  // A misspelt column is answered with a question, not with a rule.
  const told = expected.startsWith('did you mean')
    ? `${got}; ${expected}`
    : `expected ${expected}; got ${got}`
  return plainText(`${place || 'the file'}: ${told}`)
}

/** A full stop behind a command would be copied with it. */
function ended(hint: string): string {
  return /\bchirograph [^;]*$/.test(hint) ? hint : `${hint}.`
}

function traceOf(error: unknown): string {
  const lines: string[] = []
  for (let at = error; at instanceof Error && lines.length < causesMax; at = at.cause) {
    lines.push(at.stack ?? String(at))
  }
  return lines.join('\ncaused by: ')
}

const causesMax = 8

function capitalised(text: string): string {
  // Names keep their case: a path, an identifier or a command is not a word.
  return /^(?!chirograph )[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}
