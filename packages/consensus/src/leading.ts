/** Leading a view: on which parent, when, and never two different proposals (H0). */
import { mayVoteIn } from './amnesia.js'
import type { Certificate } from './certificate.js'
import { createTail } from './epoch.js'
import type { Header } from './header.js'
import { skipCertificatesMax } from './limits.js'
import { type Proposal, proposalSigningBytes } from './proposal.js'
import { closingAt, isExecuted, recordOf, viewOf } from './state.js'
import type { Turn } from './turn.js'
import { type Hex, leaderOf } from './validator-set.js'
import type { Verified } from './vote.js'

/** What a proposal stands on: the parent, its certificate, and the skips of the views between. */
interface Justification {
  readonly parent: Hex
  readonly certificate: Certificate | null
  readonly skips: readonly Certificate[]
}

export function isLeading(turn: Turn): boolean {
  const { config, view } = turn.state
  return mayVoteIn(turn.state, view) && config.self === leaderOf(config.set, view)
}

/** Asks the replica for a header once this node leads, something calls for one, and the parent is certain. */
export function lead(turn: Turn): boolean {
  const { state } = turn
  if (!isLeading(turn) || state.isBuilding) return false
  if (state.ownProposals.has(state.view) || recordOf(state, state.view).skip) return false
  const justification = justify(turn)
  if (justification === undefined) return false
  const { parent } = justification
  const closing = closingAt(state, parent)
  if (closing !== undefined) {
    // H12: nothing can be taken any more; a tail lets what closes the epoch become final.
    if (!state.isProposalDue) return false
    const header = createTail(closing, { view: state.view, timeMs: turn.nowMs })
    propose(turn, { view: state.view, header, changes: new Uint8Array() })
    return true
  }
  // While a header waits for its FINAL votes, an empty one on top of it would only call for the next.
  const isEmptyWelcome = state.isProposalDue || (state.isHeartbeatDue && parent === state.finalized.digest)
  if (!isEmptyWelcome && !(state.isEligible && parent !== state.exhausted)) return false
  state.isBuilding = true
  turn.effects.push({ kind: 'build', view: state.view, parent, isEmptyWelcome })
  return true
}

/** H0: signs the one proposal of this view, persists it, and only then sends it. */
export function propose(turn: Turn, built: { view: number; header: Header; changes: Uint8Array }): void {
  const { state } = turn
  state.isBuilding = false
  if (built.view !== state.view || !isLeading(turn)) return
  // The view may have been skipped, or proposed in, while the header was built.
  if (state.ownProposals.has(built.view) || recordOf(state, built.view).skip) return
  const justification = justify(turn)
  if (justification === undefined || justification.parent !== built.header.rest.parent) return
  const unsigned: Proposal = {
    header: built.header,
    changes: built.changes,
    parentCertificate: justification.certificate,
    skips: justification.skips,
    signature: state.config.sign(proposalSigningBytes(built.header)),
  }
  const proposal = unsigned as Verified<Proposal> // our own signature over certificates that were verified
  state.ownProposals.set(built.view, proposal)
  state.proposals.set(built.header.digest, { proposal, execution: 'executed' })
  turn.effects.push({ kind: 'persist-proposal', proposal })
  turn.effects.push({ kind: 'send', to: 'validators', message: { kind: 'proposal', proposal } })
}

/** The highest certified parent below the current view, if every view above it is certified as skipped. */
function justify(turn: Turn): Justification | undefined {
  const { state } = turn
  const skips: Certificate[] = []
  for (let view = state.view - 1; view > state.finalized.view; view--) {
    const { notarization, skipped } = viewOf(state, view)
    if (notarization?.digest && isExecuted(state, notarization.digest)) {
      return { parent: notarization.digest, certificate: notarization, skips }
    }
    if (skipped === null || skips.length >= skipCertificatesMax) return undefined
    skips.unshift(skipped)
  }
  return { parent: state.finalized.digest, certificate: state.finalized.certificate, skips }
}
