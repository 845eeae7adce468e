/** A member that tries to have others accused, with what they really signed: of other views, out of place, or altered. */
import { bytesUpTo, compareBytes, encode, field, fromHex, struct, toHex } from '@chirograph/codec'
import { leaderOf, type Message } from '@chirograph/consensus'
import {
  createEvent,
  decodeSegment,
  encodeSegment,
  headerBytesMax,
  type SignedHeader,
  segmentOf,
  signatureBytes,
  type VerifiedEvent,
} from '@chirograph/event'
import { type CutEntry, decodeChanges, encodeChanges } from '@chirograph/log'
import { decodeCheckpoint, encodeCheckpoint, segmentInput } from '@chirograph/replica'
import type { NodeInput } from '../simulated-node.js'
import { type ActorMaker, messageFrom, messageIn } from './actor.js'
import { voteAs } from './own-proposal.js'

/** Messages of others that it remembers. */
const heardMax = 200

/** Of messages heard, how many it answers with a trick at once. */
const tricksInTime = 0.1

/** As evidence travels; that shape itself refuses what proves nothing. */
const headerShape = struct('header', [
  field('headerBytes', bytesUpTo(headerBytesMax)),
  field('signature', bytesUpTo(signatureBytes)),
])
const falseEvidenceShape = struct('false evidence', [
  field('first', headerShape),
  field('second', headerShape),
])

export const framer: ActorMaker = (means) => {
  const { random, victims, self, set, members } = means
  const from = members[self]?.peer ?? ''
  const messages: Message[] = []
  const headers: SignedHeader[] = []
  const segments: Uint8Array[] = []
  const checkpoints: Uint8Array[] = []
  const keep = <T>(list: T[], one: T) => {
    list.push(one)
    if (list.length > heardMax) list.shift()
  }

  /** A message of this kind that somebody else made. */
  function heard<K extends Message['kind']>(kind: K): Extract<Message, { kind: K }> | undefined {
    const known = messages.filter(
      (message): message is Extract<Message, { kind: K }> => message.kind === kind,
    )
    // What is new is not final yet, and looked at.
    return known.length === 0 || random.chance(0.5) ? known.at(-1) : random.pick(known)
  }

  const say = (message: Message | undefined): NodeInput[] => (message ? [messageFrom(means, message)] : [])

  /** A vote as if it were of another set, epoch, view or signer. */
  function alteredVote(): NodeInput[] {
    const { vote } = heard('vote') ?? {}
    if (!vote) return []
    const otherSet = toHex((fromHex(vote.setHash) ?? new Uint8Array(32)).map((byte) => byte ^ 1))
    const altered = random.pick([
      { ...vote, epoch: 1 },
      { ...vote, setHash: otherSet },
      { ...vote, view: vote.view + 1 },
      { ...vote, signer: random.pick(victims) },
      { ...voteAs(means, vote), setHash: otherSet },
    ])
    return say({ kind: 'vote', vote: altered })
  }

  /** An event behind this place that its author never made. */
  function invented({ author, generation, sequence, id }: CutEntry): VerifiedEvent {
    const place = { author, generation, sequence: sequence + 1, prev: id, references: [] }
    const { networkId } = means
    const body = { kind: 'status.lease', count: 1_024 } as const
    return createEvent({ ...place, networkId, timeMs: means.timeMs(), body }, (message) =>
      means.signEvent(message, 0),
    )
  }

  /** The changes beside a header are under no signature: some left out, or an event named that nobody has. */
  function alteredProposal(proposal = heard('proposal')?.proposal): NodeInput[] {
    const decoded = proposal && decodeChanges(proposal.changes)
    if (!proposal || !decoded?.ok) return []
    const [first, ...rest] = decoded.value
    const { id, header: { sequence = 0 } = {} } = (first && invented(first)) ?? {}
    const unknown = first && id !== undefined ? [{ ...first, sequence, id }, ...rest] : rest
    const changes = encodeChanges(random.chance(0.3) ? rest : unknown)
    return say({ kind: 'proposal', proposal: { ...proposal, changes } })
  }

  /** Signatures of a quorum under what it did not sign. */
  function alteredCertificate(): NodeInput[] {
    const { certificate } = heard('certificate') ?? {}
    if (!certificate) return []
    const altered = random.pick([
      { ...certificate, view: certificate.view + 1 },
      { ...certificate, epoch: 1 },
      { ...certificate, type: certificate.type === 'final' ? ('notarize' as const) : ('final' as const) },
      { ...certificate, signers: certificate.signers.map((byte) => (byte << 1) & 0xff) },
      { ...certificate, signatures: disordered(certificate.signatures) },
    ])
    return say({ kind: 'certificate', certificate: altered })
  }

  /** Not what was signed any more: a list out of order, a sum that is another point or none. */
  function disordered(signatures: readonly Uint8Array[]): Uint8Array[] {
    const [sum] = signatures
    if (signatures.length !== 1 || sum === undefined) return [...signatures].reverse()
    return [sum.with(sum.length - 1, (sum[sum.length - 1] ?? 0) ^ 1)]
  }

  /** "Evidence" of two honest events at different places. */
  function falseEvidence(): NodeInput[] {
    if (headers.length === 0) return []
    const [one, other] = [random.pick(headers), random.pick(headers)]
    const order = compareBytes(one.headerBytes, other.headerBytes)
    if (order === 0) return []
    const [first, second] = order < 0 ? [one, other] : [other, one]
    return [{ kind: 'evidence', bytes: encode(falseEvidenceShape, { first, second }), from }]
  }

  /** An honest event under a signature that is none, or one that its author never made, signed with the wrong key. */
  function alteredSegment(): NodeInput[] {
    const decoded = segments.length > 0 ? decodeSegment(random.pick(segments)) : undefined
    if (decoded?.kind !== 'decoded') return []
    const { events, signature, last } = decoded.segment
    const items = events.map(({ headerBytes, bodyBytes }) => ({ headerBytes, bodyBytes }))
    const broken = { items, signature: signature?.map((byte) => byte ^ 1) ?? null }
    const bytes = random.chance(0.5)
      ? encodeSegment(broken)
      : segmentOf(invented({ ...last.header, id: last.id }))
    return [segmentInput({ bytes, from, isGossip: true })]
  }

  /** A final header without its certificate, or with other changes. */
  function alteredCheckpoint(): NodeInput[] {
    const decoded = checkpoints.length > 0 ? decodeCheckpoint(random.pick(checkpoints)) : undefined
    if (!decoded?.ok) return []
    const altered = random.chance(0.5)
      ? { ...decoded.value, certificate: null }
      : { ...decoded.value, changes: encodeChanges([]) }
    return [{ kind: 'checkpoint', bytes: encodeCheckpoint(altered), from, isGossip: random.chance(0.5) }]
  }

  const tricks: readonly (readonly [string, () => NodeInput[]])[] = [
    ['messages replayed', () => (messages.length > 0 ? say(random.pick(messages)) : [])],
    ['votes altered', alteredVote],
    ['proposals altered', () => alteredProposal()],
    ['certificates altered', alteredCertificate],
    ['false evidence', falseEvidence],
    ['events altered', alteredSegment],
    ['checkpoints altered', alteredCheckpoint],
  ]

  function play(
    [name, trick]: (typeof tricks)[number],
    to: readonly number[],
    { isFirst = false } = {},
  ): void {
    for (const input of trick()) {
      means.did(name)
      means.post(to.map((member) => ({ to: member, input, isFirst })))
    }
  }

  return {
    hearsFirst: true,
    hears(input, sender) {
      if (!victims.includes(sender)) return true
      const message = messageIn(input)
      if (message) keep(messages, message)
      const { parentCertificate: certificate = null } = message?.kind === 'proposal' ? message.proposal : {}
      if (certificate) keep(messages, { kind: 'certificate', certificate })
      if (input.kind === 'checkpoint') keep(checkpoints, input.bytes)
      if (input.kind === 'segment' && input.segment.kind === 'decoded') {
        const { events, signature } = input.segment.segment
        for (const { headerBytes } of events) if (signature) keep(headers, { headerBytes, signature })
        keep(
          segments,
          encodeSegment({
            items: events.map(({ headerBytes, bodyBytes }) => ({ headerBytes, bodyBytes })),
            signature,
          }),
        )
      }
      // Before the leader's own copy comes to those who are further away.
      const isFresh =
        message?.kind === 'proposal' && leaderOf(set, message.proposal.header.core.view) !== self
      const some = random.shuffle(victims).slice(0, random.between(1, victims.length))
      if (message && random.chance(tricksInTime)) play(random.pick(tricks), some)
      if (isFresh) play(['proposals altered', () => alteredProposal()], victims, { isFirst: true })
      return true
    },
    acts() {
      for (let count = 0; count < 3; count++)
        play(random.pick(tricks), random.shuffle(victims).slice(0, random.between(1, victims.length)))
    },
  }
}
