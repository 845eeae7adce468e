/** The end of a campaign in memory: everyone rests, nothing is pending anywhere, and all hold the same. */
import { isDeepStrictEqual } from 'node:util'
import type { NodeStatus } from '@chirograph/node'
import type { Hearing } from './hearing.js'
import type { Held } from './held.js'
import type { Ledger } from './ledger.js'
import type { ChaosMember } from './members.js'
import type { MemoryLife } from './memory-life.js'
import type { Work } from './protocol.js'
import type { TurnClock } from './turn-clock.js'

/** A member's place in a campaign, over all its lives. */
export interface AgreeingSeat {
  readonly member: ChaosMember
  readonly ledger: Ledger
  readonly hearing: Hearing
  readonly life: MemoryLife | undefined
  /** Begins a life with this work, or changes the work of the present one. */
  begin(work: Work): void
}

/** Turns within which the members agree once nothing fails any more: a few growing view timeouts. */
const agreeWithinTurns = 120_000

export async function untilAgreed(seats: readonly AgreeingSeat[], clock: TurnClock): Promise<void> {
  for (const seat of seats) seat.begin('rest')
  const lives = seats.flatMap(({ life }) => life ?? [])
  await Promise.all(lives.map(({ started }) => started))
  const isQuiet = () =>
    lives.every(({ phase }) => phase === 'resting') &&
    // Alone among four nothing becomes final.
    (seats.length === 1 || lives.every(({ node }) => isSettled(node?.status())))
  const untilMs = clock.nowMs() + agreeWithinTurns
  while (clock.nowMs() < untilMs) {
    await clock.sleep(100)
    if (!isQuiet()) continue
    for (const life of lives) await life.look()
    if (isQuiet() && areSame(seats.flatMap(({ ledger: { held } }) => held ?? []))) return
  }
  const where = lives.map(({ node, phase }) => `${phase}, ${JSON.stringify(node?.status().events)}`)
  throw new Error(`the members did not agree within ${agreeWithinTurns} turns: ${where.join('; ')}`)
}

/** Nothing waits to become final, and nothing of the past is missing. */
export function isSettled(status: NodeStatus | undefined): boolean {
  return status !== undefined && status.events.pending === 0 && status.history.isWhole
}

/** The same chains, and the same checkpoints as far as they are held: below a snapshot they need not be. */
export function areSame(all: readonly Held[]): boolean {
  const [first, ...others] = all
  return others.every(({ chains, checkpoints }) => {
    const isOne = checkpoints.every((digest, index) => {
      const other = first?.checkpoints[index] ?? null
      return digest === null || other === null || digest === other
    })
    return (
      isOne && checkpoints.length === first?.checkpoints.length && isDeepStrictEqual(chains, first?.chains)
    )
  })
}
