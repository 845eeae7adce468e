/** Receiving: votes add up to certificates, contradictory ones to evidence. */
import { noteOwnVote } from './amnesia.js'
import { type Certificate, createCertificate, signersOf } from './certificate.js'
import { culpritsOf, doContradict } from './culprits.js'
import { proposalsPerViewMax, viewsAheadMax } from './limits.js'
import type { Proposal } from './proposal.js'
import { type Equivocation, standingOf, type ViewState, viewOf } from './state.js'
import { type Turn, updateView, votesFor } from './turn.js'
import { leaderOf, quorumOf } from './validator-set.js'
import type { SignedVote, Verified } from './vote.js'

const ballotOf = { notarize: 'notarizes', skip: 'skips', final: 'finals' } as const
const certifiedAs = { notarize: 'notarization', skip: 'skipped', final: 'finalization' } as const

/** Counts a vote once per signer and type; forms the certificate when it completes a quorum. */
export function collectVote(turn: Turn, vote: Verified<SignedVote>): void {
  const { state } = turn
  if (vote.view <= state.finalized.view || vote.view > state.view + viewsAheadMax) return
  const view = viewOf(state, vote.view)
  if (vote.signer === state.config.self) noteOwnVote(turn, vote)
  reportContradictions(turn, view, vote)
  const ballot = view[ballotOf[vote.type]]
  if (ballot.has(vote.signer)) return
  updateView(turn, vote.view, { [ballotOf[vote.type]]: new Map(ballot).set(vote.signer, vote) })
  certify(turn, vote)
}

/** Keeps the first certificate of each kind in a view; a contradictory one shows that more than f are faulty. */
export function collectCertificate(turn: Turn, certificate: Verified<Certificate>): void {
  const { state } = turn
  if (certificate.view <= state.finalized.view) return
  noteOwnSignature(turn, certificate)
  const view = viewOf(state, certificate.view)
  const known = view[certifiedAs[certificate.type]]
  const contradicted = [view.notarization, view.finalization, view.skipped].find(
    (held) => held && doContradict(held, certificate),
  )
  if (contradicted) {
    const culprits = culpritsOf(contradicted, certificate)
    turn.effects.push({ kind: 'conflict', first: contradicted, second: certificate, culprits })
  }
  if (known === null) updateView(turn, certificate.view, { [certifiedAs[certificate.type]]: certificate })
}

/** Keeps a leader's proposal and the certificates that came with it; asks for a parent that is not here. */
export function collectProposal(turn: Turn, proposal: Verified<Proposal>): void {
  const { state } = turn
  const { core, rest } = proposal.header
  if (core.view <= state.finalized.view || core.view > state.view + viewsAheadMax) return
  // Certificates inside a verified proposal were verified with it.
  for (const certificate of [proposal.parentCertificate, ...proposal.skips]) {
    if (certificate) collectCertificate(turn, certificate as Verified<Certificate>)
  }
  if (state.proposals.has(proposal.header.digest)) return
  const others = [...state.proposals.values()].filter(
    (known) => known.proposal.header.core.view === core.view,
  )
  if (others[0]) report(turn, { kind: 'proposals', first: others[0].proposal, second: proposal })
  const isCertified = viewOf(state, core.view).notarization?.digest === proposal.header.digest
  if (others.length >= proposalsPerViewMax && !isCertified) return
  state.proposals.set(proposal.header.digest, { proposal, execution: 'waiting' })
  const isParentHere = rest.parent === state.finalized.digest || state.proposals.has(rest.parent)
  if (!isParentHere) {
    const leader = leaderOf(state.config.set, core.view)
    turn.effects.push({
      kind: 'send',
      to: { validator: leader },
      message: { kind: 'standing', standing: standingOf(state) },
    })
  }
}

/** H16: a certificate says what this validator signed, whatever its record says. */
export function noteOwnSignature(turn: Turn, certificate: Verified<Certificate>): void {
  const { self } = turn.state.config
  if (self !== undefined && signersOf(certificate).includes(self)) noteOwnVote(turn, certificate)
}

function certify(turn: Turn, vote: Verified<SignedVote>): void {
  const { state } = turn
  const view = viewOf(state, vote.view)
  if (view[certifiedAs[vote.type]] !== null) return
  const votes = votesFor(view[ballotOf[vote.type]], vote.digest)
  if (votes.length < quorumOf(state.config.set)) return
  const { set, bls } = state.config
  const height =
    vote.digest === null ? 0 : (state.proposals.get(vote.digest)?.proposal.header.core.height ?? 0)
  collectCertificate(turn, createCertificate(votes, { set, bls, height }))
}

function reportContradictions(turn: Turn, view: ViewState, vote: SignedVote): void {
  const notarize = view.notarizes.get(vote.signer)
  const skip = view.skips.get(vote.signer)
  const final = view.finals.get(vote.signer)
  const contradicted = {
    notarize: [notarize, final].find((other) => other && other.digest !== vote.digest),
    skip: final,
    final: skip ?? [notarize, final].find((other) => other && other.digest !== vote.digest),
  }[vote.type]
  if (contradicted) report(turn, { kind: 'votes', first: contradicted, second: vote })
}

function report(turn: Turn, evidence: Equivocation): void {
  const { first, second } = evidence
  const key =
    evidence.kind === 'votes'
      ? `vote/${evidence.first.view}/${evidence.first.signer}`
      : `proposal/${evidence.first.header.core.view}`
  if (turn.state.reported.has(key) || first === second) return
  turn.state.reported.add(key)
  turn.effects.push({ kind: 'report-evidence', evidence })
}
