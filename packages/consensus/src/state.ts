/** What a validator knows: its view, the votes and certificates of the views not yet final, and its own vote record. */
import type { Bls } from '@chirograph/crypto'
import type { Certificate } from './certificate.js'
import { type EpochBase, isClosing } from './epoch.js'
import type { Header } from './header.js'
import type { Message, Standing } from './message.js'
import type { Proposal } from './proposal.js'
import { type Hex, leaderOf, type ValidatorSet } from './validator-set.js'
import type { SignedVote, Verified } from './vote.js'

export interface ConsensusConfig {
  readonly set: ValidatorSet
  /** Where the epoch begins; null where that lies below what is final here, and is not known. */
  readonly base: EpochBase | null
  /** Our index in the set; undefined for an observer. */
  readonly self: number | undefined
  /** False for an observer, and for a validator whose key is not here: it follows, but says nothing. */
  readonly mayVote: boolean
  /** Signatures of both schemes are deterministic, so signing is a pure function and `step` stays one. */
  readonly sign: (message: Uint8Array) => Uint8Array
  /** Adds up BLS signatures; noble unless a faster one is given. */
  readonly bls?: Bls | undefined
  /** 16 random bytes of this start: no answer to an earlier one is taken for one to this (H16). */
  readonly nonce: Hex
  readonly viewTimeoutMs: number
  readonly heartbeatMs: number
  /** A header's time may differ from a voter's clock by at most this. */
  readonly clockBoundMs: number
}

/** Own votes in one view. This is what must never be lost, and never be contradicted (H1, H2, H5). */
export interface VoteRecord {
  readonly view: number
  readonly notarize: Hex | null
  readonly skip: boolean
  readonly final: Hex | null
}

export interface FinalPoint {
  readonly digest: Hex
  readonly view: number
  readonly height: number
  readonly timeMs: number
  /** Null exactly where the epoch begins. */
  readonly certificate: Verified<Certificate> | null
}

/** Votes by signer (first one counts; a second, different one is evidence) and what they add up to. */
export interface ViewState {
  readonly notarizes: ReadonlyMap<number, Verified<SignedVote>>
  readonly skips: ReadonlyMap<number, Verified<SignedVote>>
  readonly finals: ReadonlyMap<number, Verified<SignedVote>>
  readonly notarization: Verified<Certificate> | null
  readonly skipped: Verified<Certificate> | null
  readonly finalization: Verified<Certificate> | null
}

/** `waiting` for its parent, `asked` the replica, or judged: `executed` here, or `invalid` for ever. */
export interface KnownProposal {
  readonly proposal: Verified<Proposal>
  readonly execution: 'waiting' | 'asked' | 'executed' | 'invalid'
}

/** What is being found out where the own record may lack votes (H16). */
export interface Recall {
  readonly nonce: Hex
  /** The view that each validator says it is in. */
  readonly told: ReadonlyMap<number, number>
  readonly asks: number
  readonly isArmed: boolean
}

export interface ConsensusState {
  readonly config: ConsensusConfig
  /** The lowest view in which this validator votes: 0 where its record is whole, null while that is being found out (H16). */
  readonly votesFrom: number | null
  readonly recall: Recall
  readonly finalized: FinalPoint
  readonly view: number
  readonly views: ReadonlyMap<number, ViewState>
  readonly proposals: ReadonlyMap<Hex, KnownProposal>
  readonly records: ReadonlyMap<number, VoteRecord>
  readonly ownProposals: ReadonlyMap<number, Verified<Proposal>>
  readonly reported: ReadonlySet<string>
  /** There are events that a cut could take. */
  /** H13: what closes the epoch is final. Whoever votes next begins anew; nothing is done here any more. */
  readonly isOver: boolean
  readonly isEligible: boolean
  readonly isHeartbeatDue: boolean
  /** The leader has waited long enough for FINAL votes; it may propose an empty header. */
  readonly isProposalDue: boolean
  readonly isBuilding: boolean
  /** The parent on which the replica found no new event to take. */
  readonly exhausted: Hex | null
  readonly armed: {
    readonly view: number | null
    readonly propose: number | null
    readonly heartbeat: Hex | null
  }
  readonly timeoutMs: number
}

export type Timer = 'view' | 'propose' | 'heartbeat' | 'recall'

export type Input = { readonly nowMs: number } & (
  | { readonly kind: 'start' }
  | { readonly kind: 'vote'; readonly vote: Verified<SignedVote> }
  | { readonly kind: 'proposal'; readonly proposal: Verified<Proposal> }
  | { readonly kind: 'certificate'; readonly certificate: Verified<Certificate> }
  | { readonly kind: 'standing'; readonly from: string; readonly standing: Standing }
  | { readonly kind: 'connected'; readonly peer: string }
  | { readonly kind: 'view-asked'; readonly from: string; readonly nonce: Hex }
  | { readonly kind: 'view-told'; readonly validator: number; readonly nonce: Hex; readonly view: number }
  | { readonly kind: 'evaluated'; readonly digest: Hex; readonly isValid: boolean }
  | { readonly kind: 'built'; readonly view: number; readonly header: Header; readonly changes: Uint8Array }
  | { readonly kind: 'not-built'; readonly parent: Hex }
  | { readonly kind: 'eligible'; readonly isEligible: boolean }
  | { readonly kind: 'timer'; readonly timer: Timer; readonly view: number }
  | { readonly kind: 'adopt'; readonly finalized: FinalPoint }
  /**
   * H13: what closes the epoch was fetched as final. With the certificate that says so, where it is known; `isDoubted` where
   * this validator has signed in a later epoch.
   */
  | { readonly kind: 'end'; readonly certificate: Verified<Certificate> | null; readonly isDoubted: boolean }
)

/** Whom a message goes to: every validator but ourselves, one validator by index, or one peer by name. */
export type Recipient = 'validators' | { readonly validator: number } | { readonly peer: string }

/**
 * What the runner must do, in this order: a `send` after a `persist` waits until that is synced (H5), and so does
 * everything else that the world could see.
 */
export type Effect =
  | { readonly kind: 'persist'; readonly record: VoteRecord; readonly proposal: Verified<Proposal> | null }
  | { readonly kind: 'persist-proposal'; readonly proposal: Verified<Proposal> }
  | { readonly kind: 'persist-gate'; readonly votesFrom: number | null }
  | { readonly kind: 'send'; readonly to: Recipient; readonly message: Message }
  | { readonly kind: 'set-timer'; readonly timer: Timer; readonly view: number; readonly afterMs: number }
  | { readonly kind: 'evaluate'; readonly proposal: Verified<Proposal> }
  /** `isEmptyWelcome`: build a header even when there is no event to take. */
  | { readonly kind: 'build'; readonly view: number; readonly parent: Hex; readonly isEmptyWelcome: boolean }
  | {
      readonly kind: 'finalize'
      /** From the child of the last final header to the new one, without tails. */
      readonly chain: readonly Verified<Proposal>[]
      /** The tail of the last of them that is certified, where it became final by one. */
      readonly tail: Header | null
      readonly certificate: Verified<Certificate>
    }
  | { readonly kind: 'report-evidence'; readonly evidence: Equivocation }
  | {
      readonly kind: 'conflict'
      readonly first: Certificate
      readonly second: Certificate
      /** H18: who signed both, ascending: more than f. */
      readonly culprits: readonly number[]
    }
  | { readonly kind: 'fetch-checkpoints'; readonly from: string; readonly finalHeight: number }

/** Two signed messages of one key that an honest validator never signs both. */
export type Equivocation =
  | { readonly kind: 'votes'; readonly first: SignedVote; readonly second: SignedVote }
  | { readonly kind: 'proposals'; readonly first: Proposal; readonly second: Proposal }

export interface RestoredConsensus {
  readonly finalized: FinalPoint
  readonly records: readonly VoteRecord[]
  /** Proposals stored with own votes or own proposals, in views above the final one. */
  readonly proposals: readonly Verified<Proposal>[]
  /** As in the state: null where votes may have been cast in this epoch that the records do not hold. */
  readonly votesFrom: number | null
}

export const emptyView: ViewState = Object.freeze({
  notarizes: new Map(),
  skips: new Map(),
  finals: new Map(),
  notarization: null,
  skipped: null,
  finalization: null,
})

/** The state after a start or a restart: what disk holds, and nothing assumed beyond it (SPEC H5). */
export function createConsensus(config: ConsensusConfig, restored: RestoredConsensus): ConsensusState {
  const { finalized } = restored
  const open = restored.proposals.filter((proposal) => proposal.header.core.view > finalized.view)
  const own = open.filter((proposal) => leaderOf(config.set, proposal.header.core.view) === config.self)
  return {
    config,
    votesFrom: restored.votesFrom,
    recall: newRecall(config.nonce),
    finalized,
    view: finalized.view + 1,
    views: new Map(),
    proposals: new Map(open.map((proposal) => [proposal.header.digest, { proposal, execution: 'waiting' }])),
    records: new Map(
      restored.records.filter((r) => r.view > finalized.view).map((record) => [record.view, record]),
    ),
    ownProposals: new Map(own.map((proposal) => [proposal.header.core.view, proposal])),
    reported: new Set(),
    isOver: false,
    isEligible: false,
    isHeartbeatDue: false,
    isProposalDue: false,
    isBuilding: false,
    exhausted: null,
    armed: { view: null, propose: null, heartbeat: null },
    timeoutMs: config.viewTimeoutMs,
  }
}

export function newRecall(nonce: Hex): Recall {
  return { nonce, told: new Map(), asks: 0, isArmed: false }
}

export function viewOf(state: ConsensusState, view: number): ViewState {
  return state.views.get(view) ?? emptyView
}

export function recordOf(state: ConsensusState, view: number): VoteRecord {
  return state.records.get(view) ?? { view, notarize: null, skip: false, final: null }
}

/** Whether a header's chain state exists here: it is the final one, or was executed on top of one that does. */
export function isExecuted(state: ConsensusState, digest: Hex): boolean {
  return digest === state.finalized.digest || state.proposals.get(digest)?.execution === 'executed'
}

/** The header of this digest, where it is open and closes the epoch: nothing but tails may follow it. */
export function closingAt(state: ConsensusState, digest: Hex): Header | undefined {
  const header = state.proposals.get(digest)?.proposal.header
  return header !== undefined && isClosing(header.core) ? header : undefined
}

export function standingOf(state: ConsensusState): Standing {
  return { view: state.view, finalView: state.finalized.view, finalHeight: state.finalized.height }
}
