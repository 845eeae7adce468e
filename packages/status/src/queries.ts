/** The state in the words of a person: what a credential's status is at a moment, and which list bits that sets. */
import type { OrgId, StatusReason } from '@chirograph/event'
import type { CredentialRow } from './rows.js'
import { credentialRowsOf, type NetworkState, readCredential } from './state.js'

/**
 * `active` names the suspension that is over, if there was one. Times are Unix milliseconds of the headers that made
 * the restriction final.
 */
export type StatusAt =
  | { readonly state: 'active'; readonly ended: EndedSuspension | null }
  | {
      readonly state: 'suspended'
      readonly reason: StatusReason
      readonly sinceMs: number
      readonly sinceHeight: number
      readonly untilMs: number
    }
  | {
      readonly state: 'revoked'
      readonly reason: StatusReason
      readonly sinceMs: number
      readonly sinceHeight: number
    }

export interface EndedSuspension {
  readonly reason: StatusReason
  readonly sinceMs: number
  readonly endedMs: number
  readonly by: 'reinstatement' | 'lapse'
}

/** The status of one credential at a moment, by this state. Absence of a row means that it was never restricted. */
export function statusOf(
  state: NetworkState,
  { org, handle, atMs }: { org: OrgId; handle: Uint8Array; atMs: number },
): StatusAt {
  return statusOfRow(readCredential(state, { org, handle }), atMs)
}

/** The same for a row that a proof carries. SPEC S17: a suspension lapses by the reader's clock. */
export function statusOfRow(row: CredentialRow | undefined, atMs: number): StatusAt {
  if (row === undefined) return { state: 'active', ended: null }
  const { kind, reason, timeMs: sinceMs, height: sinceHeight, untilMs } = row.restriction
  // A suspension without an end is no row that the fold writes; it is read as the stricter of the two.
  if (kind === 'revoked' || untilMs === null) return { state: 'revoked', reason, sinceMs, sinceHeight }
  if (row.lifted !== null) {
    return { state: 'active', ended: { reason, sinceMs, endedMs: row.lifted.timeMs, by: 'reinstatement' } }
  }
  if (atMs >= untilMs) return { state: 'active', ended: { reason, sinceMs, endedMs: untilMs, by: 'lapse' } }
  return { state: 'suspended', reason, sinceMs, sinceHeight, untilMs }
}

/** The bits of the status lists. */
export interface RestrictedPositions {
  /** Positions of revoked credentials, ascending, without repeats. */
  readonly revocation: readonly number[]
  /** Positions of suspended credentials, ascending, without repeats. */
  readonly suspension: readonly number[]
}

/**
 * Which status list positions are set. For a list of height h, `atMs` is that header's time, so that every node
 * builds the same bytes. Reads all rows.
 */
export function restrictedPositions(state: NetworkState, { atMs }: { atMs: number }): RestrictedPositions {
  const revocation = new Set<number>()
  const suspension = new Set<number>()
  for (const row of credentialRowsOf(state)) {
    if (row.position === null) continue
    const status = statusOfRow(row, atMs).state
    if (status === 'revoked') revocation.add(row.position)
    else if (status === 'suspended') suspension.add(row.position)
  }
  const ascending = (positions: Set<number>) => [...positions].sort((a, b) => a - b)
  return { revocation: ascending(revocation), suspension: ascending(suspension) }
}
