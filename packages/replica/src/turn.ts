/** One step of a replica in the making: the replica, the effects so far, and the time of the input. */
import type { RejectReason, ReplicaEffect } from './io.js'
import type { Replica } from './replica.js'

export interface Turn {
  readonly replica: Replica
  readonly effects: ReplicaEffect[]
  readonly nowMs: number
}

/** Refuses what a peer handed over; gossip stops relaying it, and the shell holds it against the peer. */
export function reject(
  turn: Turn,
  { reason, detail, from }: { reason: RejectReason; detail: string; from: string },
): void {
  turn.effects.push({ kind: 'verdict', verdict: 'reject' }, { kind: 'rejected', reason, detail, from })
}
