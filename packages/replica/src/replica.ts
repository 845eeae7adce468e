/**
 * One institution's node without its disk, wire and clock: the log, consensus and status composed into one step
 * function. Production and the simulator run this; the shell runs the effects, in their order.
 */
import type { EventId, LogTree } from '@chirograph/codec'
import {
  type Certificate,
  type ConsensusState,
  createConsensus,
  type Hex,
  type Proposal,
  type ValidatorSet,
  type Verified,
  type VoteRecord,
  validatorIndexOf,
} from '@chirograph/consensus'
import type { Ed25519 } from '@chirograph/crypto'
import type { OrgId } from '@chirograph/event'
import {
  type Cut,
  createLog,
  createOrphanBuffer,
  forksOf,
  headsOf,
  type LogIndex,
  type OrphanBuffer,
} from '@chirograph/log'
import { type Genesis, type NetworkState, networkIdOf, validatorSetOf } from '@chirograph/status'
import { type ChainState, genesisChainState } from './chain-state.js'
import type { Checkpoint } from './checkpoint.js'
import type { SyncSession } from './sync.js'

/** Signs with the log key or the consensus key. Ed25519 is deterministic (RFC 8032), so these are pure functions. */
export interface ReplicaSigners {
  readonly event: (message: Uint8Array) => Uint8Array
  readonly vote: (message: Uint8Array) => Uint8Array
}

export interface ReplicaConfig {
  readonly genesis: Genesis
  readonly org: OrgId
  readonly signers: ReplicaSigners
  readonly ed25519: Ed25519
  /** False when this node's vote record is not certain to be whole: it then follows without voting. */
  readonly hasVoteRecord: boolean
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
  readonly records: readonly VoteRecord[]
  readonly proposals: readonly Verified<Proposal>[]
  /** The last event that this node signed, from its own synced note. */
  readonly lastSigned: ChainTip | null
  readonly isHistoryWhole: boolean
  readonly heldFrom: ReadonlyMap<OrgId, HeldFrom>
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
  readonly set: ValidatorSet
  readonly log: LogIndex
  readonly orphans: OrphanBuffer
  consensus: ConsensusState
  /** Executed headers from the final one on, by digest. */
  readonly chain: Map<Hex, ChainState>
  final: ChainState
  /** Proposals that wait for events, with the ids that were missing when last tried. */
  readonly waiting: Map<Hex, { readonly proposal: Verified<Proposal>; readonly missing: Set<EventId> }>
  /** Checkpoints received that no certificate covers yet, in order of height. */
  readonly incoming: Checkpoint[]
  incomingBytes: number
  fetching: { readonly peer: string; readonly fromHeight: number; untilMs: number } | null
  /** Peers whose last answer brought nothing, and until when others are asked first. */
  readonly unhelpful: Map<string, number>
  lastSigned: ChainTip | null
  /** Evidence already gossiped and logged, by author. */
  readonly accused: Set<OrgId>
  /** What the store said of references that the index does not hold: final, or not there. */
  readonly lookedUp: Map<EventId, boolean>
  /** Ids that the store was asked for and has not answered. */
  readonly asking: Set<EventId>
  /** What was said in the last sync with each peer. */
  readonly sessions: Map<string, SyncSession>
  /** False while final events from before a snapshot are still being fetched. */
  isHistoryWhole: boolean
  /** Authors whose chains are not whole: from which place on all of their events are here. */
  readonly heldFrom: Map<OrgId, HeldFrom>
  isSigningStopped: boolean
  /** False after the store was lost, until f + 1 members have brought back what they know of this one. */
  isOwnChainCertain: boolean
  readonly syncedPeers: Set<string>
}

export const emptyRestored = (): RestoredReplica => ({
  final: null,
  log: createLog(),
  records: [],
  proposals: [],
  lastSigned: null,
  isHistoryWhole: true,
  heldFrom: new Map(),
})

const nothingNew = { events: [], outcomes: [] }

export function createReplica(config: ReplicaConfig, restored: RestoredReplica): Replica {
  const { genesis, org, signers } = config
  const set = validatorSetOf(genesis)
  const first = genesisChainState(genesis)
  const final: ChainState = restored.final
    ? { ...restored.final, ...restored.final.checkpoint, ...nothingNew }
    : first
  const self = validatorIndexOf(set, org)
  const { core, digest } = final.header
  const consensus = createConsensus(
    {
      set,
      genesisDigest: first.header.digest,
      self,
      mayVote: self !== undefined && config.hasVoteRecord,
      sign: signers.vote,
      ...genesis.parameters,
    },
    {
      // Read back from our own disk, where only checked certificates are put.
      finalized: {
        digest,
        view: core.view,
        height: core.height,
        timeMs: core.timeMs,
        certificate: final.certificate as Verified<Certificate> | null,
      },
      records: restored.records,
      proposals: restored.proposals,
    },
  )
  return {
    config,
    networkId: networkIdOf(genesis),
    set,
    log: restored.log,
    orphans: createOrphanBuffer(),
    consensus,
    chain: new Map([[digest, final]]),
    final,
    waiting: new Map(),
    incoming: [],
    incomingBytes: 0,
    fetching: null,
    unhelpful: new Map(),
    lastSigned: higherTip(restored.lastSigned, ownHeadOf(restored.log, org)),
    accused: new Set(
      [...restored.log.chains.keys()].filter((author) => forksOf(restored.log, author).length > 0),
    ),
    lookedUp: new Map(),
    asking: new Set(),
    sessions: new Map(),
    isHistoryWhole: restored.isHistoryWhole,
    heldFrom: new Map(restored.heldFrom),
    isSigningStopped: forksOf(restored.log, org).length > 0,
    isOwnChainCertain: config.hasVoteRecord,
    syncedPeers: new Set(),
  }
}

/** What the log holds of our own chain counts as signed, whatever became of the note. */
function ownHeadOf(log: LogIndex, org: OrgId): ChainTip | null {
  const head = headsOf(log, org, 0).at(-1)
  return head ? { generation: head.generation, sequence: head.sequence, id: head.id } : null
}

function higherTip(a: ChainTip | null, b: ChainTip | null): ChainTip | null {
  if (a === null || b === null) return a ?? b
  return b.sequence > a.sequence ? b : a
}

/** The peer id under which the genesis knows a validator. */
export function peerOfValidator({ set, config }: Replica, validator: number): string {
  const org = set.validators[validator]?.org
  const organisation = config.genesis.organisations.find(({ id }) => id === org)
  if (!organisation) throw new Error(`no organisation is validator ${validator}`)
  return organisation.peerId
}
