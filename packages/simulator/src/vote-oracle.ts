/** What a validator may say: rules H0 to H5, judged from the messages that leave it, over all its lives. */
import { equalBytes } from '@chirograph/codec'
import { decodeMessage, type Proposal, type VoteRecord } from '@chirograph/consensus'
import { breach } from './breach.js'
import type { EpochBook } from './epoch-book.js'
import type { VotePlace } from './virtual-disk.js'

export interface VoteOracle {
  readonly counts: { votes: number; proposals: number }
  /**
   * A message that leaves a node. `durableVotes` reads what its disk would show after a power cut now; where the disk
   * cannot be asked, rule H5 is not judged.
   */
  sent(node: number, bytes: Uint8Array, durableVotes?: (place: VotePlace) => VoteRecord | undefined): void
}

interface Said {
  notarize: string | null
  skip: boolean
  final: string | null
}

interface SaidVote {
  readonly type: 'notarize' | 'skip' | 'final'
  readonly digest: string | null
}

/**
 * Where members are Byzantine, `honestLeaderOf` names the leader of a view, or nobody when that is one of them. What an
 * honest one proposes is one header, of which others may pass on copies that are not the leader's byte for byte.
 */
export function createVoteOracle({
  honestLeaderOf,
  nodeOf = ({ signer }) => signer,
}: {
  readonly honestLeaderOf?: (place: VotePlace) => number | undefined
  readonly nodeOf?: EpochBook['nodeOf']
} = {}): VoteOracle {
  const counts = { votes: 0, proposals: 0 }
  const said = new Map<string, Said>()
  const proposed = new Map<string, Uint8Array>()
  const digests = new Map<string, string>()

  function judgeProposal(node: number, { header }: Proposal, bytes: Uint8Array): void {
    const { epoch, view } = header.core
    const place = `${epoch}/${view}`
    const leader = honestLeaderOf?.({ epoch, view })
    if (honestLeaderOf && leader === undefined) return
    const isVerbatim = !honestLeaderOf || leader === node
    const [first = bytes, digest = header.digest] = [proposed.get(place), digests.get(place)]
    if (digest !== header.digest || (isVerbatim && !equalBytes(first, bytes)))
      breach('H0', `two different proposals of view ${view} of epoch ${epoch}`)
    digests.set(place, digest)
    if (isVerbatim) proposed.set(place, first)
  }

  return {
    counts,
    sent(node, bytes, durableVotes) {
      const decoded = decodeMessage(bytes)
      if (!decoded.ok) breach('wire', `node ${node} sent what nobody can read: ${decoded.detail}`)
      const message = decoded.value
      if (message.kind === 'proposal') {
        counts.proposals++
        judgeProposal(node, message.proposal, bytes)
      }
      if (message.kind !== 'vote') return
      counts.votes++
      const { vote } = message
      if (nodeOf(vote) !== node) breach('wire', `node ${node} sent a vote of ${vote.signer}`)
      const key = `${node}/${vote.epoch}/${vote.view}`
      const before = said.get(key) ?? { notarize: null, skip: false, final: null }
      said.set(key, before)
      judgeVote(before, vote, `node ${node}, view ${vote.view}`)
      if (durableVotes && !isDurable(vote, durableVotes(vote)))
        breach('H5', `node ${node} sent a ${vote.type} of view ${vote.view} before it was synced`)
    },
  }
}

function judgeVote(before: Said, vote: SaidVote, where: string): void {
  if (vote.type === 'skip') {
    if (before.final !== null) breach('H2', `${where}: SKIP after FINAL`)
    before.skip = true
    return
  }
  if (before[vote.type] !== null && before[vote.type] !== vote.digest)
    breach(vote.type === 'notarize' ? 'H1' : 'H4', `${where}: two ${vote.type} votes`)
  if (vote.type === 'final') {
    if (before.skip) breach('H2', `${where}: FINAL after SKIP`)
    if (before.notarize !== vote.digest) breach('H4', `${where}: FINAL without an own NOTARIZE before it`)
  }
  before[vote.type] = vote.digest
}

function isDurable({ type, digest }: SaidVote, durable: VoteRecord | undefined): boolean {
  return type === 'skip' ? durable?.skip === true : durable?.[type] === digest
}
