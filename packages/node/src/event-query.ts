/** Which events a reader wants to be told, and what it is told of each. */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent, EventBody, EventHeader, EventKind, OrgId } from '@chirograph/event'
import { changesHandle } from './status-change.js'

export interface EventQuery {
  /** The cursor of the last event that was dealt with; absent: from the first. */
  readonly from?: string | undefined
  /**
   * Costs a walk over this issuer's events, and over what arrived from anyone since the cursor. Without it every event
   * behind the cursor is read, and most of them are passed over where the other fields say so.
   */
  readonly issuer?: OrgId | undefined
  readonly kind?: EventKind | undefined
  /** Events that change the status of this credential. Only its issuer makes them: give `issuer` too. */
  readonly handle?: Uint8Array | undefined
  /** By the time that the author claims, inclusive; it is no order. */
  readonly sinceMs?: number | undefined
  readonly untilMs?: number | undefined
  /** Wait for more when all has been told; true when absent. */
  readonly live?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface LoggedEvent {
  /** Resumes behind this event: an opaque string, good for this data directory. */
  readonly cursor: string
  readonly id: EventId
  readonly author: OrgId
  readonly generation: number
  readonly sequence: number
  readonly prev: EventId | null
  readonly references: readonly EventId[]
  readonly kind: EventKind
  /** What the author claims. */
  readonly timeMs: number
  /** Null where it was pruned. */
  readonly body: EventBody | null
  /** As of the moment of telling. */
  readonly isFinal: boolean
  /** Null where none was checked: then a later event of the same chain vouches for this one. */
  readonly signature: Uint8Array | null
}

/** What can be said from the header alone. */
export function wantsHeader({ kind, sinceMs, untilMs }: EventQuery, header: EventHeader): boolean {
  if (kind !== undefined && header.kind !== kind) return false
  return header.timeMs >= (sinceMs ?? 0) && header.timeMs <= (untilMs ?? Number.MAX_SAFE_INTEGER)
}

/** A body that was pruned is not looked into; its event is not told to who asks for a credential. */
export function wantsBody({ handle }: EventQuery, body: AuthenticEvent['body'] | null): boolean {
  return handle === undefined || (body !== null && changesHandle(body, handle))
}
