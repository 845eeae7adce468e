/**
 * Disks that refuse a write, report a failure for a write that went through, are full, or cannot be read. A node whose
 * log cannot be written stops by itself and says why; whatever it acknowledged is there after a restart. One seed is
 * one run of about a dozen faults.
 */
import {
  ChirographError,
  isChirographError,
  type MemoryHub,
  memoryDisk,
  memoryHub,
  type Store,
} from '@chirograph/interface'
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

export const diskFaults = [
  'a refused write',
  'a write that went through and was reported as failed',
  'a full disk',
  'a refused write of the registrar',
  'a failed read',
] as const
export type DiskFault = (typeof diskFaults)[number]

/** A moment in 2026; runs of one seed are the same whenever they are run. */
const startMs = 1_770_000_000_000
/** Operations of the kind that is to fail which still go well, at most. */
const failAfterMax = 15
/** A life in which none comes ends all the same. */
const failAtLastAfterTurns = 1_000
/** Turns within which a node has stopped by itself. */
const stopWithinTurns = 1_000

export interface DiskFaultRun {
  readonly kind: MemoryKind
  readonly faults: number
  readonly breaches: readonly string[]
}

export async function runDiskFaults({
  seed,
  tally,
  kind = memoryKinds[seed % memoryKinds.length] ?? 'the only member',
}: {
  readonly seed: number
  readonly tally: Tally
  readonly kind?: MemoryKind
}): Promise<DiskFaultRun> {
  const random = createRandom(seed, 8)
  const clock = createTurnClock(startMs)
  const members = membersOf(kind === 'the only member' ? 1 : 4)
  const genesis = genesisOf(members, { timeMs: startMs - 1000, viewTimeoutMs: 200 })
  const hub = memoryHub()
  const running = kind === 'a member alone' ? members.slice(0, 1) : members
  const seats = running.map((member) => createSeat({ member, members, genesis, hub, clock, random, tally }))
  const breaches = () =>
    seats.flatMap(({ hearing, member }) => hearing.breaches().map((text) => `${member.name}: ${text}`))
  let faults = 0
  clock.run()
  try {
    const work = workOfKind(kind)
    for (const seat of seats) seat.begin(work)
    for (const wanted = random.between(8, 16); faults < wanted && breaches().length === 0; ) {
      const seat = random.pick(seats)
      if (await seat.fail(random.pick(faultsOf(kind)), work)) faults++
      seat.begin(work)
    }
    for (const { ledger } of seats) ledger.ended(tally.row('a disk', 'nothing more failed'))
    if (breaches().length === 0) await untilAgreed(seats, clock)
    for (const seat of seats) await seat.end()
  } catch (error) {
    if (breaches().length === 0) return { kind, faults, breaches: [String(error)] }
  } finally {
    clock.stop()
  }
  return { kind, faults, breaches: breaches() }
}

/** Whoever cannot issue never writes to the registrar. */
function faultsOf(kind: MemoryKind): readonly DiskFault[] {
  return kind === 'a member alone' ? diskFaults.filter((fault) => !fault.endsWith('registrar')) : diskFaults
}

interface FaultySeat extends AgreeingSeat {
  /**
   * Lets the disk fail in this way at a moment that the seed chooses, and sees that life to its end. False when the
   * moment never came.
   */
  fail(fault: DiskFault, work: Work): Promise<boolean>
  end(): Promise<void>
}

function createSeat(run: {
  readonly member: ChaosMember
  readonly members: readonly ChaosMember[]
  readonly genesis: Genesis
  readonly hub: MemoryHub
  readonly clock: TurnClock
  readonly random: Random
  readonly tally: Tally
}): FaultySeat {
  const { member, genesis, clock, random, tally } = run
  const ledger = createLedger(member.org)
  const hearing = createHearing(ledger, validatorOf(genesis, member))
  const disks = { log: memoryDisk(), registrar: memoryDisk() }
  let life: MemoryLife | undefined
  let wasStarted = false
  let armed: Armed | undefined
  const hasFailed = () => armed?.hasFailed === true

  function complainUnless(isTrue: boolean, what: string): void {
    if (!isTrue) hearing.report({ kind: 'complaint', text: what })
  }

  /** The log's disk refused a write: the node stops by itself, and everyone who asks is told why. */
  async function watchItStop(failing: MemoryLife, fault: DiskFault): Promise<void> {
    const { node } = failing
    if (!node) return
    const isStopped = await Promise.race([
      node.stopped.then(() => true),
      clock.sleep(stopWithinTurns).then(() => false),
    ])
    complainUnless(isStopped, `went on after ${fault}`)
    const error: unknown = await node
      .publish({ kind: 'status.lease', count: 1024 })
      .catch((thrown: unknown) => thrown)
    const isClear = isChirographError(error, 'NODE_STOPPED') && error.message.includes(diskWords)
    complainUnless(isClear, `does not say why it stopped after ${fault}: ${String(error)}`)
  }

  function begin(work: Work): void {
    if (life) {
      life.work = work
      return
    }
    life = beginLife({
      ...run,
      hearing,
      work,
      openLog: async () => failing(await disks.log.open(), 'log', () => armed),
      openRegistrar: async () => failing(await disks.registrar.open(), 'registrar', () => armed),
      isNew: !wasStarted,
      cursor: () => ledger.cursor,
      isExcused: hasFailed,
    })
    life.started.then(
      () => {
        wasStarted = true
      },
      (error: unknown) =>
        complainUnless(hasFailed() && String(error).includes(diskWords), `did not start: ${error}`),
    )
  }

  async function end(): Promise<void> {
    await life?.end()
    life = undefined
  }

  /** Resolves when the disk has failed, or when it is clear that nobody comes to it. */
  function arm(fault: DiskFault): Promise<void> {
    return new Promise((resolve) => {
      armed = { fault, left: random.int(failAfterMax), hasFailed: false, onFailure: resolve }
      clock.setTimer(failAtLastAfterTurns, resolve)
    })
  }

  async function fail(fault: DiskFault, work: Work): Promise<boolean> {
    // Once a node runs it reads little.
    const isInStart = fault === 'a failed read' || random.chance(0.2)
    if (isInStart) await end()
    else await life?.started
    const failed = arm(fault)
    begin(work)
    const struck = life
    if (!struck) throw new Error('it has just begun')
    await failed
    const when = struck.phase
    await struck.started.catch(() => {})
    const isOfLog = fault !== 'a refused write of the registrar' && fault !== 'a failed read'
    if (hasFailed() && isOfLog) await watchItStop(struck, fault)
    const isStruck = hasFailed()
    // From here on it is ended in order, whatever its disk does.
    if (armed) armed.hasFailed = true
    await end()
    armed = undefined
    ledger.ended(
      isStruck
        ? tally.killed(fault, when, { isInWrite: fault !== 'a failed read' })
        : tally.row('a disk', 'nothing failed'),
    )
    return isStruck
  }

  return {
    member,
    ledger,
    hearing,
    get life() {
      return life
    },
    begin,
    fail,
    end,
  }
}

interface Armed {
  readonly fault: DiskFault
  /** Operations that still go well. */
  left: number
  hasFailed: boolean
  readonly onFailure: () => void
}

/** What this disk says; a person must find it in what the node says. */
const diskWords = 'no space left on this disk'

/** A store that fails in the way that is armed at the time. */
function failing(store: Store, which: 'log' | 'registrar', armed: () => Armed | undefined): Store {
  function strikes(operation: 'read' | 'write'): boolean {
    const now = armed()
    if (!now || !concerns(now.fault, which, operation)) return false
    if (now.hasFailed) return now.fault === 'a full disk'
    if (now.left-- > 0) return false
    now.hasFailed = true
    now.onFailure()
    return true
  }
  const read = <T>(act: () => Promise<T>): Promise<T> =>
    strikes('read') ? Promise.reject(ioFailed()) : act()

  return {
    ...store,
    get: (key) => read(() => store.get(key)),
    getMany: (keys) => read(() => store.getMany(keys)),
    async batch(ops, options) {
      if (!strikes('write')) return store.batch(ops, options)
      if (armed()?.fault === 'a write that went through and was reported as failed')
        await store.batch(ops, options)
      throw ioFailed()
    },
    async *range(bounds) {
      if (strikes('read')) throw ioFailed()
      yield* store.range(bounds)
    },
    async *pages(bounds) {
      if (strikes('read')) throw ioFailed()
      yield* store.pages(bounds)
    },
  }
}

function concerns(fault: DiskFault, which: 'log' | 'registrar', operation: 'read' | 'write'): boolean {
  switch (fault) {
    case 'a failed read':
      return operation === 'read'
    case 'a full disk':
      return operation === 'write'
    case 'a refused write of the registrar':
      return operation === 'write' && which === 'registrar'
    case 'a refused write':
    case 'a write that went through and was reported as failed':
      return operation === 'write' && which === 'log'
  }
}

function ioFailed(): ChirographError {
  return new ChirographError({
    code: 'STORE_IO_FAILED',
    what: diskWords,
    hint: 'make room, then start again',
  })
}
