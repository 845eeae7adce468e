/**
 * Cut-Simplex as a step function: input in, next state and effects out. Production, the simulator and the model
 * checker run this same reducer. Signatures are checked before it: the inputs' types say so.
 */
import {
  armRecall,
  askOne,
  doubtRecord,
  endRecallTimer,
  noteTold,
  resumeVoting,
  tellView,
} from './amnesia.js'
import { collectCertificate, collectProposal, collectVote, noteOwnSignature } from './collecting.js'
import { isTailOf } from './epoch.js'
import { finalize } from './finality.js'
import { lead, propose } from './leading.js'
import { answerStanding, rebroadcast } from './repair.js'
import {
  type ConsensusState,
  closingAt,
  type Effect,
  type FinalPoint,
  type Input,
  isExecuted,
  type KnownProposal,
  standingOf,
} from './state.js'
import { armTimers, enterView, isDecisionWanted, rearmView, shortenTimeout } from './timing.js'
import { beginTurn, forgetBelow, setExecution, type Turn } from './turn.js'
import { recordedVotes, voteFinal, voteNotarize, voteSkip } from './voting.js'

export function step(state: ConsensusState, input: Input): { state: ConsensusState; effects: Effect[] } {
  const turn = beginTurn(state, input.nowMs)
  if (!turn.state.isOver) receive(turn, input)
  // Each rule fires at most once a view or header, so this ends; together they reach every consequence of the input.
  while (
    !turn.state.isOver &&
    (finalize(turn) ||
      enterView(turn) ||
      resumeVoting(turn) ||
      execute(turn) ||
      voteNotarize(turn) ||
      voteFinal(turn) ||
      lead(turn))
  ) {}
  if (!turn.state.isOver) {
    armTimers(turn)
    armRecall(turn)
  }
  return { state: turn.state, effects: turn.effects }
}

function receive(turn: Turn, input: Input): void {
  switch (input.kind) {
    case 'start':
      resume(turn)
      break
    case 'vote':
      collectVote(turn, input.vote)
      break
    case 'proposal':
      collectProposal(turn, input.proposal)
      break
    case 'certificate':
      collectCertificate(turn, input.certificate)
      break
    case 'standing':
      answerStanding(turn, input)
      break
    case 'connected':
      greet(turn, input.peer)
      askOne(turn, input.peer)
      break
    case 'view-asked':
      tellView(turn, input)
      break
    case 'view-told':
      noteTold(turn, input)
      break
    case 'evaluated':
      if (input.isValid) setExecution(turn, input.digest, 'executed')
      // The changes beside a header are not under its digest, so a bad copy condemns the message, never the header:
      // it is forgotten, and a good copy is judged when it comes.
      else turn.state.proposals.delete(input.digest)
      break
    case 'built':
      propose(turn, input)
      break
    case 'not-built':
      turn.state.isBuilding = false
      turn.state.exhausted = input.parent
      break
    case 'eligible':
      turn.state.isEligible = input.isEligible
      turn.state.exhausted = null
      break
    case 'timer':
      expire(turn, input)
      break
    case 'adopt':
      adopt(turn, input.finalized)
      break
    case 'end':
      if (input.certificate !== null) noteOwnSignature(turn, input.certificate)
      if (input.isDoubted) doubtRecord(turn)
      turn.state.isOver = true
      break
  }
}

function adopt(turn: Turn, finalized: FinalPoint): void {
  if (finalized.height <= turn.state.finalized.height) return
  if (finalized.certificate !== null) noteOwnSignature(turn, finalized.certificate)
  shortenTimeout(turn)
  forgetBelow(turn, finalized)
}

function greet(turn: Turn, peer: string): void {
  const message = { kind: 'standing', standing: standingOf(turn.state) } as const
  turn.effects.push({ kind: 'send', to: { peer }, message })
}

/** After a restart: what disk says was voted is counted and sent again, and nothing else (H5). */
function resume(turn: Turn): void {
  for (const record of turn.state.records.values()) {
    for (const vote of recordedVotes(turn, record)) {
      // Cast before the stop, and perhaps never sent: a later vote that rests on it must not be the first to be heard.
      turn.effects.push({ kind: 'send', to: 'validators', message: { kind: 'vote', vote } })
      collectVote(turn, vote)
    }
  }
}

function expire(turn: Turn, { timer, view }: Extract<Input, { kind: 'timer' }>): void {
  const { state } = turn
  if (timer === 'recall') return endRecallTimer(turn)
  if (timer === 'heartbeat') {
    state.isHeartbeatDue ||= view === state.finalized.view
    return
  }
  if (view !== state.view) return
  if (timer === 'propose') {
    state.isProposalDue = isDecisionWanted(turn)
    return
  }
  if (!isDecisionWanted(turn)) {
    state.armed = { ...state.armed, view: null }
    return
  }
  voteSkip(turn)
  rebroadcast(turn)
  rearmView(turn)
}

/** Hands proposals whose parent was executed to the replica; refuses those that no longer can be, or never could. */
function execute(turn: Turn): boolean {
  const { state } = turn
  for (const [digest, known] of state.proposals) {
    if (known.execution !== 'waiting') continue
    const judged = judge(turn, known)
    if (judged === 'waiting') continue
    setExecution(turn, digest, judged)
    if (judged === 'asked') turn.effects.push({ kind: 'evaluate', proposal: known.proposal })
    return true
  }
  return false
}

function judge({ state }: Turn, { proposal }: KnownProposal): KnownProposal['execution'] {
  const { core, rest } = proposal.header
  const known = state.proposals.get(rest.parent)
  if (known?.execution === 'invalid') return 'invalid'
  if (!isExecuted(state, rest.parent)) return 'waiting'
  // H12: judged here, for a tail has nothing to execute.
  const closing = closingAt(state, rest.parent)
  if (closing !== undefined) {
    const follows = isTailOf(proposal.header, closing) && core.timeMs > closing.core.timeMs
    return follows ? 'executed' : 'invalid'
  }
  if (rest.base !== undefined) return 'invalid'
  const parent = known?.proposal.header.core ?? state.finalized
  return core.height === parent.height + 1 && core.timeMs > parent.timeMs ? 'asked' : 'invalid'
}
