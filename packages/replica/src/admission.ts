/** Events and evidence from peers: checked, admitted, stored, and anything that waited for them tried again. */
import {
  type AuthenticEvent,
  decodeEvent,
  decodeHeader,
  type ForkEvidence,
  type OrgId,
  verifyEvent,
} from '@chirograph/event'
import {
  admit,
  apply,
  checkForkEvidence,
  decodeForkEvidence,
  encodeForkEvidence,
  eventAt,
  forksOf,
  holdOrphan,
  placeOfForkEvidence,
  recordFork,
  release,
  restoreEntry,
} from '@chirograph/log'
import { readOrg } from '@chirograph/status'
import { refreshEligibility, retryWaiting } from './agreement.js'
import { accusedBy } from './chain-state.js'
import type { EventInput, ReplicaInput } from './io.js'
import { logEvidence } from './publishing.js'
import type { Replica } from './replica.js'
import { reject, type Turn } from './turn.js'

export function admitEvent(turn: Turn, input: EventInput): void {
  const decoded = decodeEvent(input.bytes)
  if (decoded.kind === 'reject') return reject(turn, { ...decoded, from: input.from })
  const { replica } = turn
  const { id, header } = decoded.event
  if (eventAt(replica.log, id)) {
    turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
    return
  }
  const verified = verifyEvent({
    event: decoded.event,
    networkId: replica.networkId,
    logKey: logKeyOf(replica, header.author, header.generation),
    ed25519: replica.config.ed25519,
  })
  if (verified.kind === 'reject') return reject(turn, { ...verified, from: input.from })
  place(turn, verified.event, input)
}

/** The store's answer to a `load`: the places are filled in, and the event is judged once more. */
export function admitLoaded(turn: Turn, { stored, retry }: Extract<ReplicaInput, { kind: 'loaded' }>): void {
  for (const one of stored) {
    const decoded = decodeHeader(one.headerBytes)
    if (decoded.kind === 'reject') throw new Error(`a stored header does not decode: ${decoded.detail}`)
    const { id, header } = decoded
    restoreEntry(turn.replica.log, { id, header, isVerified: one.signature !== null, stored: one })
  }
  admitEvent(turn, retry)
}

/** Evidence by gossip: checked before it is believed, then logged by whoever may, so that it becomes final. */
export function takeEvidence(turn: Turn, input: Extract<ReplicaInput, { kind: 'evidence' }>): void {
  const { replica } = turn
  const evidence = decodeForkEvidence(input.bytes)
  const slot = evidence && placeOfForkEvidence(evidence)
  const logKey = slot && logKeyOf(replica, slot.author, slot.generation)
  if (!evidence || !slot || !logKey) {
    return reject(turn, {
      reason: 'bad-evidence',
      detail: 'no two headers of one known place',
      from: input.from,
    })
  }
  const { networkId, config } = replica
  const verdict = checkForkEvidence({ evidence, logKey, networkId, ed25519: config.ed25519 })
  if (verdict.kind === 'invalid') {
    return reject(turn, { reason: 'bad-evidence', detail: verdict.reason, from: input.from })
  }
  turn.effects.push({ kind: 'verdict', verdict: 'accept' })
  recordFork(replica.log, evidence)
  accuse(turn, slot.author, evidence)
}

/** Stores, spreads and logs the proof that an author forked, once. */
export function accuse(
  turn: Turn,
  author: OrgId,
  evidence: ForkEvidence,
  { isLogged = false }: { isLogged?: boolean } = {},
): void {
  const { replica } = turn
  if (replica.accused.has(author)) return
  replica.accused.add(author)
  if (author === replica.config.org) replica.isSigningStopped = true
  turn.effects.push(
    { kind: 'persist', facts: [{ kind: 'evidence', author, evidence }], isSynced: true },
    { kind: 'gossip', topic: 'evidence', bytes: encodeForkEvidence(evidence) },
    { kind: 'forked', author, evidence },
  )
  if (!isLogged) logEvidence(turn, author, evidence)
}

/** The log key of an author's generation, by the final state. */
function logKeyOf(replica: Replica, author: OrgId, generation: number): Uint8Array | undefined {
  return readOrg(replica.final.state, author)?.logKeys.find((period) => period.generation === generation)?.key
}

function place(turn: Turn, event: AuthenticEvent, input: EventInput): void {
  const { replica } = turn
  const verdict = admit(replica.log, event)
  switch (verdict.kind) {
    case 'ignore':
      turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
      break
    case 'reject':
      reject(turn, { reason: verdict.reason, detail: verdict.detail, from: input.from })
      break
    case 'load':
      // A store that was asked and still lacks a final event is damaged; asking for ever would hide it.
      if (input.isLoaded)
        throw new Error(`the store lacks final events that ${event.id} follows or contradicts`)
      turn.effects.push({ kind: 'load', slots: verdict.slots, retry: { ...input, isLoaded: true } })
      break
    case 'defer':
      holdOrphan(replica.orphans, { event, peer: input.from })
      turn.effects.push({ kind: 'verdict', verdict: 'accept' }, { kind: 'sync', peer: input.from })
      break
    case 'accept': {
      turn.effects.push({ kind: 'verdict', verdict: 'accept' })
      enter(turn, event, verdict)
      retryWaiting(turn, event.id)
      for (const orphan of release(replica.orphans, event.id)) {
        const next = admit(replica.log, orphan)
        if (next.kind !== 'accept') continue
        enter(turn, orphan, next)
        retryWaiting(turn, orphan.id)
      }
      refreshEligibility(turn)
      break
    }
  }
}

function enter(
  turn: Turn,
  event: AuthenticEvent,
  verdict: Extract<ReturnType<typeof admit>, { kind: 'accept' }>,
): void {
  const { replica } = turn
  const fork = apply(replica.log, event, verdict)
  // Synced, in one write with whatever else is ready: a later synced write does not reach back over a rotated log file
  // of LevelDB, and a vote says that every event of its cut is on disk (SPEC H3).
  turn.effects.push({ kind: 'persist', facts: [{ kind: 'event', event }], isSynced: true })
  turn.effects.push({ kind: 'admitted', event })
  const author = event.header.author
  if (author === replica.config.org) adoptOwn(turn, event)
  learnAccusation(turn, event)
  const evidence = fork ?? forksOf(replica.log, author)[0]
  if (evidence) accuse(turn, author, evidence)
}

/** Evidence that another member logged counts here too, so that this node's own cuts leave the accused where it is. */
function learnAccusation(turn: Turn, event: AuthenticEvent): void {
  const { replica } = turn
  const accused = accusedBy(event, replica.final.state, replica.config.ed25519)
  if (accused === undefined || event.body.kind !== 'evidence.fork') return
  const { first, second } = event.body
  recordFork(replica.log, { first, second })
  accuse(turn, accused, { first, second }, { isLogged: true })
}

/** An own event that comes back from the network: written before this data directory was restored, or by a twin. */
function adoptOwn(turn: Turn, event: AuthenticEvent): void {
  const { generation, sequence } = event.header
  const { replica } = turn
  if (replica.lastSigned !== null && sequence <= replica.lastSigned.sequence) return
  const tip = { generation, sequence, id: event.id }
  replica.lastSigned = tip
  turn.effects.push({ kind: 'persist', facts: [{ kind: 'last-signed', tip }], isSynced: true })
}
