/**
 * Four processes that publish, agree and issue over loopback, killed one after the other while the others go on; then
 * one that is thousands of events behind is killed again and again until it has them all. In the end all four agree.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom, type Random } from '@chirograph/simulator'
import type { Genesis } from '@chirograph/status'
import { areSame, isSettled } from './agreement.js'
import { createHearing, type Hearing } from './hearing.js'
import type { CampaignOptions } from './kill-alone.js'
import { createLedger, type Ledger } from './ledger.js'
import { type ChaosMember, freePorts, genesisOf, membersOf, validatorOf } from './members.js'
import type { Life, Processes } from './processes.js'
import type { Report, Wire, Work } from './protocol.js'

const what = 'one of four, together'

/** A restart on a loaded machine, at first guess. */
const startMsGuess = 500
/** How long a life goes on before it is killed, at most: long enough to sync and to take part in several decisions. */
const killAfterMsMax = 600
/** How long a killed member stays away, at most: the others go on without it. */
const awayMsMax = 400
/** The first kill comes at the first write of a big sync, and each further one by so many writes later, at most. */
const syncKillAfterWritesMax = 6
const writeMsMax = 6
/** What remains after the last kill must end within this. */
const agreeWithinMs = 60_000

/** A member's place in the campaign, over all its lives. */
interface Seat {
  readonly member: ChaosMember
  readonly directory: string
  readonly wire: Wire
  readonly ledger: Ledger
  readonly hearing: Hearing
  life: Life | undefined
  wasStarted: boolean
  beganAtMs: number
  startMs: number
}

/** Resolves with what did not hold; ends at the first breach. `backlog` events are what the late member lacks. */
export async function killNetwork({
  backlog,
  processes,
  ...options
}: CampaignOptions & { readonly processes: Processes; readonly backlog: number }): Promise<
  readonly string[]
> {
  const { random, seats, begin } = await foundNetwork({ ...options, processes })
  const breaches = () =>
    seats.flatMap(({ hearing, member }) => hearing.breaches().map((text) => `${member.name}: ${text}`))
  const end = async (seat: Seat) => {
    const { life } = seat
    if (!life) return
    seat.life = undefined
    await life.kill()
    seat.ledger.ended(options.tally.killed(what, life.phase, { isInWrite: life.isWriting }))
    options.onCycle?.()
  }
  try {
    await Promise.all(seats.map((seat) => untilStarted(begin(seat, 'mix'))))
    let cycles = 0
    while (cycles < options.cycles && breaches().length === 0)
      cycles += await killOne({ random, seats, begin, end })
    // Event by event, and then with a snapshot and the history behind it.
    for (const snapshotFrom of [undefined, 1])
      if (breaches().length === 0)
        await killLateMember({ random, seats, begin, end, backlog, breaches, snapshotFrom })
    // What the last lives acknowledged is looked for too.
    for (const { ledger } of seats) ledger.ended(options.tally.row(what, 'nothing more was killed'))
    if (breaches().length === 0) await untilAgreed(seats)
    await Promise.all(seats.map(({ life }) => life?.stop()))
  } catch (error) {
    // What a process said before it ended tells more than that it ended.
    if (breaches().length === 0) return [String(error), `seed ${options.seed}, see ${options.directory}`]
  }
  return breaches().length === 0 ? [] : [...breaches(), `seed ${options.seed}, see ${options.directory}`]
}

interface Campaign {
  readonly random: Random
  readonly seats: readonly Seat[]
  readonly begin: (seat: Seat, work: Work, snapshotFrom?: number) => Life
  readonly end: (seat: Seat) => Promise<void>
}

async function foundNetwork(
  options: CampaignOptions & { readonly processes: Processes },
): Promise<Omit<Campaign, 'end'>> {
  const random = createRandom(options.seed, 4)
  const members = membersOf(4)
  const genesis = genesisOf(members, { timeMs: Date.now() - 1000, viewTimeoutMs: 600 })
  const ports = await freePorts(members.length)
  const addresses = members.map(({ peerId }, index) => `/ip4/127.0.0.1/tcp/${ports[index]}/p2p/${peerId}`)
  const seats = members.map((member, index) => seatOf(member, index, { genesis, addresses, ports, options }))
  for (const { directory } of seats) await mkdir(directory, { recursive: true })

  function begin(seat: Seat, work: Work, snapshotFrom?: number): Life {
    const hear = (report: Report) => {
      if (report.kind === 'started') {
        seat.wasStarted = true
        seat.startMs = performance.now() - seat.beganAtMs
      }
      seat.hearing.report(report)
    }
    seat.beganAtMs = performance.now()
    const { directory, wire, member, wasStarted } = seat
    const order = {
      directory,
      isNew: !wasStarted,
      cursor: seat.ledger.cursor,
      genesis,
      seeds: member.seeds,
      wire,
      work,
      seed: random.int(2 ** 32),
      ...(snapshotFrom === undefined ? {} : { snapshotFrom }),
    }
    seat.life = options.processes.begin(order, hear)
    return seat.life
  }
  return { random, seats, begin }
}

function seatOf(
  member: ChaosMember,
  index: number,
  founding: {
    readonly genesis: Genesis
    readonly addresses: readonly string[]
    readonly ports: readonly number[]
    readonly options: CampaignOptions
  },
): Seat {
  const { genesis, addresses, ports, options } = founding
  const ledger = createLedger(member.org)
  return {
    member,
    directory: join(options.directory, `member-${index}`),
    wire: {
      listen: `/ip4/127.0.0.1/tcp/${ports[index]}`,
      allowedPeers: genesis.organisations.map(({ peerId }) => peerId),
      addresses: addresses.filter((_, other) => other !== index),
    },
    ledger,
    hearing: createHearing(ledger, validatorOf(genesis, member)),
    life: undefined,
    wasStarted: false,
    beganAtMs: 0,
    startMs: startMsGuess,
  }
}

/** Ends one life at a random moment and begins the next, which now and then ends before it began. Returns the kills. */
async function killOne({ random, seats, begin, end }: Campaign): Promise<number> {
  const seat = random.pick(seats)
  await sleep(random.int(killAfterMsMax))
  await end(seat)
  await sleep(random.int(awayMsMax))
  let kills = 1
  for (; random.chance(0.3); kills++) {
    begin(seat, 'mix')
    await sleep(random.int(Math.ceil(seat.startMs * 1.2)))
    await end(seat)
  }
  await untilStarted(begin(seat, 'mix'))
  return kills
}

/** The others publish what it lacks; it is killed on the receiving side until nothing is missing. */
async function killLateMember({
  random,
  seats,
  begin,
  end,
  backlog,
  breaches,
  snapshotFrom,
}: Campaign & {
  readonly backlog: number
  readonly breaches: () => readonly string[]
  readonly snapshotFrom: number | undefined
}): Promise<void> {
  const late = random.pick(seats)
  const others = seats.filter((seat) => seat !== late)
  await end(late)
  const published = others.map(({ life, member }) =>
    publishUntil(life, Math.ceil(backlog / others.length), member),
  )
  await Promise.all(published)
  for (let times = 1; breaches().length === 0; times++) {
    const life = begin(late, 'rest', snapshotFrom)
    await life.report('phase', ({ phase }) => phase === 'syncing')
    const complete = life
      .report('phase', ({ phase }) => phase === 'resting')
      .then(
        () => true,
        () => false, // killed before
      )
    let writes = 1 + random.int(1 + syncKillAfterWritesMax * (times - 1))
    const isLeft = life
      .report('writing', ({ isWriting }) => isWriting && --writes === 0)
      .then(
        () => false,
        () => true, // it had no more to write
      )
    if (await Promise.race([complete, isLeft])) break
    // A write takes a few milliseconds: this one may be under way or over.
    await sleep(random.int(writeMsMax))
    await end(late)
  }
}

async function publishUntil(life: Life | undefined, count: number, { name }: ChaosMember): Promise<void> {
  if (!life) throw new Error(`${name} is not running`)
  life.send({ kind: 'work', work: 'publish' })
  let heard = 0
  await life.report('acknowledged', () => ++heard >= count)
  life.send({ kind: 'work', work: 'rest' })
}

async function untilStarted(life: Life): Promise<void> {
  await life.report('started')
}

/** Everyone rests, nothing is pending anywhere, and all hold the same chains and checkpoints. */
async function untilAgreed(seats: readonly Seat[]): Promise<void> {
  const lives = seats.flatMap(({ life }) => life ?? [])
  for (const life of lives) life.send({ kind: 'work', work: 'rest' })
  const deadlineMs = performance.now() + agreeWithinMs
  let state = ''
  while (performance.now() < deadlineMs) {
    const told = await Promise.all(
      seats.flatMap(({ life, ledger }) => {
        const answer = life?.report('told')
        life?.send({ kind: 'tell', cursor: ledger.cursor })
        return answer ?? []
      }),
    )
    state = told
      .map(
        ({ status, held }) =>
          `${status.events.known} known, ${status.events.pending} pending, height ${held.checkpoints.length}`,
      )
      .join('; ')
    const isQuiet =
      lives.every(({ phase }) => phase === 'resting') && told.every(({ status }) => isSettled(status))
    if (isQuiet && areSame(told.map(({ held }) => held))) return
    await sleep(300)
  }
  throw new Error(`the members did not agree within ${agreeWithinMs} ms: ${state}`)
}
