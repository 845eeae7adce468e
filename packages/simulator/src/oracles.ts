/**
 * What must hold in every run, judged from what nodes put on the wire and on disk, never from what they believe.
 * A breach throws at the moment it happens.
 */
import { contentIdBytes, type EventId, leafHash, merkleRoot, toHex } from '@chirograph/codec'
import { leaderOf, type VoteRecord } from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { AuthenticEvent, OrgId } from '@chirograph/event'
import { type Checkpoint, isCertificateOf } from '@chirograph/replica'
import { applyEvents, type Genesis, genesisState, stateRoot } from '@chirograph/status'
import { breach } from './breach.js'
import { flawOfCertificate } from './certificate-audit.js'
import type { EpochBook } from './epoch-book.js'
import { judgeRestrictions } from './restriction-audit.js'
import type { VotePlace } from './virtual-disk.js'
import { createVoteOracle } from './vote-oracle.js'

export interface OracleCounts {
  votes: number
  proposals: number
  certificates: number
  checkpoints: number
  /** Epochs that were closed by the finality of a tail, as a node first had it. */
  tails: number
}

export interface Oracles {
  readonly counts: OracleCounts
  /** A message that leaves a node. `durableVotes` reads what its disk would show after a power cut now. */
  sent(node: number, bytes: Uint8Array, durableVotes: (place: VotePlace) => VoteRecord | undefined): void
  /** A checkpoint that became durable at a node. */
  finalized(node: number, checkpoint: Checkpoint): void
  /** What a node says a checkpoint made final, in order. */
  ordered(node: number, checkpoint: Checkpoint, events: readonly AuthenticEvent[]): void
  /** Of a run of headers the first are durable a moment before all are announced. */
  areAllAnnounced(): boolean
  /** Folds everything final once more, from genesis. */
  auditHistory(): void
  /** An accusation of somebody honest. */
  accused(node: number, detail: string): void
}

interface Tip {
  readonly generation: number
  readonly sequence: number
  readonly id: EventId
}

export function createOracles({
  genesis,
  book,
  ed25519,
  bls,
  isByzantine,
}: {
  readonly genesis: Genesis
  readonly book: Pick<EpochBook, 'setOf' | 'nodeOf'>
  readonly ed25519: Ed25519
  readonly bls?: Bls | undefined
  readonly isByzantine?: (member: number) => boolean
}): Oracles {
  const votes = createVoteOracle({
    nodeOf: book.nodeOf,
    ...(isByzantine && {
      honestLeaderOf({ epoch, view }: VotePlace) {
        const leader = book.nodeOf({ epoch, signer: leaderOf(book.setOf(epoch), view) })
        return leader === undefined || isByzantine(leader) ? undefined : leader
      },
    }),
  })
  const counts: OracleCounts = Object.assign(votes.counts, { certificates: 0, checkpoints: 0, tails: 0 })
  const agreed: { readonly checkpoint: Checkpoint; events: readonly AuthenticEvent[] | null }[] = []

  return {
    counts,
    sent: votes.sent,
    finalized(node, checkpoint) {
      counts.checkpoints++
      const { header, certificate } = checkpoint
      const { height } = header.core
      const known = agreed[height - 1]
      if (known && known.checkpoint.header.digest !== header.digest)
        breach('agreement', `node ${node} holds another final header at height ${height}`)
      if (!known && height !== agreed.length + 1)
        breach('agreement', `height ${height} became final before its parent`)
      const parent = agreed[height - 2]?.checkpoint.header.digest
      if (parent !== undefined && header.rest.parent !== parent)
        breach('agreement', `the final header at height ${height} is no child of the one below`)
      if (!known) agreed.push({ checkpoint, events: null })
      if (!known && checkpoint.tail !== null) counts.tails++
      if (certificate === null) return
      counts.certificates++
      const flaw = flawOfCertificate(certificate, { set: book.setOf(header.core.epoch), ed25519, bls })
      if (flaw !== undefined) breach('certificate', `height ${height}: ${flaw}`)
      const isFinal =
        certificate.type === 'final' && certificate.digest === (checkpoint.tail ?? header).digest
      if (!isFinal || !isCertificateOf(checkpoint))
        breach('certificate', `the certificate at height ${height} is not a FINAL of its header`)
    },
    ordered(node, { header }, events) {
      const known = agreed[header.core.height - 1]
      if (!known)
        breach('agreement', `node ${node} announced height ${header.core.height} before it was durable`)
      if (known.events === null) known.events = events
      const isSame =
        known.events.length === events.length &&
        known.events.every((event, index) => event.id === events[index]?.id)
      if (!isSame)
        breach('agreement', `node ${node} orders the events of height ${header.core.height} differently`)
    },
    areAllAnnounced: () => agreed.every(({ events }) => events !== null),
    auditHistory: () => auditHistory(agreed, { genesis, ed25519, bls }),
    accused: (node, detail) => breach('accusation', `node ${node}: ${detail}`),
  }
}

/** The roots of every final header, from nothing but the genesis and the events in their order. */
function auditHistory(
  agreed: readonly { readonly checkpoint: Checkpoint; readonly events: readonly AuthenticEvent[] | null }[],
  { genesis, ed25519, bls }: { genesis: Genesis; ed25519: Ed25519; bls: Bls | undefined },
): void {
  let state = genesisState(genesis)
  let before = { view: 0, timeMs: genesis.timeMs }
  const tips = new Map<OrgId, Tip>()
  const finals = new Set<EventId>()
  const leaves: Uint8Array[] = []
  for (const { checkpoint, events } of agreed) {
    const { core, rest } = checkpoint.header
    if (events === null) breach('audit', `nobody announced the events of height ${core.height}`)
    if (core.view <= before.view) breach('audit', `height ${core.height} is of view ${core.view}`)
    if (core.timeMs <= before.timeMs) breach('audit', `height ${core.height} is no later than its parent`)
    before = core
    const entries = new Map(tips)
    const closed = new Map<OrgId, Tip | null>()
    for (const { id, header } of events) {
      const { author, generation, sequence } = header
      const tip = tips.get(author) ?? null
      const isNext = generation === (tip?.generation ?? 0) && sequence === (tip?.sequence ?? -1) + 1
      const isRotation = generation === (tip?.generation ?? 0) + 1 && sequence === 0
      if (!isNext && !isRotation) breach('audit', `height ${core.height} skips an event of ${author}`)
      if (isRotation) closed.set(author, tip)
      tips.set(author, { generation, sequence, id })
      finals.add(id)
      leaves.push(leafHash(contentIdBytes(id)))
    }
    const context = { events, height: core.height, timeMs: core.timeMs, ed25519, bls }
    const applied = applyEvents(state, {
      ...context,
      cutEntryOf: (org) => tips.get(org),
      closedAt: (org) => closed.get(org) ?? null,
      isFinalOrInCut: (id) => finals.has(id),
    })
    judgeRestrictions({ before: state, after: applied.state, events, entryOf: (org) => entries.get(org) })
    state = applied.state
    if (state.validators.setHash !== core.nextSetHash)
      breach('audit', `others vote after height ${core.height} than its header says`)
    if (toHex(stateRoot(state)) !== core.stateRoot)
      breach('audit', `the state root of height ${core.height} is another`)
    if (toHex(merkleRoot(leaves)) !== rest.logRoot)
      breach('audit', `the log root of height ${core.height} is another`)
    if (rest.logSize !== leaves.length) breach('audit', `the log size of height ${core.height} is another`)
  }
}
