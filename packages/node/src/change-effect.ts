/**
 * Whether a change of status would do anything. One that would not is refused before it is signed: an event on the log
 * looks as if something had happened, and ties the credentials that it names together for all to see.
 */
import { toHex } from '@chirograph/codec'
import type { OrgId, StatusReason } from '@chirograph/event'
import { ChirographError } from '@chirograph/interface'
import {
  type CredentialRow,
  currentLogKey,
  type NetworkState,
  readCredential,
  readOrg,
} from '@chirograph/status'
import type { IsChanging } from './changing-handles.js'
import type { CredentialTarget, StatusChange } from './status-change.js'

/** A credential that a change leaves as it is. */
export interface Unchanged {
  /** Hex of 32 bytes. */
  readonly handle: string
  readonly why: 'already-revoked' | 'already-reinstated' | 'not-suspended'
  /** When that was agreed on; null for one that was never restricted. */
  readonly sinceMs: number | null
  readonly reason: StatusReason | null
}

interface Known {
  readonly org: OrgId
  /** The final state. */
  readonly state: NetworkState
  readonly isChanging: IsChanging
}

/** The change without what it would leave as it is, and that. `NODE_NOTHING_TO_CHANGE` when nothing else is in it. */
export function effectiveChange(
  change: StatusChange,
  known: Known,
): { readonly change: StatusChange; readonly unchanged: readonly Unchanged[] } {
  const unchanged: Unchanged[] = []
  const credentials: CredentialTarget[] = []
  for (const target of change.credentials) {
    const found = unchangedBy(change.kind, target.handle, known)
    if (found === undefined) credentials.push(target)
    else unchanged.push(found)
  }
  const [first] = unchanged
  if (first !== undefined && credentials.length === 0) throw nothingToChange(first, unchanged.length)
  return { change: { ...change, credentials }, unchanged }
}

/** SPEC S12, S15 of `status`, as far as the final state tells. */
function unchangedBy(
  kind: StatusChange['kind'],
  handleBytes: Uint8Array,
  { org, state, isChanging }: Known,
): Unchanged | undefined {
  const row = readCredential(state, { org, handle: handleBytes })
  const handle = toHex(handleBytes)
  // A revocation that many annulled is none any more.
  if (row?.restriction.kind === 'revoked' && row.lifted === null) return { handle, ...revokedIn(row) }
  // What waits may be the suspension that is to end.
  if (kind !== 'reinstate' || isChanging({ org, handle: handleBytes })) return undefined
  if (row === undefined) return { handle, why: 'not-suspended', sinceMs: null, reason: null }
  // What an earlier key said, a later one may say again: the earlier one may have been stolen.
  if (row.lifted === null || isOfEarlierKey(row.lifted, { org, state })) return undefined
  return { handle, why: 'already-reinstated', sinceMs: row.lifted.timeMs, reason: null }
}

function isOfEarlierKey(
  { byOrg, generation }: { readonly byOrg: OrgId; readonly generation: number },
  { org, state }: Pick<Known, 'org' | 'state'>,
): boolean {
  const row = readOrg(state, org)
  return row !== undefined && byOrg === org && generation < currentLogKey(row).generation
}

function revokedIn({ restriction: { timeMs, reason } }: CredentialRow) {
  return { why: 'already-revoked', sinceMs: timeMs, reason } as const
}

function nothingToChange({ handle, why, sinceMs, reason }: Unchanged, count: number): ChirographError {
  const who = count === 1 ? 'the credential was' : `none of ${count} credentials would change: the first was`
  const since = sinceMs === null ? '' : ` on ${new Date(sinceMs).toISOString()}`
  return new ChirographError({
    code: 'NODE_NOTHING_TO_CHANGE',
    what: `${who} ${why.replaceAll('-', ' ')}${since}${reason === null ? '' : ` (${reason})`}; no event was made`,
    hint:
      why === 'already-revoked'
        ? 'nothing is left to do: a revocation is for ever'
        : 'check which credential you mean: chirograph credential list',
    facts: { why, sinceMs, reason, handle, credentials: count },
  })
}
