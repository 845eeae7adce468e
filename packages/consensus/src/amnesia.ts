/**
 * H16: a validator whose vote record may lack votes (a lost disk, a restored backup, a copy) finds out above which view
 * it cannot have voted, and votes only there.
 *
 * It entered the view of its last vote by a quorum in the view before. Those whom it hears share an honest validator with
 * that quorum, who has voted there and says so: the highest view told, m, is at least that one. So everything forgotten
 * lies in views up to m + 1.
 */
import { toHex } from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import { isClosing } from './epoch.js'
import { type ConsensusState, newRecall, recordOf, standingOf } from './state.js'
import type { Turn } from './turn.js'
import { faultsOf, type Hex, hexToBytes, quorumOf, type ValidatorSet } from './validator-set.js'
import type { VoteType } from './vote.js'

/** A peer that does not answer is asked again, more and more seldom. */
const askGrowthMax = 16

/** Whether a vote may be cast, or a header proposed, in this view. */
export function mayVoteIn({ config, votesFrom }: ConsensusState, view: number): boolean {
  return config.mayVote && votesFrom !== null && view >= votesFrom
}

/** So many others that every quorum of the past shares an honest one with them: n − q + f + 1, which is q where n = 3f + 1. */
export function viewsToHear(set: ValidatorSet): number {
  return set.validators.length - quorumOf(set) + faultsOf(set) + 1
}

/** Those that told a view which is proven here: nobody can make the own gate higher than what a quorum came to. */
export function viewsHeard({ recall, view }: ConsensusState): number {
  return [...recall.told.values()].filter((told) => told <= view).length
}

/** Asks everybody as long as it is not known where to vote; again when the timer ends. */
export function armRecall(turn: Turn): void {
  const { state } = turn
  if (!isRecalling(state) || state.recall.isArmed) return
  ask(turn)
  const growth = Math.min(2 ** state.recall.asks, askGrowthMax)
  state.recall = { ...state.recall, asks: state.recall.asks + 1, isArmed: true }
  const afterMs = state.config.viewTimeoutMs * growth
  turn.effects.push({ kind: 'set-timer', timer: 'recall', view: state.view, afterMs })
}

export function endRecallTimer({ state }: Turn): void {
  state.recall = { ...state.recall, isArmed: false }
}

/** Others bring what leads to their views, and say which they are in. */
function ask({ state, effects }: Turn): void {
  const { nonce } = state.recall
  effects.push({
    kind: 'send',
    to: 'validators',
    message: { kind: 'standing', standing: standingOf(state) },
  })
  effects.push({ kind: 'send', to: 'validators', message: { kind: 'ask-view', nonce } })
}

/** To a peer that has just come; the timer asks the others. */
export function askOne({ state, effects }: Turn, peer: string): void {
  if (!isRecalling(state)) return
  effects.push({ kind: 'send', to: { peer }, message: { kind: 'ask-view', nonce: state.recall.nonce } })
}

/**
 * Says which view this validator is in, and answers nothing that could be wrong: not while its own record is in doubt, and
 * not once it may have helped to end the epoch, for then whoever asks may have voted in the next one.
 */
export function tellView({ state, effects }: Turn, { from, nonce }: { from: string; nonce: Hex }): void {
  const { votesFrom, config, view } = state
  if (votesFrom === null || config.self === undefined || mayBeClosing(state)) return
  // A restart forgets certificates, and so the view they led to; the record holds every vote.
  const voted = Math.max(view, votesFrom - 1, ...state.records.keys())
  const message = { kind: 'tell-view', nonce, epoch: config.set.epoch, view: voted } as const
  effects.push({ kind: 'send', to: { peer: from }, message })
}

/** What was asked before this start is not answered in it: an answer from before the loss could be too low. */
export function noteTold(
  { state }: Turn,
  { validator, nonce, view }: { validator: number; nonce: Hex; view: number },
): void {
  if (!isRecalling(state) || nonce !== state.recall.nonce || validator === state.config.self) return
  state.recall = { ...state.recall, told: new Map(state.recall.told).set(validator, view) }
}

/** H16: enough were heard, and the view that they are in was reached here: votes from m + 2 on. */
export function resumeVoting(turn: Turn): boolean {
  const { state } = turn
  if (!isRecalling(state) || viewsHeard(state) < viewsToHear(state.config.set)) return false
  setGate(turn, state.view + 2)
  return true
}

/**
 * A vote of this validator that its record does not hold: the record is older than it seems. Where that was found out
 * before, somebody else votes with the key, and nothing is said any more.
 */
export function noteOwnVote(
  turn: Turn,
  { type, view, digest }: { type: VoteType; view: number; digest: Hex | null },
): void {
  const { state } = turn
  if (view <= state.finalized.view || !mayVoteIn(state, view)) return
  const record = recordOf(state, view)
  const isRecorded = type === 'skip' ? record.skip : record[type] === digest
  if (!isRecorded) doubtRecord(turn)
}

/** From now on it is not certain what this validator has said. */
export function doubtRecord(turn: Turn): void {
  const { state } = turn
  if (state.votesFrom === null) return
  if (state.votesFrom !== 0) state.config = { ...state.config, mayVote: false }
  // An answer to what was asked before says nothing of now.
  state.recall = newRecall(toHex(hashDomain('recall', hexToBytes(state.recall.nonce)).subarray(0, 16)))
  setGate(turn, null)
}

function setGate({ state, effects }: Turn, votesFrom: number | null): void {
  state.votesFrom = votesFrom
  effects.push({ kind: 'persist-gate', votesFrom })
}

/** Where no fault is tolerated no view ends without this validator, so that m + 2 never comes: asking leads nowhere. */
function isRecalling({ config, votesFrom }: Pick<ConsensusState, 'config' | 'votesFrom'>): boolean {
  const { mayVote, self, set } = config
  return votesFrom === null && mayVote && self !== undefined && faultsOf(set) > 0
}

/** Whether the epoch may be over for somebody: a header that closes it is notarized, or may be. */
function mayBeClosing({ views, records, proposals }: ConsensusState): boolean {
  const certified = [...views.values()].flatMap(({ notarization, finalization }) => [
    notarization?.digest ?? null,
    finalization?.digest ?? null,
  ])
  const voted = [...records.values()].map(({ final }) => final)
  return [...certified, ...voted].some((digest) => {
    if (digest === null) return false
    const header = proposals.get(digest)?.proposal.header
    return header === undefined || isClosing(header.core)
  })
}
