/** Checkpoints from others: executed one by one, believed only when a quorum's certificate covers them. */
import { type Certificate, checkCertificate, type Verified } from '@chirograph/consensus'
import {
  executeHeader,
  feed,
  fetchCheckpoints,
  forgetOthers,
  reconsiderEligibility,
  settle,
  takeIncoming,
} from './agreement.js'
import type { ChainState } from './chain-state.js'
import { type Checkpoint, decodeCheckpoint } from './checkpoint.js'
import type { ReplicaInput } from './io.js'
import { fetchPatienceMs, uncertifiedBytesMax } from './limits.js'
import { askFor } from './references.js'
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
  const { final } = turn.replica
  const { core, rest } = checkpoint.header
  if (checkpoint.certificate === null || !isTrustworthy(turn, checkpoint)) {
    const reason = core.setHash === turn.replica.set.setHash ? 'uncertified-checkpoint' : 'wrong-set'
    return reject(turn, { reason, detail: `height ${core.height} is not certified`, from })
  }
  turn.effects.push({ kind: 'verdict', verdict: 'accept' })
  if (rest.parent === final.header.digest) adopt(turn, [checkpoint], from)
  else fetchCheckpoints(turn, from, core.height)
}

function takeFetched(
  turn: Turn,
  checkpoint: Checkpoint,
  { bytes, from }: { bytes: Uint8Array; from: string },
): void {
  const { replica, nowMs } = turn
  // What another peer still sends after its time was up would only mix two answers.
  if (replica.fetching?.peer !== from) return
  const last = replica.incoming.at(-1)?.header ?? replica.final.header
  const { height } = checkpoint.header.core
  const isNext = height === last.core.height + 1 && checkpoint.header.rest.parent === last.digest
  replica.incomingBytes += bytes.length
  if (!isNext || replica.incomingBytes > uncertifiedBytesMax || !isTrustworthy(turn, checkpoint)) {
    takeIncoming(replica)
    const detail = `height ${height} does not follow or is not certified`
    return reject(turn, { reason: 'bad-checkpoint', detail, from })
  }
  replica.fetching.untilMs = nowMs + fetchPatienceMs
  replica.incoming.push(checkpoint)
  if (checkpoint.certificate) adopt(turn, takeIncoming(replica), from)
}

/** A certificate, where there is one, must be a quorum's FINAL for this very header. */
function isTrustworthy({ replica }: Turn, { header, certificate }: Checkpoint): boolean {
  const { set, config } = replica
  if (header.core.networkId !== set.networkId || header.core.setHash !== set.setHash) return false
  if (certificate === null) return true
  if (
    certificate.type !== 'final' ||
    certificate.digest !== header.digest ||
    certificate.view !== header.core.view ||
    certificate.height !== header.core.height
  )
    return false
  return checkCertificate(certificate, { set, ed25519: config.ed25519 }).kind === 'valid'
}

function adopt(turn: Turn, run: readonly Checkpoint[], from: string): void {
  const { replica } = turn
  const states = executeRun(turn, run, from)
  if (states === undefined) return
  settle(turn, states)
  const { header, certificate } = replica.final
  const { view, height, timeMs } = header.core
  // The run ends in the certificate that isTrustworthy checked.
  const finalized = {
    digest: header.digest,
    view,
    height,
    timeMs,
    certificate: certificate as Verified<Certificate>,
  }
  feed(turn, { kind: 'adopt', finalized })
  forgetOthers(replica)
  reconsiderEligibility(turn)
}

/** Executes the whole run before any of it is made final; events that are not here yet are asked for first. */
function executeRun(turn: Turn, run: readonly Checkpoint[], from: string): ChainState[] | undefined {
  const { replica } = turn
  const states: ChainState[] = []
  for (const checkpoint of run) {
    const executed = executeHeader(replica, checkpoint)
    if (executed.kind !== 'executed') {
      for (const { header } of states) {
        if (!replica.consensus.proposals.has(header.digest)) replica.chain.delete(header.digest)
      }
      if (executed.kind === 'missing') turn.effects.push({ kind: 'sync', peer: from, hasGap: true })
      else if (executed.kind === 'unknown-references') askFor(turn, executed.ids)
      else reject(turn, { reason: 'bad-checkpoint', detail: executed.detail, from })
      return undefined
    }
    const state = { ...checkpoint, ...executed.execution }
    replica.chain.set(checkpoint.header.digest, state)
    states.push(state)
  }
  return states
}
