/** Signs own events: each at a place that was never signed, on disk with the note of it before anyone sees it. */
import { createEvent, type EventBody, type VerifiedEvent } from '@chirograph/event'
import { admit, apply, entriesAt, type Slot } from '@chirograph/log'
import { refreshEligibility } from './agreement.js'
import { eventFact } from './event-fact.js'
import { logKeyOf } from './log-keys.js'
import { ownGeneration, ownTip } from './own-chain.js'
import type { ChainTip } from './replica.js'
import type { Turn } from './turn.js'

/** Signs a body at the next place of the own chain. The caller has asked `refusalOf` whether that may be done. */
export function signNext(turn: Turn, body: EventBody): VerifiedEvent {
  const { replica } = turn
  const tip = ownTip(replica)
  const generation = tip?.generation ?? ownGeneration(replica)
  const sequence = tip === null ? 0 : tip.sequence + 1
  const logKey = logKeyOf(replica, { author: replica.config.org, generation })
  if (logKey.kind !== 'key') throw new Error(`no own key of generation ${generation}`)
  return signAt(turn, { generation, sequence, prev: tip?.id ?? null, body, logKey: logKey.key })
}

/** Signs a body at a place of the own chain with the key that signs there. */
export function signAt(
  turn: Turn,
  own: Pick<Slot, 'generation' | 'sequence'> & {
    readonly prev: ChainTip['id'] | null
    readonly body: EventBody
    readonly logKey: Uint8Array
  },
): VerifiedEvent {
  const { replica } = turn
  const { networkId, config, log } = replica
  const { logKey, ...place } = own
  const author = config.org
  const event = createEvent({ networkId, author, references: [], timeMs: turn.nowMs, ...place }, (message) =>
    config.signers.event(message, logKey),
  )
  const verdict = admit(log, event)
  if (verdict.kind !== 'accept' || entriesAt(log, event.header).length > 0)
    throw new Error(`own event ${event.id} has no place: ${verdict.kind}`)
  apply(log, event)
  const { generation, sequence } = place
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
