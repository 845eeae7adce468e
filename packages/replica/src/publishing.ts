/** Own events that people ask for: signed once, stored with a note of what was signed, and only then shown to anyone. */
import { equalBytes } from '@chirograph/codec'
import { nextKeyHashOf } from '@chirograph/event'
import { generationsMax, readOrg } from '@chirograph/status'
import { learnAccusation } from './accusing.js'
import type { RefuseReason, ReplicaInput } from './io.js'
import { ownGeneration, ownTip, refusalOf } from './own-chain.js'
import { isAbove, type Replica } from './replica.js'
import { signAt, signNext } from './signing.js'
import type { Turn } from './turn.js'
import { noteSalvage } from './untold.js'

export function publish(turn: Turn, { request, body }: Extract<ReplicaInput, { kind: 'publish' }>): void {
  const { replica } = turn
  // A rotation begins a chain, and has an input of its own.
  const refusal = body.kind === 'key.rotate' ? 'misplaced-rotation' : refusalOf(replica)
  if (refusal) {
    turn.effects.push({ kind: 'refused', request, reason: refusal })
    return
  }
  const event = signNext(turn, body)
  turn.effects.push({ kind: 'published', request, event })
  learnAccusation(turn, event)
  noteSalvage(replica, event)
}

/**
 * Begins the next own generation, by the key that was committed to. It follows the last own event that is final, so that
 * it can always take effect: whatever else of the old generation becomes final, it stays an event behind which it stands.
 */
export function rotate(turn: Turn, input: Extract<ReplicaInput, { kind: 'rotate' }>): void {
  const { replica, effects } = turn
  const { request, logKey, nextKeyHash } = input
  const refusal = rotationRefusalOf(replica, logKey)
  if (refusal) {
    effects.push({ kind: 'refused', request, reason: refusal })
    return
  }
  const entry = replica.final.cut.get(replica.config.org)
  const event = signAt(turn, {
    generation: ownGeneration(replica) + 1,
    sequence: 0,
    prev: entry?.id ?? null,
    body: { kind: 'key.rotate', logKey, nextKeyHash },
    logKey,
  })
  effects.push({ kind: 'published', request, event })
}

function rotationRefusalOf(replica: Replica, logKey: Uint8Array): RefuseReason | undefined {
  const { final, config, stopped, isOwnChainCertain } = replica
  const row = readOrg(final.state, config.org)
  const generation = ownGeneration(replica)
  const tip = ownTip(replica)
  if (row === undefined || !equalBytes(nextKeyHashOf(logKey), row.nextKeyHash)) return 'not-the-next-key'
  if (config.signers.holds?.(logKey) === false) return 'log-key-missing'
  if (row.logKeys.length >= generationsMax) return 'rotation-limit'
  if (!isOwnChainCertain) return 'own-events-missing'
  if (tip !== null && tip.generation > generation) return 'rotation-pending'
  // What is pending would be cut off; where nothing more can become final, it is lost anyway.
  const isPending = tip !== null && isAbove(tip, final.cut.get(config.org) ?? null)
  const isStuck = row.frozen !== null || stopped?.generation === generation
  return isPending && !isStuck ? 'own-events-pending' : undefined
}
