/** One step in the making: a draft of the next state that only the current step writes, and its effects so far. */

import type { Proposal } from './proposal.js'
import {
  type ConsensusState,
  type Effect,
  type FinalPoint,
  type KnownProposal,
  type ViewState,
  type VoteRecord,
  viewOf,
} from './state.js'
import type { Hex } from './validator-set.js'
import type { SignedVote, Verified } from './vote.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export interface Turn {
  readonly state: Mutable<
    Omit<ConsensusState, 'views' | 'proposals' | 'records' | 'ownProposals' | 'reported'> & {
      views: Map<number, ViewState>
      proposals: Map<Hex, KnownProposal>
      records: Map<number, VoteRecord>
      ownProposals: Map<number, Verified<Proposal>>
      reported: Set<string>
    }
  >
  readonly effects: Effect[]
  readonly nowMs: number
}

/** Copies the few open views, so that the state handed in stays as it was. */
export function beginTurn(state: ConsensusState, nowMs: number): Turn {
  const draft = {
    ...state,
    views: new Map(state.views),
    proposals: new Map(state.proposals),
    records: new Map(state.records),
    ownProposals: new Map(state.ownProposals),
    reported: new Set(state.reported),
  }
  return { state: draft, effects: [], nowMs }
}

export function updateView(turn: Turn, view: number, change: Partial<ViewState>): void {
  turn.state.views.set(view, { ...viewOf(turn.state, view), ...change })
}

export function setExecution(turn: Turn, digest: Hex, execution: KnownProposal['execution']): void {
  const known = turn.state.proposals.get(digest)
  if (known) turn.state.proposals.set(digest, { ...known, execution })
}

/** Moves the final point and forgets everything at or below it. */
export function forgetBelow(turn: Turn, finalized: FinalPoint): void {
  const { state } = turn
  state.finalized = finalized
  for (const view of state.views.keys()) if (view <= finalized.view) state.views.delete(view)
  for (const view of state.records.keys()) if (view <= finalized.view) state.records.delete(view)
  for (const view of state.ownProposals.keys()) if (view <= finalized.view) state.ownProposals.delete(view)
  forgetSideBranches(turn)
  state.reported.clear()
  state.isHeartbeatDue = false
}

/** Keeps what descends from the final header, and what may turn out to. */
function forgetSideBranches({ state }: Turn): void {
  const byView = [...state.proposals].sort(([, a], [, b]) => viewNumber(a) - viewNumber(b))
  for (const [digest, known] of byView) {
    const { parent } = known.proposal.header.rest
    const isConnected = parent === state.finalized.digest || state.proposals.has(parent)
    const isUndecided = known.execution === 'waiting' || isConnected
    if (viewNumber(known) <= state.finalized.view || !isUndecided) state.proposals.delete(digest)
  }
}

function viewNumber({ proposal }: KnownProposal): number {
  return proposal.header.core.view
}

/** The votes among these that name this digest. */
export function votesFor(
  votes: ReadonlyMap<number, Verified<SignedVote>>,
  digest: Hex | null,
): Verified<SignedVote>[] {
  return [...votes.values()].filter((vote) => vote.digest === digest)
}
