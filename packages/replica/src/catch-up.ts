/** Checkpoints from others: executed one by one, believed only when a quorum's certificate covers them. */
import type { EventId } from '@chirograph/codec'
import { type Certificate, checkCertificate, isClosing, type Verified } from '@chirograph/consensus'
import {
  endFetch,
  executeHeader,
  feed,
  fetchCheckpoints,
  forgetOthers,
  reconsiderEligibility,
  settle,
} from './agreement.js'
import type { ChainState } from './chain-state.js'
import { type Checkpoint, decodeCheckpoint, isCertificateOf } from './checkpoint.js'
import { beginEpoch, pointOf } from './epochs.js'
import type { RejectReason, ReplicaInput } from './io.js'
import { fetchPatienceMs, uncertifiedBytesMax, unhelpfulForMs } from './limits.js'
import { askFor } from './references.js'
import type { Incoming, Replica } from './replica.js'
import { reject, type Turn } from './turn.js'

/** Collects a run of headers that ends in a certificate, then executes and adopts the run. */
export function takeCheckpoint(turn: Turn, input: Extract<ReplicaInput, { kind: 'checkpoint' }>): void {
  const { replica } = turn
  const decoded = decodeCheckpoint(input.bytes)
  if (!decoded.ok)
    return reject(turn, { reason: 'malformed-checkpoint', detail: decoded.detail, from: input.from })
  const checkpoint = decoded.value
  const { height } = checkpoint.header.core
  if (height <= replica.final.header.core.height) {
    turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
    return
  }
  if (input.isGossip) takeAnnounced(turn, checkpoint, input.from)
  else takeFetched(turn, checkpoint, input)
}

/** A gossiped checkpoint stands on its own certificate: the next one is adopted, a later one tells where to ask. */
function takeAnnounced(turn: Turn, checkpoint: Checkpoint, from: string): void {
  const { replica } = turn
  const { core, rest } = checkpoint.header
  // R10: it cannot be checked before its epoch has begun here; what lies between is fetched.
  if (core.epoch > replica.set.epoch) {
    turn.effects.push({ kind: 'verdict', verdict: 'ignore' })
    return fetchCheckpoints(turn, from, core.height)
  }
  const flaw = checkpoint.certificate === null ? 'uncertified-checkpoint' : flawOf(turn, checkpoint)
  if (flaw !== undefined)
    return reject(turn, { reason: flaw, detail: `height ${core.height} is not certified`, from })
  turn.effects.push({ kind: 'verdict', verdict: 'accept' })
  if (rest.parent !== replica.final.header.digest) return fetchCheckpoints(turn, from, core.height)
  const lacks = adopt(turn, [checkpoint], from)
  if (lacks.length === 0 || replica.fetching !== null) return
  const untilMs = turn.nowMs + unhelpfulForMs
  replica.incoming = { from, run: [checkpoint], bytes: 0, lacks: new Set(lacks), untilMs }
}

/**
 * Nobody is blamed for a checkpoint that does not follow: this node may have come further by itself, or have asked again,
 * while the answer was on its way. Only what no honest member has in its store is held against the sender.
 */
function takeFetched(
  turn: Turn,
  checkpoint: Checkpoint,
  { bytes, from }: { bytes: Uint8Array; from: string },
): void {
  const { replica, nowMs } = turn
  // What another peer still sends after its time was up would only mix two answers.
  if (replica.fetching?.peer !== from) return
  const incoming = replica.incoming ?? { from, run: [], bytes: 0, lacks: new Set<EventId>(), untilMs: 0 }
  replica.incoming = incoming
  dropSettled(replica, incoming)
  // R10: what closes the epoch before it waits for events: this one can be checked when it was taken.
  if (checkpoint.header.core.epoch > replica.set.epoch) return endFetch(turn, from)
  const flaw = flawOf(turn, checkpoint)
  const last = incoming.run.at(-1)?.header ?? replica.final.header
  const { height } = checkpoint.header.core
  const isNext = height === last.core.height + 1 && checkpoint.header.rest.parent === last.digest
  incoming.bytes += bytes.length
  // R9: nothing of the same epoch follows what closes it, so nothing else could prove it.
  const isUnproven = isClosing(checkpoint.header.core) && checkpoint.certificate === null
  if (isUnproven) return endFetch(turn, from)
  if (flaw !== undefined || !isNext || incoming.bytes > uncertifiedBytesMax) {
    endFetch(turn, from)
    if (flaw !== undefined) reject(turn, { reason: flaw, detail: `height ${height} is not certified`, from })
    return
  }
  replica.fetching.untilMs = nowMs + fetchPatienceMs
  incoming.run.push(checkpoint)
  if (checkpoint.certificate !== null && incoming.lacks.size === 0) adoptIncoming(turn, incoming)
}

/** An event is here, or it is known whether it is final: what waited for it is tried once more. */
export function retryIncoming(turn: Turn, known: EventId): void {
  const { incoming } = turn.replica
  if (incoming?.lacks.delete(known) && incoming.lacks.size === 0) adoptIncoming(turn, incoming)
}

/** Adopts what came, up to the last certificate in it. */
function adoptIncoming(turn: Turn, incoming: Incoming): void {
  const { replica } = turn
  dropSettled(replica, incoming)
  const certifiedUpTo = incoming.run.flatMap(({ certificate }, index) =>
    certificate === null ? [] : [index + 1],
  )
  for (const id of adopt(turn, incoming.run.slice(0, certifiedUpTo.at(-1) ?? 0), incoming.from))
    incoming.lacks.add(id)
  incoming.untilMs = turn.nowMs + unhelpfulForMs
  if (incoming.lacks.size > 0) return
  dropSettled(replica, incoming)
  incoming.bytes = 0
  if (replica.fetching === null) replica.incoming = null
}

/** What became final here by votes in the meantime needs no checkpoint any more. */
function dropSettled({ final }: Replica, { run }: Incoming): void {
  const open = run.findIndex(({ header }) => header.core.height > final.header.core.height)
  run.splice(0, open < 0 ? run.length : open)
}

/** A certificate, where there is one, must be a quorum's FINAL for this very header. */
function flawOf({ replica }: Turn, checkpoint: Checkpoint): RejectReason | undefined {
  const { set, config } = replica
  const { header, certificate } = checkpoint
  if (header.core.networkId !== set.networkId || header.core.setHash !== set.setHash) return 'wrong-set'
  if (certificate === null) return undefined
  const isValid =
    isCertificateOf(checkpoint) &&
    checkCertificate(certificate, { set, ed25519: config.ed25519, bls: config.bls }).kind === 'valid'
  return isValid ? undefined : 'uncertified-checkpoint'
}

/** Executes a run that ends in a checked certificate, and makes it final. Returns what lacks for that. */
function adopt(turn: Turn, run: readonly Checkpoint[], from: string): readonly EventId[] {
  const { replica } = turn
  if (run.length === 0) return []
  const executed = executeRun(turn, run, from)
  if (executed.kind !== 'executed') return executed.kind === 'lacking' ? executed.ids : []
  settle(turn, executed.states)
  const hasClosed = isClosing(replica.final.header.core)
  // The run ends in the certificate that `flawOf` checked.
  if (hasClosed) {
    const { certificate } = replica.final
    feed(turn, { kind: 'end', certificate: certificate as Verified<Certificate> | null, isDoubted: false })
    beginEpoch(replica)
  } else feed(turn, { kind: 'adopt', finalized: pointOf(replica.final) })
  forgetOthers(replica)
  reconsiderEligibility(turn)
  // R10: there may be more in the epoch that begins, of which the answer could not be taken.
  if (hasClosed) feed(turn, { kind: 'connected', peer: from })
  return []
}

/** Executes the whole run before any of it is made final; events that are not here yet are asked for first. */
function executeRun(
  turn: Turn,
  run: readonly Checkpoint[],
  from: string,
):
  | { readonly kind: 'executed'; readonly states: readonly ChainState[] }
  | { readonly kind: 'lacking'; readonly ids: readonly EventId[] }
  | { readonly kind: 'invalid' } {
  const { replica } = turn
  const states: ChainState[] = []
  for (const checkpoint of run) {
    const executed = executeHeader(replica, checkpoint, { isCertified: true })
    if (executed.kind !== 'executed') {
      for (const { header } of states) {
        if (!replica.consensus.proposals.has(header.digest)) replica.chain.delete(header.digest)
      }
      if (executed.kind === 'invalid') {
        endFetch(turn, from)
        reject(turn, { reason: 'bad-checkpoint', detail: executed.detail, from })
        return executed
      }
      if (executed.kind === 'missing') turn.effects.push({ kind: 'sync', peer: from, hasGap: true })
      else askFor(turn, executed.ids)
      return { kind: 'lacking', ids: executed.ids }
    }
    const state = { ...checkpoint, ...executed.execution }
    replica.chain.set(checkpoint.header.digest, state)
    states.push(state)
  }
  return { kind: 'executed', states }
}
