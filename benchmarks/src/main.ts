/** `npm run bench`: this machine's limits, then what the library reaches of them in the same run. */
import { parseArgs } from 'node:util'
import { benchFinality } from './finality.js'
import { benchIngest } from './ingest.js'
import { limitsReport, measureLimits } from './limits.js'
import { machine, printTable, type Report, ratioOf } from './measure.js'

const help = `Usage: npm run bench -- [ingest] [finality] [--json]

Measures the limits of this machine and, in the same run, what the library reaches of them.
Every figure is printed with its ratio to a limit; compare ratios, not absolute figures.

  --json   one JSON document on standard output`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
})

async function main(): Promise<void> {
  if (values.help) return console.log(help)
  const wanted = (name: string) => positionals.length === 0 || positionals.includes(name)
  progress('measuring the limits of this machine')
  const limits = await measureLimits()
  const reports: Report[] = [limitsReport(limits)]
  if (wanted('ingest')) {
    progress('ingest')
    reports.push(await benchIngest(limits))
  }
  if (wanted('finality')) {
    progress('finality of four processes')
    reports.push(await benchFinality(limits))
  }
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
