/** Everything that validators say to each other on their direct streams, as one closed union. */
import { bytesUpTo, type Decoded, decode, encode, field, struct, uint } from '@chirograph/codec'
import { type Certificate, decodeCertificate, encodeCertificate } from './certificate.js'
import { messageBytesMax } from './limits.js'
import { decodeProposal, encodeProposal, type Proposal } from './proposal.js'
import { decodeVote, encodeVote, type SignedVote } from './vote.js'

/** Where a validator stands. Sent on connect and at a standstill; whoever is ahead answers with what is missing. */
export interface Standing {
  readonly view: number
  readonly finalView: number
  readonly finalHeight: number
}

export type Message =
  | { readonly kind: 'proposal'; readonly proposal: Proposal }
  | { readonly kind: 'vote'; readonly vote: SignedVote }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  | { readonly kind: 'standing'; readonly standing: Standing }

const envelopeShape = struct('message', [
  field('type', uint({ max: 4 })),
  field('payload', bytesUpTo(messageBytesMax)),
])
const standingShape = struct('standing', [
  field('view', uint()),
  field('finalView', uint()),
  field('finalHeight', uint()),
])

const typeOf = { proposal: 1, vote: 2, certificate: 3, standing: 4 } as const

export function encodeMessage(message: Message): Uint8Array {
  return encode(envelopeShape, { type: typeOf[message.kind], payload: payloadOf(message) })
}

export function decodeMessage(messageBytes: Uint8Array): Decoded<Message> {
  const envelope = decode(envelopeShape, messageBytes, { bytesMax: messageBytesMax })
  if (!envelope.ok) return envelope
  const { type, payload } = envelope.value
  switch (type) {
    case typeOf.proposal:
      return mapDecoded(decodeProposal(payload), (proposal) => ({ kind: 'proposal', proposal }))
    case typeOf.vote:
      return mapDecoded(decodeVote(payload), (vote) => ({ kind: 'vote', vote }))
    case typeOf.certificate:
      return mapDecoded(decodeCertificate(payload), (certificate) => ({ kind: 'certificate', certificate }))
    case typeOf.standing:
      return mapDecoded(decode(standingShape, payload, { bytesMax: 64 }), (standing) => ({
        kind: 'standing',
        standing,
      }))
    default:
      return { ok: false, code: 'SHAPE', detail: `no message has the type ${type}` }
  }
}

function payloadOf(message: Message): Uint8Array {
  switch (message.kind) {
    case 'proposal':
      return encodeProposal(message.proposal)
    case 'vote':
      return encodeVote(message.vote)
    case 'certificate':
      return encodeCertificate(message.certificate)
    case 'standing':
      return encode(standingShape, message.standing)
  }
}

function mapDecoded<T>(decoded: Decoded<T>, wrap: (value: T) => Message): Decoded<Message> {
  return decoded.ok ? { ok: true, value: wrap(decoded.value) } : decoded
}
