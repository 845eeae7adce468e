/** Events from peers: checked, admitted, stored, and anything that waited for them tried again. */
import { type EventId, equalBytes } from '@chirograph/codec'
import { signingBytes } from '@chirograph/crypto'
import {
  type AuthenticEvent,
  type DecodedSegment,
  type DecodedSegmentVerdict,
  decodeHeader,
  decodeSegment,
  headerBytesMax,
  segmentHeadOf,
  verifySegment,
  wholeEvents,
} from '@chirograph/event'
import { admitSegment, apply, eventAt, holdOrphan, release, restoreEntry } from '@chirograph/log'
import { readOrg } from '@chirograph/status'
import { learnAccusation, proveForkAt } from './accusing.js'
import { reconsiderEligibility, refreshEligibility, retryWaiting } from './agreement.js'
import { retryIncoming } from './catch-up.js'
import { eventFact } from './event-fact.js'
import type { Fact, ReplicaInput, SegmentInput } from './io.js'
import { type LogKey, logKeyOf } from './log-keys.js'
import { noteOwnEvents } from './own-chain.js'
import { forgetLookUp, lookUp, noteLookedUp } from './references.js'
import type { Replica } from './replica.js'
import { salvage } from './salvaging.js'
import { isOverfull } from './stuck.js'
import { reject, type Turn } from './turn.js'
import { noteLostEvents, noteSalvage } from './untold.js'

/**
 * An untrusted segment as an input. For a `replica` no more of a long one is read than its first header where that is of another
 * network or of nobody it knows: a megabyte that anybody can make, and that would be refused in the end.
 */
export function segmentInput(args: {
  readonly bytes: Uint8Array
  readonly from: string
  readonly isGossip: boolean
  readonly replica?: Pick<Replica, 'networkId' | 'final'>
}): SegmentInput {
  const { bytes, from, isGossip, replica } = args
  const isShort = bytes.length <= shortSegmentBytes
  const segment = (isShort ? undefined : replica && foreignSegment(replica, bytes)) ?? decodeSegment(bytes)
  return { kind: 'segment', segment, from, isGossip }
}

/** To look at the header first costs as much as to read all of so short a segment. */
const shortSegmentBytes = 2 * headerBytesMax

function foreignSegment(
  { networkId, final }: Pick<Replica, 'networkId' | 'final'>,
  bytes: Uint8Array,
): DecodedSegmentVerdict | undefined {
  const head = segmentHeadOf(bytes)
  if (head === undefined) return undefined
  if (!equalBytes(head.networkId, networkId))
    return { kind: 'reject', reason: 'wrong-network', detail: 'made for another network' }
  if (readOrg(final.state, head.author) !== undefined) return undefined
  return { kind: 'reject', reason: 'unknown-author', detail: `no key of ${head.author} is known` }
}

/** The one signature of a segment, to check it elsewhere; undefined when it is known, or its key is not. */
export function signatureOfSegment(replica: Replica, segment: DecodedSegment): SegmentSignature | undefined {
  const { last, signature } = segment
  if (signature === null || eventAt(replica.log, last.id)) return undefined
  const logKey = keyOfSegment(replica, segment)
  if (logKey.kind !== 'key') return undefined
  return { publicKey: logKey.key, message: signingBytes('event', last.headerBytes), signature }
}

export interface SegmentSignature {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

function keyOfSegment(replica: Replica, { first, last }: DecodedSegment): LogKey {
  return logKeyOf(replica, last.header, first.body)
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
  const logKey = keyOfSegment(replica, segment)
  // The rotation that began its generation is not here, or not final: sync brings what lies between.
  if (logKey.kind === 'ahead') {
    turn.effects.push({ kind: 'verdict', verdict: 'ignore' }, { kind: 'sync', peer: from, hasGap: true })
    return
  }
  const verified = verifySegment({
    segment,
    networkId: replica.networkId,
    logKey: logKey.kind === 'key' ? logKey.key : undefined,
    ed25519: replica.config.ed25519,
    ...(input.isSigned === undefined ? {} : { isSigned: input.isSigned }),
  })
  if (verified.kind === 'reject') return reject(turn, { ...verified, from })
  const whole = wholeEvents(verified.events)
  if (whole.kind === 'reject') return reject(turn, { ...whole, from })
  place(turn, whole.events, input)
}

/** The store's answer to a `load`: the places are filled in, and what asked for it is tried once more. */
export function takeLoaded(
  turn: Turn,
  { stored, retry, jumps }: Extract<ReplicaInput, { kind: 'loaded' }>,
): void {
  // What was read before a snapshot may hold what that let go of, which would enter as final: it is asked for again.
  if (jumps !== turn.replica.jumps) {
    if (retry.kind === 'segment') takeSegment(turn, { ...retry, isLoaded: false })
    else proveForkAt(turn, retry.slot, retry.loads - 1)
    return
  }
  for (const one of stored) {
    const decoded = decodeHeader(one.headerBytes)
    if (decoded.kind === 'reject') throw new Error(`a stored header does not decode: ${decoded.detail}`)
    const { id, header } = decoded
    const { branch } = one
    restoreEntry(turn.replica.log, { id, header, branch, isVerified: one.signature !== null, stored: one })
  }
  if (retry.kind === 'segment') takeSegment(turn, retry)
  else proveForkAt(turn, retry.slot, retry.loads)
}

/** The store's answer to a `look-up`: what waited for it is judged again. */
export function takeLookedUp(turn: Turn, input: Extract<ReplicaInput, { kind: 'looked-up' }>): void {
  // A snapshot asked for everything again: what was read before it may be what it let go of.
  if (input.jumps !== turn.replica.jumps) return
  noteLookedUp(turn.replica, input)
  for (const id of [...input.found, ...input.absent]) {
    retryWaiting(turn, id)
    retryIncoming(turn, id)
  }
  reconsiderEligibility(turn)
}

function place(turn: Turn, events: readonly AuthenticEvent[], input: SegmentInput): void {
  const { replica } = turn
  const [first] = events
  if (first !== undefined && isOverfull(replica, first.header, sizeOf(events))) {
    turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
    return
  }
  const verdict = admitSegment(replica.log, events, { isLoaded: input.isLoaded ?? false })
  switch (verdict.kind) {
    case 'ignore':
      turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
      break
    case 'reject':
      reject(turn, { reason: verdict.reason, detail: verdict.detail, from: input.from })
      break
    case 'load':
      if (!input.isLoaded)
        turn.effects.push({ ...verdict, retry: { ...input, isLoaded: true }, jumps: replica.jumps })
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
  if (replica.incoming !== null) for (const { id } of all) retryIncoming(turn, id)
  refreshEligibility(turn)
  if (replica.frozen.size > 0) salvage(turn, noteLostEvents(replica, all))
}

/** Applies, stores and announces events of one chain; nothing of them is shown before all are on disk. */
function enter(turn: Turn, events: readonly AuthenticEvent[]): void {
  const { replica, effects } = turn
  const [first] = events
  if (first === undefined) return
  const facts: Fact[] = []
  let contradicted: AuthenticEvent | undefined
  for (const event of events) {
    if (apply(replica.log, event)) contradicted ??= event
    forgetLookUp(replica, event.id)
    facts.push(eventFact(replica, event))
  }
  facts.push(...noteOwnEvents(turn, events))
  // Synced, in one write with whatever else is ready: a later synced write does not reach back over a rotated log file
  // of LevelDB, and a vote says that every event of its cut is on disk (SPEC H3).
  effects.push({ kind: 'persist', facts, isSynced: true }, { kind: 'admitted', events })
  for (const event of events) {
    learnAccusation(turn, event)
    noteSalvage(replica, event)
  }
  if (contradicted !== undefined) proveForkAt(turn, contradicted.header)
}

function sizeOf(events: readonly AuthenticEvent[]): { readonly count: number; readonly bytes: number } {
  const bytes = events.reduce((sum, event) => sum + event.headerBytes.length + event.bodyBytes.length, 0)
  return { count: events.length, bytes }
}
