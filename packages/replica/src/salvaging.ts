/**
 * Revocations and suspensions on branches that will never be final: a fork can only restrict, so they are told again by
 * somebody whose chain goes on. All members see them; one of them at a time logs them, and then another one, so that they
 * are told once although any member may be away.
 */
import { digestOfContentId, type EventId } from '@chirograph/codec'
import { type AuthenticEvent, bodyBytesMax, type EventBody, encodeBody } from '@chirograph/event'
import { eventAt, type LogIndex, runTo } from '@chirograph/log'
import { suspensionMsMax, wouldRestrict } from '@chirograph/status'
import { salvageAttemptsMax, salvagesAtOnceMax } from './limits.js'
import { refusalOf } from './own-chain.js'
import type { Replica } from './replica.js'
import { signNext } from './signing.js'
import type { Turn } from './turn.js'
import { isRestriction, isTold } from './untold.js'

type SalvageBody = Extract<EventBody, { kind: 'fork.salvage' }>

/** What logs an event of a frozen author again; undefined where that is not possible, or would restrict nothing. */
export function salvageOf(replica: Replica, id: EventId, nowMs: number): SalvageBody | undefined {
  const { log, final, frozen, config } = replica
  const event = eventAt(log, id)?.event
  if (!event || !isRestriction(event.header)) return undefined
  if (frozen.get(event.header.author) !== event.header.generation) return undefined
  const body = salvageBodyOf(log, event)
  if (body === undefined) return undefined
  const height = final.header.core.height + 1
  const timeMs = Math.max(nowMs, final.header.core.timeMs + 1)
  return wouldRestrict(final.state, { body, height, timeMs, ed25519: config.ed25519 }) ? body : undefined
}

/** The event with what proves that it is its author's; undefined where that is not here, or both are too long. */
export function salvageBodyOf(log: LogIndex, { id, bodyBytes }: AuthenticEvent): SalvageBody | undefined {
  const run = runTo(log, id)
  if (!run) return undefined
  const body: SalvageBody = { kind: 'fork.salvage', run, bodyBytes }
  return encodeBody(body).length > bodyBytesMax ? undefined : body
}

/**
 * Logs what it is this member's turn to log: all that is left when the state moves on, and what came in just now. What
 * restricts nothing is not looked at again: as long as its author is frozen, credentials only become more restricted.
 */
export function salvage(turn: Turn, ids: Iterable<EventId> = turn.replica.untold): void {
  const { replica, nowMs } = turn
  const { untold, told } = replica
  let room = salvagesAtOnceMax
  let attempts = salvageAttemptsMax
  if (untold.size === 0 || refusalOf(replica)) return
  for (const id of [...ids]) {
    if (room === 0 || attempts === 0) return
    if (!untold.has(id) || !isOwnTurn(replica, id) || isTold(replica, id)) continue
    attempts--
    const body = salvageOf(replica, id, nowMs)
    if (body === undefined) {
      untold.delete(id)
      // Suspended for too long by the clock of now, it may count later, so it waits behind all others.
      if (isYetToCome(replica, id)) untold.add(id)
      continue
    }
    // What was signed just now may have become final, and more with it.
    if (refusalOf(replica)) return
    told.set(id, signNext(turn, body).id)
    room--
  }
}

function isYetToCome({ log, final }: Replica, id: EventId): boolean {
  const body = eventAt(log, id)?.event?.body
  return body?.kind === 'status.suspend' && body.untilMs - final.header.core.timeMs > suspensionMsMax
}

/**
 * With every other height it is another validator's turn; with which one it begins depends on the event. Two who take
 * each other for silent may both log it: then one of the two has no effect.
 */
function isOwnTurn({ set, final, config }: Replica, id: EventId): boolean {
  const [first = 0, second = 0] = digestOfContentId(id)
  const turn = (first * 256 + second + Math.floor(final.header.core.height / 2)) % set.validators.length
  return set.validators[turn]?.org === config.org
}
