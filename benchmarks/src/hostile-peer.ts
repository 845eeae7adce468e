/**
 * What one hostile member of eight takes from the other seven. They are whole nodes on LevelDB that speak over loopback
 * TCP, all in this process, because eight processes on few cores would measure the scheduler; the hostile one has a
 * process of its own. So a machine with few cores shows it at its worst: what it costs, it costs seven times on one core.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { toHex } from '@chirograph/codec'
import { createVerifyPool } from '@chirograph/crypto-native'
import { createLibp2pNetwork } from '@chirograph/network-libp2p'
import type { ChirographNode } from '@chirograph/node'
import { type Genesis, networkIdOf } from '@chirograph/status'
import { type BenchNode, openBenchNode } from './bench-node.js'
import { largestBatch } from './chains.js'
import { type HostileKind, type HostileOptions, hostileKinds } from './hostile-options.js'
import { percentile, type Report } from './measure.js'
import { type BenchMember, benchGenesis, benchMember } from './members.js'

const size = 8
const validators = 4
const runs = 3
const warmUpMs = 3_000
/** Until what a budget lets through at once has passed, and a liar is dropped. */
const onsetMs = 8_000
const windowMs = 4_000

/** Revocations that one node has under way; the next is published when one is final. */
const underWay = 16

/** What the honest nodes get done in a window, and what it costs them. */
interface Pace {
  readonly perSecond: number
  /** Processor time of their process, threads included, for each that is final. */
  readonly cpuMs: number
}

interface Outcome {
  readonly without: Pace
  readonly with: Pace
  /** Of one core, what the hostile process itself took meanwhile: the others' share of the machine is less by it. */
  readonly ownCores: number
  /** How the first honest node sees it at the end. */
  readonly state: string
}

export async function benchHostilePeer(kinds: readonly HostileKind[] = hostileKinds): Promise<Report> {
  const rows = []
  for (const kind of kinds) {
    const outcomes: Outcome[] = []
    for (let run = 0; run < runs; run++) {
      progress(`${kind}, run ${run + 1} of ${runs}`)
      outcomes.push(await measure(kind))
    }
    // The run whose ratio is the median one, so that all of its figures are of one run.
    const ratios = outcomes.map((outcome) => outcome.with.perSecond / outcome.without.perSecond)
    const middle = outcomes[ratios.indexOf(percentile(ratios, 0.5))]
    if (middle === undefined) throw new Error('one of the runs is the middle one')
    rows.push(
      {
        what: `${titles[kind]}, which leaves it ${middle.state}`,
        value: middle.with.perSecond,
        unit: '/s',
        limit: { name: 'without it', value: middle.without.perSecond },
      },
      {
        // It stays the same while a machine has other things to do, among them the hostile process itself.
        what: '  processor time of each at the honest ones',
        value: middle.with.cpuMs,
        unit: 'ms',
        limit: { name: 'without it', value: middle.without.cpuMs },
      },
      {
        what: '  processor of the same machine that it takes itself, so that they lack it',
        value: middle.ownCores * 100,
        unit: '% of a core',
      },
    )
  }
  return {
    name: 'hostile-peer',
    workload: `${size} members, ${validators} vote; revocations of the ${size - 1} honest ones that are final a second, with ${underWay} of each under way; medians of ${runs}; goal ≥ 0.9`,
    rows,
  }
}

const titles: Readonly<Record<HostileKind, string>> = {
  garbage: 'one gossips events with false signatures',
  'valid-flood': 'one gossips valid events without end',
  stall: 'one never answers',
}

async function measure(kind: HostileKind): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'chirograph-bench-'))
  const members = Array.from({ length: size }, (_, index) => benchMember(index))
  const genesis = benchGenesis(members, validators)
  const signatures = createVerifyPool()
  const addresses: string[] = []
  const honest: BenchNode[] = []
  for (const [index, member] of members.slice(0, -1).entries()) {
    const network = listening(member, genesis)
    const place = join(directory, String(index))
    honest.push(
      await openBenchNode({
        directory: place,
        genesis,
        member,
        network,
        addresses: [...addresses],
        signatures,
      }),
    )
    addresses.push(...network.addresses())
  }
  const nodes = honest.map(({ node }) => node)
  const hostile = await startHostile({ kind, genesis, member: size - 1, addresses })
  const batches = await Promise.all(nodes.map((node) => node.publish(largestBatch)))
  for (const [index, { id }] of batches.entries()) await nodes[index]?.finality(id)
  const load = startLoad(nodes)
  await sleep(warmUpMs)
  const before = told('before it', await load.pace())
  hostile.send('begin')
  told('its first seconds', await load.pace(onsetMs))
  const begunMs = performance.now()
  const cpuBefore = await cpuSecondsOf(hostile)
  const during = told('with it', await load.pace())
  const ownCores = ((await cpuSecondsOf(hostile)) - cpuBefore) / ((performance.now() - begunMs) / 1000)
  const seen = nodes[0]?.status().peers.find(({ peerId }) => peerId === members.at(-1)?.peerId)
  hostile.disconnect()
  await once(hostile, 'exit')
  await sleep(warmUpMs)
  const after = told('after it', await load.pace())
  load.stop()
  await Promise.all(honest.map(({ close }) => close()))
  await signatures.stop()
  await rm(directory, { recursive: true })
  // Before and after it, so that what changes on its own with time and on a busy machine is no part of the ratio.
  return { without: meanOf(before, after), with: during, ownCores, state: seen?.conduct.state ?? 'unseen' }
}

function meanOf(a: Pace, b: Pace): Pace {
  return { perSecond: (a.perSecond + b.perSecond) / 2, cpuMs: (a.cpuMs + b.cpuMs) / 2 }
}

function told(phase: string, pace: Pace): Pace {
  const { perSecond, cpuMs } = pace
  const busy = loadavg()[0]?.toFixed(1)
  progress(
    `  ${phase}: ${perSecond.toFixed(0)} final a second, ${cpuMs.toFixed(1)} ms each, at a load of ${busy}`,
  )
  return pace
}

/** On standard error: a run takes minutes, and its table comes at the end. */
function progress(what: string): void {
  process.stderr.write(`  ${what}\n`)
}

function listening({ seeds }: BenchMember, genesis: Genesis) {
  return createLibp2pNetwork({
    seed: seeds.transport,
    networkId: toHex(networkIdOf(genesis)),
    allowedPeers: new Set(genesis.organisations.map(({ peerId }) => peerId)),
    listen: ['/ip4/127.0.0.1/tcp/0'],
  })
}

async function startHostile(options: HostileOptions) {
  const child = fork(fileURLToPath(new URL('./hostile.js', import.meta.url)), [JSON.stringify(options)])
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the hostile process ended (${code})`)
  })
  failed.catch(() => {})
  await Promise.race([once(child, 'message'), failed])
  return child
}

async function cpuSecondsOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [{ user, system }] = (await once(child, 'message')) as [NodeJS.CpuUsage] // as hostile.ts sends it
  return (user + system) / 1e6
}

/** Every node revokes handle after handle. */
function startLoad(nodes: readonly ChirographNode[]) {
  let isOver = false
  let done = 0
  let handles = 0
  const failures: unknown[] = []

  async function revoke(node: ChirographNode): Promise<void> {
    while (!isOver) {
      const handle = new Uint8Array(32)
      new DataView(handle.buffer).setUint32(0, handles++)
      const credentials = [{ handle, position: null }]
      const { id } = await node.change({ kind: 'revoke', credentials, reason: 'withdrawn' })
      await node.finality(id)
      done++
    }
  }

  for (const node of nodes)
    for (let lane = 0; lane < underWay; lane++)
      revoke(node).catch((error: unknown) => {
        // What waits while the nodes are stopped is told so.
        if (!isOver) failures.push(error)
      })

  return {
    /** Over a while from now. */
    async pace(forMs = windowMs): Promise<Pace> {
      const [before, begin, cpu] = [done, performance.now(), process.cpuUsage()]
      await sleep(forMs)
      if (failures.length > 0) throw failures[0]
      const { user, system } = process.cpuUsage(cpu)
      const count = done - before
      return {
        perSecond: (count * 1000) / (performance.now() - begin),
        cpuMs: (user + system) / 1000 / Math.max(1, count),
      }
    },
    stop() {
      isOver = true
    },
  }
}
