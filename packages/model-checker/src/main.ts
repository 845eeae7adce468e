#!/usr/bin/env node
/** `npm run model-check`: everything that four validators can do in a few views. */
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { createExploration, type Exploration, type Progress } from './exploration.js'
import type { Flaw } from './header-tree.js'
import { properties } from './properties.js'
import { finalsOf, type ScenarioOptions, skipsOf, viewsTo } from './scenario.js'
import { traceTo } from './trace.js'

const held = Object.entries(properties).map(([name, meaning]) => `    ${name.padEnd(14)} ${meaning}`)

const help = `Explores every run of four validators, one of them Byzantine, over a few views, with the reducer of production.

  npm run model-check -- [options]

  --views N       views that are played (default 3)
  --byzantine N   the Byzantine validator leads view N (default: one model for each view, and one where it leads none)
  --crashes N     power cuts among the honest validators (default 0)
  --votes         votes arrive one by one, and not only as certificates: for one view
  --losses N      honest validators that lose their disk and vote again by what the others tell: 0 or 1 (default 0)
  --closes        each header on the genesis changes the validators: the end of an epoch
  --flaw FLAW     what is wrong with a Byzantine leader's bad header: execution (default), height or time
  --states N      stop a model soon after so many states
  --json          one line of JSON for each model, and one for the sum
  --help          this text

What must hold:
${held.join('\n')}

An interrupt ends the run with what was found so far. The exit code is 1 when something does not hold, and 2 when a
model was not explored to its end, or is larger than there is room for.
`

const flaws: readonly Flaw[] = ['execution', 'height', 'time']
const progressEveryMs = 5_000

interface Wanted {
  readonly models: readonly ScenarioOptions[]
  readonly statesMax: number
  readonly isJson: boolean
}

interface Outcome extends Omit<Progress, 'certified' | 'breach'> {
  readonly model: ScenarioOptions
  readonly headers: number
  /** How many headers were notarized and final in some state, and how many views skipped. */
  readonly reached: { readonly notarized: number; readonly final: number; readonly skipped: number }
  readonly seconds: number
  readonly breach: string | null
  readonly trace: readonly string[]
}

useSha256(fastestSha256())
try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof RangeError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      views: { type: 'string', default: '3' },
      byzantine: { type: 'string' },
      crashes: { type: 'string', default: '0' },
      losses: { type: 'string', default: '0' },
      votes: { type: 'boolean', default: false },
      closes: { type: 'boolean', default: false },
      flaw: { type: 'string', default: 'execution' },
      states: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const number = (name: 'views' | 'byzantine' | 'crashes' | 'losses' | 'states') => {
    const text = values[name]
    if (text === undefined) return undefined
    const parsed = Number(text)
    if (!Number.isSafeInteger(parsed) || parsed < 0)
      throw new RangeError(`--${name} needs a whole number, not ${text}`)
    return parsed
  }
  const views = number('views') ?? 3
  const single = number('byzantine')
  const leads = single === undefined ? viewsTo(views + 1) : [single]
  const flaw = flaws.find((each) => each === values.flaw)
  if (flaw === undefined) throw new RangeError(`--flaw is one of ${flaws.join(', ')}, not ${values.flaw}`)
  const shared = {
    views,
    crashes: number('crashes') ?? 0,
    losses: number('losses') ?? 0,
    hearing: values.votes ? 'votes' : 'certificates',
    flaw,
    closes: values.closes,
  } as const
  return check({
    models: leads.map((byzantineLeads) => ({ ...shared, byzantineLeads })),
    statesMax: number('states') ?? Number.POSITIVE_INFINITY,
    isJson: values.json,
  })
}

async function check({ models, statesMax, isJson }: Wanted): Promise<number> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const outcomes: Outcome[] = []
  for (const model of models) {
    if (stop.signal.aborted) break
    const outcome = await explore(model, { statesMax, signal: stop.signal })
    outcomes.push(outcome)
    if (isJson) process.stdout.write(`${JSON.stringify(outcome)}\n`)
    else for (const line of outcome.trace) process.stdout.write(`${line}\n`)
  }
  const sum = {
    models: outcomes.length,
    states: outcomes.reduce((states, each) => states + each.states, 0),
    broken: outcomes.filter(({ breach }) => breach !== null).length,
    exhausted: outcomes.filter(({ isExhausted }) => isExhausted).length,
    seconds: Math.round(outcomes.reduce((seconds, each) => seconds + each.seconds, 0)),
  }
  process.stdout.write(isJson ? `${JSON.stringify({ sum })}\n` : tableOf(outcomes))
  if (sum.broken > 0) return 1
  return sum.exhausted === models.length ? 0 : 2
}

async function explore(
  model: ScenarioOptions,
  { statesMax, signal }: { statesMax: number; signal: AbortSignal },
): Promise<Outcome> {
  const exploration = createExploration(model)
  const startedMs = performance.now()
  const seconds = () => (performance.now() - startedMs) / 1000
  let toldMs = startedMs
  while (exploration.advance(100)) {
    // Lets an interrupt in.
    await setImmediate()
    const progress = exploration.progress()
    if (signal.aborted || progress.states >= statesMax) break
    if (performance.now() - toldMs < progressEveryMs) continue
    toldMs = performance.now()
    process.stderr.write(`${progressLine(model, progress, seconds())}\n`)
  }
  return outcomeOf(exploration, model, seconds())
}

function progressLine({ byzantineLeads }: ScenarioOptions, progress: Progress, seconds: number): string {
  const { states, frontier, depth } = progress
  const rate = whole(states / seconds)
  return `Byzantine in view ${byzantineLeads}: ${whole(states)} states, ${rate}/s, ${whole(frontier)} to explore, depth ${depth}`
}

function outcomeOf(exploration: Exploration, model: ScenarioOptions, seconds: number): Outcome {
  const { certified, breach, ...counts } = exploration.progress()
  const bits = (mask: number) => mask.toString(2).replaceAll('0', '').length
  const trace = breach ? traceTo(exploration, breach.index) : []
  return {
    model,
    headers: exploration.scenario.headers.length,
    ...counts,
    reached: {
      notarized: bits(certified.notarizations),
      final: bits(finalsOf(certified.closings)),
      skipped: bits(skipsOf(certified.closings)),
    },
    seconds: Math.round(seconds * 10) / 10,
    breach: breach?.property ?? null,
    trace,
  }
}

function tableOf(outcomes: readonly Outcome[]): string {
  const head = [
    'Byzantine',
    'headers',
    'notarized',
    'final',
    'skipped',
    'states',
    'blocks',
    'depth',
    'local',
    'seconds',
    '',
  ]
  const rows = outcomes.map((each) => [
    each.model.byzantineLeads > each.model.views ? 'leads none' : `leads ${each.model.byzantineLeads}`,
    String(each.headers),
    String(each.reached.notarized),
    String(each.reached.final),
    String(each.reached.skipped),
    whole(each.states),
    whole(each.blocks),
    String(each.depth),
    whole(each.localStates.reduce((sum, count) => sum + count, 0)),
    each.seconds.toFixed(1),
    verdictOf(each),
  ])
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  const lines = all.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '))
  return `\n${lines.join('\n')}\n`
}

function verdictOf({ breach, isExhausted }: Outcome): string {
  if (breach !== null) return `${breach} is broken`
  return isExhausted ? 'holds' : 'stopped before the end'
}

function whole(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}
