/** Events and evidence from peers: checked, admitted, stored, and anything that waited for them tried again. */
import type { EventId } from '@chirograph/codec'
import {
  type AuthenticEvent,
  type DecodedSegment,
  decodeHeader,
  decodeSegment,
  type ForkEvidence,
  type OrgId,
  verifySegment,
  wholeEvents,
} from '@chirograph/event'
import {
  admitSegment,
  apply,
  checkForkEvidence,
  decodeForkEvidence,
  encodeForkEvidence,
  eventAt,
  finalTipOf,
  forksOf,
  holdOrphan,
  placeOfForkEvidence,
  recordFork,
  release,
  restoreEntry,
} from '@chirograph/log'
import { readOrg } from '@chirograph/status'
import { reconsiderEligibility, refreshEligibility, retryWaiting } from './agreement.js'
import { accusedBy } from './chain-state.js'
import type { Fact, ReplicaInput, SegmentInput } from './io.js'
import { logEvidence } from './publishing.js'
import { forgetLookUp, lookUp, noteLookedUp } from './references.js'
import type { Replica } from './replica.js'
import { reject, type Turn } from './turn.js'

/** An untrusted segment as an input. */
export function segmentInput(args: {
  readonly bytes: Uint8Array
  readonly from: string
  readonly isGossip: boolean
}): SegmentInput {
  const { bytes, from, isGossip } = args
  return { kind: 'segment', segment: decodeSegment(bytes), from, isGossip }
}

/** The author's key for the one signature of a segment, to check it elsewhere; undefined when there is none to check. */
export function logKeyOfSegment(replica: Replica, { last }: DecodedSegment): Uint8Array | undefined {
  return logKeyOf(replica, last.header.author, last.header.generation)
}

export function takeSegment(turn: Turn, input: SegmentInput): void {
  const { replica } = turn
  const { segment: decoded, from } = input
  if (decoded.kind === 'reject') return reject(turn, { ...decoded, from })
  const { segment } = decoded
  // L1: the last is known, and so is everything before it; most of gossip ends here, without a signature check.
  if (eventAt(replica.log, segment.last.id)) {
    turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
    return
  }
  const verified = verifySegment({
    segment,
    networkId: replica.networkId,
    logKey: logKeyOfSegment(replica, segment),
    ed25519: replica.config.ed25519,
    ...(input.isSigned === undefined ? {} : { isSigned: input.isSigned }),
  })
  if (verified.kind === 'reject') return reject(turn, { ...verified, from })
  const whole = wholeEvents(verified.events)
  if (whole.kind === 'reject') return reject(turn, { ...whole, from })
  place(turn, whole.events, input)
}

/** The store's answer to a `load`: the places are filled in, and the segment is judged once more. */
export function takeLoaded(turn: Turn, { stored, retry }: Extract<ReplicaInput, { kind: 'loaded' }>): void {
  for (const one of stored) {
    const decoded = decodeHeader(one.headerBytes)
    if (decoded.kind === 'reject') throw new Error(`a stored header does not decode: ${decoded.detail}`)
    const { id, header } = decoded
    const { branch } = one
    restoreEntry(turn.replica.log, { id, header, branch, isVerified: one.signature !== null, stored: one })
  }
  takeSegment(turn, retry)
}

/** The store's answer to a `look-up`: what waited for it is judged again. */
export function takeLookedUp(turn: Turn, input: Extract<ReplicaInput, { kind: 'looked-up' }>): void {
  noteLookedUp(turn.replica, input)
  for (const id of [...input.found, ...input.absent]) retryWaiting(turn, id)
  reconsiderEligibility(turn)
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

function place(turn: Turn, events: readonly AuthenticEvent[], input: SegmentInput): void {
  const { replica } = turn
  const verdict = admitSegment(replica.log, events)
  switch (verdict.kind) {
    case 'ignore':
      turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
      break
    case 'reject':
      reject(turn, { reason: verdict.reason, detail: verdict.detail, from: input.from })
      break
    case 'load':
      if (!input.isLoaded)
        turn.effects.push({ kind: 'load', slots: verdict.slots, retry: { ...input, isLoaded: true } })
      else if (replica.isHistoryWhole)
        // A store that was asked and still lacks a final event is damaged; asking for ever would hide it.
        throw new Error(`the store lacks final events that ${events[0]?.id} follows or contradicts`)
      else turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
      break
    case 'defer':
      holdOrphan(replica.orphans, { events, peer: input.from })
      turn.effects.push({ kind: 'verdict', verdict: 'accept' })
      turn.effects.push({ kind: 'sync', peer: input.from, hasGap: true })
      break
    case 'accept': {
      turn.effects.push({ kind: 'verdict', verdict: 'accept' })
      enter(turn, verdict.fresh)
      enterOrphans(
        turn,
        verdict.fresh.map(({ id }) => id),
        verdict.fresh,
      )
      break
    }
  }
}

/** Enters what waited for events that are here now, and tries again what waits for any that `entered`. */
export function enterOrphans(
  turn: Turn,
  arrived: readonly EventId[],
  entered: readonly AuthenticEvent[],
): void {
  const { replica } = turn
  const all = [...entered]
  for (const id of arrived) {
    for (const orphan of release(replica.orphans, id)) {
      const next = admitSegment(replica.log, orphan)
      if (next.kind !== 'accept') continue
      enter(turn, next.fresh)
      all.push(...next.fresh)
    }
  }
  lookUp(turn, all)
  if (replica.waiting.size > 0) for (const { id } of all) retryWaiting(turn, id)
  refreshEligibility(turn)
}

/** Applies, stores and announces events of one chain; nothing of them is shown before all are on disk. */
function enter(turn: Turn, events: readonly AuthenticEvent[]): void {
  const { replica, effects } = turn
  const [first] = events
  if (first === undefined) return
  const { author } = first.header
  const forks: ForkEvidence[] = []
  const facts: Fact[] = []
  for (const event of events) {
    const fork = apply(replica.log, event, { kind: 'accept' })
    if (fork !== undefined) forks.push(fork)
    forgetLookUp(replica, event.id)
    facts.push(eventFact(replica, event))
  }
  // Synced, in one write with whatever else is ready: a later synced write does not reach back over a rotated log file
  // of LevelDB, and a vote says that every event of its cut is on disk (SPEC H3).
  effects.push({ kind: 'persist', facts, isSynced: true }, { kind: 'admitted', events })
  if (author === replica.config.org) for (const event of events) adoptOwn(turn, event)
  for (const event of events) learnAccusation(turn, event)
  const evidence = forks[0] ?? forksOf(replica.log, author)[0]
  if (evidence) accuse(turn, author, evidence)
}

export function eventFact(replica: Replica, event: AuthenticEvent): Fact {
  const { author, generation, sequence } = event.header
  const tip = finalTipOf(replica.log, author, generation)
  const branch = eventAt(replica.log, event.id)?.branch ?? 0
  return { kind: 'event', event, branch, isStray: tip !== undefined && sequence <= tip.sequence }
}

/** Evidence that another member logged counts here too, so that this node's own cuts leave the accused where it is. */
function learnAccusation(turn: Turn, event: AuthenticEvent): void {
  if (event.body.kind !== 'evidence.fork') return
  const { replica } = turn
  const accused = accusedBy(event, replica.final.state, replica.config.ed25519)
  if (accused === undefined) return
  const { first, second } = event.body
  recordFork(replica.log, { first, second })
  accuse(turn, accused, { first, second }, { isLogged: true })
}

/** An own event that comes back from the network: written before this data directory was restored, or by a twin. */
function adoptOwn(turn: Turn, event: AuthenticEvent): void {
  const { generation, sequence } = event.header
  const { replica } = turn
  if (replica.lastSigned !== null && sequence <= replica.lastSigned.sequence) return
  const tip: { generation: number; sequence: number; id: EventId } = { generation, sequence, id: event.id }
  replica.lastSigned = tip
  turn.effects.push({ kind: 'persist', facts: [{ kind: 'last-signed', tip }], isSynced: true })
}
