/**
 * Forks: proven from what is in the log or taken from peers, spread, and logged until their author is frozen. Whoever
 * finds one does all of it, so it is enough that one honest node meets both branches.
 */
import type { AuthenticEvent, ForkEvidence, OrgId } from '@chirograph/event'
import {
  checkForkEvidence,
  decodeForkEvidence,
  encodeForkEvidence,
  forksOf,
  placeAccusedIn,
  placeOfForkEvidence,
  proveFork,
  recordFork,
  type Slot,
} from '@chirograph/log'
import { currentLogKey, readOrg } from '@chirograph/status'
import { accusedBy } from './chain-state.js'
import { isUnderWay } from './frozen.js'
import type { ForkRetry, ReplicaInput } from './io.js'
import { proofLoadsMax } from './limits.js'
import { logKeyOf } from './log-keys.js'
import { refusalOf, stopSigning } from './own-chain.js'
import type { Replica } from './replica.js'
import { signNext } from './signing.js'
import { reject, type Turn } from './turn.js'

/** Two events stand at a place: proves the fork, as soon as the headers that takes are in memory. */
export function proveForkAt(turn: Turn, slot: Slot, loads = 0): void {
  const { log, jumps } = turn.replica
  const known = forksOf(log, slot.author).map(placeOfForkEvidence)
  if (known.some((at) => at?.generation === slot.generation && at.sequence <= slot.sequence)) return
  const proof = proveFork(log, slot, { isLoaded: loads >= proofLoadsMax })
  if (proof.kind === 'load') {
    const retry: ForkRetry = { kind: 'fork', slot, loads: loads + 1 }
    turn.effects.push({ kind: 'load', slots: proof.slots, id: null, retry, jumps })
    return
  }
  if (proof.kind === 'none') return
  recordFork(log, proof.evidence)
  accuse(turn, proof.evidence)
}

/** Evidence by gossip: checked before it is believed, then logged by whoever may, so that it becomes final. */
export function takeEvidence(turn: Turn, input: Extract<ReplicaInput, { kind: 'evidence' }>): void {
  const { replica } = turn
  const bad = (detail: string) => reject(turn, { reason: 'bad-evidence', detail, from: input.from })
  // Most of it is about what is known, and branches take milliseconds to read: first only whom it accuses.
  const slot = placeAccusedIn(input.bytes)
  if (!slot) return bad('no header of whom it accuses')
  const logKey = logKeyOf(replica, slot)
  if (logKey.kind === 'unknown')
    return reject(turn, {
      reason: 'unknown-author',
      detail: `no key of ${slot.author} is known`,
      from: input.from,
    })
  // Of a closed generation it has no effect; of one that is not open here it cannot be judged.
  if (logKey.kind === 'ahead' || isClosed(replica, slot) || isKnown(replica, slot)) {
    turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
    return
  }
  const evidence = decodeForkEvidence(input.bytes)
  if (!evidence) return bad('no two headers of one place')
  const { networkId, config } = replica
  const checked = checkForkEvidence({ evidence, logKey: logKey.key, networkId, ed25519: config.ed25519 })
  if (checked.kind === 'invalid') return bad(checked.reason)
  turn.effects.push({ kind: 'verdict', verdict: 'accept' })
  recordFork(replica.log, evidence)
  accuse(turn, evidence)
}

/** Evidence that another member logged counts here too, so that this node's own cuts leave the accused where it is. */
export function learnAccusation(turn: Turn, event: AuthenticEvent): void {
  const { replica } = turn
  const accused = accusedBy(event, replica.final.state, replica.config.ed25519)
  if (accused === undefined) return
  recordFork(replica.log, accused.evidence)
  accuse(turn, accused.evidence, event)
}

/** Logs what is known and not on the log, or was logged before it could have an effect. Called when the state moves on. */
export function pursueAccusations(turn: Turn): void {
  for (const author of turn.replica.accused.keys()) logEvidence(turn, author)
}

/** Stores and spreads the proof that an author forked, once, and logs it unless `logged` does already. */
function accuse(turn: Turn, evidence: ForkEvidence, logged?: AuthenticEvent): void {
  const { replica } = turn
  const slot = placeOfForkEvidence(evidence)
  if (slot === undefined) throw new Error('accused without a proof')
  const { author, generation } = slot
  if (isKnown(replica, slot)) return
  replica.accused.set(author, { generation, loggedBy: logged?.id ?? null })
  if (author === replica.config.org) stopSigning(turn, 'own-fork', generation)
  turn.effects.push(
    { kind: 'persist', facts: [{ kind: 'evidence', author, evidence }], isSynced: true },
    { kind: 'gossip', topic: 'evidence', bytes: encodeForkEvidence(evidence) },
    { kind: 'forked', author, evidence },
  )
  logEvidence(turn, author)
}

/** Puts evidence on the log in this member's own chain, once it can freeze its author, unless somebody's waits there. */
function logEvidence(turn: Turn, author: OrgId): void {
  const { replica } = turn
  const accusation = replica.accused.get(author)
  const row = readOrg(replica.final.state, author)
  if (accusation === undefined || row === undefined) return
  const { generation, loggedBy } = accusation
  const { generation: current } = currentLogKey(row)
  // Frozen in an earlier generation, it may be let go on in the accused one: what is forgotten now would be told again.
  const isFrozenIn = row.frozen !== null && row.frozen.generation >= generation
  if (generation < current || isFrozenIn) return void replica.accused.delete(author)
  // Whoever logged it may have forked as well, so that its event never becomes final.
  const isWaiting = loggedBy !== null && isUnderWay(replica, loggedBy)
  if (generation > current || isWaiting || author === replica.config.org || refusalOf(replica)) return
  const evidence = forksOf(replica.log, author).find(
    (known) => placeOfForkEvidence(known)?.generation === generation,
  )
  if (evidence === undefined) return
  const { id } = signNext(turn, evidence)
  replica.accused.set(author, { generation, loggedBy: id })
}

/** Nothing is to be done about a fork any more: it is being logged, its author is frozen, or its generation is closed. */
function isKnown(replica: Replica, { author, generation }: Slot): boolean {
  if ((replica.accused.get(author)?.generation ?? -1) >= generation) return true
  const row = readOrg(replica.final.state, author)
  return row !== undefined && (row.frozen?.generation ?? -1) >= generation
}

function isClosed(replica: Replica, { author, generation }: Slot): boolean {
  const row = readOrg(replica.final.state, author)
  return row !== undefined && generation < currentLogKey(row).generation
}
