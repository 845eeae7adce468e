/** A change of status as people ask for it, and as the event that it becomes. */
import { toHex } from '@chirograph/codec'
import type { EventBody, StatusReason } from '@chirograph/event'
import { suspensionMsDefault } from '@chirograph/status'

/** A credential as a status event names it; the position lets the public lists show the restriction. */
export interface CredentialTarget {
  readonly handle: Uint8Array
  readonly position: number | null
}

export type StatusChange =
  | {
      readonly kind: 'revoke'
      readonly credentials: readonly CredentialTarget[]
      readonly reason: StatusReason
    }
  | {
      readonly kind: 'suspend'
      readonly credentials: readonly CredentialTarget[]
      readonly reason: StatusReason
      /** 90 days from now when absent. */
      readonly untilMs?: number
    }
  | { readonly kind: 'reinstate'; readonly credentials: readonly CredentialTarget[] }

export function bodyOfChange(change: StatusChange, nowMs: number): EventBody {
  const entries = [...change.credentials]
    .map(({ handle, position }) => ({ handle, position }))
    .sort((a, b) => (toHex(a.handle) < toHex(b.handle) ? -1 : 1))
  switch (change.kind) {
    case 'revoke':
      return { kind: 'status.revoke', entries, reason: change.reason }
    case 'suspend':
      return {
        kind: 'status.suspend',
        entries,
        reason: change.reason,
        untilMs: change.untilMs ?? nowMs + suspensionMsDefault,
      }
    case 'reinstate':
      return { kind: 'status.reinstate', entries }
  }
}

export function changesHandle(body: EventBody, handle: Uint8Array): boolean {
  if (!('entries' in body)) return false
  const wanted = toHex(handle)
  return body.entries.some((entry) => toHex(entry.handle) === wanted)
}
