/** What folding an event reads, and what it answers: applied, or void with a named reason. */
import type { EventId } from '@chirograph/codec'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import type { OrgRow } from './rows.js'

/** What the fold must know beside the state: the header that makes the events final, and its cut. */
export interface FoldContext {
  /** The events that this header makes final, in their final order. */
  readonly events: readonly AuthenticEvent[]
  readonly height: number
  /** The header's time; the events' own times are claims. */
  readonly timeMs: number
  /** Where an author stands in this header's cut; undefined when none of its events is final. */
  readonly cutEntryOf: (org: OrgId) => { readonly generation: number; readonly sequence: number } | undefined
  /** Where the generation of an author ended that this header closes; null when none of its events is final. */
  readonly closedAt: (org: OrgId) => { readonly sequence: number; readonly id: EventId } | null
  /** Whether an event is final at this header. */
  readonly isFinalOrInCut: (id: EventId) => boolean
  /** Checks the signatures that fork evidence and salvaged events carry. */
  readonly ed25519: Ed25519
  /** Checks that BLS consensus keys are held; noble unless a faster one is given. */
  readonly bls?: Bls | undefined
}

/** Why an event, or one entry of it, has no effect. */
export type VoidReason =
  | 'unknown-author'
  | 'author-closed'
  | 'author-frozen'
  | 'other-generation'
  | 'missing-reference'
  | 'issued-limit'
  | 'lease-limit'
  | 'positions-exhausted'
  | 'row-cap'
  | 'suspension-ended'
  | 'suspension-too-long'
  | 'already-revoked'
  | 'already-lifted'
  | 'not-restricted'
  | 'evidence-unknown-author'
  | 'evidence-closed-generation'
  | 'evidence-already-frozen'
  | 'evidence-invalid'
  | 'rotation-generation'
  | 'rotation-key'
  | 'rotation-limit'
  | 'recovery-not-approved'
  | 'not-a-validator'
  | 'recovery-unknown-author'
  | 'recovery-not-frozen'
  | 'already-approved'
  | 'salvage-invalid'
  | 'salvage-unknown-author'
  | 'salvage-not-frozen'
  | 'already-restricted'
  | 'already-member'
  | 'application-invalid'
  | 'applicant-collides'
  | 'application-unknown'
  | 'already-admitted'
  | 'organisations-full'
  | 'already-validator'
  | 'no-consensus-key'
  | 'not-on-probation'
  | 'probation-not-over'
  | 'validators-full'
  | 'consensus-key-in-use'
  | 'last-validator'
  | 'evicts-itself'
  | 'not-evictable'
  | 'already-committed'
  | 'not-committed'
  | 'possession-invalid'
  | 'compromise-unknown-org'
  | 'compromise-unknown-key'
  | 'compromise-current-key'
  | 'compromise-without-effect'
  | 'compromise-limit'
  | 'already-compromised'
  | 'not-its-own'
  | 'batch-unknown'
  | 'same-generation'
  | 'already-reaffirmed'
  | 'measure-unknown-org'
  | 'proposal-unknown'
  | 'already-executed'
  | 'not-approved'
  | 'time-lock-running'
  | 'restricted-by-quorum'
  | 'not-revoked'
  | 'not-annullable'
  | 'custodian-unfit'
  | 'already-closed'
  | 'custodian-limit'
  | 'recognition-unknown-org'
  | 'recognition-limit'
  | 'recognises-itself'
  | 'not-recognised'

/** An entry of an applied status event that had no effect; `index` counts from 0 in the event's order. */
export interface SkippedEntry {
  readonly index: number
  readonly reason: VoidReason
}

export type Effect =
  | { readonly outcome: 'applied'; readonly skipped: readonly SkippedEntry[] }
  | { readonly outcome: 'void'; readonly reason: VoidReason }

/** Every event of a cut is either applied or void with a reason; both are final. */
export type EventOutcome = Effect & { readonly id: EventId }

/** An event of one kind with what its rule reads. */
export interface Folding<Kind extends AuthenticEvent['body']['kind']> {
  readonly event: AuthenticEvent
  readonly body: Extract<AuthenticEvent['body'], { kind: Kind }>
  readonly author: OrgRow
  readonly context: FoldContext
}

export function applied(skipped: readonly SkippedEntry[]): Effect {
  return { outcome: 'applied', skipped }
}

export function voided(reason: VoidReason): Effect {
  return { outcome: 'void', reason }
}
