/** Everything that validators say to each other on their direct streams, as one closed union. */
import { bytesUpTo, type Decoded, decode, encode, field, hexBytes, struct, uint } from '@chirograph/codec'
import { type Certificate, decodeCertificate, encodeCertificate } from './certificate.js'
import { messageBytesMax } from './limits.js'
import { decodeProposal, encodeProposal, type Proposal } from './proposal.js'
import type { Hex } from './validator-set.js'
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
  /** H16: which view are you in? The answer repeats the nonce. */
  | { readonly kind: 'ask-view'; readonly nonce: Hex }
  | { readonly kind: 'tell-view'; readonly nonce: Hex; readonly epoch: number; readonly view: number }

const envelopeShape = struct('message', [
  field('type', uint({ max: 6 })),
  field('payload', bytesUpTo(messageBytesMax)),
])
const standingShape = struct('standing', [
  field('view', uint()),
  field('finalView', uint()),
  field('finalHeight', uint()),
])

const askViewShape = struct('ask-view', [field('nonce', hexBytes(16))])
const tellViewShape = struct('tell-view', [
  field('nonce', hexBytes(16)),
  field('epoch', uint()),
  field('view', uint()),
])

const typeOf = { proposal: 1, vote: 2, certificate: 3, standing: 4, 'ask-view': 5, 'tell-view': 6 } as const

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
    case typeOf['ask-view']:
      return mapDecoded(decode(askViewShape, payload, { bytesMax: 64 }), ({ nonce }) => ({
        kind: 'ask-view',
        nonce,
      }))
    case typeOf['tell-view']:
      return mapDecoded(decode(tellViewShape, payload, { bytesMax: 64 }), (told) => ({
        kind: 'tell-view',
        ...told,
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
    case 'ask-view':
      return encode(askViewShape, message)
    case 'tell-view':
      return encode(tellViewShape, message)
  }
}

function mapDecoded<T>(decoded: Decoded<T>, wrap: (value: T) => Message): Decoded<Message> {
  return decoded.ok ? { ok: true, value: wrap(decoded.value) } : decoded
}
