#!/usr/bin/env node
/** `npm run chaos`: as many crashes as wanted, and what became of what was acknowledged before them. */
import { parseArgs } from 'node:util'
import { useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { type CampaignName, type CampaignReport, campaignNames, runCampaign } from './campaigns.js'
import { describeTally } from './tally.js'

const help = `Ends nodes at random moments, starts them again, and looks for what they had acknowledged.

  npm run chaos -- [campaigns] [options]

  kill       real processes, each killed with SIGKILL: a member alone, and a network of one
  network    four real processes over loopback, killed in turn; at the end one that is far behind
  faults     four and seven real processes behind proxies: bad lines, partitions, halts, kills, lost disks, backups
  power      nodes in memory, on disks that lose any subset of what was not synced
  disk       nodes in memory, on disks that refuse, are full, or cannot be read

  --cycles N   how many crashes for each campaign (default 200)
  --seed N     the first seed (default: drawn, and printed)
  --json       one document on standard output
  --help       this text

Moments in real processes come with the machine; a seed of "power" and "disk" does the same again.
The exit code is 1 when something was lost or did not hold.
`

/** How often progress is told: often at a terminal, where a line takes the place of the one before. */
const tellEveryMs = process.stderr.isTTY ? 200 : 2_000

useSha256(fastestSha256())
process.exitCode = await main()

async function main(): Promise<number> {
  const asked = readArguments()
  if (typeof asked === 'string') {
    process.stderr.write(`${asked}\n\n${help}`)
    return 2
  }
  if (asked.isHelp) {
    process.stdout.write(help)
    return 0
  }
  const { cycles, seed, wanted, isJson } = asked
  const reports: CampaignReport[] = []
  for (const name of wanted) {
    const progress = showProgress(name, { cycles, seed })
    reports.push(await runCampaign(name, { seed, cycles, onCycles: progress.onCycles }).finally(progress.end))
    if (!isJson) process.stdout.write(describe(reports.at(-1)))
  }
  if (isJson) process.stdout.write(`${JSON.stringify(documentOf(reports), null, 2)}\n`)
  return reports.every(({ breaches }) => breaches.length === 0) ? 0 : 1
}

interface Asked {
  readonly cycles: number
  readonly seed: number
  readonly wanted: readonly CampaignName[]
  readonly isJson: boolean
  readonly isHelp: boolean
}

/** What is wanted, or what is wrong with how it was said. */
function readArguments(): Asked | string {
  try {
    return readOptions()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function readOptions(): Asked {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      cycles: { type: 'string', default: '200' },
      seed: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.find((name) => !isCampaign(name))
  if (unknown !== undefined)
    throw new Error(`there is no campaign "${unknown}"; there are ${campaignNames.join(', ')}`)
  return {
    cycles: wholeNumber('cycles', values.cycles),
    seed: values.seed === undefined ? Math.floor(Math.random() * 1e9) : wholeNumber('seed', values.seed),
    wanted: positionals.length === 0 ? campaignNames : positionals.filter(isCampaign),
    isJson: values.json,
    isHelp: values.help,
  }
}

function isCampaign(name: string): name is CampaignName {
  return campaignNames.some((known) => known === name)
}

function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new Error(`--${option} needs a whole number, not ${text}`)
}

/** Told by the clock and not by the crashes, for the end of a campaign takes a while too. */
function showProgress(
  name: CampaignName,
  { cycles, seed }: { cycles: number; seed: number },
): { readonly onCycles: (done: number) => void; readonly end: () => void } {
  const startedMs = performance.now()
  let done = 0
  process.stderr.write(`• ${name}, seed ${seed} …\n`)
  const timer = setInterval(() => {
    const seconds = (performance.now() - startedMs) / 1000
    const line = `  ${done} of ${cycles} ${cycles === 1 ? 'crash' : 'crashes'} in ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(1)} a second`
    process.stderr.write(process.stderr.isTTY ? `\r${line} ` : `${line}\n`)
  }, tellEveryMs)
  return {
    onCycles(now) {
      done = now
    },
    end() {
      clearInterval(timer)
      if (process.stderr.isTTY) process.stderr.write('\n')
    },
  }
}

function describe(report: CampaignReport | undefined): string {
  if (!report) return ''
  const { name, tally, cycles, seconds, batchesLost, batchesKept, breaches } = report
  const rate = `${cycles.toLocaleString('en-US')} ${cycles === 1 ? 'crash' : 'crashes'} in ${seconds.toFixed(1)} s, ${(cycles / seconds).toFixed(1)} a second`
  const risk = `, ${batchesLost} ${batchesLost === 1 ? 'write' : 'writes'} at risk lost and ${batchesKept} kept`
  const verdict = breaches.length === 0 ? 'everything held' : breaches.join('\n  ')
  return `\n${name}: ${rate}${name === 'power' ? risk : ''}\n\n${describeTally(tally)}\n\n${verdict}\n\n`
}

function documentOf(reports: readonly CampaignReport[]) {
  return {
    campaigns: reports.map(({ tally, ...report }) => ({ ...report, sum: tally.sum(), rows: tally.rows })),
    held: reports.every(({ breaches }) => breaches.length === 0),
  }
}
