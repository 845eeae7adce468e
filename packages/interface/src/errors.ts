/**
 * The one error type of the packages above the purity line: what went wrong, to
 * what, and what a person does about it. Below that line outcomes are values.
 */

/** Plain facts for logs and machine readers: never keys, never personal data. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null>>

/**
 * An expected failure of the outside world (a lock, a port in use, a peer gone).
 *
 * `message` reads `CODE: what happened; what to do`, so that it is complete
 * without its stack: `STORE_LOCKED: another node uses ./data; stop it or pass --data`.
 */
export class ChirographError extends Error {
  override readonly name = 'ChirographError'
  /** Stable, upper case, prefixed by its area: `STORE_LOCKED`, `NETWORK_STOPPED`. */
  readonly code: string
  /** What happened, without the code and without advice. */
  readonly what: string
  /** What to do, an imperative sentence without a full stop. */
  readonly hint: string
  readonly facts: ErrorFacts

  constructor({ code, what, hint, facts = {}, cause }: ErrorParts) {
    super(`${code}: ${what}; ${hint}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.what = what
    this.hint = hint
    this.facts = Object.freeze({ ...facts })
  }
}

export interface ErrorParts {
  readonly code: string
  readonly what: string
  readonly hint: string
  readonly facts?: ErrorFacts
  /** The lower error this one explains, if any. */
  readonly cause?: unknown
}

/** Whether a caught value is a `ChirographError`, optionally one with this code. */
export function isChirographError(value: unknown, code?: string): value is ChirographError {
  return value instanceof ChirographError && (code === undefined || value.code === code)
}
