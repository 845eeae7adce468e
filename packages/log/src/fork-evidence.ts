/**
 * The proof that an author told two stories: two headers at one place of its chain, each signed or followed by a run
 * of headers up to a signed one. Anyone who knows the author's key can check it, and no honest author can be accused.
 * Rules L9, L10 and L29 of SPEC.md.
 */
import { compareBytes, equalBytes } from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import {
  decodeBody,
  decodeHeader,
  decodeRun,
  type EventHeader,
  encodeBody,
  evidenceHeadOf,
  type ForkEvidence,
  isSignedBy,
  runsOfEvidence,
  type SignedHeader,
  type SignedRun,
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

/**
 * The proof in its one form, smaller header first, from two runs (a header that is signed itself has no steps);
 * undefined when their first headers do not contradict each other.
 */
export function forkEvidenceOf(
  a: SignedHeader & Partial<SignedRun>,
  b: SignedHeader & Partial<SignedRun>,
): ForkEvidence | undefined {
  const [low, high] = compareBytes(a.headerBytes, b.headerBytes) < 0 ? [a, b] : [b, a]
  const [first, second] = [runPart(low), runPart(high)]
  const isSigned = first.steps.length + second.steps.length === 0
  const evidence: ForkEvidence = isSigned
    ? { kind: 'evidence.fork', first: signedPart(first), second: signedPart(second) }
    : { kind: 'evidence.branches', first, second }
  return placeOfForkEvidence(evidence) === undefined ? undefined : evidence
}

/** The place that evidence speaks of, to find the author's key by; undefined when it is malformed. Unproven yet. */
export function placeOfForkEvidence(evidence: ForkEvidence): Slot | undefined {
  const judged = compareHeaders(evidence)
  return judged.kind === 'valid' ? slotOf(judged.header) : undefined
}

/** The same of untrusted bytes of which nothing but the first header is read: what comes behind it may be anything. */
export function placeAccusedIn(bytes: Uint8Array): Slot | undefined {
  const head = evidenceHeadOf(bytes)
  return head && slotOf(head.header)
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
  for (const run of runsOfEvidence(evidence)) {
    const decoded = decodeRun(run)
    if (decoded.kind === 'reject') return { kind: 'invalid', reason: 'malformed' }
    if (!isSignedBy({ signed: decoded.signed, logKey, ed25519 }))
      return { kind: 'invalid', reason: 'bad-signature' }
  }
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
 * Of two proofs about one chain the one to keep: of the smaller headers, which are those at a lower sequence, and of
 * equal ones that with fewer bytes (L29).
 */
export function smallerEvidence(a: ForkEvidence | undefined, b: ForkEvidence): ForkEvidence {
  if (a === undefined) return b
  const order =
    compareBytes(a.first.headerBytes, b.first.headerBytes) ||
    compareBytes(a.second.headerBytes, b.second.headerBytes) ||
    compareEncodings(encodeForkEvidence(a), encodeForkEvidence(b))
  return order <= 0 ? a : b
}

/** Evidence as it is gossiped and stored: the bytes of the body that logs it. */
export function encodeForkEvidence(evidence: ForkEvidence): Uint8Array {
  return encodeBody(evidence)
}

/** Reads untrusted evidence of either form; undefined when it is none. The signatures are still to be checked. */
export function decodeForkEvidence(bytes: Uint8Array): ForkEvidence | undefined {
  const kind = evidenceHeadOf(bytes)?.kind
  const decoded = kind && decodeBody(kind, bytes)
  return decoded?.kind === 'decoded' && decoded.body.kind === kind ? decoded.body : undefined
}

type Comparison =
  | { readonly kind: 'valid'; readonly header: EventHeader }
  | Extract<ForkEvidenceVerdict, { kind: 'invalid' }>

/**
 * L9: two different headers of one network at one place, the smaller first. What follows them in their runs counts only
 * for the signatures.
 */
function compareHeaders(evidence: ForkEvidence): Comparison {
  const [first, second] = [
    decodeHeader(evidence.first.headerBytes),
    decodeHeader(evidence.second.headerBytes),
  ]
  if (first.kind === 'reject' || second.kind === 'reject') return { kind: 'invalid', reason: 'malformed' }
  const [a, b] = [first.header, second.header]
  const isSamePlace =
    equalBytes(a.networkId, b.networkId) &&
    a.author === b.author &&
    a.generation === b.generation &&
    a.sequence === b.sequence
  if (!isSamePlace) return { kind: 'invalid', reason: 'different-place' }
  const order = compareBytes(evidence.first.headerBytes, evidence.second.headerBytes)
  if (order === 0) return { kind: 'invalid', reason: 'same-header' }
  if (order > 0) return { kind: 'invalid', reason: 'wrong-order' }
  return { kind: 'valid', header: a }
}

function compareEncodings(a: Uint8Array, b: Uint8Array): number {
  return a.length - b.length || compareBytes(a, b)
}

function slotOf({ author, generation, sequence }: EventHeader): Slot {
  return { author, generation, sequence }
}

/** Only what proves: evidence must not hold a whole event in memory. */
function runPart({ headerBytes, steps = [], signature }: SignedHeader & Partial<SignedRun>): SignedRun {
  return { headerBytes, steps, signature }
}

function signedPart({ headerBytes, signature }: SignedHeader): SignedHeader {
  return { headerBytes, signature }
}
