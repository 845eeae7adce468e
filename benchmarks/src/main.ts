/** `npm run bench`: this machine's limits, then what the library reaches of them in the same run. */
import { parseArgs } from 'node:util'
import { benchColdSync } from './cold-sync.js'
import { benchFinality } from './finality.js'
import { benchIngest } from './ingest.js'
import { type Limits, limitsReport, measureLimits } from './limits.js'
import { machine, printTable, type Report, ratioOf } from './measure.js'
import { makeSource, type Source } from './source.js'

const help = `Usage: npm run bench -- [NAME ...] [--events N] [--authors N] [--json]

Measures the limits of this machine and, in the same run, what the library reaches of them.
Every figure is printed with its ratio to a limit; compare ratios, not absolute figures.

  ingest         single signed events from a peer, verified and stored
  cold-sync      a long history taken over from another process
  finality       four processes agree on revocations

  --events N     length of the history, 100000 unless given
  --authors N    institutions that wrote it, 8 unless given
  --json         one JSON document on standard output`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    events: { type: 'string', default: '100000' },
    authors: { type: 'string', default: '8' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})

let made: Source | undefined

/** The history that several benchmarks read, made when the first one asks. */
async function source(): Promise<Source> {
  const events = Number(values.events)
  progress(`making a history of ${events.toLocaleString('en-US')} final events`)
  made ??= await makeSource({ events, authors: Number(values.authors) })
  return made
}

const benchmarks: Readonly<Record<string, (limits: Limits) => Promise<Report>>> = {
  ingest: (limits) => benchIngest(limits),
  'cold-sync': async (limits) => benchColdSync(limits, await source()),
  finality: (limits) => benchFinality(limits),
}

async function main(): Promise<void> {
  if (values.help) return console.log(help)
  const unknown = positionals.find((name) => benchmarks[name] === undefined)
  if (unknown !== undefined) {
    console.error(`There is no benchmark "${unknown}".\n\n${help}`)
    process.exitCode = 2
    return
  }
  const wanted = positionals.length > 0 ? positionals : Object.keys(benchmarks)
  progress('measuring the limits of this machine')
  const limits = await measureLimits()
  const reports: Report[] = [limitsReport(limits)]
  for (const name of wanted) {
    progress(name)
    const report = await benchmarks[name]?.(limits)
    if (report !== undefined) reports.push(report)
  }
  await made?.remove()
  if (values.json) {
    const withRatios = reports.map((report) => ({
      ...report,
      rows: report.rows.map((row) => ({ ...row, ratio: ratioOf(row) })),
    }))
    console.log(JSON.stringify({ machine: machine(), reports: withRatios }, null, 2))
    return
  }
  const { node, platform, cpu, cores } = machine()
  console.log(`Node ${node}, ${platform}, ${cores} × ${cpu}`)
  for (const report of reports) printTable(report)
}

function progress(what: string): void {
  process.stderr.write(`• ${what} …\n`)
}

await main()
