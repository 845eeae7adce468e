/** Where things become final: q FINAL votes on one header finalise it and all its ancestors. */
import { isClosing } from './epoch.js'
import type { Proposal } from './proposal.js'
import { isExecuted } from './state.js'
import { shortenTimeout } from './timing.js'
import { forgetBelow, type Turn } from './turn.js'
import type { Hex } from './validator-set.js'
import type { Verified } from './vote.js'

/** Finalises the highest header that is certified and executed here, with its ancestors. */
export function finalize(turn: Turn): boolean {
  const { state } = turn
  const certified = [...state.views]
    .filter(([, { finalization }]) => finalization !== null)
    .sort(([a], [b]) => b - a)
  for (const [view, { finalization }] of certified) {
    const digest = finalization?.digest
    if (!finalization || !digest || !isExecuted(state, digest)) continue
    const whole = chainTo(turn, digest)
    const certified = whole[whole.length - 1]?.header
    // H13: finality of a tail is finality of what it follows, and the next epoch begins there.
    const chain = whole.filter(({ header }) => header.rest.base === undefined)
    const { header } = chain[chain.length - 1] ?? {}
    if (header === undefined || certified === undefined) continue
    const { height, timeMs } = header.core
    const certificate = { ...finalization, height }
    const tail = certified === header ? null : certified
    // The one line where a revocation becomes final: a quorum has said FINAL, and all of it was executed here.
    turn.effects.push({ kind: 'finalize', chain, tail, certificate })
    turn.state.isOver = isClosing(header.core)
    shortenTimeout(turn)
    forgetBelow(turn, {
      digest: header.digest,
      view: tail ? header.core.view : view,
      height,
      timeMs,
      certificate,
    })
    return true
  }
  return false
}

/** Ancestors first. Every executed proposal descends from the final header, because its parent was executed before it. */
function chainTo(turn: Turn, digest: Hex): Verified<Proposal>[] {
  const chain: Verified<Proposal>[] = []
  for (let at = digest; at !== turn.state.finalized.digest; ) {
    const known = turn.state.proposals.get(at)
    if (known === undefined) throw new Error(`executed header ${at} has no path to the final one`)
    chain.unshift(known.proposal)
    at = known.proposal.header.rest.parent
  }
  return chain
}
