/**
 * What a node knows of its own chain, and why it may have to refuse to sign: two events at one place freeze their
 * author. The note of what was signed is on disk before anyone sees the event, so a store that is whole knows of every
 * own event there is. One that comes from elsewhere shows that the store is an old copy, or that somebody else signs
 * with the key; then only a new generation is safe. Rules R6 to R8 of SPEC.md.
 */
import { faultsOf } from '@chirograph/consensus'
import type { AuthenticEvent } from '@chirograph/event'
import { eventAt } from '@chirograph/log'
import { currentLogKey, readOrg } from '@chirograph/status'
import type { Fact, RefuseReason } from './io.js'
import { logKeyOf } from './log-keys.js'
import { type ChainTip, isAbove, lastPlaceOf, peerOfValidator, type Replica } from './replica.js'
import type { Turn } from './turn.js'

/** Why nothing may be signed at the next place of the own chain; undefined when it may. */
export function refusalOf(replica: Replica): RefuseReason | undefined {
  const { stopped, log, final, config, isOwnChainCertain } = replica
  const tip = ownTip(replica)
  const generation = tip?.generation ?? ownGeneration(replica)
  if (stopped?.generation === generation) return stopped.reason
  // Agreed on by the others, of whose proof nothing may be here.
  if (readOrg(final.state, config.org)?.frozen?.generation === generation) return 'own-fork'
  if (!isOwnChainCertain || (tip !== null && !eventAt(log, tip.id))) return 'own-events-missing'
  // The seeds may be older than the last rotation.
  const logKey = logKeyOf(replica, { author: config.org, generation })
  const isKeyHeld = logKey.kind === 'key' && config.signers.holds?.(logKey.key) !== false
  return isKeyHeld ? undefined : 'log-key-missing'
}

/** The last own event: signed here, or final. */
export function ownTip({ lastSigned, final, config }: Replica): ChainTip | null {
  const entry = final.cut.get(config.org)
  return entry !== undefined && isAbove(entry, lastSigned) ? entry : lastSigned
}

/** The own generation by the final state. */
export function ownGeneration({ final, config }: Replica): number {
  const row = readOrg(final.state, config.org)
  return row === undefined ? 0 : currentLogKey(row).generation
}

/** Judges own events that came from elsewhere; what is to be on disk together with them is returned. */
export function noteOwnEvents(turn: Turn, events: readonly AuthenticEvent[]): Fact[] {
  const last = events.at(-1)
  if (last === undefined || last.header.author !== turn.replica.config.org) return []
  const { generation, sequence } = last.header
  return noteOwnTip(turn, { generation, sequence, id: last.id })
}

/** The same for the last of them, however it was heard of. */
export function noteOwnTip(turn: Turn, { generation, sequence, id }: ChainTip): Fact[] {
  const { replica } = turn
  const { lastSigned, config, isCopy, isOwnChainCertain } = replica
  const tip: ChainTip = { generation, sequence, id }
  if (!isAbove(tip, lastSigned)) return []
  // A store that was lost gets its own events back, until enough members were heard.
  const isComingBack = !config.hasVoteRecord && !isCopy && (!isOwnChainCertain || lastSigned === null)
  if (!isComingBack) {
    stopSigning(turn, 'own-key-elsewhere', generation)
    return []
  }
  replica.lastSigned = tip
  return [{ kind: 'last-signed', tip }]
}

/** Nothing more is signed in this generation, here or after a restart. */
export function stopSigning(
  { replica, effects }: Turn,
  reason: Extract<RefuseReason, 'own-fork' | 'own-key-elsewhere'>,
  generation: number,
): void {
  const { stopped } = replica
  if (stopped !== null && (stopped.generation > generation || stopped.reason === 'own-fork')) return
  replica.stopped = { reason, generation }
  effects.push({ kind: 'signing-stopped', reason })
}

/**
 * A sync with one more member ended well; enough of them make it certain which of our own events there are. A member
 * that knows of more than came is not heard yet: it pruned or joined late, and what it does not give is brought by
 * others, or by a snapshot. Says whether the own chain became certain now.
 */
export function noteSync(replica: Replica, peer: string): boolean {
  if (replica.isOwnChainCertain) return false
  const told = replica.sessions.get(peer)?.ownTip ?? null
  if (told !== null && isAbove(told, placeKnown(replica))) {
    replica.syncedPeers.delete(peer)
    replica.withholding.add(peer)
    return false
  }
  replica.withholding.delete(peer)
  replica.syncedPeers.add(peer)
  const heard = replica.set.validators.filter((_, index) =>
    replica.syncedPeers.has(peerOfValidator(replica, index)),
  )
  replica.isOwnChainCertain = heard.length >= membersToHear(replica)
  return replica.isOwnChainCertain
}

/** The last place of the own chain of which anything is known here, whoever signed there. */
function placeKnown(replica: Replica): Omit<ChainTip, 'id'> | null {
  const { lastSigned, config } = replica
  const place = lastPlaceOf(replica, config.org)
  return place !== null && isAbove(place, lastSigned) ? place : lastSigned
}

/**
 * Nobody else can be heard. A store that is whole, and not a copy, is then believed: no side of a partition stands still.
 * Not where a validator told of own events that are not here, for then the store is older than it seems. Says whether
 * the own chain became certain now.
 */
export function noteHeardAll(replica: Replica): boolean {
  const { config, isOwnChainCertain, isCopy, withholding, set } = replica
  if (isOwnChainCertain || !config.hasVoteRecord || isCopy) return false
  if (set.validators.some((_, index) => withholding.has(peerOfValidator(replica, index)))) return false
  replica.isOwnChainCertain = true
  return true
}

/** f + 1 others, so that an honest one is among them; all others where there are fewer. */
export function membersToHear({ set, config }: Pick<Replica, 'set' | 'config'>): number {
  const others = set.validators.filter(({ org }) => org !== config.org).length
  return Math.min(faultsOf(set) + 1, others)
}
