/** What goes into a replica and what comes out: closed unions of plain data. */
import type { LogTree } from '@chirograph/codec'
import type { Equivocation, Proposal, Timer, VoteRecord } from '@chirograph/consensus'
import type { AuthenticEvent, EventBody, EventRejectReason, ForkEvidence, OrgId } from '@chirograph/event'
import type { AdmitRejectReason, Cut, Slot, StoredHeader } from '@chirograph/log'
import type { EventOutcome, NetworkState, StateRow } from '@chirograph/status'
import type { Checkpoint } from './checkpoint.js'
import type { ChainTip } from './replica.js'

export type ReplicaInput = { readonly nowMs: number } & (
  | { readonly kind: 'start' }
  /** Own event: signed, stored, gossiped. The answer is a `published` or `refused` effect with the same request. */
  | { readonly kind: 'publish'; readonly request: number; readonly body: EventBody }
  /** Wire bytes of an event; `from` is the peer that handed it over. */
  | EventInput
  /** What the store holds at the slots of a `load`; the event is judged again. */
  | { readonly kind: 'loaded'; readonly stored: readonly StoredHeader[]; readonly retry: EventInput }
  /** A message from a member's direct stream. */
  | { readonly kind: 'message'; readonly bytes: Uint8Array; readonly from: string }
  /** A checkpoint, by gossip or as an answer to a fetch. */
  | {
      readonly kind: 'checkpoint'
      readonly bytes: Uint8Array
      readonly from: string
      readonly isGossip: boolean
    }
  | { readonly kind: 'evidence'; readonly bytes: Uint8Array; readonly from: string }
  | { readonly kind: 'connected'; readonly peer: string }
  | { readonly kind: 'timer'; readonly timer: Timer; readonly view: number }
  /** A sync with this peer ended well: what it knows is here. */
  | { readonly kind: 'synced'; readonly peer: string }
  /** A checkpoint fetch from this peer has ended, well or not. */
  | { readonly kind: 'fetched'; readonly peer: string }
)

export interface EventInput {
  readonly kind: 'event'
  readonly bytes: Uint8Array
  readonly from: string
  readonly isGossip: boolean
  /** Set on the retry of a `load`: what the store holds is in the index now. */
  readonly isLoaded?: boolean
}

/** What must be on disk. Facts of one `persist` go into one atomic batch. */
export type Fact =
  | { readonly kind: 'event'; readonly event: AuthenticEvent }
  | { readonly kind: 'last-signed'; readonly tip: ChainTip }
  | { readonly kind: 'votes'; readonly record: VoteRecord }
  | { readonly kind: 'proposal'; readonly proposal: Proposal }
  | { readonly kind: 'evidence'; readonly author: OrgId; readonly evidence: ForkEvidence }
  /** A header became final; `rows` are what it changed in the state. */
  | {
      readonly kind: 'checkpoint'
      readonly checkpoint: Checkpoint
      readonly cut: Cut
      readonly logTree: LogTree
      readonly rows: readonly StateRow[]
    }

export type RejectReason =
  | EventRejectReason
  | AdmitRejectReason
  | 'orphan-limit'
  | 'bad-message'
  | 'bad-vote'
  | 'bad-certificate'
  | 'bad-proposal'
  | 'bad-checkpoint'
  | 'bad-evidence'

export type RefuseReason = 'own-fork' | 'own-events-missing'

/** Run in this order. Everything after a `persist` waits until its facts are on disk. */
export type ReplicaEffect =
  | { readonly kind: 'persist'; readonly facts: readonly Fact[]; readonly isSynced: boolean }
  | {
      readonly kind: 'gossip'
      readonly topic: 'events' | 'certificates' | 'evidence'
      readonly bytes: Uint8Array
    }
  /** A direct message; to every other validator when `to` is null. */
  | { readonly kind: 'send'; readonly to: string | null; readonly bytes: Uint8Array }
  | { readonly kind: 'set-timer'; readonly timer: Timer; readonly view: number; readonly afterMs: number }
  /** Bring this peer's log and ours together. */
  | { readonly kind: 'sync'; readonly peer: string }
  | { readonly kind: 'fetch-checkpoints'; readonly peer: string; readonly fromHeight: number }
  /** The index does not hold these places any more: answer with `loaded`. */
  | { readonly kind: 'load'; readonly slots: readonly Slot[]; readonly retry: EventInput }
  /** What gossip should do with the message of this input. */
  | { readonly kind: 'verdict'; readonly verdict: 'accept' | 'ignore' | 'reject' }
  | { readonly kind: 'published'; readonly request: number; readonly event: AuthenticEvent }
  | { readonly kind: 'refused'; readonly request: number; readonly reason: RefuseReason }
  | { readonly kind: 'admitted'; readonly event: AuthenticEvent }
  | {
      readonly kind: 'rejected'
      readonly reason: RejectReason
      readonly detail: string
      readonly from: string
    }
  | {
      readonly kind: 'final'
      readonly checkpoint: Checkpoint
      readonly state: NetworkState
      readonly cut: Cut
      readonly events: readonly AuthenticEvent[]
      readonly outcomes: readonly EventOutcome[]
    }
  | { readonly kind: 'forked'; readonly author: OrgId; readonly evidence: ForkEvidence }
  | { readonly kind: 'equivocated'; readonly evidence: Equivocation }
  /** Two certificates of one epoch contradict each other: more than f validators are faulty. */
  | { readonly kind: 'conflict'; readonly detail: string }
