/**
 * Four processes that publish, agree and issue over loopback, killed one after the other while the others go on; then
 * one that is thousands of events behind is killed again and again until it has them all. In the end all four agree.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { CampaignOptions } from './kill-alone.js'
import type { ChaosMember } from './members.js'
import type { Life, Processes } from './processes.js'
import { type Seat, type SeatedNetwork, seatNetwork, untilAgreed, untilStarted } from './seats.js'

const what = 'one of four, together'

/** How long a life goes on before it is killed, at most: long enough to sync and to take part in several decisions. */
const killAfterMsMax = 600
/** How long a killed member stays away, at most: the others go on without it. */
const awayMsMax = 400
/** The first kill comes at the first write of a big sync, and each further one by so many writes later, at most. */
const syncKillAfterWritesMax = 6
const writeMsMax = 6
/** Resolves with what did not hold; ends at the first breach. `backlog` events are what the late member lacks. */
export async function killNetwork({
  backlog,
  processes,
  ...options
}: CampaignOptions & { readonly processes: Processes; readonly backlog: number }): Promise<
  readonly string[]
> {
  const network = await seatNetwork({ ...options, processes, size: 4 })
  const { seats, begin, breaches } = network
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
    while (cycles < options.cycles && breaches().length === 0) cycles += await killOne({ ...network, end })
    // Event by event, and then with a snapshot and the history behind it.
    for (const snapshotFrom of [undefined, 1])
      if (breaches().length === 0) await killLateMember({ ...network, end, backlog, snapshotFrom })
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

interface Campaign extends SeatedNetwork {
  readonly end: (seat: Seat) => Promise<void>
}

/** Ends one life at a random moment and begins the next, which now and then ends before it began. Returns the kills. */
async function killOne({ random, seats, begin, end }: Campaign): Promise<number> {
  const seat = random.pick(seats)
  await sleep(random.int(killAfterMsMax))
  await end(seat)
  await sleep(random.int(awayMsMax))
  let kills = 1
  for (; random.chance(0.3); kills++) {
    await begin(seat, 'mix')
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
    const life = await begin(late, 'rest', snapshotFrom === undefined ? {} : { snapshotFrom })
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
