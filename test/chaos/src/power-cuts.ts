/**
 * Power cuts at any moment, on disks that then lose any subset of what was not synced. One seed is one run: a network
 * of one, a member alone, or four together, through about a dozen cuts each.
 */
import { type MemoryHub, memoryHub, powerCutDisk, type Store } from '@chirograph/interface'
import { createRandom, type Random } from '@chirograph/simulator'
import type { Genesis } from '@chirograph/status'
import { type AgreeingSeat, untilAgreed } from './agreement.js'
import { createHearing } from './hearing.js'
import { createLedger } from './ledger.js'
import { type ChaosMember, genesisOf, membersOf, validatorOf } from './members.js'
import { type MemoryKind, memoryKinds, workOfKind } from './memory-kinds.js'
import { beginLife, type MemoryLife } from './memory-life.js'
import type { Work } from './protocol.js'
import type { Tally } from './tally.js'
import { createTurnClock, type TurnClock } from './turn-clock.js'
import { watchWrites } from './watched-store.js'

/** A moment in 2026; runs of one seed are the same whenever they are run. */
const startMs = 1_770_000_000_000
/** Store operations before the cut comes in the middle of one, at most: a start takes about twenty. */
const cutAfterOperationsMax = 40
/** Writes before the cut comes in the middle of one, at most. */
const cutAfterWritesMax = 20
/** Turns before the cut comes between operations, at most. */
const cutAfterTurnsMax = 400
/** A life in which nothing is written ends all the same. */
const cutAtLastAfterTurns = 1_000
/** Turns that a write takes, at most: others go on meanwhile. */
const writeTurnsMax = 3
/** Turns that a member stays without power, at most. */
const awayTurnsMax = 600
export interface PowerCutRun {
  readonly kind: MemoryKind
  readonly cuts: number
  /** Batches that the cuts took, and such that were at risk and survived. */
  readonly batchesLost: number
  readonly batchesKept: number
  /** How often a member that was far behind took a snapshot. */
  readonly snapshots: number
  readonly breaches: readonly string[]
}

/** A fault to be planted in the stores, so that it is seen that these tests find it. */
export type Sabotage = (store: Store) => Store

export async function runPowerCuts({
  seed,
  tally,
  kind = memoryKinds[seed % memoryKinds.length] ?? 'the only member',
  sabotage = (store) => store,
}: {
  readonly seed: number
  readonly tally: Tally
  readonly kind?: MemoryKind
  readonly sabotage?: Sabotage
}): Promise<PowerCutRun> {
  const random = createRandom(seed, 7)
  const clock = createTurnClock(startMs)
  const found = membersOf(kind === 'the only member' ? 1 : 4)
  const genesis = genesisOf(found, { timeMs: startMs - 1000, viewTimeoutMs: 200 })
  const hub = memoryHub()
  const counts = { cuts: 0, batchesLost: 0, batchesKept: 0, snapshots: 0 }
  const running = kind === 'a member alone' ? found.slice(0, 1) : found
  const seats = running.map((member) =>
    createSeat({ member, members: found, genesis, hub, clock, random, sabotage, kind, tally, counts }),
  )
  const breaches = () =>
    seats.flatMap(({ hearing, member }) => hearing.breaches().map((text) => `${member.name}: ${text}`))
  clock.run()
  try {
    const work = workOfKind(kind)
    const cutsWanted = random.between(8, 16)
    for (const seat of seats) seat.begin(work)
    while (counts.cuts < cutsWanted && breaches().length === 0) {
      if (seats.length > 1 && random.chance(0.15)) await cutWhileBehind({ seats, random, clock })
      else await cutSome({ seats, random, clock, work })
    }
    for (const { ledger } of seats) ledger.ended(tally.row(kind, 'nothing more was cut'))
    if (breaches().length === 0) await untilAgreed(seats, clock)
    for (const seat of seats) await seat.end()
  } catch (error) {
    if (breaches().length === 0) return { kind, ...counts, breaches: [String(error)] }
  } finally {
    clock.stop()
  }
  return { kind, ...counts, breaches: breaches() }
}

interface Scene {
  readonly seats: readonly Seat[]
  readonly random: Random
  readonly clock: TurnClock
}

/** One member loses power, now and then another one with it, or all of them. */
async function cutSome({ seats, random, clock, work }: Scene & { readonly work: Work }): Promise<void> {
  const count = random.chance(0.1) ? seats.length : random.chance(0.2) ? 2 : 1
  const victims = random.shuffle(seats).slice(0, count)
  await Promise.all(
    victims.map(async (seat) => {
      await seat.cutSoon()
      await clock.sleep(1 + random.int(awayTurnsMax))
      seat.begin(work)
    }),
  )
}

/** One member is away while the others publish; it is cut again and again on the receiving side. */
async function cutWhileBehind({ seats, random, clock }: Scene): Promise<void> {
  const [late, ...others] = random.shuffle(seats)
  if (!late) throw new Error('several members')
  await late.cutSoon()
  for (const seat of others) seat.begin('publish')
  await clock.sleep(random.between(200, 800))
  for (let times = random.between(1, 4); times > 0; times--) {
    late.begin('rest')
    await late.cutSoon()
  }
  for (const seat of seats) seat.begin('mix')
}

/** A member's place in a run, over all its lives. */
interface Seat extends AgreeingSeat {
  /** Cuts the power at a moment that the seed chooses; resolves when nothing of that life moves. */
  cutSoon(): Promise<void>
  /** Ends the present life in order. */
  end(): Promise<void>
}

const never = { operations: Number.POSITIVE_INFINITY, writes: Number.POSITIVE_INFINITY }

function createSeat(run: {
  readonly member: ChaosMember
  readonly members: readonly ChaosMember[]
  readonly genesis: Genesis
  readonly hub: MemoryHub
  readonly clock: TurnClock
  readonly random: Random
  readonly sabotage: Sabotage
  readonly kind: MemoryKind
  readonly tally: Tally
  readonly counts: { cuts: number; batchesLost: number; batchesKept: number; snapshots: number }
}): Seat {
  const { member, genesis, clock, random, counts, tally, kind, sabotage } = run
  const ledger = createLedger(member.org)
  const hearing = createHearing(ledger, validatorOf(genesis, member))
  let life: MemoryLife | undefined
  let power = { isOn: true }
  let wasStarted = false
  /** How many more operations, and how many more writes, end in the middle of a cut. */
  const left = { ...never }
  let cutNow = () => {}
  // Some cuts take everything at risk, some nothing, and the others any subset.
  let survival = 0.5

  async function pause(): Promise<void> {
    if (--left.operations <= 0) cutNow()
    const turns = random.int(writeTurnsMax + 1)
    if (turns > 0) await clock.sleep(turns)
  }
  const diskOf = () => powerCutDisk({ keeps: () => random.chance(survival), pause })
  const log = diskOf()
  const registrar = diskOf()
  let isWriting = false
  const counted = (store: Store): Store => ({
    ...store,
    batch(ops, options) {
      // The cut then comes in the middle of this one.
      if (--left.writes <= 0) left.operations = 0
      return store.batch(ops, options)
    },
  })

  function cut(ending: MemoryLife): void {
    power.isOn = false
    Object.assign(left, never)
    survival = random.pick([0, 0.3, 0.5, 0.7, 1])
    ending.sever()
    for (const { lost, kept } of [log.cut(), registrar.cut()]) {
      counts.batchesLost += lost
      counts.batchesKept += kept
    }
    counts.cuts++
    ledger.ended(tally.killed(kind, ending.phase, { isInWrite: isWriting }))
  }

  return {
    member,
    ledger,
    hearing,
    get life() {
      return life
    },
    begin(work) {
      if (life) {
        life.work = work
        return
      }
      const own = { isOn: true }
      power = own
      isWriting = false
      const watched = watchWrites((now) => {
        if (own.isOn) isWriting = now
      })
      life = beginLife({
        ...run,
        hearing,
        work,
        openLog: async () => watched(counted(sabotage(await log.open()))),
        openRegistrar: async () => watched(counted(await registrar.open())),
        isNew: !wasStarted,
        cursor: () => ledger.cursor,
        isExcused: () => !own.isOn,
        onSnapshot: () => void counts.snapshots++,
      })
      life.started.then(
        () => {
          wasStarted = true
        },
        (error: unknown) => {
          if (own.isOn) hearing.report({ kind: 'complaint', text: `did not start: ${error}` })
        },
      )
    },
    async cutSoon() {
      const ending = life
      if (!ending) throw new Error(`${member.name} has no power to lose`)
      await new Promise<void>((resolve) => {
        const when = random.pick(['in a write', 'in a write', 'in any operation', 'between'] as const)
        if (when === 'in a write') left.writes = 1 + random.int(cutAfterWritesMax)
        if (when === 'in any operation') left.operations = 1 + random.int(cutAfterOperationsMax)
        clock.setTimer(when === 'between' ? 1 + random.int(cutAfterTurnsMax) : cutAtLastAfterTurns, resolve)
        cutNow = () => {
          if (power.isOn) cut(ending)
          resolve()
        }
      })
      if (power.isOn) cut(ending)
      await ending.end()
      life = undefined
    },
    async end() {
      await life?.end()
      life = undefined
    },
  }
}
