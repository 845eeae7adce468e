/** What a node says of itself: where it stands, with whom, and whether it is certain of either. */
import { faultsOf, leaderOf, viewsHeard, viewsToHear } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import type { Clock, Network, PeerStatus } from '@chirograph/interface'
import { type RefuseReason, type Replica, refusalOf } from '@chirograph/replica'
import { type KnownFork, openForks } from './fork-view.js'
import type { Conduct } from './peer-conduct.js'
import type { Shell } from './shell.js'
import type { JoinProgress } from './snapshot-fetching.js'

export interface NodeCounters {
  /** What peers sent and was refused, by reason. */
  readonly rejected: Record<string, number>
  equivocations: number
  conflicts: number
}

export interface NodeStatus {
  readonly org: OrgId
  readonly name: string
  readonly networkId: string
  readonly networkName: string
  readonly purpose: 'demo' | 'production'
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly startedAtMs: number
  readonly view: number
  readonly leader: { readonly org: string; readonly name: string; readonly isSelf: boolean }
  readonly height: number
  readonly finalTimeMs: number
  readonly finalAgeMs: number
  readonly isVoting: boolean
  /**
   * `copied-folder` and `votes-forgotten`: the vote record may be an old one, or was found to be. Of these and of
   * `vote-record-lost`, `recall` says how far it is found out where this member may vote again.
   */
  readonly whyNotVoting:
    | 'observer'
    | 'key-missing'
    | 'copied-folder'
    | 'votes-forgotten'
    | 'vote-record-lost'
    | 'later-view'
    | null
  /**
   * How many of the other validators have said which view they are in, and how many must. `too-few-validators`: fewer than
   * four lose no vote without standing still. `another-copy`: votes of this member come from elsewhere. Null in all other
   * cases.
   */
  readonly recall:
    | { readonly heard: number; readonly needed: number }
    | 'too-few-validators'
    | 'another-copy'
    | null
  /** The lowest view in which this member votes; null while that is not known. */
  readonly votesFrom: number | null
  readonly events: { readonly known: number; readonly final: number; readonly pending: number }
  /** The snapshot that is being taken, because this node was far behind; null when none is. */
  readonly snapshot: JoinProgress | null
  /** Final events from before this node's snapshot: how many it still lacks, and how many it has brought since it started. */
  readonly history: { readonly isWhole: boolean; readonly missing: number; readonly brought: number }
  readonly authors: number
  /** Organisations of which it is known here that they told two stories at one place of their log. */
  readonly forks: readonly KnownFork[]
  readonly peers: readonly PeerOfNode[]
  readonly sync: {
    /** `current` only when a peer confirmed it within the last half minute. */
    readonly state: 'current' | 'behind' | 'alone' | 'unknown'
    readonly behindBy: number | null
    readonly lastHeardMs: number | null
  }
  readonly signing: 'ok' | RefuseReason
  readonly counters: NodeCounters
}

/** A peer as the adapter sees it, who it is, and how it behaves. */
export interface PeerOfNode extends PeerStatus {
  readonly org: string | null
  readonly name: string | null
  readonly conduct: Conduct
}

/** A sync older than this confirms nothing any more. */
const confirmedForMs = 30_000

export function statusOfNode(args: {
  readonly shell: Shell
  readonly network: Network
  readonly clock: Clock
  readonly startedAtMs: number
  readonly counters: NodeCounters
}): NodeStatus {
  const { shell, network, clock, startedAtMs, counters } = args
  const { replica, shown } = shell
  const { genesis, org } = replica.config
  const { core } = shown.header
  const nameOf = (wanted: string) => genesis.organisations.find(({ id }) => id === wanted)?.name ?? wanted
  const leader = replica.set.validators[leaderOf(replica.set, replica.consensus.view)]?.org ?? ''
  const known = replica.final.logTree.size + replica.log.pending.count
  const final = shown.logTree.size
  return {
    org,
    name: nameOf(org),
    networkId: replica.set.networkId,
    networkName: genesis.name,
    purpose: genesis.purpose,
    peerId: network.peerId,
    addresses: network.addresses(),
    startedAtMs,
    view: replica.consensus.view,
    leader: { org: leader, name: nameOf(leader), isSelf: leader === org },
    height: core.height,
    finalTimeMs: core.timeMs,
    finalAgeMs: Math.max(0, clock.nowMs() - core.timeMs),
    isVoting: whyNotVoting(replica) === null,
    whyNotVoting: whyNotVoting(replica),
    recall: recallOf(replica),
    votesFrom: replica.consensus.votesFrom,
    events: { known, final, pending: known - final },
    snapshot: shell.joining(),
    history: shell.history(),
    authors: replica.log.chains.size,
    forks: openForks({ log: replica.log, state: replica.final.state, self: org }),
    peers: network.peers().map((peer) => {
      const member = genesis.organisations.find(({ peerId }) => peerId === peer.peerId)
      const conduct = shell.conductOf(peer.peerId)
      return { ...peer, org: member?.id ?? null, name: member?.name ?? null, conduct }
    }),
    sync: syncOf(shell, network, clock.nowMs()),
    signing: signingOf(shell),
    counters,
  }
}

function syncOf(shell: Shell, network: Network, nowMs: number): NodeStatus['sync'] {
  const connected = network.peers().filter((peer) => peer.connected)
  const heard = connected.map((peer) => peer.lastHeardMs).filter((ms): ms is number => ms !== null)
  const lastHeardMs = heard.length > 0 ? Math.max(...heard) : null
  if (connected.length === 0) return { state: 'alone', behindBy: null, lastHeardMs }
  const states = connected.flatMap((peer) => shell.syncs.get(peer.peerId) ?? [])
  const behindBy = Math.max(
    0,
    ...states.map(({ progress }) => (progress ? progress.offered - progress.received : 0)),
  )
  if (behindBy > 0 || shell.replica.fetching || shell.joining() !== null)
    return { state: 'behind', behindBy, lastHeardMs }
  const isConfirmed = states.some(({ endedMs }) => endedMs !== null && nowMs - endedMs < confirmedForMs)
  return { state: isConfirmed ? 'current' : 'unknown', behindBy: isConfirmed ? 0 : null, lastHeardMs }
}

function whyNotVoting({ consensus, config, isCopy }: Replica): NodeStatus['whyNotVoting'] {
  const { votesFrom, view } = consensus
  if (consensus.config.self === undefined) return 'observer'
  if (votesFrom === null) {
    if (!config.hasVoteRecord) return 'vote-record-lost'
    return isCopy ? 'copied-folder' : 'votes-forgotten'
  }
  if (!consensus.config.mayVote) return 'key-missing'
  return view < votesFrom ? 'later-view' : null
}

function recallOf({ consensus, set }: Replica): NodeStatus['recall'] {
  const { self, mayVote } = consensus.config
  if (consensus.votesFrom !== null || self === undefined) return null
  if (faultsOf(set) === 0) return 'too-few-validators'
  if (!mayVote) return 'another-copy'
  return { heard: viewsHeard(consensus), needed: viewsToHear(set) }
}

function signingOf({ replica }: Shell): NodeStatus['signing'] {
  return refusalOf(replica) ?? 'ok'
}
