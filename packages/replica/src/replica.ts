/**
 * One institution's node without its disk, wire and clock: the log, consensus and status composed into one step
 * function. Production and the simulator run this; the shell runs the effects, in their order.
 */
import type { EventId, LogTree } from '@chirograph/codec'
import {
  type ConsensusState,
  createConsensus,
  type Hex,
  type Proposal,
  type ValidatorSet,
  type Verified,
  type VoteRecord,
} from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import type { OrgId } from '@chirograph/event'
import {
  type Cut,
  createLog,
  createOrphanBuffer,
  finalGenerationOf,
  forksOf,
  headsOf,
  type LogIndex,
  type OrphanBuffer,
  placeOfForkEvidence,
  type Range,
} from '@chirograph/log'
import { type Genesis, type NetworkState, networkIdOf, peerIdOf } from '@chirograph/status'
import { type ChainState, genesisChainState } from './chain-state.js'
import type { Checkpoint } from './checkpoint.js'
import { baseAt, consensusConfig, pointOf } from './epochs.js'
import { frozenIn } from './frozen.js'
import { membersToHear } from './own-chain.js'
import type { SyncSession } from './sync.js'
import { noteLost, toldBy } from './untold.js'

/** Signs with the log key or the consensus key. Ed25519 and BLS are deterministic, so these are pure functions. */
export interface ReplicaSigners {
  /** By the seed of this log key (32 bytes), which is that of the event's generation. */
  readonly event: (message: Uint8Array, logKey: Uint8Array) => Uint8Array
  /** Whether the seed of a log key is here; taken for granted when this is not given. */
  readonly holds?: (logKey: Uint8Array) => boolean
  /** By the seed of this consensus key, of the scheme that the genesis chose. */
  readonly vote: (message: Uint8Array, consensusKey: Uint8Array) => Uint8Array
  /** Whether the seed of a consensus key is here; taken for granted when this is not given. */
  readonly holdsVoteKey?: (consensusKey: Uint8Array) => boolean
}

export interface ReplicaConfig {
  readonly genesis: Genesis
  readonly org: OrgId
  readonly signers: ReplicaSigners
  readonly ed25519: Ed25519
  /** For networks with BLS certificates: noble unless a faster one is given. */
  readonly bls?: Bls | undefined
  /** False when the store is not the one that the keys were made with: what was signed before is not in it. */
  readonly hasVoteRecord: boolean
  /** 16 random bytes of this start, as hex. */
  readonly nonce: Hex
}

/** Where an author stands in its own chain: the last event it signed. */
export interface ChainTip {
  readonly generation: number
  readonly sequence: number
  readonly id: EventId
}

/** Read back from disk by the shell; everything empty on a first start. */
export interface RestoredReplica {
  /** The last final header with its FINAL certificate, and what was true at it; null at genesis. */
  readonly final: {
    readonly checkpoint: Checkpoint
    readonly state: NetworkState
    readonly cut: Cut
    readonly logTree: LogTree
  } | null
  readonly log: LogIndex
  /** Of the epoch of the header after the final one. */
  readonly records: readonly VoteRecord[]
  /** From which view of which epoch on this validator votes, where that was found out; with null it is to be (H16). */
  readonly voteGate: VoteGate | null
  readonly proposals: readonly Verified<Proposal>[]
  /** The last event that this node signed, from its own synced note. */
  readonly lastSigned: ChainTip | null
  /** What each closed epoch left, by its number. */
  readonly handovers: ReadonlyMap<number, Uint8Array>
  readonly isHistoryWhole: boolean
  readonly heldFrom: ReadonlyMap<OrgId, HeldFrom>
  readonly bodiesFrom: ReadonlyMap<OrgId, HeldFrom>
  /** Nothing was ever run on this store, so nothing was signed with it. */
  readonly isFirstStart: boolean
  /** The store is not where it was left: a backup, or a copy that may run twice. */
  readonly isCopy: boolean
}

/** A note of consensus H16. */
export interface VoteGate {
  readonly epoch: number
  readonly view: number | null
}

/** The lowest place of an author's chain from which on nothing is lacking. */
export interface HeldFrom {
  readonly generation: number
  readonly sequence: number
}

/** Mutable, and owned by whoever calls `step`: nothing else may change it. */
export interface Replica {
  readonly config: ReplicaConfig
  readonly networkId: Uint8Array
  /** Who votes on the header after the final one. */
  set: ValidatorSet
  /** Who voted in the epoch before, where this replica went through its end. */
  formerSet: ValidatorSet | null
  readonly handovers: Map<number, Uint8Array>
  /** When a peer was last asked about an epoch that has not begun here. */
  askedOfEpochMs: number
  readonly log: LogIndex
  readonly orphans: OrphanBuffer
  consensus: ConsensusState
  /** Executed headers from the final one on, by digest. */
  readonly chain: Map<Hex, ChainState>
  final: ChainState
  /** Proposals that wait for events, with the ids that were missing when last tried. */
  readonly waiting: Map<Hex, { readonly proposal: Verified<Proposal>; readonly missing: Set<EventId> }>
  /** Checkpoints of one answer that are not final here yet. */
  incoming: Incoming | null
  fetching: { readonly peer: string; readonly fromHeight: number; untilMs: number } | null
  /** Peers whose last answer brought nothing, and until when others are asked first. */
  readonly unhelpful: Map<string, number>
  lastSigned: ChainTip | null
  /** Forks that are known and whose author is not frozen yet. */
  readonly accused: Map<OrgId, Accusation>
  /** Authors that are frozen in the final state, and in which generation. */
  frozen: Map<OrgId, number>
  /** Restrictions of frozen authors that may have to be told again. */
  readonly untold: Set<EventId>
  /** Which event tells each of them again, as long as it waits to become final. */
  readonly told: Map<EventId, EventId>
  /** What the store said of references that the index does not hold: final, or not there. */
  readonly lookedUp: Map<EventId, boolean>
  /** Ids that the store was asked for and has not answered. */
  readonly asking: Set<EventId>
  /** What was said in the last sync with each peer. */
  readonly sessions: Map<string, SyncSession>
  /** Of which chains, by author and generation, a cut has events that are not here, and between which places. */
  readonly lacking: Map<string, Range>
  /** False while final events from before a snapshot are still being fetched. */
  isHistoryWhole: boolean
  /** Snapshots taken since the start: an answer of the store is of the time of one of them. */
  jumps: number
  /** Authors whose chains are not whole: from which place on all of their events are here. */
  readonly heldFrom: Map<OrgId, HeldFrom>
  /** Authors of whom bodies were pruned: from which place on all of them are here. */
  readonly bodiesFrom: Map<OrgId, HeldFrom>
  /** Why nothing is signed in an own generation any more. */
  stopped: { readonly reason: 'own-fork' | 'own-key-elsewhere'; readonly generation: number } | null
  readonly isCopy: boolean
  /**
   * False after a restart, until f + 1 members have brought back what they know of this one, or nobody was there to be
   * heard.
   */
  isOwnChainCertain: boolean
  readonly syncedPeers: Set<string>
  /** Peers that told of own events which they did not give and nobody else brought. */
  readonly withholding: Set<string>
}

/** Checkpoints that follow each other, in order of height. */
export interface Incoming {
  readonly from: string
  readonly run: Checkpoint[]
  bytes: number
  /** Certified, but these events are not here, or it is not known whether they are final. */
  readonly lacks: Set<EventId>
  /** Until then what waits for events is not asked for again. */
  untilMs: number
}

/** A fork of one generation, and the event that logs it. */
export interface Accusation {
  readonly generation: number
  readonly loggedBy: EventId | null
}

export const emptyRestored = (): RestoredReplica => ({
  final: null,
  log: createLog(),
  records: [],
  voteGate: null,
  proposals: [],
  lastSigned: null,
  handovers: new Map(),
  isHistoryWhole: true,
  isFirstStart: true,
  isCopy: false,
  heldFrom: new Map(),
  bodiesFrom: new Map(),
})

const nothingNew = { events: [], outcomes: [] }

export function createReplica(config: ReplicaConfig, restored: RestoredReplica): Replica {
  const { genesis, org } = config
  const first = genesisChainState(genesis)
  const final: ChainState = restored.final
    ? { ...restored.final, ...restored.final.checkpoint, ...nothingNew }
    : first
  const { digest } = final.header
  const set = final.state.validators
  const base = set.epoch === 0 ? { digest: first.header.digest, view: 0 } : baseAt(final)
  const consensus = createConsensus(consensusConfig(config, { set, base }), {
    finalized: pointOf(final),
    records: restored.records,
    votesFrom: votesFromOf({ config, restored, epoch: set.epoch }),
    // H14: those of an epoch that is over say nothing in this one.
    proposals: restored.proposals.filter(({ header }) => header.core.epoch === set.epoch),
  })
  const replica: Replica = {
    config,
    networkId: networkIdOf(genesis),
    set,
    formerSet: null,
    handovers: new Map(restored.handovers),
    askedOfEpochMs: Number.NEGATIVE_INFINITY,
    log: restored.log,
    orphans: createOrphanBuffer(),
    consensus,
    chain: new Map([[digest, final]]),
    final,
    waiting: new Map(),
    incoming: null,
    fetching: null,
    unhelpful: new Map(),
    lastSigned: restored.lastSigned,
    accused: accusationsIn(restored.log),
    frozen: frozenIn(final.state),
    untold: new Set(),
    told: toldBy(restored.log, org),
    lookedUp: new Map(),
    asking: new Set(),
    sessions: new Map(),
    lacking: new Map(),
    isHistoryWhole: restored.isHistoryWhole,
    jumps: 0,
    heldFrom: new Map(restored.heldFrom),
    bodiesFrom: new Map(restored.bodiesFrom),
    stopped: null,
    isCopy: restored.isCopy,
    isOwnChainCertain: false,
    syncedPeers: new Set(),
    withholding: new Set(),
  }
  noteLost(replica, replica.frozen.keys())
  judgeOwnChain(replica)
  const isKnown = config.hasVoteRecord && restored.isFirstStart && !restored.isCopy
  replica.isOwnChainCertain = isKnown || membersToHear(replica) === 0
  return replica
}

/** A copy may be older than the votes that were cast, and a store that was lost knows of none. */
function votesFromOf({
  config,
  restored,
  epoch,
}: {
  readonly config: ReplicaConfig
  readonly restored: RestoredReplica
  readonly epoch: number
}): number | null {
  const { isCopy, voteGate } = restored
  if (isCopy) return null
  if (voteGate === null) return config.hasVoteRecord ? 0 : null
  return voteGate.epoch < epoch && voteGate.view !== null ? 0 : voteGate.view
}

/** Of two places in one author's chains the first is the later; a missing one is before all. */
export function isAbove(tip: Omit<ChainTip, 'id'>, other: Omit<ChainTip, 'id'> | null): boolean {
  if (other === null || tip.generation !== other.generation)
    return other === null || tip.generation > other.generation
  return tip.sequence > other.sequence
}

/** The last place of an author's chains that is known of: a snapshot may have brought it without the events. */
export function lastPlaceOf({ log, final }: Replica, author: OrgId): HeldFrom | null {
  const heads = [...(log.chains.get(author)?.keys() ?? [])].flatMap(
    (at) => headsOf(log, author, at).at(-1) ?? [],
  )
  const inCut = final.cut.get(author)
  let last: HeldFrom | null = null
  for (const { generation, sequence } of [...heads, ...(inCut === undefined ? [] : [inCut])])
    if (isAbove({ generation, sequence }, last)) last = { generation, sequence }
  return last
}

/**
 * What the store says of the own chain. The note of what was signed is written with the event, so events above it were
 * not signed here; where the store was lost, they are our own come back, and a note may not have been written then.
 */
function judgeOwnChain(replica: Replica): void {
  const { log, config, lastSigned } = replica
  const generation = Math.max(finalGenerationOf(log, config.org), lastSigned?.generation ?? 0)
  const head = headsOf(log, config.org, generation).at(-1) ?? null
  if (head !== null && isAbove(head, lastSigned)) {
    if (config.hasVoteRecord || replica.isCopy) replica.stopped = { reason: 'own-key-elsewhere', generation }
    else replica.lastSigned = { generation, sequence: head.sequence, id: head.id }
  }
  const forked = forksOf(log, config.org).flatMap((known) => placeOfForkEvidence(known)?.generation ?? [])
  if (forked.includes(generation)) replica.stopped = { reason: 'own-fork', generation }
}

/** What is still to be pursued shows when the first header is settled; who logs it, from what waits in the log. */
function accusationsIn(log: LogIndex): Map<OrgId, Accusation> {
  const accused = new Map<OrgId, Accusation>()
  for (const author of log.chains.keys())
    for (const known of forksOf(log, author)) {
      const generation = placeOfForkEvidence(known)?.generation
      if (generation !== undefined) accused.set(author, { generation, loggedBy: null })
    }
  for (const { event } of log.entries.values()) {
    if (event?.body.kind !== 'evidence.fork' && event?.body.kind !== 'evidence.branches') continue
    const slot = placeOfForkEvidence(event.body)
    const accusation = slot && accused.get(slot.author)
    if (slot && accusation?.generation === slot.generation)
      accused.set(slot.author, { ...accusation, loggedBy: event.id })
  }
  return accused
}

/** The peer id under which a validator is reached. */
export function peerOfValidator({ set, config, final }: Replica, validator: number): string {
  const org = set.validators[validator]?.org
  const peerId = org && peerIdOf(final.state, { genesis: config.genesis, org })
  if (!peerId) throw new Error(`no organisation is validator ${validator}`)
  return peerId
}
