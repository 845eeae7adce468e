/**
 * Which restrictions of frozen authors nobody is known to tell again. Each is here from when it is seen to be lost until
 * it is found to restrict nothing, so none is judged twice for nothing.
 */
import type { EventId } from '@chirograph/codec'
import { type AuthenticEvent, decodeRun, type OrgId } from '@chirograph/event'
import { type LogEntry, type LogIndex, pendingOf } from '@chirograph/log'
import { wouldRestrict } from '@chirograph/status'
import { isUnderWay } from './frozen.js'
import type { Replica } from './replica.js'

/** Notes everything that the log holds of authors that are frozen now. */
export function noteLost(
  { log, frozen, untold }: Pick<Replica, 'log' | 'frozen' | 'untold'>,
  authors: Iterable<OrgId>,
): void {
  for (const author of authors) {
    const generation = frozen.get(author)
    if (generation === undefined) continue
    for (const entry of pendingOf(log, { author, generation })) if (isRestriction(entry)) untold.add(entry.id)
  }
}

/** Notes what came in of an author that is frozen already; returns those that are to be told again. */
export function noteLostEvents(
  { frozen, untold }: Replica,
  events: readonly AuthenticEvent[],
): readonly EventId[] {
  const lost = events.filter(
    ({ header }) => frozen.get(header.author) === header.generation && isRestriction(header),
  )
  for (const { id } of lost) untold.add(id)
  return lost.map(({ id }) => id)
}

/** A member tells one again. Anybody can name an event with a false proof, so it counts only if it would restrict. */
export function noteSalvage(replica: Replica, { id, body }: AuthenticEvent): void {
  const { told, final, config } = replica
  if (body.kind !== 'fork.salvage') return
  const run = decodeRun(body.run)
  if (run.kind === 'reject' || isTold(replica, run.first.id)) return
  const { height, timeMs } = final.header.core
  const next = { height: height + 1, timeMs: timeMs + 1, ed25519: config.ed25519 }
  if (wouldRestrict(final.state, { body, ...next })) told.set(run.first.id, id)
}

/** Whether somebody's event that tells it again is likely to become final. */
export function isTold(replica: Pick<Replica, 'log' | 'frozen' | 'told'>, id: EventId): boolean {
  const by = replica.told.get(id)
  return by !== undefined && isUnderWay(replica, by)
}

/** Forgets what became final, and what never will: of the latter, others may have their turn. */
export function dropSettledTellings(replica: Replica): void {
  if (replica.frozen.size === 0) replica.untold.clear()
  for (const id of replica.told.keys()) if (!isTold(replica, id)) replica.told.delete(id)
}

/** What was told again here before a restart; of what others tell, somebody may tell one twice, without effect. */
export function toldBy(log: LogIndex, author: OrgId): Map<EventId, EventId> {
  const told = new Map<EventId, EventId>()
  for (const { event } of log.entries.values()) {
    if (event?.body.kind !== 'fork.salvage' || event.header.author !== author) continue
    const run = decodeRun(event.body.run)
    if (run.kind === 'decoded') told.set(run.first.id, event.id)
  }
  return told
}

export function isRestriction({ kind }: Pick<LogEntry, 'kind'>): boolean {
  return kind === 'status.revoke' || kind === 'status.suspend'
}
