/**
 * Real processes whose connections go through proxies: delays, lost packets, partitions, members that are heard by nobody,
 * that stand still, are killed, restarted in turn, have wrong clocks, lose their disk or are set back to a backup. In the
 * end all agree, and what lies on their disks is sound and the same.
 */
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fastestEd25519 } from '@chirograph/crypto-native'
import { checkStore } from '@chirograph/node'
import { createRandom, type Random } from '@chirograph/simulator'
import { openLevelStore } from '@chirograph/store-level'
import { createFaultNet, type FaultNet } from './fault-net.js'
import { fairWeather } from './fault-proxy.js'
import { readCheckpointsOf } from './held.js'
import type { CampaignOptions } from './kill-alone.js'
import { createLedger } from './ledger.js'
import type { Processes } from './processes.js'
import { type Seat, type SeatedNetwork, seatNetwork, untilAgreed, untilStarted } from './seats.js'

/** How long a fault lasts, and how long it is calm before the next. */
const faultMs = { from: 400, to: 3_000 }
const calmMsMax = 1_200
/** Far less than the bound on clocks: proposals of such a member count. */
const clockShiftMsMax = 4_000

/** Members that may be faulty: these may lose their votes with their disks. */
const isForgetful = ({ index }: Seat, size: number) => index < Math.floor((size - 1) / 3)

interface Scene extends SeatedNetwork {
  readonly net: FaultNet
  readonly forgetful: readonly Seat[]
  /** Ends a life; what it acknowledged is looked for in the next. */
  readonly end: (seat: Seat) => Promise<void>
}

/** What a node says of itself that finds no record of its votes, or an older one, or later events of its own elsewhere. */
const otherDiskNotices = [
  'it is not known how this member has voted',
  'others hold votes of this member that are not in its record',
  'this member votes again',
  'the data directory was copied or restored',
  'the network holds events signed with this log key',
  'NODE_SIGNING_REFUSED: the network holds events signed with this log key',
]

type Fault = (scene: Scene) => Promise<void>

export const networkFaults: Readonly<Record<string, Fault>> = {
  async 'slow lines'({ net, random }) {
    net.everywhere({ ...fairWeather, delayMs: random.between(20, 150), jitterMs: random.int(100) })
    await lasting(random)
  },
  async 'lost packets'({ net, random }) {
    net.everywhere({ ...fairWeather, delayMs: 5, jitterMs: 20, loss: random.between(1, 6) / 20 })
    await lasting(random)
  },
  async 'a partition'({ net, random, seats }) {
    const first = new Set(random.shuffle([...seats.keys()]).slice(0, random.between(1, seats.length - 1)))
    net.part((member) => first.has(member))
    await lasting(random)
  },
  async 'a member that is not heard'({ net, random, seats }) {
    net.mute(random.pick(seats).index)
    await lasting(random)
  },
  async 'reset connections'({ net, random }) {
    net.reset()
    await lasting(random)
  },
  async 'a member that stands still'({ random, seats }) {
    const { life } = random.pick(seats)
    life?.pause()
    await lasting(random)
    life?.resume()
  },
  async 'a killed member'(scene) {
    const seat = scene.random.pick(scene.seats)
    await scene.end(seat)
    await lasting(scene.random)
    await begin(scene, seat)
  },
  async 'a wrong clock'(scene) {
    const seat = scene.random.pick(scene.seats)
    await stop(seat)
    await begin(scene, seat, { clockShiftMs: scene.random.between(-clockShiftMsMax, clockShiftMsMax) })
    await lasting(scene.random)
  },
  async 'a rolling restart'(scene) {
    for (const seat of scene.seats) {
      await stop(seat)
      await begin(scene, seat)
    }
  },
  async 'a lost disk'(scene) {
    const seat = scene.random.pick(scene.forgetful)
    await scene.end(seat)
    await rm(seat.directory, { recursive: true })
    renew(seat)
    await begin(scene, seat)
    await lasting(scene.random)
  },
  async 'a restored backup'(scene) {
    const seat = scene.random.pick(scene.forgetful)
    const backup = `${seat.directory}-backup`
    await stop(seat)
    await cp(seat.directory, backup, { recursive: true })
    await begin(scene, seat)
    await lasting(scene.random)
    await scene.end(seat)
    // Beside what it takes the place of, so that it cannot be the same directory again.
    await rename(seat.directory, `${seat.directory}-lost`)
    await rename(backup, seat.directory)
    await rm(`${seat.directory}-lost`, { recursive: true })
    renew(seat)
    await begin(scene, seat)
    await lasting(scene.random)
  },
}

const lasting = (random: Random) => sleep(random.between(faultMs.from, faultMs.to))

async function stop(seat: Seat): Promise<void> {
  const { life } = seat
  seat.life = undefined
  await life?.stop()
}

async function begin(scene: Scene, seat: Seat, more: { readonly clockShiftMs?: number } = {}): Promise<void> {
  await untilStarted(scene.begin(seat, 'mix', more))
}

/** Its disk does not hold what it said before. What it put on the wire must still never have another beside it. */
function renew(seat: Seat): void {
  seat.ledger = createLedger(seat.member.org)
  seat.hearing.renew(seat.ledger)
}

export type NetworkFaultOptions = CampaignOptions & {
  readonly processes: Processes
  readonly size: number
}

/** Resolves with what did not hold. Each fault comes once before any comes twice. */
export async function faultyNetwork({ size, ...options }: NetworkFaultOptions): Promise<readonly string[]> {
  const { tally, seed, directory } = options
  const what = `one of ${size}, on a faulty network`
  let net: FaultNet | undefined
  const network = await seatNetwork({
    ...options,
    size,
    isExpected: (seat, complaint) =>
      isForgetful(seat, size) && otherDiskNotices.some((notice) => complaint.startsWith(notice)),
    async between(listening) {
      net = await createFaultNet({ listening, random: createRandom(seed, 1_000 + size) })
      return net.portTo
    },
  })
  if (net === undefined) throw new Error('the members reach each other by proxies')
  const { seats, random, breaches } = network
  const scene: Scene = {
    ...network,
    net,
    forgetful: seats.filter((seat) => isForgetful(seat, size)),
    async end(seat) {
      const { life } = seat
      if (!life) return
      seat.life = undefined
      await life.kill()
      seat.ledger.ended(tally.row(what, 'killed'))
    },
  }
  try {
    await Promise.all(seats.map((seat) => untilStarted(network.begin(seat, 'mix'))))
    let names: string[] = []
    for (let faults = 0; faults < options.cycles && breaches().length === 0; faults++) {
      if (names.length === 0) names = random.shuffle(Object.keys(networkFaults))
      const name = names.pop() ?? ''
      tally.killed(what, name, { isInWrite: false })
      await networkFaults[name]?.(scene)
      net.fair()
      await sleep(random.int(calmMsMax))
      options.onCycle?.()
    }
    for (const { ledger } of seats) ledger.ended(tally.row(what, 'killed'))
    if (breaches().length === 0) await untilAgreed(seats)
    await Promise.all(seats.map(stop))
    const found = breaches().length === 0 ? await disksOf(network) : breaches()
    return found.length === 0 ? [] : [...found, `seed ${seed}, see ${directory}`]
  } catch (error) {
    // What a process said before it ended tells more than that it ended.
    const found = breaches().length === 0 ? [String(error)] : breaches()
    return [...found, `seed ${seed}, see ${directory}`]
  } finally {
    for (const { life } of seats) life?.resume()
    await net.close()
  }
}

/** What is wrong on the disks of members that have stopped, read without them. */
async function disksOf({ seats, genesis }: SeatedNetwork): Promise<string[]> {
  const wrong: string[] = []
  const agreed = new Map<number, string>()
  const ed25519 = fastestEd25519()
  for (const { member, directory } of seats) {
    const store = await openLevelStore(join(directory, 'log'), { createIfMissing: false })
    const { findings } = await checkStore(store, { genesis, org: member.org, ed25519 })
    for (const { code, what } of findings) wrong.push(`${member.name}: ${code}: ${what}`)
    for (const [height, digest] of await readCheckpointsOf(store)) {
      const first = agreed.get(height) ?? digest
      if (first !== digest)
        wrong.push(`${member.name}: another checkpoint ${height}: ${digest}, not ${first}`)
      agreed.set(height, first)
    }
    await store.close()
  }
  if (agreed.size === 0) wrong.push('nothing was agreed on')
  return wrong
}
