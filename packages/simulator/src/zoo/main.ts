#!/usr/bin/env node
/** `npm run zoo`: known bugs put back into production one at a time, and whether the simulator sees each. */
import { parseArgs } from 'node:util'
import type { Bug } from './bug.js'
import { bugNamed, bugs } from './bugs.js'
import { type Hunted, hunt } from './hunt.js'
import { zooTable } from './zoo-table.js'

const nameWidth = Math.max(...bugs.map(({ name }) => name.length))
const listed = bugs.map(({ name, title, rule }) => `  ${name.padEnd(nameWidth)}  ${rule}: ${title}`)

const help = `Puts bugs that others had, or could have, back into production one at a time while it is loaded, and runs seeds until
an oracle of the simulator sees it. No file is changed.

  npm run zoo -- [options]

  --bug NAME   this bug only; may be given again
  --seeds N    how many seeds each bug may take (default 1000)
  --from N     the first of them (default 1)
  --json       one line of JSON for each bug
  --help       this text

Bugs:
${listed.join('\n')}

The exit code is 0 when all are caught, 1 when one escapes or does not fit production any more, and 2 for options that
cannot be read.
`

class UsageError extends Error {}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof UsageError || isParseError(error))) throw error
  process.stderr.write(`${error.message}\nnpm run zoo -- --help lists the options and the bugs.\n`)
  process.exitCode = 2
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      bug: { type: 'string', multiple: true },
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const count = (name: 'seeds' | 'from', least: number) => {
    const parsed = Number(values[name])
    if (!/^\d+$/.test(values[name]) || !Number.isSafeInteger(parsed) || parsed < least)
      throw new UsageError(`--${name} needs a whole number from ${least}, not ${values[name]}`)
    return parsed
  }
  const wanted = values.bug?.map(find) ?? bugs
  return huntAll(wanted, { first: count('from', 0), count: count('seeds', 1), isJson: values.json })
}

function find(name: string): Bug {
  const bug = bugNamed(name)
  if (bug === undefined) throw new UsageError(`--bug knows no ${name}`)
  return bug
}

async function huntAll(
  wanted: readonly Bug[],
  { first, count, isJson }: { first: number; count: number; isJson: boolean },
): Promise<number> {
  const hunted: Hunted[] = []
  const unfit: string[] = []
  const isShown = process.stderr.isTTY
  for (const [index, bug] of wanted.entries()) {
    const progress = (seed: number) => {
      const seeds = `${seed - first + 1} of ${count} seeds`
      if (isShown) process.stderr.write(`\r\x1b[K${index + 1} of ${wanted.length}, ${bug.name}: ${seeds} `)
    }
    progress(first - 1)
    try {
      const one = await hunt(bug, { first, count, onSeed: progress })
      hunted.push(one)
      if (isJson) process.stdout.write(`${JSON.stringify(one)}\n`)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      unfit.push(message)
      if (isShown) process.stderr.write('\r\x1b[K')
      process.stderr.write(`${message}\n`)
    }
  }
  if (isShown) process.stderr.write('\r\x1b[K')
  if (!isJson) process.stdout.write(zooTable(hunted))
  return unfit.length > 0 || hunted.some(({ caught }) => caught === null) ? 1 : 0
}

function isParseError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
}
