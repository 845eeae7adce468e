/** The replica's step: one input in, effects out, in the order in which the shell must run them. */
import { takeEvidence, takeLoaded, takeLookedUp, takeSegment } from './admission.js'
import { endFetch, feed, receiveMessage, reconsiderEligibility } from './agreement.js'
import { takeCheckpoint } from './catch-up.js'
import type { ReplicaEffect, ReplicaInput } from './io.js'
import { takeSnapshot } from './joining.js'
import { noteSync, publish } from './publishing.js'
import type { Replica } from './replica.js'
import type { Turn } from './turn.js'

export function step(replica: Replica, input: ReplicaInput): ReplicaEffect[] {
  const turn: Turn = { replica, effects: [], nowMs: input.nowMs }
  receive(turn, input)
  return turn.effects
}

function receive(turn: Turn, input: ReplicaInput): void {
  switch (input.kind) {
    case 'start':
      feed(turn, { kind: 'start' })
      // What was pending at the stop still waits.
      reconsiderEligibility(turn)
      break
    case 'publish':
      publish(turn, input)
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
    case 'synced':
      noteSync(turn, input.peer)
      break
  }
}
