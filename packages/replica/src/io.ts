/** What goes into a replica and what comes out: closed unions of plain data. */
import type { EventId, LogTree, MapSource } from '@chirograph/codec'
import type { Equivocation, Proposal, Timer, VoteRecord } from '@chirograph/consensus'
import type {
  AuthenticEvent,
  DecodedSegmentVerdict,
  EventBody,
  EventRejectReason,
  ForkEvidence,
  OrgId,
  VerifiedEvent,
} from '@chirograph/event'
import type { AdmitRejectReason, Cut, Slot, StoredHeader } from '@chirograph/log'
import type { EventOutcome, NetworkState, StateRow } from '@chirograph/status'
import type { Checkpoint } from './checkpoint.js'
import type { ChainTip } from './replica.js'
import type { Snapshot, SnapshotTip } from './snapshot-assembly.js'

export type ReplicaInput = { readonly nowMs: number } & (
  | { readonly kind: 'start' }
  /** Own event: signed, stored, gossiped. The answer is a `published` or `refused` effect with the same request. */
  | { readonly kind: 'publish'; readonly request: number; readonly body: EventBody }
  /**
   * Begins the next own generation. The seeds of both keys are on disk; answered as `publish`.
   */
  | {
      readonly kind: 'rotate'
      readonly request: number
      readonly logKey: Uint8Array
      readonly nextKeyHash: Uint8Array
    }
  /** Events of one chain under one signature; `from` is the peer that handed them over. */
  | SegmentInput
  /** What the store holds of what a `load` asked for; what asked is tried again. */
  | {
      readonly kind: 'loaded'
      readonly stored: readonly StoredEntry[]
      readonly retry: SegmentInput | ForkRetry
      readonly jumps: number
    }
  /** The answer to a `look-up`: which of these ids are in the store, and so final; the others are not known at all. */
  | {
      readonly kind: 'looked-up'
      readonly found: readonly EventId[]
      readonly absent: readonly EventId[]
      readonly jumps: number
    }
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
  /** A snapshot that `finishSnapshot` handed out; with `from` the log is brought together next. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot; readonly from: string }
  /** The rows of the final state lie in this source: what of them is in memory may be let go. */
  | { readonly kind: 'seal'; readonly source: MapSource }
  /** A sync with this peer ended well: what it knows is here. */
  | { readonly kind: 'synced'; readonly peer: string }
  /** Every member that could be reached since the start was given time to tell what it knows. */
  | { readonly kind: 'heard-all' }
  /** A checkpoint fetch from this peer has ended, well or not. */
  | { readonly kind: 'fetched'; readonly peer: string }
)

export interface SegmentInput {
  readonly kind: 'segment'
  readonly segment: DecodedSegmentVerdict
  readonly from: string
  readonly isGossip: boolean
  /** Whether its signature holds, where that was checked elsewhere (`signatureOfSegment` says what there is to check). */
  readonly isSigned?: boolean
  /** Set on the retry of a `load`: what the store holds is in the index now. */
  readonly isLoaded?: boolean
}

/** A fork that is to be proven once the headers are in memory. */
export interface ForkRetry {
  readonly kind: 'fork'
  readonly slot: Slot
  /** How often something was loaded for it. */
  readonly loads: number
}

/** An event as the store holds it, without its body. */
export interface StoredEntry extends StoredHeader {
  readonly branch: number
}

/** What must be on disk. Facts of one `persist` go into one atomic batch. */
export type Fact =
  | {
      readonly kind: 'event'
      readonly event: AuthenticEvent
      /** Tells it apart from other events at its place. */
      readonly branch: number
      /** Its chain is final beyond its place already. */
      readonly isStray: boolean
    }
  | { readonly kind: 'last-signed'; readonly tip: ChainTip }
  | { readonly kind: 'votes'; readonly epoch: number; readonly record: VoteRecord }
  /** Where this validator votes in an epoch; with null its record is known to lack votes. */
  | { readonly kind: 'votes-from'; readonly epoch: number; readonly view: number | null }
  /** An own one, or one that was notarized here. */
  | { readonly kind: 'proposal'; readonly proposal: Proposal; readonly isOwn: boolean }
  /** What a closed epoch leaves for those who know its validators. */
  | { readonly kind: 'handover'; readonly epoch: number; readonly bytes: Uint8Array }
  | { readonly kind: 'evidence'; readonly author: OrgId; readonly evidence: ForkEvidence }
  /** A header became final; `rows` are what it changed in the state. */
  | {
      readonly kind: 'checkpoint'
      readonly checkpoint: Checkpoint
      readonly cut: Cut
      readonly logTree: LogTree
      readonly rows: readonly StateRow[]
      readonly state: NetworkState
      /** Events that became final, by their place: what was held beside them and is now passed over for good. */
      readonly strays: readonly StrayPlace[]
    }
  | SnapshotFact

/** Final events that are not here: those of a chain below `lowest`, whose last one is `before`. */
export interface Gap {
  readonly author: OrgId
  readonly generation: number
  /** Null where nothing of the chain is here. */
  readonly lowest: number | null
  readonly before: EventId
}

/** An event held that will not become final. */
export interface StrayPlace extends Slot {
  readonly branch: number
}

export interface DroppedPlace extends StrayPlace {
  readonly id: EventId
}

/** This node is at a checkpoint without having executed what came before: all of it in one, or none. */
export interface SnapshotFact {
  readonly kind: 'snapshot'
  /** Its changes are not known: there are no bytes of them, and so it is not for others. */
  readonly checkpoint: Checkpoint
  readonly state: NetworkState
  readonly cut: Cut
  readonly logTree: LogTree
  /** Final events of which the header alone is here. Their chains are open below. */
  readonly tips: readonly SnapshotTip[]
  /** Closed generations of which the last event is not here. */
  readonly open: readonly Gap[]
  /** Events of these chains that were held and are to be forgotten: whether they are final shows when they come again. */
  readonly dropped: readonly DroppedPlace[]
  readonly strays: readonly StrayPlace[]
}

export type RejectReason =
  | EventRejectReason
  | AdmitRejectReason
  | 'orphan-limit'
  | 'bad-message'
  | 'bad-vote'
  | 'bad-certificate'
  | 'bad-proposal'
  /** A header that the leader signed and this node cannot execute to the same roots. */
  | 'unexecutable-proposal'
  /** Made under other validators than this node knows. */
  | 'wrong-set'
  | 'malformed-checkpoint'
  /** Without the certificate of a quorum that it should have, or with one that does not hold. */
  | 'uncertified-checkpoint'
  /** A quorum signed it, and this node comes to other roots. */
  | 'bad-checkpoint'
  | 'bad-evidence'
  | 'bad-snapshot'

export type RefuseReason =
  /** Two own events stand at one place. */
  | 'own-fork'
  /** Own events came in that were not signed here: the store is an old copy, or somebody else has the key. */
  | 'own-key-elsewhere'
  /** The last event signed is not in the log, or too few members were heard since the start to be certain. */
  | 'own-events-missing'
  /** The seed of the key that must sign is not here. */
  | 'log-key-missing'
  /** A rotation to another key than the one that was committed to. */
  | 'not-the-next-key'
  /** A rotation among ordinary events. */
  | 'misplaced-rotation'
  /** A rotation waits to become final. */
  | 'rotation-pending'
  /** Own events wait to become final, and the rotation would cut them off. */
  | 'own-events-pending'
  | 'rotation-limit'

/** Run in this order. Everything after a `persist` waits until its facts are on disk. */
export type ReplicaEffect =
  | { readonly kind: 'persist'; readonly facts: readonly Fact[]; readonly isSynced: boolean }
  /** An own event, to be gossiped; several that are ready together may go under the signature of the last. */
  | { readonly kind: 'announce'; readonly event: VerifiedEvent }
  | { readonly kind: 'gossip'; readonly topic: 'certificates' | 'evidence'; readonly bytes: Uint8Array }
  /** A direct message; to every other validator when `to` is null. */
  | { readonly kind: 'send'; readonly to: string | null; readonly bytes: Uint8Array }
  | { readonly kind: 'set-timer'; readonly timer: Timer; readonly view: number; readonly afterMs: number }
  /** Bring this peer's log and ours together. */
  | { readonly kind: 'sync'; readonly peer: string; readonly hasGap: boolean }
  /** The peer says that it has checkpoints up to `toHeight`. */
  | {
      readonly kind: 'fetch-checkpoints'
      readonly peer: string
      readonly fromHeight: number
      readonly toHeight: number
    }
  /** The index does not hold these places, and this event, any more: answer with `loaded`. */
  | {
      readonly kind: 'load'
      readonly slots: readonly Slot[]
      readonly id: EventId | null
      readonly retry: SegmentInput | ForkRetry
      /** To be handed back with the answer: what was read before a snapshot was taken does not hold after it. */
      readonly jumps: number
    }
  /** Are these ids in the store? Answer with `looked-up`. */
  | { readonly kind: 'look-up'; readonly ids: readonly EventId[]; readonly jumps: number }
  /** What gossip should do with the message of this input. */
  | { readonly kind: 'verdict'; readonly verdict: 'accept' | 'ignore' | 'reject' }
  | { readonly kind: 'published'; readonly request: number; readonly event: AuthenticEvent }
  | { readonly kind: 'refused'; readonly request: number; readonly reason: RefuseReason }
  /** Nothing more is signed in the own generation: two copies of the key are in use, or its fork is known. */
  | { readonly kind: 'signing-stopped'; readonly reason: RefuseReason }
  | { readonly kind: 'admitted'; readonly events: readonly AuthenticEvent[] }
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
      readonly logTree: LogTree
      readonly events: readonly AuthenticEvent[]
      readonly outcomes: readonly EventOutcome[]
    }
  /** A snapshot was taken. The gaps are to be filled; what waits for an event to become final may wait in vain. */
  | {
      readonly kind: 'joined'
      readonly checkpoint: Checkpoint
      readonly state: NetworkState
      readonly cut: Cut
      readonly logTree: LogTree
      readonly gaps: readonly Gap[]
    }
  | { readonly kind: 'forked'; readonly author: OrgId; readonly evidence: ForkEvidence }
  | { readonly kind: 'equivocated'; readonly evidence: Equivocation }
  /** It was found out from which view on this validator votes, or, with null, that its record lacks votes. */
  | { readonly kind: 'votes-from'; readonly view: number | null }
  /** Two certificates of one epoch contradict each other: more than f validators are faulty, and these signed both. */
  | { readonly kind: 'conflict'; readonly detail: string; readonly culprits: readonly OrgId[] }
