/**
 * A process of its own: production with one bug in it, run through seeds until one shows it. Started by `hunt.ts`, to
 * which it tells each seed and what became of it. Imports nothing of production before the bug is in its place.
 */
import { readFileSync } from 'node:fs'
import { register } from 'node:module'
import { fileURLToPath } from 'node:url'
import { applyBug, urlOfFile } from './bug.js'
import { bugNamed } from './bugs.js'
import { type HookData, loadedMark } from './load-hook.js'

/** What the process says, one message after the other. */
export type Told =
  | { readonly kind: 'held'; readonly seed: number }
  | { readonly kind: 'caught'; readonly seed: number; readonly oracle: string; readonly detail: string }
  | { readonly kind: 'unfit'; readonly detail: string }

/** What the run itself judges, beside the oracles; anything else that it throws is an assertion of production. */
const judgedByRun = ['liveness', 'storm', 'publishing']

/** Signs of a bug that is badly written, and not of the rule that it breaks. */
const unfitErrors = [ReferenceError, SyntaxError, TypeError]

const [name = '', first = '1', count = '1'] = process.argv.slice(2)

try {
  await hunt(Number(first), Number(count))
} catch (error) {
  tell({ kind: 'unfit', detail: error instanceof Error ? error.message : String(error) })
}
process.disconnect?.()

async function hunt(from: number, seeds: number): Promise<void> {
  const bug = bugNamed(name)
  if (bug === undefined) throw new Error(`no bug is named ${name}`)
  const url = urlOfFile(bug, (specifier) => import.meta.resolve(specifier))
  // What throws in the loader is told with less grace.
  applyBug(bug, readFileSync(fileURLToPath(url), 'utf8'))
  const data: HookData = { bug, url }
  register('./load-hook.js', { parentURL: import.meta.url, data })
  const { useSha256 } = await import('@chirograph/codec')
  const { fastestSha256 } = await import('@chirograph/crypto-native')
  const { runSeed, SimulationFailure } = await import('../seeded-run.js')
  if (Reflect.get(globalThis, loadedMark) !== name) throw new Error(`${bug.file} was loaded without ${name}`)
  useSha256(fastestSha256())
  for (let seed = from; seed < from + seeds; seed++) {
    try {
      runSeed({ seed })
      tell({ kind: 'held', seed })
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      const { cause } = error
      if (unfitErrors.some((kind) => cause instanceof kind)) throw cause
      const [, rule = error.rule] = error.rule.split(': ')
      const isJudged = error.rule.startsWith('OracleBreach') || judgedByRun.includes(rule)
      const detail = cause instanceof Error ? cause.message : String(cause)
      return tell({ kind: 'caught', seed, oracle: isJudged ? rule : 'assertion', detail })
    }
  }
}

function tell(told: Told): void {
  process.send?.(told)
}
