/** `npm run bench`: this machine's limits, then what the library reaches of them in the same run. */
import { parseArgs } from 'node:util'
import { useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { benchBatchVerify } from './batch-verify.js'
import { benchCertificates } from './certificates.js'
import { benchColdSync } from './cold-sync.js'
import { benchFinality } from './finality.js'
import { benchHostilePeer } from './hostile-peer.js'
import { benchIngest } from './ingest.js'
import { type Limits, limitsReport, measureLimits } from './limits.js'
import { betterOf, loadBefore, machine, printTable, type Report, ratioOf } from './measure.js'
import { makeSource, type Source } from './source.js'
import { benchDisk, benchMemory, benchReopen } from './store-cost.js'
import { benchGapSync, benchInSync } from './sync-cost.js'

const help = `Usage: npm run bench -- [NAME ...] [--headers N] [--authors N] [--json]

Measures the limits of this machine and, in the same run, what the library reaches of them.
Every figure is printed with its ratio to a limit; compare ratios, not absolute figures.

  ingest         single signed events from a peer, verified and stored
  batch-verify   ten thousand credentials against the one event of their batch
  cold-sync      a long history taken over from another process
  in-sync        bytes and round trips of two nodes that are in sync
  gap-sync       the same when one of them lacks something
  reopen         start of a node, at a tenth of the history and at all of it
  disk           bytes on disk an event
  memory         of a node with a tenth of the history, and with all of it
  finality       four processes agree on revocations
  certificates   their size and what checking them takes, by validators and scheme
  hostile-peer   what one hostile member of eight takes from the others

  --headers N    length of the history, 100000 unless given
  --authors N    institutions that wrote it, 8 unless given
  --json         one JSON document on standard output

The same work beside OrbitDB, Hypercore and Autobase: npm run bench:peers`

const { values, positionals } = readArguments()

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        headers: { type: 'string', default: '100000' },
        authors: { type: 'string', default: '8' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error))
  }
}

function usage(problem: string): never {
  console.error(`${problem}\n\n${help}`)
  process.exit(2)
}

function wholeNumber(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    return usage(`--${option} takes a whole number from ${min} to ${max}, not ${text}`)
  return value
}

/** A tenth of the history is read too, and each author of that writes. */
const headers = wholeNumber('headers', values.headers, { min: 1_000, max: 10_000_000 })
const authors = wholeNumber('authors', values.authors, { min: 1, max: 1_000 })

const made = new Map<number, Source>()

/** The history that several benchmarks read, made when the first one asks. */
async function source(events = headers): Promise<Source> {
  const known = made.get(events)
  if (known !== undefined) return known
  const name = events.toLocaleString('en-US')
  progress(`making a history of ${name} final events`)
  const onProgress = (done: number) => progress(`  ${done.toLocaleString('en-US')} of ${name}`)
  const fresh = await makeSource({ events, authors, onProgress })
  made.set(events, fresh)
  return fresh
}

/** A tenth of the history, and all of it: what grows with it shows. */
async function sources(): Promise<Source[]> {
  return [await source(Math.round(headers / 10)), await source(headers)]
}

const benchmarks: Readonly<Record<string, (limits: Limits) => Promise<Report>>> = {
  ingest: (limits) => benchIngest(limits),
  'batch-verify': (limits) => benchBatchVerify(limits),
  'cold-sync': async (limits) => benchColdSync(limits, await source()),
  'in-sync': () => benchInSync(),
  'gap-sync': () => benchGapSync(),
  reopen: async (limits) => benchReopen(limits, await sources()),
  disk: async () => benchDisk(await source()),
  memory: async () => benchMemory(await sources()),
  finality: (limits) => benchFinality(limits),
  certificates: async (limits) => benchCertificates(limits),
  'hostile-peer': () => benchHostilePeer(),
}

async function main(): Promise<void> {
  if (values.help) return console.log(help)
  const unknown = positionals.find((name) => benchmarks[name] === undefined)
  if (unknown !== undefined) usage(`There is no benchmark "${unknown}".`)
  const wanted = positionals.length > 0 ? positionals : Object.keys(benchmarks)
  const load = loadBefore()
  if (load.isBusy) console.error(busyWarning(load.loadAverage))
  progress('measuring the limits of this machine')
  const limits = await measureLimits()
  const reports: Report[] = [limitsReport(limits)]
  try {
    for (const name of wanted) {
      progress(name)
      const report = await benchmarks[name]?.(limits)
      if (report !== undefined) reports.push(report)
    }
  } finally {
    for (const one of made.values()) await one.remove()
  }
  if (values.json) {
    const withRatios = reports.map((report) => ({
      ...report,
      rows: report.rows.map((row) => ({ ...row, ratio: ratioOf(row), better: betterOf(row) })),
    }))
    console.log(JSON.stringify({ machine: { ...machine(), ...load }, reports: withRatios }, null, 2))
    return
  }
  const { node, platform, cpu, cores } = machine()
  console.log(`Node ${node}, ${platform}, ${cores} × ${cpu}`)
  if (load.isBusy) console.log(busyWarning(load.loadAverage))
  for (const report of reports) printTable(report)
}

function busyWarning(load: number): string {
  return `! This machine was busy before the start (load average ${load.toFixed(1)}): the ratios will be worse than it can do.`
}

function progress(what: string): void {
  process.stderr.write(`• ${what} …\n`)
}

useSha256(fastestSha256())
await main()
