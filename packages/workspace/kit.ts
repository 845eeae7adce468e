/**
 * The kit that every test is written with: uvu underneath, with the ways closed in which uvu passes silently.
 *
 * There are no hooks: uvu swallows what they throw. There is no `only`. A suite runs itself, so `.run()` cannot
 * be forgotten, and what a test may throw is wrapped, because uvu passes a test whose error it cannot print.
 */
import nodeAssert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import * as uvu from 'uvu'

const TEST_TIMEOUT_MS = 20_000

type Body = () => unknown

/** Defines one test; its title is a claim about behaviour. */
export interface It {
  (title: string, body: Body, options?: { readonly timeoutMs?: number }): void
  /** A test that does not run; the reason is printed by the runner. */
  skip(title: string, reason: string, body: Body): void
}

/** What `failsWith` returns: the error that was asked for. */
export type CodedError = Error & { readonly code: string }

/** A deterministic source of randomness; for tests only. */
export interface Seeded {
  readonly seed: number
  /** A whole number from 0 to n − 1, where 1 ≤ n ≤ 2³². */
  int(n: number): number
  bytes(n: number): Uint8Array
  pick<T>(list: readonly T[]): T
  chance(p: number): boolean
  /** A shuffled copy. */
  shuffle<T>(list: readonly T[]): T[]
}

export interface TempDir {
  readonly path: string
  dispose(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What the running test leaves for the kit to look at when its body has ended. */
interface Running {
  readonly seeds: number[]
  unsettled: number
  readonly failures: unknown[]
}

let running: Running | undefined
let begun = false

/** A group of tests that runs itself. Define suites before the first `await` of the file. */
export function suite(name: string, define: (it: It) => void): void {
  if (begun) throw new Error(`suite "${name}" came after the tests had begun: define suites before any await`)
  const tests = uvu.suite(name)
  let open = true
  let count = 0
  const add = (title: string, body: unknown): Body => {
    if (!open)
      throw new Error(`"${title}" came after suite "${name}" was closed: tests are defined synchronously`)
    if (typeof body !== 'function') throw new Error(`"${title}" of suite "${name}" has no body`)
    count++
    return body as Body // checked on the line above
  }
  const it = (title: string, body: Body, { timeoutMs = TEST_TIMEOUT_MS } = {}) => {
    const checked = add(title, body)
    tests(title, () => runBounded(checked, timeoutMs))
  }
  it.skip = (title: string, reason: string, body: Body) => {
    if (!reason) throw new Error(`"${title}" of suite "${name}" is skipped without a reason`)
    add(title, body)
    tests.skip(title)
    console.log(`skipped: ${name}: ${title} (${reason})`)
  }

  const returned: unknown = define(it)
  open = false
  if (isThenable(returned))
    throw new Error(`suite "${name}" is asynchronous; prepare what it needs before it`)
  if (count === 0) throw new Error(`suite "${name}" is empty`)
  tests.run()
}

async function runBounded(body: Body, timeoutMs: number): Promise<void> {
  begun = true
  const state: Running = { seeds: [], unsettled: 0, failures: [] }
  running = state
  const startedMs = performance.now()
  let timer: NodeJS.Timeout | undefined
  try {
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${timeoutMs} ms`)), timeoutMs)
    })
    await Promise.race([Promise.resolve().then(body), limit])
    // A body that never yields wins the race however long it took.
    const tookMs = performance.now() - startedMs
    if (tookMs > timeoutMs) throw new Error(`took ${Math.round(tookMs)} ms, longer than ${timeoutMs} ms`)
    if (state.unsettled > 0) throw new Error('failsWith was not awaited')
    if (state.failures.length > 0) throw state.failures[0]
  } catch (thrown) {
    throw printable(thrown, state.seeds)
  } finally {
    clearTimeout(timer)
    running = undefined
  }
}

/**
 * uvu reports an error while it catches it, and a second error there (on `throw undefined`, on an error whose
 * `details` is an object, on a BigInt in the difference) ends the suite as passed. So it only ever gets this.
 */
function printable(thrown: unknown, seeds: readonly number[]): Error {
  // The properties of an assertion only repeat its message; those of any other error are its facts.
  const isAssertion = thrown instanceof nodeAssert.AssertionError
  const text = isAssertion ? String(thrown.stack) : inspect(thrown)
  const what = thrown instanceof Error ? String(thrown.message) : `threw ${text}, which is not an Error`
  const failure = new Error(what + (seeds.length > 0 ? `\n    seed ${seeds.join(', ')}` : ''))
  failure.stack = `${thrown instanceof Error ? text.slice(text.indexOf('\n    at ')) : ''}\n`
  return failure
}

/**
 * Expects `body` to fail with an error whose `code` is exactly this, and returns the error.
 * With a promise, or a function that returns one, it must be awaited; a forgotten `await` fails the test.
 */
export function failsWith(
  code: string,
  body: PromiseLike<unknown> | (() => PromiseLike<unknown>),
): Promise<CodedError>
export function failsWith(code: string, body: () => unknown): CodedError
export function failsWith(
  code: string,
  body: PromiseLike<unknown> | (() => unknown),
): CodedError | Promise<CodedError> {
  if (typeof code !== 'string' || code === '') throw new Error('failsWith needs the code to expect')
  let result: unknown = body
  if (typeof body === 'function') {
    try {
      result = body()
    } catch (thrown) {
      return withCode(code, thrown)
    }
  }
  if (!isThenable(result)) throw new Error(`expected an error with code ${code}, got ${inspect(result)}`)
  return rejectsWith(code, result)
}

function rejectsWith(code: string, promise: PromiseLike<unknown>): Promise<CodedError> {
  const state = running
  if (state) state.unsettled++
  const settled = Promise.resolve(promise)
    .then(
      (value) => {
        throw new Error(`expected an error with code ${code}, got ${inspect(value)}`)
      },
      (thrown: unknown) => withCode(code, thrown),
    )
    .finally(() => {
      if (state) state.unsettled--
    })
  // Kept for the end of the test, where it fails even if nobody awaited it.
  if (state) settled.catch((failure: unknown) => state.failures.push(failure))
  return settled
}

function withCode(code: string, thrown: unknown): CodedError {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === code) return thrown as CodedError // just checked
  throw new Error(`expected an error with code ${code}, got ${inspect(thrown)}`)
}

/** Deep and strict: types, prototypes and the messages of errors count, unlike in uvu. */
export function equal(actual: unknown, expected: unknown, message?: string): void {
  noPromise(actual, expected)
  nodeAssert.deepStrictEqual(actual, expected, message)
}

/** The same value, by `Object.is`. */
export function is(actual: unknown, expected: unknown, message?: string): void {
  noPromise(actual, expected)
  nodeAssert.strictEqual(actual, expected, message)
}

is.not = (actual: unknown, expected: unknown, message?: string): void => {
  noPromise(actual, expected)
  nodeAssert.notStrictEqual(actual, expected, message)
}

export function ok(actual: unknown, message?: string): asserts actual {
  noPromise(actual)
  if (!actual) throw new Error(message ?? `expected something true, got ${inspect(actual)}`)
}

/** `not(x)` expects something false; `not.equal` and `not.ok` negate. */
export function not(actual: unknown, message?: string): void {
  noPromise(actual)
  if (actual) throw new Error(message ?? `expected something false, got ${inspect(actual)}`)
}

not.ok = not

not.equal = (actual: unknown, expected: unknown, message?: string): void => {
  noPromise(actual, expected)
  nodeAssert.notDeepStrictEqual(actual, expected, message)
}

export function match(actual: string, pattern: RegExp | string, message?: string): void {
  const found = typeof pattern === 'string' ? actual.includes(pattern) : pattern.test(actual)
  if (!found) throw new Error(message ?? `expected ${inspect(pattern)} in ${inspect(actual)}`)
}

/** The same assertions under one name. */
export const assert: {
  readonly equal: typeof equal
  readonly is: typeof is
  readonly ok: typeof ok
  readonly not: typeof not
  readonly match: typeof match
} = { equal, is, ok, not, match }

/** A promise is always true and equals every other promise, so a forgotten `await` would pass. */
function noPromise(...values: unknown[]): void {
  if (values.some(isThenable)) throw new Error('a promise was asserted on; await it first')
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** The same seed gives the same values on every machine. A test that fails prints the seeds it used. */
export function seeded(seed: number): Seeded {
  if (!Number.isSafeInteger(seed)) throw new Error(`a seed is a whole number, not ${inspect(seed)}`)
  running?.seeds.push(seed)
  const next = sfc32(seed)
  const int = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) throw new Error(`int(n) needs 1 ≤ n ≤ 2³², not ${n}`)
    return Math.floor((next() / 2 ** 32) * n)
  }
  return {
    seed,
    int,
    bytes: (n) => Uint8Array.from({ length: n }, () => int(256)),
    pick: <T>(list: readonly T[]): T => {
      if (list.length === 0) throw new Error('pick from an empty list')
      return list[int(list.length)] as T // the index is below the length
    },
    chance: (p) => next() / 2 ** 32 < p,
    shuffle: <T>(list: readonly T[]): T[] => {
      const copy = [...list]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = int(i + 1)
        const moved = copy[i] as T // both indexes are below the length
        copy[i] = copy[j] as T
        copy[j] = moved
      }
      return copy
    },
  }
}

/** sfc32 (Chris Doty-Humphrey, PractRand): small, fast, and good enough for tests. */
function sfc32(seed: number): () => number {
  let a = seed | 0
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1
  const next = (): number => {
    const out = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + out
    return out >>> 0
  }
  for (let i = 0; i < 12; i++) next() // lets a small seed reach every bit
  return next
}

const tempDirs = new Set<string>()
process.once('exit', () => {
  // What a failed test left behind.
  for (const path of tempDirs) rmSync(path, { recursive: true, force: true })
})

/** A directory of its own: `const dir = await tempDir()`, `dir.path`, `await dir.dispose()`. */
export async function tempDir(): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), 'chirograph-'))
  tempDirs.add(path)
  const dispose = async (): Promise<void> => {
    await rm(path, { recursive: true, force: true, maxRetries: 5 })
    tempDirs.delete(path)
  }
  return { path, dispose, [Symbol.asyncDispose]: dispose }
}
