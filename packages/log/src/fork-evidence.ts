/**
 * The proof that an author told two stories: two signed headers at one place of its chain. Anyone who knows the
 * author's key can check it, and no honest author can be accused. Rules L9 and L10 of SPEC.md.
 */
import { compareBytes, equalBytes } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import {
  decodeBody,
  decodeHeader,
  type EventHeader,
  encodeBody,
  type ForkEvidence,
  isSignedBy,
  type SignedHeader,
} from '@chirograph/event'
import { type LogIndex, openChain, type Slot } from './log-index.js'

export type ForkEvidenceVerdict =
  | ({ readonly kind: 'valid' } & Slot)
  | {
      readonly kind: 'invalid'
      readonly reason:
        | 'malformed'
        | 'wrong-network'
        | 'different-place'
        | 'same-header'
        | 'wrong-order'
        | 'bad-signature'
    }

/** The proof in its one form, smaller header first; undefined when the two headers do not contradict each other. */
export function forkEvidenceOf(a: SignedHeader, b: SignedHeader): ForkEvidence | undefined {
  const [first, second] = compareBytes(a.headerBytes, b.headerBytes) < 0 ? [a, b] : [b, a]
  const evidence = { first: signedPart(first), second: signedPart(second) }
  return placeOfForkEvidence(evidence) === undefined ? undefined : evidence
}

/** The place that evidence speaks of, to find the author's key by; undefined when it is malformed. Unproven yet. */
export function placeOfForkEvidence(evidence: ForkEvidence): Slot | undefined {
  const judged = compareHeaders(evidence)
  return judged.kind === 'valid' ? slotOf(judged.header) : undefined
}

/** Checks evidence against the network and the log key of the accused author's generation. */
export function checkForkEvidence(args: {
  readonly evidence: ForkEvidence
  readonly logKey: Uint8Array
  readonly networkId: Uint8Array
  readonly ed25519: Ed25519
}): ForkEvidenceVerdict {
  const { evidence, logKey, networkId, ed25519 } = args
  const judged = compareHeaders(evidence)
  if (judged.kind === 'invalid') return judged
  if (!equalBytes(judged.header.networkId, networkId)) return { kind: 'invalid', reason: 'wrong-network' }
  // L10: both signatures, or anyone could accuse.
  for (const signed of [evidence.first, evidence.second])
    if (!isSignedBy({ signed, logKey, ed25519 })) return { kind: 'invalid', reason: 'bad-signature' }
  return { kind: 'valid', ...slotOf(judged.header) }
}

/** Notes checked evidence that came from elsewhere, so that the author's chain is no longer planned into cuts. */
export function recordFork(log: LogIndex, evidence: ForkEvidence): void {
  const place = placeOfForkEvidence(evidence)
  if (place === undefined) throw new Error('recorded evidence that was not checked')
  const chain = openChain(log, place)
  chain.fork = smallerEvidence(chain.fork, evidence)
}

/**
 * Of two proofs about one chain the one to keep: of the smaller headers (L29). A lower sequence makes a smaller
 * header. So nodes that know the same events hold the same proof, whatever came first.
 */
export function smallerEvidence(a: ForkEvidence | undefined, b: ForkEvidence): ForkEvidence {
  if (a === undefined) return b
  const order =
    compareBytes(a.first.headerBytes, b.first.headerBytes) ||
    compareBytes(a.second.headerBytes, b.second.headerBytes)
  return order <= 0 ? a : b
}

/** Evidence as it is gossiped: the bytes of an `evidence.fork` body. */
export function encodeForkEvidence(evidence: ForkEvidence): Uint8Array {
  return encodeBody({ kind: 'evidence.fork', ...evidence })
}

/** Reads untrusted evidence; undefined when it is no `evidence.fork` body. The signatures are still to be checked. */
export function decodeForkEvidence(bytes: Uint8Array): ForkEvidence | undefined {
  const decoded = decodeBody('evidence.fork', bytes)
  if (decoded.kind === 'reject' || decoded.body.kind !== 'evidence.fork') return undefined
  return { first: decoded.body.first, second: decoded.body.second }
}

type Comparison =
  | { readonly kind: 'valid'; readonly header: EventHeader }
  | Extract<ForkEvidenceVerdict, { kind: 'invalid' }>

/** L9: two different headers of one network at one place, the smaller first. */
function compareHeaders({ first, second }: ForkEvidence): Comparison {
  const a = decodeHeader(first.headerBytes)
  const b = decodeHeader(second.headerBytes)
  if (a.kind === 'reject' || b.kind === 'reject') return { kind: 'invalid', reason: 'malformed' }
  const isSamePlace =
    equalBytes(a.header.networkId, b.header.networkId) &&
    a.header.author === b.header.author &&
    a.header.generation === b.header.generation &&
    a.header.sequence === b.header.sequence
  if (!isSamePlace) return { kind: 'invalid', reason: 'different-place' }
  const order = compareBytes(first.headerBytes, second.headerBytes)
  if (order === 0) return { kind: 'invalid', reason: 'same-header' }
  return order < 0 ? { kind: 'valid', header: a.header } : { kind: 'invalid', reason: 'wrong-order' }
}

function slotOf({ author, generation, sequence }: EventHeader): Slot {
  return { author, generation, sequence }
}

/** Only the header and its signature: evidence must not hold a whole event in memory. */
function signedPart({ headerBytes, signature }: SignedHeader): SignedHeader {
  return { headerBytes, signature }
}
