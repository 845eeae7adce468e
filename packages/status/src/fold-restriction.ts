/** Revoke, suspend and reinstate: entry by entry, each on the row of (author, handle). SPEC S9 to S17. */
import type { EventBody, EventHeader } from '@chirograph/event'
import { type Draft, draftRead, draftWrite } from './draft.js'
import {
  applied,
  type Effect,
  type FoldContext,
  type SkippedEntry,
  type VoidReason,
  voided,
} from './effect.js'
import { suspensionMsMax } from './limits.js'
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

/** What a status event says of its author's credentials, whoever brought it. */
export interface StatusFolding<Kind extends 'status.revoke' | 'status.suspend' | 'status.reinstate'> {
  readonly header: Pick<EventHeader, 'author' | 'generation'>
  readonly body: Extract<EventBody, { kind: Kind }>
  /** The author's row. */
  readonly author: OrgRow
  readonly context: Pick<FoldContext, 'height' | 'timeMs'>
}

/** SPEC S12: revoked is terminal, whatever the row said before. */
export function foldRevoke(draft: Draft, folding: StatusFolding<'status.revoke'>): Effect {
  const restriction = restrictionOf(folding, { kind: 'revoked', reason: folding.body.reason, untilMs: null })
  return foldEntries(draft, folding, (before) => restrict(before, restriction))
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
  if (untilMs <= timeMs) return voided('suspension-ended')
  if (untilMs - timeMs > suspensionMsMax) return voided('suspension-too-long')
  const restriction = restrictionOf(folding, { kind: 'suspended', reason, untilMs })
  return foldEntries(draft, folding, (before) =>
    isOnlyFirst && before !== undefined ? 'already-restricted' : restrict(before, restriction),
  )
}

/** SPEC S15: lifting never overwrites the suspension, so that a compromise found later can undo it. */
export function foldReinstate(draft: Draft, folding: StatusFolding<'status.reinstate'>): Effect {
  const { header, context } = folding
  const { author: byOrg, generation } = header
  const lifted = { height: context.height, timeMs: context.timeMs, byOrg, generation }
  return foldEntries(draft, folding, (before) => {
    if (before === undefined) return 'not-restricted'
    if (before.restriction.kind === 'revoked') return 'already-revoked'
    return before.lifted === null ? { ...before, lifted } : 'already-lifted'
  })
}

type AnyStatusFolding = StatusFolding<'status.revoke' | 'status.suspend' | 'status.reinstate'>

function restrictionOf(
  { header, context }: Pick<AnyStatusFolding, 'header' | 'context'>,
  measure: Pick<Restriction, 'kind' | 'reason' | 'untilMs'>,
): Restriction {
  const { author: byOrg, generation } = header
  return { ...measure, height: context.height, timeMs: context.timeMs, byOrg, generation }
}

function restrict(before: CredentialRow | undefined, restriction: Restriction): CredentialRow | VoidReason {
  if (before?.restriction.kind === 'revoked') return 'already-revoked'
  return { restriction, lifted: null, position: before?.position ?? null }
}

/**
 * SPEC S9 to S11: each entry takes effect or is skipped on its own; an event of which no entry took effect is void,
 * and one that would make more rows than the organisation has issued is void as a whole.
 */
function foldEntries(
  draft: Draft,
  { header, body, author }: Pick<AnyStatusFolding, 'header' | 'body' | 'author'>,
  change: (before: CredentialRow | undefined) => CredentialRow | VoidReason,
): Effect {
  const org = header.author
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
    if (before === undefined) created++
    const position = leasedPosition(entry.position, leases) ?? after.position
    writes.push({ key, row: { ...after, position } })
  })
  if (writes.length === 0) return voided(skipped[0]?.reason ?? 'not-restricted')
  const restricted = author.restricted + created
  if (restricted > author.issuedPadded) return voided('row-cap')
  for (const { key, row } of writes) draftWrite(draft, { key, shape: credentialRowShape, row })
  if (created > 0)
    draftWrite(draft, { key: orgRowKey(org), shape: orgRowShape, row: { ...author, restricted } })
  return applied(skipped)
}

/** SPEC S16: the restriction counts without it; only a bit outside the issuer's lease is skipped. */
function leasedPosition(position: number | null, leases: readonly Lease[]): number | null {
  if (position === null) return null
  const isLeased = leases.some(({ start, count }) => position >= start && position < start + count)
  return isLeased ? position : null
}
