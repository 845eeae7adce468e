/** When a validator votes. The rules carry the numbers of SPEC.md; every vote is persisted before it is sent (H5). */
import { mayVoteIn } from './amnesia.js'
import type { Certificate } from './certificate.js'
import { collectVote } from './collecting.js'
import { forwardsMax } from './limits.js'
import { recordOf, type ViewState, type VoteRecord, viewOf } from './state.js'
import type { Turn } from './turn.js'
import type { Hex } from './validator-set.js'
import { signVote, type Verified, type VoteType } from './vote.js'

/** H1, H3: notarizes the executed proposal of the current view, or late the one that a quorum notarized. */
export function voteNotarize(turn: Turn): boolean {
  const { state } = turn
  for (const { proposal, execution } of state.proposals.values()) {
    const { view, timeMs } = proposal.header.core
    const { digest } = proposal.header
    const record = recordOf(state, view)
    if (execution !== 'executed' || record.notarize !== null || !mayVoteIn(state, view)) continue
    const isOpen = view === state.view && Math.abs(timeMs - turn.nowMs) <= state.config.clockBoundMs
    // A quorum has judged the time of a notarized header; joining it late lets this validator add its FINAL vote.
    const isLate = viewOf(state, view).notarization?.digest === digest && !record.skip
    if (!isOpen && !isLate) continue
    turn.effects.push({ kind: 'persist', record: { ...record, notarize: digest }, proposal })
    castVote(turn, { ...record, notarize: digest }, 'notarize', digest)
    return true
  }
  return false
}

/** H2, H4: a FINAL vote for a notarized header that we notarized too, in a view that we did not skip. */
export function voteFinal(turn: Turn): boolean {
  const { state } = turn
  for (const [view, { notarization, notarizes }] of state.views) {
    const record = recordOf(state, view)
    const digest = notarization?.digest ?? null
    if (notarization === null || digest === null || record.notarize !== digest) continue
    if (record.skip || record.final !== null || !mayVoteIn(state, view)) continue
    forwardNotarization(turn, notarization, notarizes)
    turn.effects.push({ kind: 'persist', record: { ...record, final: digest }, proposal: null })
    castVote(turn, { ...record, final: digest }, 'final', digest)
    return true
  }
  return false
}

/** H2: on a timeout, skips the current view unless a FINAL vote was sent in it, whatever was notarized. */
export function voteSkip(turn: Turn): void {
  const { state } = turn
  const record = recordOf(state, state.view)
  if (!mayVoteIn(state, state.view) || record.skip || record.final !== null) return
  turn.effects.push({ kind: 'persist', record: { ...record, skip: true }, proposal: null })
  castVote(turn, { ...record, skip: true }, 'skip', null)
}

/** Signs again, byte for byte, what the record says was voted: after a restart nothing else is sent (H5). */
export function recordedVotes(turn: Turn, record: VoteRecord) {
  const types: [VoteType, Hex | null, boolean][] = [
    ['notarize', record.notarize, record.notarize !== null],
    ['skip', null, record.skip],
    ['final', record.final, record.final !== null],
  ]
  return types
    .filter(([, , wasCast]) => wasCast)
    .map(([type, digest]) => signed(turn, { type, view: record.view, digest }))
}

/** H4: whoever did not vote may not have seen the notarization; it goes before our FINAL vote, to the next few of them. */
function forwardNotarization(
  turn: Turn,
  notarization: Verified<Certificate>,
  votes: ViewState['notarizes'],
): void {
  const { set, self = 0 } = turn.state.config
  const size = set.validators.length
  const ring = Array.from({ length: size - 1 }, (_, step) => (self + 1 + step) % size)
  for (const validator of ring.filter((index) => !votes.has(index)).slice(0, forwardsMax)) {
    turn.effects.push({
      kind: 'send',
      to: { validator },
      message: { kind: 'certificate', certificate: notarization },
    })
  }
}

function castVote(turn: Turn, record: VoteRecord, type: VoteType, digest: Hex | null): void {
  turn.state.records.set(record.view, record)
  const vote = signed(turn, { type, view: record.view, digest })
  turn.effects.push({ kind: 'send', to: 'validators', message: { kind: 'vote', vote } })
  collectVote(turn, vote)
}

function signed(turn: Turn, { type, view, digest }: { type: VoteType; view: number; digest: Hex | null }) {
  const { set, self, sign } = turn.state.config
  if (self === undefined) throw new Error('an observer has no vote to sign')
  return signVote({ type, epoch: set.epoch, setHash: set.setHash, view, digest }, { signer: self, sign })
}
