/** One bug against many seeds, in a process of its own: how many it takes until an oracle sees it, and which. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Bug } from './bug.js'
import type { Told } from './hunter.js'

/** A seed takes a second at most; a run that does not end is stopped after this long. */
const silentMsMax = 180_000

export interface Hunted {
  readonly bug: string
  readonly rule: string
  /** Seeds that were run, the one that shows it included. */
  readonly seeds: number
  readonly seconds: number
  /** Null where it escaped. */
  readonly caught: {
    readonly seed: number
    readonly oracle: string
    readonly detail: string
    /** Shows it again. */
    readonly command: string
  } | null
}

export interface HuntOptions {
  readonly first: number
  readonly count: number
  /** Called after each seed that holds. */
  readonly onSeed?: (seed: number) => void
}

/** Rejects when the bug does not fit production any more, or does not run. */
export function hunt(bug: Bug, { first, count, onSeed = () => {} }: HuntOptions): Promise<Hunted> {
  const startedMs = performance.now()
  const child = fork(fileURLToPath(new URL('./hunter.js', import.meta.url)), [
    bug.name,
    String(first),
    String(count),
  ])
  let last = first - 1
  let caught: Hunted['caught'] = null
  let unfit: string | undefined
  const command = (seed: number) => `npm run zoo -- --bug ${bug.name} --from ${seed} --seeds 1`
  const catchAt = (seed: number, oracle: string, detail: string) => {
    last = seed
    caught = { seed, oracle, detail, command: command(seed) }
  }
  return new Promise((resolve, reject) => {
    let silence = setTimeout(stop, silentMsMax)
    function stop() {
      catchAt(last + 1, 'no end', `seed ${last + 1} does not end within ${silentMsMax / 1_000} s`)
      child.kill('SIGKILL')
    }
    child.on('message', (message) => {
      clearTimeout(silence)
      silence = setTimeout(stop, silentMsMax)
      const told = message as Told // what hunter.ts sends
      if (told.kind === 'unfit') unfit = told.detail
      else if (told.kind === 'caught') catchAt(told.seed, told.oracle, told.detail)
      else {
        last = told.seed
        onSeed(told.seed)
      }
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(silence)
      if (caught === null && unfit === undefined && last < first + count - 1)
        unfit = `its process ended with ${code} after seed ${last}`
      if (unfit !== undefined) return reject(new Error(`${bug.name} cannot be hunted: ${unfit}`))
      const seconds = (performance.now() - startedMs) / 1_000
      resolve({ bug: bug.name, rule: bug.rule, seeds: last - first + 1, seconds, caught })
    })
  })
}
