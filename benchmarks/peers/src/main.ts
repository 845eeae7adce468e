/** `npm run bench:peers`: the same work done by this library and by its neighbours as installed from npm, in one run. */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { installPeers, nodeFor, ownVersion, versionOf } from './installed.js'
import { measure } from './measure.js'
import { type Peer, peerNames, recordBytes } from './peer.js'
import { peers } from './peers.js'
import { documentOf, type PeerReport, type Row, tableOf } from './report.js'

const help = `Usage: npm run bench:peers -- [--only NAMES] [--records N] [--limit SECONDS] [--json]

Appends signed records, replicates them to an empty process over loopback, closes, reopens and looks them up:
with ${peerNames.join(', ')}, each in processes of its own.
The first run installs what is compared with, about 500 MB, into benchmarks/peers/node_modules.

  --only NAMES      some of them, with commas between
  --records N       10000 when not given
  --limit SECONDS   for appending, 12 when not given; replication may take three times that
  --json            one JSON document on standard output`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    records: { type: 'string', default: '10000' },
    limit: { type: 'string', default: '12' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})

/** Fewer say nothing about a rate. */
const recordsMin = 10
/** Made before anything is timed, so what is asked for must fit into memory several times over. */
const recordsMax = 1_000_000

async function main(): Promise<void> {
  if (values.help) return console.log(help)
  const records = numberOf('records', values.records, { min: recordsMin, max: recordsMax })
  const limitMs = numberOf('limit', values.limit, { min: 1, max: 3_600 }) * 1_000
  const chosen = chosenPeers(values.only)
  const installFailure = chosen.some(({ packages }) => packages.length > 0) ? installPeers() : null
  const reports: PeerReport[] = []
  for (const peer of chosen) reports.push(await reportOf(peer, { records, limitMs, installFailure }))
  const [cpu] = cpus()
  const report = {
    machine: {
      platform: `${process.platform}-${process.arch}`,
      cpu: cpu?.model ?? 'unknown',
      cores: cpus().length,
    },
    workload: { records, recordBytes },
    peers: reports,
  }
  console.log(values.json ? JSON.stringify(documentOf(report), null, 2) : tableOf(report))
}

async function reportOf(
  peer: Peer,
  work: { records: number; limitMs: number; installFailure: string | null },
): Promise<PeerReport> {
  const { name, packages, remarks, variants } = peer
  const node = nodeFor(peer)
  const refusal = packages.length > 0 && work.installFailure ? work.installFailure : node
  const rows: Row[] = []
  for (const variant of variants) {
    if (typeof refusal === 'string') {
      rows.push({ variant: variant.label, figures: {}, failure: { during: 'start', why: refusal } })
      continue
    }
    const directory = await mkdtemp(join(tmpdir(), 'chirograph-peers-'))
    const onPart = (part: string) => process.stderr.write(`• ${name}, ${variant.label}: ${part} …\n`)
    const measured = await measure(peer, variant, { ...work, directory, execPath: refusal.execPath, onPart })
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
    rows.push({ variant: variant.label, ...measured })
  }
  const versions =
    packages.length > 0
      ? packages.map((each) => `${each} ${versionOf(each) ?? 'not installed'}`)
      : [`this repository ${ownVersion()}`]
  return { name, versions, node: typeof refusal === 'string' ? null : refusal.version, remarks, rows }
}

function chosenPeers(only: string | undefined): readonly Peer[] {
  if (only === undefined) return peers
  const names = only.split(',')
  const unknown = names.filter((name) => !peers.some((peer) => peer.name === name))
  if (unknown.length > 0) return usage(`--only knows ${peerNames.join(', ')}, not ${unknown.join(', ')}`)
  return peers.filter(({ name }) => names.includes(name))
}

function numberOf(option: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max)
    return usage(`--${option} takes a whole number from ${min} to ${max}, not ${text}`)
  return value
}

function usage(problem: string): never {
  console.error(`${problem}\n\n${help}`)
  process.exit(2)
}

await main()
