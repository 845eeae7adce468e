/** The proposals that an actor makes in the views that it leads, and other ones that it could have made. */
import { toHex, treeRoot } from '@chirograph/codec'
import {
  createHeader,
  leaderOf,
  type Proposal,
  proposalSigningBytes,
  type SignedVote,
  signVote,
  type Vote,
} from '@chirograph/consensus'
import { type CutEntry, cutRoot, decodeChanges, encodeChanges } from '@chirograph/log'
import { execute } from '@chirograph/replica'
import { stateRoot } from '@chirograph/status'
import { type ActorMeans, type Delivery, messageIn } from './actor.js'

/** The proposal in this, when it is of a view that this actor leads. */
export function ownProposalIn({ set, self }: ActorMeans, { input }: Delivery): Proposal | undefined {
  const message = messageIn(input)
  if (message?.kind !== 'proposal') return undefined
  return leaderOf(set, message.proposal.header.core.view) === self ? message.proposal : undefined
}

/** The actor's own vote in this. */
export function ownVoteIn({ self }: ActorMeans, { input }: Delivery): SignedVote | undefined {
  const message = messageIn(input)
  return message?.kind === 'vote' && message.vote.signer === self ? message.vote : undefined
}

export function voteAs(
  { set, self, sign }: ActorMeans,
  vote: Pick<Vote, 'type' | 'view' | 'digest'>,
): SignedVote {
  return signVote({ ...vote, epoch: set.epoch, setHash: set.setHash }, { signer: self, sign })
}

/** Another proposal of the same view on the same parent, that executes as well; undefined where there is none. */
export function remade(
  means: ActorMeans,
  proposal: Proposal,
  change: {
    readonly laterMs?: number
    readonly higher?: number
    readonly keeps?: (entry: CutEntry) => boolean
  },
): Proposal | undefined {
  const replica = means.replica()
  const { core, rest } = proposal.header
  const parent = replica?.chain.get(rest.parent)
  const decoded = decodeChanges(proposal.changes)
  if (!replica || !parent || !decoded.ok) return undefined
  const changes = decoded.value.filter(change.keeps ?? (() => true))
  const timeMs = core.timeMs + (change.laterMs ?? 0)
  const height = core.height + (change.higher ?? 0)
  const { log, lookedUp } = replica
  const grounds = { log, lookedUp, bytesMax: means.cutBytesMax, ed25519: means.ed25519 }
  const executed = execute({ parent, changes, height, timeMs, ...grounds })
  if (executed.kind !== 'executed') return undefined
  const { cut, logTree, state } = executed.execution
  const { networkId, epoch, view, setHash, nextSetHash } = core
  const header = createHeader(
    { networkId, epoch, view, height, setHash, nextSetHash, timeMs, stateRoot: toHex(stateRoot(state)) },
    {
      parent: rest.parent,
      cutRoot: toHex(cutRoot(cut)),
      logRoot: toHex(treeRoot(logTree)),
      logSize: logTree.size,
    },
  )
  const signature = means.sign(proposalSigningBytes(header))
  return { ...proposal, header, changes: encodeChanges(changes), signature }
}
