/** The members of a network of real processes, each at its place over all its lives, and the end at which all agree. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createRandom, type Random } from '@chirograph/simulator'
import type { Genesis } from '@chirograph/status'
import { placeOfStore } from '@chirograph/store-level'
import { areSame, isSettled } from './agreement.js'
import { createHearing, type Hearing } from './hearing.js'
import { createLedger, type Ledger } from './ledger.js'
import { type ChaosMember, freePorts, genesisOf, membersOf, validatorOf } from './members.js'
import type { Life, Processes } from './processes.js'
import type { Report, StartOrder, Wire, Work } from './protocol.js'

/** A restart on a loaded machine, at first guess. */
const startMsGuess = 500
/** What remains once nothing is done to them any more must end within this. */
const agreeWithinMs = 60_000

/** A member's place in a campaign, over all its lives. */
export interface Seat {
  readonly index: number
  readonly member: ChaosMember
  directory: string
  readonly wire: Wire
  ledger: Ledger
  readonly hearing: Hearing
  life: Life | undefined
  wasStarted: boolean
  beganAtMs: number
  startMs: number
}

export interface SeatedNetwork {
  readonly random: Random
  readonly genesis: Genesis
  readonly seats: readonly Seat[]
  begin(seat: Seat, work: Work, more?: Pick<StartOrder, 'snapshotFrom' | 'clockShiftMs'>): Promise<Life>
  /** What did not hold, by who it was of. */
  breaches(): readonly string[]
}

/** Where a member listens, and by which port another reaches it. */
export type PortTo = (from: number, to: number) => number

export async function seatNetwork(options: {
  readonly seed: number
  readonly size: number
  readonly directory: string
  readonly processes: Processes
  /** Puts something between the members; they reach each other where they listen without it. */
  readonly between?: (listening: readonly number[]) => Promise<PortTo>
  /** What a member may complain of. */
  readonly isExpected?: (seat: Seat, complaint: string) => boolean
}): Promise<SeatedNetwork> {
  const random = createRandom(options.seed, options.size)
  const members = membersOf(options.size)
  const genesis = genesisOf(members, { timeMs: Date.now() - 1000, viewTimeoutMs: 600 })
  const ports = await freePorts(members.length)
  const portTo = (await options.between?.(ports)) ?? ((_, to) => ports[to] ?? 0)
  const allowedPeers = members.map(({ peerId }) => peerId)
  const seats = members.map((member, index): Seat => {
    const ledger = createLedger(member.org)
    const others = members.flatMap(({ peerId }, to) =>
      to === index ? [] : `/ip4/127.0.0.1/tcp/${portTo(index, to)}/p2p/${peerId}`,
    )
    return {
      index,
      member,
      directory: join(options.directory, `member-${index}`),
      wire: { listen: `/ip4/127.0.0.1/tcp/${ports[index]}`, allowedPeers, addresses: others },
      ledger,
      hearing: createHearing(ledger, validatorOf(genesis, member)),
      life: undefined,
      wasStarted: false,
      beganAtMs: 0,
      startMs: startMsGuess,
    }
  })

  async function begin(
    seat: Seat,
    work: Work,
    more: Pick<StartOrder, 'snapshotFrom' | 'clockShiftMs'> = {},
  ): Promise<Life> {
    const hear = (report: Report) => {
      if (report.kind === 'started') {
        seat.wasStarted = true
        seat.startMs = performance.now() - seat.beganAtMs
      }
      if (report.kind === 'complaint' && options.isExpected?.(seat, report.text)) return
      seat.hearing.report(report)
    }
    seat.beganAtMs = performance.now()
    const { directory, wire, member, wasStarted } = seat
    await mkdir(directory, { recursive: true })
    const storePlace = await placeOfStore(directory)
    const order = {
      directory,
      isNew: !wasStarted,
      storePlace,
      cursor: seat.ledger.cursor,
      genesis,
      seeds: member.seeds,
      wire,
      work,
      seed: random.int(2 ** 32),
      ...more,
    }
    seat.life = options.processes.begin(order, hear)
    return seat.life
  }

  return {
    random,
    genesis,
    seats,
    begin,
    breaches: () =>
      seats.flatMap(({ hearing, member }) => hearing.breaches().map((text) => `${member.name}: ${text}`)),
  }
}

export async function untilStarted(life: Promise<Life>): Promise<void> {
  await (await life).report('started')
}

/** Everyone rests, nothing is pending anywhere, and all hold the same chains and checkpoints. */
export async function untilAgreed(seats: readonly Seat[]): Promise<void> {
  const lives = seats.flatMap(({ life }) => life ?? [])
  for (const life of lives) life.send({ kind: 'work', work: 'rest' })
  const deadlineMs = performance.now() + agreeWithinMs
  let state = ''
  while (performance.now() < deadlineMs) {
    // What one says while it is being looked at would be newer than what is found.
    if (lives.some(({ phase }) => phase !== 'resting')) {
      state = lives.map(({ phase }) => phase).join('; ')
      await sleep(50)
      continue
    }
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
