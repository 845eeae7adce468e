#!/usr/bin/env node
/** `npm run simulate`: many seeds, or one again. */
import { parseArgs } from 'node:util'
import { useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { type ActorPlace, actorNames, isActorName } from './actors/actor-names.js'
import { runCampaign } from './campaign.js'
import { campaignTable } from './campaign-table.js'
import {
  type CertificateName,
  certificateNames,
  type FaultName,
  faultNames,
  type SeededRunOptions,
} from './seeded-run.js'

const help = `Runs seeded clusters through crashes, partitions, bad links and Byzantine members, and checks what must always
hold. A seed that fails is made as small as it still fails.

  npm run simulate -- [options]

  --seeds N       how many seeds to run (default 100); one of 100 is run twice and must take the same course
  --from N        the first of them (default 1)
  --seed N        run this one seed
  --size N        organisations in each cluster (default: 4 to 10, by the seed)
  --events N      events signed in each run (default: 4 to 10, by the seed)
  --actors LIST   who is Byzantine, as name@node with commas between, or none (default: by the seed)
  --without LIST  faults to leave out: ${faultNames.join(', ')}
  --certificates NAME  ${certificateNames.join(' or ')} (default: by the seed, one of eight with BLS)
  --faults-ms N   virtual milliseconds until the faults end (default: 4,000 to 10,000, by the seed)
  --json          one line of JSON for each seed, and one for the sum
  --help          this text

Actors: ${actorNames
  .join(', ')
  .replace(/(.{1,100})(?:, |$)/g, '$1\n        ')
  .trim()}.

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
      actors: { type: 'string' },
      without: { type: 'string' },
      certificates: { type: 'string' },
      'faults-ms': { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(help)
    return 0
  }
  const number = (name: 'seeds' | 'from' | 'seed' | 'size' | 'events' | 'faults-ms') => {
    const text = values[name]
    if (text === undefined) return undefined
    const parsed = Number(text)
    if (!Number.isSafeInteger(parsed) || parsed < 0)
      throw new Error(`--${name} needs a whole number, not ${text}`)
    return parsed
  }
  const [single, size, events, faultsMs] = [
    number('seed'),
    number('size'),
    number('events'),
    number('faults-ms'),
  ]
  return runAll({
    first: single ?? number('from') ?? 1,
    count: single === undefined ? (number('seeds') ?? 1) : 1,
    isJson: values.json,
    options: {
      ...(size && { size }),
      ...(events !== undefined && { events }),
      ...(faultsMs && { faultsMs }),
      ...(values.actors !== undefined && { actors: readActors(values.actors) }),
      ...(values.without !== undefined && { without: readFaults(values.without) }),
      ...(values.certificates !== undefined && { certificates: readCertificates(values.certificates) }),
    },
  })
}

function readActors(text: string): ActorPlace[] {
  if (text === 'none') return []
  return text.split(',').map((one) => {
    const [name = '', node] = one.split('@')
    if (!isActorName(name) || !/^\d+$/.test(node ?? ''))
      throw new Error(`--actors needs name@node with the name of an actor, not ${one}`)
    return { name, node: Number(node) }
  })
}

function readFaults(text: string): FaultName[] {
  return text.split(',').map((one) => {
    const fault = faultNames.find((known) => known === one)
    if (fault === undefined) throw new Error(`--without knows ${faultNames.join(', ')}, not ${one}`)
    return fault
  })
}

function readCertificates(text: string): CertificateName {
  const name = certificateNames.find((known) => known === text)
  if (name === undefined) throw new Error(`--certificates knows ${certificateNames.join(', ')}, not ${text}`)
  return name
}

function runAll({
  first,
  count,
  isJson,
  options,
}: {
  first: number
  count: number
  isJson: boolean
  options: Omit<SeededRunOptions, 'seed'>
}): number {
  const write = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)
  let [done, failed] = [0, 0]
  const progress = () => {
    done++
    if (process.stderr.isTTY) process.stderr.write(`\r${done} of ${count}, ${failed} failed `)
  }
  const report = runCampaign({
    first,
    count,
    options,
    onReport(one) {
      if (isJson) write(one)
      progress()
    },
    onFailure({ seed, message, command }) {
      failed++
      if (isJson) write({ seed, failure: message, smallest: command })
      else process.stderr.write(`\n${message}\n`)
      progress()
    },
  })
  if (process.stderr.isTTY) process.stderr.write('\n')
  if (isJson) write(report)
  else if (count > failed) process.stdout.write(campaignTable(report))
  return failed > 0 ? 1 : 0
}
