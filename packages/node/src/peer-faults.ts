/**
 * What everything that can go wrong with a peer says about it. The test is always the same: could an honest peer cause
 * it, only because it holds, knows or is busy with something else than we are? Then it is fair, and never punished.
 * What is fair here rests on what honest nodes do elsewhere: they relay nothing that they have not checked
 * (`gossip-judge.ts`), serve nothing unverified, and send at half of what they accept (the adapter's limits).
 */
import { isChirographError, type Misconduct } from '@chirograph/interface'
import type { RejectReason } from '@chirograph/replica'

/** How an answer to a request of ours went wrong. */
export type AnswerFault =
  | 'garbage-answer'
  | 'overlong-answer'
  | 'endless-answer'
  | 'broken-answer'
  | 'stalled-answer'
  | 'refused-answer'

export type PeerFault = RejectReason | AnswerFault | Misconduct

export type Judgement =
  /** Only a dishonest or broken sender can cause it. `points` are lost of a score of 100. */
  | { readonly kind: 'proof'; readonly points: number; readonly why: string }
  /** It costs time whoever causes it; `most` bounds what such faults can cost together. */
  | { readonly kind: 'cost'; readonly points: number; readonly most: number; readonly why: string }
  | { readonly kind: 'fair'; readonly why: string }

/** The first proof throttles, in case it was a broken disk or a bug; the second drops. */
const proof = (why: string): Judgement => ({ kind: 'proof', points: 60, why })

/** What takes a thousand messages or streams to prove needs no second time. */
const storm = (why: string): Judgement => ({ kind: 'proof', points: 100, why })

/** Stalls cost ten seconds each: the third in a few minutes throttles, the sixth drops. */
const stall = (why: string): Judgement => ({ kind: 'cost', points: 20, most: 100, why })

/** A peer that restarts or has a damaged disk: asked last in the end, but never dropped for that. */
const useless = (why: string): Judgement => ({ kind: 'cost', points: 5, most: 60, why })

const fair = (why: string): Judgement => ({ kind: 'fair', why })

const judgements: Readonly<Record<PeerFault, Judgement>> = Object.freeze({
  // Events: an honest peer decodes and checks before it relays or stores, and sees in the bytes what we see.
  oversize: proof('it sent a message above the limit of its kind'),
  malformed: proof('it sent events that are no events'),
  'non-canonical': proof('it sent an event that is not written in the one canonical way'),
  'malformed-body': proof('it sent an event whose body breaks the rules of its kind'),
  'body-mismatch': proof('it sent an event with a body that is not its own'),
  'wrong-network': proof('it sent an event of another network'),
  'broken-chain': proof('it sent events as a chain that are none'),
  'bad-signature': proof('it sent an event with a signature that does not hold'),
  'prev-mismatch': proof('it sent an event whose place contradicts itself'),
  'misplaced-rotation': proof('it sent a key rotation where none can be'),
  'unknown-version': fair('its software may be newer than ours'),
  'unknown-kind': fair('its software may be newer than ours'),
  'missing-body': fair('it may have pruned the body'),
  'unknown-author': fair('it may know of a member of whom we have not heard yet'),
  // Only who holds the event before can see these; others relay the event, and its author is to blame.
  'foreign-prev': fair('it may not hold the event before, which shows the fault'),
  'gap-sequence': fair('it may not hold the event before, which shows the fault'),
  'orphan-limit': fair('it may be far ahead of us'),

  // Agreement: the validators' keys are in the genesis, so everybody checks with the same ones.
  'bad-message': proof('it sent a message of agreement that cannot be read'),
  'bad-vote': proof('it sent a vote that nobody signed'),
  'bad-certificate': proof('it sent a certificate that no quorum signed'),
  'bad-proposal': proof('it sent a proposal that its leader did not sign or may not make'),
  'malformed-checkpoint': proof('it sent a checkpoint that cannot be read'),
  'uncertified-checkpoint': proof('it sent a checkpoint that no quorum signed'),
  'wrong-set': fair('it may know of a change of validators of which we have not heard yet'),
  'unexecutable-proposal': fair('the leader may stand elsewhere, and agreement passes over it by itself'),
  'bad-checkpoint': fair('a quorum signed it, so whatever is wrong with it is not its sender’s doing'),
  'bad-snapshot': proof('it sent a snapshot that its own certificate contradicts'),
  'bad-evidence': proof('it sent evidence of a fork that proves none'),

  // Answers to our own requests. One that is shorter than its offer is no fault: who joined late counts what it does not hold.
  'garbage-answer': proof('it answered with bytes that are no answer'),
  'overlong-answer': proof('it answered with far more than it had offered'),
  'endless-answer': stall('its answers about forks did not end'),
  'stalled-answer': stall('it was silent or very slow in its answers'),
  'broken-answer': useless('it broke off its answers'),
  'refused-answer': fair('it may be busy, and we may have asked too much'),

  // What the adapter sees.
  garbage: proof('it sent bytes that are no message of the protocol'),
  flood: storm('it sent far more than any honest peer does'),
  'stream-storm': storm('it opened streams without end'),
  'reconnect-storm': storm('it connected again and again'),
})

export function judgementOf(fault: PeerFault): Judgement {
  return judgements[fault]
}

/** Thrown where an answer is read; it names what its peer did. */
export class AnswerError extends Error {
  readonly fault: PeerFault

  constructor(fault: PeerFault, detail: string) {
    super(`${fault}: ${detail}`)
    this.fault = fault
  }
}

/** What a failed request says of its peer; undefined when it says nothing, as when it is not connected. */
export function faultOfFailure(error: unknown): PeerFault | undefined {
  if (error instanceof AnswerError) return error.fault
  if (!isChirographError(error)) return undefined
  return faultsByCode.get(error.code)
}

const faultsByCode: ReadonlyMap<string, PeerFault> = new Map<string, PeerFault>([
  ['NETWORK_REQUEST_REFUSED', 'refused-answer'],
  ['NETWORK_REQUEST_FAILED', 'broken-answer'],
  ['NETWORK_REQUEST_STALLED', 'stalled-answer'],
])
