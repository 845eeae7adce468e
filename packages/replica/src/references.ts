/**
 * Whether what an event refers to is final. Old final events are on disk only, so the answer for them is asked for
 * when the event is admitted, and is here before a header is judged. What is in the store and not in the index is
 * final (L30); so one look-up by id answers, however long the chain is.
 */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent } from '@chirograph/event'
import { type Cut, eventAt, isInCut, type LogIndex } from '@chirograph/log'
import type { ReplicaInput } from './io.js'
import { lookedUpMax } from './limits.js'
import type { Replica } from './replica.js'
import type { Turn } from './turn.js'

/** What tells whether a reference is final: the index, and what the store said of what that does not hold. */
export interface References {
  readonly log: LogIndex
  readonly lookedUp: Pick<ReadonlyMap<EventId, boolean>, 'has' | 'get'>
}

/** The same where these are taken to be final, or not to be. */
export function assuming(
  lookedUp: References['lookedUp'],
  { ids, areFinal }: { readonly ids: readonly EventId[]; readonly areFinal: boolean },
): References['lookedUp'] {
  const assumed = new Set(ids)
  return {
    has: (id) => assumed.has(id) || lookedUp.has(id),
    get: (id) => (assumed.has(id) ? areFinal : lookedUp.get(id)),
  }
}

/** Asks for what these events refer to and the index does not tell. */
export function lookUp(turn: Turn, events: readonly AuthenticEvent[]): void {
  askFor(turn, unknownReferences(turn.replica, events))
}

/** Asks the store for ids, each once at a time. */
export function askFor({ replica, effects }: Turn, unknown: readonly EventId[]): void {
  const ids = unknown.filter((id) => !replica.asking.has(id))
  if (ids.length === 0) return
  for (const id of ids) replica.asking.add(id)
  effects.push({ kind: 'look-up', ids, jumps: replica.jumps })
}

/** References of which it is not known whether they are final. */
export function unknownReferences(
  { log, lookedUp }: References,
  events: readonly AuthenticEvent[],
): EventId[] {
  const ids = events.flatMap(({ header }) => header.references)
  return [...new Set(ids)].filter((id) => eventAt(log, id) === undefined && !lookedUp.has(id))
}

export function noteLookedUp(
  { log, lookedUp, asking }: Replica,
  { found, absent }: Extract<ReplicaInput, { kind: 'looked-up' }>,
): void {
  // What was admitted while the store was asked is no longer asked for: the answer would be of before.
  for (const id of found) if (asking.delete(id) && eventAt(log, id) === undefined) lookedUp.set(id, true)
  for (const id of absent) if (asking.delete(id)) lookedUp.set(id, false)
  for (const oldest of lookedUp.keys()) {
    if (lookedUp.size <= lookedUpMax) break
    lookedUp.delete(oldest)
  }
}

/** The event is here now: what the store said of it before does not hold any more. */
export function forgetLookUp({ lookedUp, asking }: Replica, id: EventId): void {
  lookedUp.delete(id)
  asking.delete(id)
}

/** Whether an event is final or in a cut over what is final. Its references were looked up before. */
export function isFinalOrInCut(
  { log, lookedUp }: References,
  { cut, id }: { readonly cut: Cut; readonly id: EventId },
): boolean {
  return isInCut(log, cut, id) || (eventAt(log, id) === undefined && lookedUp.get(id) === true)
}
