/**
 * What becomes of a gossiped message. A node relays only what it has checked whole, because whoever gets it next holds
 * every wrong byte against this node; and it holds wrong bytes, not unknown ones, against whoever it got them from.
 */
import type { GossipVerdict, Topic } from '@chirograph/interface'
import {
  decodeSegmentFrame,
  encodeSegmentFrame,
  type ReplicaEffect,
  type ReplicaInput,
  segmentInput,
} from '@chirograph/replica'
import type { PeerConduct } from './peer-conduct.js'
import { judgementOf } from './peer-faults.js'

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export interface GossipJudgeOptions {
  /** Steps the replica; the effects are run elsewhere, and their faults noted. */
  readonly dispatch: (input: Bare<ReplicaInput>) => readonly ReplicaEffect[]
  readonly conduct: PeerConduct
  /** Gossips what was good in a message that is not relayed. */
  readonly publish: (topic: Topic, bytes: Uint8Array) => void
}

export function createGossipJudge({ dispatch, conduct, publish }: GossipJudgeOptions) {
  function judge(topic: Topic, bytes: Uint8Array, from: string): GossipVerdict {
    if (topic !== 'events') return judgeOne(otherInput(topic, bytes, from))
    const frame = decodeSegmentFrame(bytes)
    // What is no frame of segments is one input that is refused.
    const segments = frame.ok ? frame.value : [bytes]
    const accepted: Uint8Array[] = []
    for (const segment of segments) {
      // What it had sent before it was dropped is not worth a check.
      if (conduct.of(from).state === 'dropped') return 'ignore'
      const verdict = judgeOne(segmentInput({ bytes: segment, from, isGossip: true }))
      if (verdict === 'accept') accepted.push(segment)
      // One proof condemns the message: whatever else is in it is not looked at.
      if (verdict === 'reject') return 'reject'
    }
    if (accepted.length === segments.length) return 'accept'
    // What was known already was not checked in this copy, and the next one to get it might not know it.
    if (accepted.length > 0) publish(topic, encodeSegmentFrame(accepted))
    return 'ignore'
  }

  function judgeOne(input: Bare<ReplicaInput>): GossipVerdict {
    const effects = dispatch(input)
    const verdicts = effects.flatMap((effect) => (effect.kind === 'verdict' ? [effect.verdict] : []))
    if (!verdicts.includes('reject')) return verdicts.includes('accept') ? 'accept' : 'ignore'
    return effects.some(isProof) ? 'reject' : 'ignore'
  }

  return { judge }
}

function isProof(effect: ReplicaEffect): boolean {
  return effect.kind === 'rejected' && judgementOf(effect.reason).kind === 'proof'
}

function otherInput(topic: Exclude<Topic, 'events'>, bytes: Uint8Array, from: string): Bare<ReplicaInput> {
  return topic === 'evidence'
    ? { kind: 'evidence', bytes, from }
    : { kind: 'checkpoint', bytes, from, isGossip: true }
}
