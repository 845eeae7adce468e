/**
 * Revoke, suspend, reinstate and annul: entry by entry, each on the row of (issuer, handle), whether the issuer acts, its
 * custodian, or a quorum. SPEC S9 to S17, S47 to S49.
 */
import type { EventBody, OrgId, StatusEntry } from '@chirograph/event'
import { isContested } from './contested.js'
import { type Draft, draftRead, draftWrite } from './draft.js'
import {
  applied,
  type Effect,
  type FoldContext,
  type SkippedEntry,
  type VoidReason,
  voided,
} from './effect.js'
import { emergencyMsMax, suspensionMsMax } from './limits.js'
import {
  type CredentialRow,
  credentialRowKey,
  credentialRowShape,
  type Lease,
  leaseRowKey,
  leaseRowShape,
  type OrgRow,
  orgRowKey,
  orgRowShape,
  type Restriction,
} from './rows.js'
import { quorumOrgOf, readRow } from './state.js'

type Said<Kind extends 'status.revoke' | 'status.suspend' | 'status.reinstate'> = Omit<
  Extract<EventBody, { kind: Kind }>,
  'kind'
>

/** What is done to an issuer's credentials, whoever does it and whoever brought it. */
export interface StatusFolding<Kind extends 'status.revoke' | 'status.suspend' | 'status.reinstate'> {
  /** Whose credentials, and its row. */
  readonly org: OrgId
  readonly issuer: OrgRow
  /** Who acts, in which key generation; of a quorum the network and its epoch (`quorumOrgOf`). */
  readonly by: { readonly org: OrgId; readonly generation: number }
  readonly body: Said<Kind>
  readonly context: Pick<FoldContext, 'height' | 'timeMs'>
}

/** SPEC S12: revoked is terminal, whatever the row said before. */
export function foldRevoke(draft: Draft, folding: StatusFolding<'status.revoke'>): Effect {
  const restriction = restrictionOf(folding, { kind: 'revoked', reason: folding.body.reason, untilMs: null })
  return foldEntries(draft, folding, (before) =>
    isRevoked(before) ? 'already-revoked' : restricted(before, restriction),
  )
}

/**
 * SPEC S13, S14: a suspension ends by the clock, after the header's time and within 180 days of it. With `isOnlyFirst`
 * it touches no credential that was ever restricted (S29).
 */
export function foldSuspend(
  draft: Draft,
  folding: StatusFolding<'status.suspend'>,
  { isOnlyFirst = false }: { readonly isOnlyFirst?: boolean } = {},
): Effect {
  const { reason, untilMs } = folding.body
  const { timeMs } = folding.context
  const isQuorum = folding.by.org === quorumOrgOf(draft)
  if (untilMs <= timeMs) return voided('suspension-ended')
  if (untilMs - timeMs > (isQuorum ? emergencyMsMax : suspensionMsMax)) return voided('suspension-too-long')
  return foldEntries(draft, folding, (before) => {
    if (isRevoked(before)) return 'already-revoked'
    if (isOnlyFirst && before !== undefined) return 'already-restricted'
    const running = runningSuspension(before, timeMs)
    // S48: many suspended it, so one alone changes nothing about it; and what many say never makes it shorter.
    if (running !== undefined && running.byOrg === quorumOrgOf(draft) && !isQuorum)
      return 'restricted-by-quorum'
    const until = isQuorum ? Math.max(untilMs, running?.untilMs ?? 0) : untilMs
    return restricted(before, restrictionOf(folding, { kind: 'suspended', reason, untilMs: until }))
  })
}

/** SPEC S15: lifting never overwrites the suspension, so that a compromise found later can undo it. */
export function foldReinstate(draft: Draft, folding: StatusFolding<'status.reinstate'>): Effect {
  const { by } = folding
  return foldEntries(draft, folding, (before) => {
    if (before === undefined) return 'not-restricted'
    if (isRevoked(before)) return 'already-revoked'
    const { restriction, lifted } = before
    if (restriction.kind === 'revoked') return 'already-lifted'
    if (restriction.byOrg === quorumOrgOf(draft)) return 'restricted-by-quorum'
    // A later key says again what an earlier one said, which may not be believed any more (S42).
    const isSaid = lifted !== null && lifted.byOrg === by.org && lifted.generation >= by.generation
    return isSaid ? 'already-lifted' : { ...before, lifted: liftedBy(folding) }
  })
}

/**
 * SPEC S49: many lift a revocation whose key was not its owner's by then. That must be known from a header before this
 * one, so that the order of events in a header plays no part.
 */
export function foldAnnul(
  draft: Draft,
  {
    handles,
    ...folding
  }: Omit<StatusFolding<'status.reinstate'>, 'body'> & { readonly handles: readonly Uint8Array[] },
): Effect {
  const entries = handles.map((handle) => ({ handle, position: null }))
  return foldEntries(draft, { ...folding, body: { entries } }, (before) => {
    if (before === undefined) return 'not-restricted'
    if (before.restriction.kind !== 'revoked') return 'not-revoked'
    if (before.lifted !== null) return 'already-lifted'
    const known = readRow(draft.base, orgRowKey(before.restriction.byOrg), orgRowShape)
    if (!isContested(before.restriction, known?.compromises ?? [])) return 'not-annullable'
    return { ...before, lifted: liftedBy(folding) }
  })
}

type AnyStatusFolding = StatusFolding<'status.revoke' | 'status.suspend' | 'status.reinstate'>

function restrictionOf(
  { by, context }: Pick<AnyStatusFolding, 'by' | 'context'>,
  measure: Pick<Restriction, 'kind' | 'reason' | 'untilMs'>,
): Restriction {
  const { height, timeMs } = context
  return { ...measure, height, timeMs, byOrg: by.org, generation: by.generation }
}

function liftedBy({ by, context }: Pick<AnyStatusFolding, 'by' | 'context'>) {
  return { height: context.height, timeMs: context.timeMs, byOrg: by.org, generation: by.generation }
}

function restricted(before: CredentialRow | undefined, restriction: Restriction): CredentialRow {
  return { restriction, lifted: null, position: before?.position ?? null }
}

/** Revoked, and no quorum annulled it. */
function isRevoked(row: CredentialRow | undefined): boolean {
  return row?.restriction.kind === 'revoked' && row.lifted === null
}

function runningSuspension(row: CredentialRow | undefined, timeMs: number): Restriction | undefined {
  const { restriction } = row ?? {}
  const isRunning = restriction?.untilMs != null && timeMs < restriction.untilMs && row?.lifted === null
  return isRunning ? restriction : undefined
}

/**
 * SPEC S9 to S11: each entry takes effect or is skipped on its own; an event of which no entry took effect is void,
 * and one that would make more rows than the organisation has issued is void as a whole. The rows that many make do not
 * count: an issuer could use all its rows up, and nothing it issued could be restricted any more.
 */
function foldEntries(
  draft: Draft,
  {
    org,
    issuer,
    by,
    body,
  }: Pick<AnyStatusFolding, 'org' | 'issuer' | 'by'> & {
    readonly body: { readonly entries: readonly StatusEntry[] }
  },
  change: (before: CredentialRow | undefined) => CredentialRow | VoidReason,
): Effect {
  const leases = draftRead(draft, leaseRowKey(org), leaseRowShape) ?? []
  const writes: { readonly key: Uint8Array; readonly row: CredentialRow }[] = []
  const skipped: SkippedEntry[] = []
  let created = 0
  body.entries.forEach((entry, index) => {
    const key = credentialRowKey({ org, handle: entry.handle })
    const before = draftRead(draft, key, credentialRowShape)
    const after = change(before)
    if (typeof after === 'string') {
      skipped.push({ index, reason: after })
      return
    }
    if (before === undefined && by.org !== quorumOrgOf(draft)) created++
    const position = leasedPosition(entry.position, leases) ?? after.position
    writes.push({ key, row: { ...after, position } })
  })
  if (writes.length === 0) return voided(skipped[0]?.reason ?? 'not-restricted')
  const count = issuer.restricted + created
  if (count > issuer.issuedPadded) return voided('row-cap')
  for (const { key, row } of writes) draftWrite(draft, { key, shape: credentialRowShape, row })
  if (created > 0)
    draftWrite(draft, { key: orgRowKey(org), shape: orgRowShape, row: { ...issuer, restricted: count } })
  return applied(skipped)
}

/** SPEC S16: the restriction counts without it; only a bit outside the issuer's lease is skipped. */
function leasedPosition(position: number | null, leases: readonly Lease[]): number | null {
  if (position === null) return null
  const isLeased = leases.some(({ start, count }) => position >= start && position < start + count)
  return isLeased ? position : null
}
