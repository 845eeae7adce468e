/**
 * What the contract suites need of a test library, as types only: any library that
 * can define a test and compare two values will do.
 */

export interface ContractKit {
  /** Defines a group of tests; each claim's body may return a promise. */
  suite(name: string, define: (it: DefineTest) => void): void
  /** Deep and strict equality; a `Buffer` does not equal a `Uint8Array`. */
  equal(actual: unknown, expected: unknown, message?: string): void
  ok(actual: unknown, message?: string): void
  /** Fails unless `body` throws, or returns a promise that rejects with, an error of this `code`. To be awaited when it does the latter. */
  failsWith(code: string, body: () => unknown): unknown
}

export type DefineTest = (claim: string, body: () => unknown) => void
