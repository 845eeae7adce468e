/** Own events: signed once, stored with a note of what was signed, and only then shown to anyone. */
import { faultsOf } from '@chirograph/consensus'
import {
  type AuthenticEvent,
  createEvent,
  type EventBody,
  type ForkEvidence,
  type OrgId,
} from '@chirograph/event'
import { admit, apply, eventAt, forksOf, recordFork } from '@chirograph/log'
import { eventFact } from './admission.js'
import { refreshEligibility } from './agreement.js'
import { accusedBy, isFrozen } from './chain-state.js'
import type { RefuseReason, ReplicaInput } from './io.js'
import type { Turn } from './turn.js'

export function publish(turn: Turn, { request, body }: Extract<ReplicaInput, { kind: 'publish' }>): void {
  const refusal = refusalOf(turn)
  if (refusal) {
    turn.effects.push({ kind: 'refused', request, reason: refusal })
    return
  }
  const event = sign(turn, body)
  turn.effects.push({ kind: 'published', request, event })
}

/** Puts evidence on the log in this member's own chain, unless this node cannot sign or the culprit is frozen already. */
export function logEvidence(turn: Turn, author: OrgId, evidence: ForkEvidence): void {
  const { config, final } = turn.replica
  if (author === config.org || isFrozen(final.state, author) || refusalOf(turn)) return
  sign(turn, evidence)
}

/** A sync with one more member ended well; enough of them make it certain which of our own events there are. */
export function noteSync(turn: Turn, peer: string): void {
  const { replica } = turn
  if (replica.isOwnChainCertain) return
  replica.syncedPeers.add(peer)
  if (replica.syncedPeers.size <= faultsOf(replica.set)) return
  replica.isOwnChainCertain = true
  for (const author of replica.accused) {
    const [evidence] = forksOf(replica.log, author)
    if (evidence) logEvidence(turn, author, evidence)
  }
}

/**
 * A node must never sign two events at one place. It refuses when its own fork is known, and when the last event that
 * it noted as signed is not in its log: the log was restored from before it, or lost it.
 */
function refusalOf({ replica }: Turn): RefuseReason | undefined {
  const { lastSigned, log, isSigningStopped, isOwnChainCertain } = replica
  if (isSigningStopped) return 'own-fork'
  if (!isOwnChainCertain) return 'own-events-missing'
  if (lastSigned !== null && !eventAt(log, lastSigned.id)) return 'own-events-missing'
  return undefined
}

function sign(turn: Turn, body: EventBody): AuthenticEvent {
  const { replica } = turn
  const { config, networkId, lastSigned } = replica
  const sequence = lastSigned === null ? 0 : lastSigned.sequence + 1
  const generation = lastSigned?.generation ?? 0
  const place = { networkId, author: config.org, generation, sequence, prev: lastSigned?.id ?? null }
  const event = createEvent({ ...place, references: [], timeMs: turn.nowMs, body }, config.signers.event)
  const verdict = admit(replica.log, event)
  if (verdict.kind !== 'accept' || verdict.fork)
    throw new Error(`own event ${event.id} has no place: ${verdict.kind}`)
  apply(replica.log, event, verdict)
  const accused = accusedBy(event, replica.final.state, config.ed25519)
  if (accused !== undefined) recordFork(replica.log, accused.evidence)
  const tip = { generation, sequence, id: event.id }
  replica.lastSigned = tip
  // Synced before anyone hears of it: acknowledged means durable, and a signed place is never signed again.
  const facts = [eventFact(replica, event), { kind: 'last-signed', tip } as const]
  turn.effects.push({ kind: 'persist', facts, isSynced: true })
  turn.effects.push({ kind: 'announce', event })
  turn.effects.push({ kind: 'admitted', events: [event] })
  refreshEligibility(turn)
  return event
}
