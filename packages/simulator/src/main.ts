#!/usr/bin/env node
/** `npm run simulate`: many seeds, or one again. */
import { parseArgs } from 'node:util'
import { useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { type RunCounts, type RunReport, runSeed, SimulationFailure } from './seeded-run.js'

const help = `Runs seeded clusters through crashes, partitions and bad links, and checks what must always hold.

  npm run simulate -- [options]

  --seeds N    how many seeds to run (default 100)
  --from N     the first of them (default 1)
  --seed N     run this one seed
  --size N     organisations in each cluster (default: 4 to 10, by the seed)
  --events N   events signed in each run (default: 4 to 10, by the seed)
  --json       one line of JSON for each seed, and one for the sum
  --help       this text

The exit code is 1 when a seed breaks a rule; the message holds the command that shows it again.
`

useSha256(fastestSha256())
process.exitCode = main()

function main(): number {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      size: { type: 'string' },
      events: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const number = (name: 'seeds' | 'from' | 'seed' | 'size' | 'events') => {
    const text = values[name]
    if (text === undefined) return undefined
    const parsed = Number(text)
    if (!Number.isSafeInteger(parsed) || parsed < 0)
      throw new Error(`--${name} needs a whole number, not ${text}`)
    return parsed
  }
  const [single, size, events] = [number('seed'), number('size'), number('events')]
  const first = single ?? number('from') ?? 1
  const count = single === undefined ? (number('seeds') ?? 1) : 1
  return runAll({
    first,
    count,
    isJson: values.json,
    cluster: { ...(size && { size }), ...(events && { events }) },
  })
}

function runAll({
  first,
  count,
  isJson,
  cluster,
}: {
  first: number
  count: number
  isJson: boolean
  cluster: { size?: number; events?: number }
}): number {
  const startedMs = performance.now()
  const reports: RunReport[] = []
  let failed = 0
  for (let seed = first; seed < first + count; seed++) {
    try {
      const report = runSeed({ seed, ...cluster })
      reports.push(report)
      if (isJson) process.stdout.write(`${JSON.stringify(report)}\n`)
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      failed++
      if (isJson) process.stdout.write(`${JSON.stringify({ seed, failure: error.message })}\n`)
      else process.stderr.write(`\n${error.message}\n`)
    }
    if (process.stderr.isTTY) process.stderr.write(`\r${seed - first + 1} of ${count}, ${failed} failed `)
  }
  if (process.stderr.isTTY) process.stderr.write('\n')
  const seconds = (performance.now() - startedMs) / 1000
  const sum = sumOf(reports)
  if (isJson) process.stdout.write(`${JSON.stringify({ seeds: count, failed, seconds, sum })}\n`)
  else process.stdout.write(summary({ sum, reports, count, failed, seconds }))
  return failed > 0 ? 1 : 0
}

type Sum = { -readonly [K in keyof RunCounts]?: number }

function sumOf(reports: readonly RunReport[]): Sum {
  const sum: Sum = {}
  for (const { counts } of reports) {
    // The keys of a closed interface whose values are all numbers.
    for (const key of Object.keys(counts) as (keyof RunCounts)[]) sum[key] = (sum[key] ?? 0) + counts[key]
  }
  return sum
}

function summary({
  sum,
  reports,
  count,
  failed,
  seconds,
}: {
  sum: Sum
  reports: readonly RunReport[]
  count: number
  failed: number
  seconds: number
}): string {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['nodes', sum.size],
    ['crashes', sum.crashes],
    ['partitions', sum.partitions],
    ['unsynced writes lost', sum.lostBatches],
    ['messages delivered', sum.delivered],
    ['messages lost', sum.lost],
    ['messages duplicated', sum.duplicated],
    ['messages cut off', sum.partitioned],
    ['events acknowledged', sum.published],
    ['log keys used by somebody else', sum.forgers],
    ['log keys rotated', sum.rotations],
    ['votes checked (H1, H2, H4, H5)', sum.votes],
    ['proposals checked (H0)', sum.proposals],
    ['final headers checked', sum.checkpoints],
    ['certificates checked', sum.certificates],
    ['signatures verified', sum.signatures],
    ['virtual seconds', Math.round((sum.virtualMs ?? 0) / 1000)],
  ]
  const width = Math.max(...rows.map(([label]) => label.length))
  const table = rows.map(([label, value = 0]) => `  ${label.padEnd(width)}  ${value.toLocaleString('en-US')}`)
  const slowest = Math.max(0, ...reports.map(({ counts }) => counts.calmMs))
  const rate = (count / seconds).toFixed(1)
  return [
    ...table,
    `  ${'slowest recovery, virtual ms'.padEnd(width)}  ${slowest.toLocaleString('en-US')}`,
    '',
    `${count - failed} of ${count} seeds hold, ${failed} do not; ${rate} seeds a second`,
    '',
  ].join('\n')
}
