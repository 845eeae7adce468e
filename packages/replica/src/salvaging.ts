/**
 * Revocations and suspensions on branches that will never be final: a fork can only restrict, so they are told again by
 * somebody whose chain goes on. All members see them; one of them at a time logs them, and then another one, so that they
 * are told once although any member may be away.
 */
import { digestOfContentId, type EventId } from '@chirograph/codec'
import { bodyBytesMax, decodeRun, type EventBody, encodeBody } from '@chirograph/event'
import { eventAt, type LogEntry, pendingOf, runTo } from '@chirograph/log'
import { readOrg, wouldRestrict } from '@chirograph/status'
import { salvagesAtOnceMax } from './limits.js'
import { refusalOf } from './own-chain.js'
import type { Replica } from './replica.js'
import { signNext } from './signing.js'
import type { Turn } from './turn.js'

type SalvageBody = Extract<EventBody, { kind: 'fork.salvage' }>

/** What logs an event of a frozen author again; undefined where that is not possible, or would restrict nothing. */
export function salvageOf(replica: Replica, id: EventId, nowMs: number): SalvageBody | undefined {
  const { log, final, config } = replica
  const event = eventAt(log, id)?.event
  const run = runTo(log, id)
  if (!event || !run || !isRestriction(event.header)) return undefined
  const body: SalvageBody = { kind: 'fork.salvage', run, bodyBytes: event.bodyBytes }
  if (encodedLengthOf(body) > bodyBytesMax) return undefined
  const height = final.header.core.height + 1
  const timeMs = Math.max(nowMs, final.header.core.timeMs + 1)
  return wouldRestrict(final.state, { body, height, timeMs, ed25519: config.ed25519 }) ? body : undefined
}

/** Logs what it is this member's turn to log. Called when the state moves on, and when branches come in. */
export function salvage(turn: Turn): void {
  const { replica, nowMs } = turn
  let room = salvagesAtOnceMax
  for (const author of replica.frozen) {
    const frozen = readOrg(replica.final.state, author)?.frozen
    if (!frozen) continue
    for (const { id } of pendingOf(replica.log, { author, generation: frozen.generation }).filter(
      isRestriction,
    )) {
      if (room === 0 || refusalOf(replica)) return
      if (replica.salvaged.has(id) || !isOwnTurn(replica, id)) continue
      const body = salvageOf(replica, id, nowMs)
      if (body === undefined) continue
      replica.salvaged.add(id)
      signNext(turn, body)
      room--
    }
  }
}

/** Another member logs it already. */
export function noteSalvage({ salvaged }: Replica, body: EventBody): void {
  if (body.kind !== 'fork.salvage') return
  const run = decodeRun(body.run)
  if (run.kind === 'decoded') salvaged.add(run.first.id)
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

function isRestriction({ kind }: Pick<LogEntry, 'kind'>): boolean {
  return kind === 'status.revoke' || kind === 'status.suspend'
}

function encodedLengthOf(body: EventBody): number {
  return encodeBody(body).length
}
