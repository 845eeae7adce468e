/** The replica's step: one input in, effects out, in the order in which the shell must run them. */
import type { MapSource } from '@chirograph/codec'
import { faultsOf } from '@chirograph/consensus'
import { rebaseState, sealState } from '@chirograph/status'
import { pursueAccusations, takeEvidence } from './accusing.js'
import { takeLoaded, takeLookedUp, takeSegment } from './admission.js'
import { endFetch, feed, receiveMessage, reconsiderEligibility } from './agreement.js'
import { takeCheckpoint } from './catch-up.js'
import type { ReplicaEffect, ReplicaInput } from './io.js'
import { takeSnapshot } from './joining.js'
import { noteHeardAll, noteSync } from './own-chain.js'
import { publish, rotate } from './publishing.js'
import type { Replica } from './replica.js'
import { salvage } from './salvaging.js'
import type { Turn } from './turn.js'

export function step(replica: Replica, input: ReplicaInput): ReplicaEffect[] {
  const turn: Turn = { replica, effects: [], nowMs: input.nowMs }
  let { final } = replica
  receive(turn, input)
  // What is signed here may become final at once, where one validator is a quorum.
  while (replica.final !== final) {
    final = replica.final
    pursueAccusations(turn)
    salvage(turn)
  }
  return turn.effects
}

function receive(turn: Turn, input: ReplicaInput): void {
  const { replica } = turn
  switch (input.kind) {
    case 'start':
      feed(turn, { kind: 'start' })
      // What was pending at the stop still waits.
      reconsiderEligibility(turn)
      break
    case 'publish':
      publish(turn, input)
      break
    case 'rotate':
      rotate(turn, input)
      break
    case 'segment':
      takeSegment(turn, input)
      break
    case 'loaded':
      takeLoaded(turn, input)
      break
    case 'looked-up':
      takeLookedUp(turn, input)
      break
    case 'message':
      receiveMessage(turn, input)
      break
    case 'checkpoint':
      takeCheckpoint(turn, input)
      break
    case 'evidence':
      takeEvidence(turn, input)
      break
    case 'connected':
      turn.effects.push({ kind: 'sync', peer: input.peer, hasGap: false })
      feed(turn, { kind: 'connected', peer: input.peer })
      break
    case 'timer':
      feed(turn, { kind: 'timer', timer: input.timer, view: input.view })
      break
    case 'fetched':
      endFetch(turn, input.peer)
      break
    case 'snapshot':
      takeSnapshot(turn, input)
      break
    case 'seal':
      seal(replica, input.source)
      break
    case 'synced':
      if (noteSync(replica, input.peer)) beginActing(turn)
      break
    case 'heard-all':
      if (noteHeardAll(replica)) beginActing(turn)
      break
  }
}

/**
 * The final state is read from the source from now on. What was executed on it is put over that too: under load there is
 * always a header that is not final yet, and the next final state would go on holding what this one held.
 */
function seal(replica: Replica, source: MapSource): void {
  const { final, chain } = replica
  const before = new Map(chain)
  const version = final.header.core.height
  replica.final = { ...final, state: sealState(final.state, { version, source }) }
  chain.set(final.header.digest, replica.final)
  // A parent before its children, which may have been executed before it was once more.
  const upwards = [...before].sort(([, a], [, b]) => a.header.core.height - b.header.core.height)
  for (const [digest, executed] of upwards) {
    const { parent } = executed.header.rest
    const [from, onto] = [before.get(parent)?.state, chain.get(parent)?.state]
    if (digest === final.header.digest || from === undefined || onto === undefined) continue
    chain.set(digest, { ...executed, state: rebaseState(executed.state, { from, onto }) })
  }
}

/**
 * What this member signed is known now, so it may sign again. Fewer than four validators tolerate no fault: without this
 * one's vote no view ends, and it would wait for ever to find out where it may vote (H16). So a copy that is as new as
 * what the others know is believed there.
 */
function beginActing(turn: Turn): void {
  const { replica } = turn
  const { isCopy, config, stopped, consensus, set } = replica
  const isCurrentCopy = isCopy && config.hasVoteRecord && stopped === null
  if (isCurrentCopy && faultsOf(set) === 0 && consensus.votesFrom === null) {
    replica.consensus = { ...consensus, votesFrom: 0 }
    const fact = { kind: 'votes-from', epoch: set.epoch, view: 0 } as const
    turn.effects.push({ kind: 'persist', facts: [fact], isSynced: true }, { kind: 'votes-from', view: 0 })
    feed(turn, { kind: 'start' })
  }
  pursueAccusations(turn)
}
