/**
 * A member that makes up what only others could sign: proposals in their views, certificates of a quorum, votes of another
 * set, checkpoints that are not final, evidence of forks that were none.
 */
import { compareBytes, fromHex, toHex } from '@chirograph/codec'
import {
  type Certificate,
  leaderOf,
  type Message,
  type Proposal,
  type SignedVote,
  signVote,
} from '@chirograph/consensus'
import { createEvent, type ForkEvidence, type SignedHeader } from '@chirograph/event'
import { encodeForkEvidence, forkEvidenceOf } from '@chirograph/log'
import { encodeCheckpoint } from '@chirograph/replica'
import type { NodeInput } from '../simulated-node.js'
import { type ActorMaker, messageFrom, messageIn, toEach } from './actor.js'
import { remade, voteAs } from './own-proposal.js'

/** Things of others that it remembers, of each kind. */
const heardMax = 50

/** Votes for views to come, each time. */
const votesAhead = 12

export const forger: ActorMaker = (means) => {
  const { random, self, set, members, victims } = means
  const from = members[self]?.peer ?? ''
  const proposals: Proposal[] = []
  const notarizations: Certificate[] = []
  const events: { readonly signed: SignedHeader; readonly forged: SignedHeader }[] = []
  let furthest = 1_000
  const keep = <T>(list: T[], one: T) => {
    list.push(one)
    if (list.length > heardMax) list.shift()
  }
  const say = (message: Message): NodeInput[] => [messageFrom(means, message)]
  const openView = () => means.replica()?.consensus.view ?? 1

  /** Its own vote, alone, as if that were a quorum. */
  function certificateOfOne(): NodeInput[] {
    const header = proposals.at(-1)?.header
    const type = random.pick(['notarize', 'skip', 'final'] as const)
    const isSkip = type === 'skip' || header === undefined
    const [view, height] = isSkip ? [openView(), 0] : [header.core.view, header.core.height]
    const vote = voteAs(means, { type: isSkip ? 'skip' : type, view, digest: isSkip ? null : header.digest })
    const signers = new Uint8Array(Math.ceil(set.validators.length / 8))
    signers[self >> 3] = 1 << (self & 7)
    const { epoch, digest } = vote
    const scheme = set.scheme === 'ed25519' ? 1 : 2
    const certificate = { scheme, type: vote.type, epoch, view, height, digest, signers }
    return say({ kind: 'certificate', certificate: { ...certificate, signatures: [vote.signature] } })
  }

  /** Well signed, by a key of this set, as a member of another one. */
  function voteOfAnotherSet(): NodeInput[] {
    const setHash = toHex((fromHex(set.setHash) ?? new Uint8Array(32)).map((byte) => byte ^ 1))
    const header = proposals.at(-1)?.header
    const unsigned: Pick<SignedVote, 'type' | 'view' | 'digest'> = header
      ? { type: 'notarize', view: header.core.view, digest: header.digest }
      : { type: 'skip', view: openView(), digest: null }
    const vote = signVote(
      { ...unsigned, epoch: set.epoch, setHash },
      { signer: self, sign: (message) => means.sign(message) },
    )
    return say({ kind: 'vote', vote })
  }

  /** A header that a quorum notarized, as if it were final. */
  function notarizedCheckpoint(): NodeInput[] {
    const certificate = notarizations.at(-1)
    const proposal = proposals.find(({ header }) => header.digest === certificate?.digest)
    if (!certificate || !proposal) return []
    const { header, changes } = proposal
    const claimed = { ...certificate, height: header.core.height }
    const bytes = encodeCheckpoint({ header, changes, certificate: claimed, tail: null })
    return [{ kind: 'checkpoint', bytes, from, isGossip: true }]
  }

  /** An honest event, and one that its author never made at the same place. */
  function falseEvidence(): ForkEvidence | undefined {
    const { signed, forged } = events.length > 0 ? random.pick(events) : {}
    return signed && forged && forkEvidenceOf(signed, forged)
  }

  function gossipedEvidence(): NodeInput[] {
    const evidence = falseEvidence()
    return evidence ? [{ kind: 'evidence', bytes: encodeForkEvidence(evidence), from }] : []
  }

  function farVotes(): NodeInput[] {
    return Array.from({ length: votesAhead }, () =>
      messageFrom(means, {
        kind: 'vote',
        vote: voteAs(means, { type: 'skip', view: furthest++, digest: null }),
      }),
    )
  }

  const tricks: readonly (readonly [string, () => NodeInput[]])[] = [
    ['certificates of one', certificateOfOne],
    ['votes of another set', voteOfAnotherSet],
    ['checkpoints that are notarized only', notarizedCheckpoint],
    ['false evidence', gossipedEvidence],
    ['votes far ahead', farVotes],
  ]

  function play([name, trick]: (typeof tricks)[number], isFirst = false): void {
    for (const input of trick()) {
      means.did(name)
      means.post(victims.map((to) => ({ to, input, isFirst })))
    }
  }

  /** Another proposal of a view that somebody else leads, before the leader's own comes to others. */
  function usurp(proposal: Proposal): void {
    const other = remade(means, proposal, { laterMs: 1 })
    if (!other) return
    means.did('proposals in views of others')
    const input = messageFrom(means, { kind: 'proposal', proposal: other })
    means.post(toEach(victims, input).map((delivery) => ({ ...delivery, isFirst: random.chance(0.5) })))
  }

  return {
    hearsFirst: true,
    hears(input, sender) {
      if (!victims.includes(sender)) return true
      const message = messageIn(input)
      if (message?.kind === 'proposal') {
        const { proposal } = message
        const isNew = !proposals.some(({ header }) => header.digest === proposal.header.digest)
        if (isNew) keep(proposals, proposal)
        const { parentCertificate } = proposal
        if (parentCertificate?.type === 'notarize') keep(notarizations, parentCertificate)
        if (isNew && leaderOf(set, proposal.header.core.view) === sender) usurp(proposal)
      }
      if (message?.kind === 'certificate' && message.certificate.type === 'notarize') {
        keep(notarizations, message.certificate)
        play(['checkpoints that are notarized only', notarizedCheckpoint], true)
      }
      if (input.kind === 'segment' && input.segment.kind === 'decoded') {
        const { last, signature } = input.segment.segment
        const { header, headerBytes } = last
        if (signature && header.author !== members[self]?.org) {
          const { author, generation, sequence, prev, references, networkId } = header
          const place = { networkId, author, generation, sequence, prev, references: [...references] }
          const body = { kind: 'status.lease', count: 1_024 } as const
          const forged = createEvent({ ...place, timeMs: means.timeMs(), body }, (message) =>
            means.signEvent(message, 0),
          )
          const { headerBytes: other, signature: own } = forged
          if (header.kind !== 'key.rotate' && own && compareBytes(headerBytes, other) !== 0)
            keep(events, {
              signed: { headerBytes, signature },
              forged: { headerBytes: other, signature: own },
            })
        }
      }
      return true
    },
    acts() {
      play(random.pick(tricks))
      const evidence = random.chance(0.2) ? falseEvidence() : undefined
      if (!evidence) return
      means.did('false evidence on the log')
      means.publish(evidence)
    },
  }
}
