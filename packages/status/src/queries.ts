/** The state in the words of a person: what a credential's status is at a moment, and which list bits that sets. */
import type { OrgId, StatusReason } from '@chirograph/event'
import { liftingOf } from './contested.js'
import type { Compromise, CredentialRow } from './rows.js'
import { credentialRowsOf, type NetworkState, readCredential, readOrg } from './state.js'

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
  readonly by: 'reinstatement' | 'lapse' | 'annulment'
}

/** The status of one credential at a moment, by this state. Absence of a row means that it was never restricted. */
export function statusOf(
  state: NetworkState,
  { org, handle, atMs }: { org: OrgId; handle: Uint8Array; atMs: number },
): StatusAt {
  const compromises = readOrg(state, org)?.compromises ?? []
  return statusOfRow(readCredential(state, { org, handle }), { atMs, compromises })
}

/**
 * The same for a row that a proof carries; `compromises` are those in the issuer's row. SPEC S17: a suspension lapses by
 * the reader's clock. S42: what was lifted with a stolen key was not lifted.
 */
export function statusOfRow(
  row: CredentialRow | undefined,
  { atMs, compromises }: { readonly atMs: number; readonly compromises: readonly Compromise[] },
): StatusAt {
  if (row === undefined) return { state: 'active', ended: null }
  const { kind, reason, timeMs: sinceMs, height: sinceHeight, untilMs } = row.restriction
  const lifted = liftingOf(row, compromises)
  // A suspension without an end is no row that the fold writes; it is read as the stricter of the two.
  if (kind === 'revoked' || untilMs === null) {
    if (lifted === null) return { state: 'revoked', reason, sinceMs, sinceHeight }
    return { state: 'active', ended: { reason, sinceMs, endedMs: lifted.timeMs, by: 'annulment' } }
  }
  if (lifted !== null) {
    return { state: 'active', ended: { reason, sinceMs, endedMs: lifted.timeMs, by: 'reinstatement' } }
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
    // Whose credential it is no row says; who lifted its restriction has the same compromises in a row of its own.
    const compromises = (row.lifted && readOrg(state, row.lifted.byOrg)?.compromises) ?? []
    const status = statusOfRow(row, { atMs, compromises }).state
    if (status === 'revoked') revocation.add(row.position)
    else if (status === 'suspended') suspension.add(row.position)
  }
  const ascending = (positions: Set<number>) => [...positions].sort((a, b) => a - b)
  return { revocation: ascending(revocation), suspension: ascending(suspension) }
}
