/** What a replica may hold at most, whatever others send it. */
import { proposalsPerViewMax, viewsAheadMax } from '@chirograph/consensus'
import { branchesMax } from '@chirograph/log'
import type { Replica } from '@chirograph/replica'
import { breach } from './breach.js'

export function judgeMemory(node: number, replica: Replica): void {
  const { consensus, orphans, chain, waiting, sessions, log, set, final } = replica
  const open = consensus.view - consensus.finalized.view + viewsAheadMax
  const hold = (what: string, size: number, most: number) => {
    if (size > most)
      breach('memory', `node ${node} holds ${size} ${what}, and at most ${most} are to be held`)
  }
  hold('open views', consensus.views.size, open)
  // One more where the one that a quorum notarized came last.
  hold('proposals', consensus.proposals.size, open * (proposalsPerViewMax + 1))
  hold('accusations of validators', consensus.reported.size, open * (set.validators.length + 1))
  hold('executed headers', chain.size, consensus.proposals.size + 2)
  hold('proposals that wait for events', waiting.size, consensus.proposals.size)
  hold('orphans', orphans.events, orphans.limits.eventsMax)
  hold('bytes of orphans', orphans.bytes, orphans.limits.bytesMax)
  hold('sessions', sessions.size, final.state.organisations.length)
  for (const generations of log.chains.values())
    for (const { slots } of generations.values())
      for (const entries of slots.values()) hold('branches at one place', entries.length, branchesMax)
}
