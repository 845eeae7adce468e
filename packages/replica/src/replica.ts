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
import { type Cut, createLog, createOrphanBuffer, type LogIndex, type OrphanBuffer } from '@chirograph/log'
import { type Genesis, type NetworkState, networkIdOf, validatorSetOf } from '@chirograph/status'
import { type ChainState, genesisChainState } from './chain-state.js'
import type { Checkpoint } from './checkpoint.js'

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
  /** Proposals that wait for events, with what was missing when last tried. */
  readonly waiting: Map<Hex, Verified<Proposal>>
  /** Checkpoints received that no certificate covers yet, in order of height. */
  readonly incoming: Checkpoint[]
  fetching: { readonly peer: string; readonly untilMs: number } | null
  lastSigned: ChainTip | null
  /** Evidence already gossiped and logged, by author. */
  readonly accused: Set<OrgId>
  isSigningStopped: boolean
}

export const emptyRestored = (): RestoredReplica => ({
  final: null,
  log: createLog(),
  records: [],
  proposals: [],
  lastSigned: null,
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
    fetching: null,
    lastSigned: restored.lastSigned,
    accused: new Set(),
    isSigningStopped: false,
  }
}

/** The peer id under which the genesis knows a validator. */
export function peerOfValidator({ set, config }: Replica, validator: number): string {
  const org = set.validators[validator]?.org
  const organisation = config.genesis.organisations.find(({ id }) => id === org)
  if (!organisation) throw new Error(`no organisation is validator ${validator}`)
  return organisation.peerId
}
