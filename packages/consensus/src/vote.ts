/** The three votes of Simplex, as bytes that are signed and as messages that are sent. */
import {
  bytes,
  type Decoded,
  decode,
  encode,
  field,
  hexBytes,
  type Infer,
  nullable,
  oneOf,
  struct,
  uint,
} from '@chirograph/codec'
import { signingBytes } from '@chirograph/crypto'
import { headerBytesMax } from './limits.js'
import { isSignedByValidator, type VoteVerifiers } from './scheme.js'
import type { ValidatorSet } from './validator-set.js'

export const voteTypes = oneOf({ notarize: 1, skip: 2, final: 3 })
export type VoteType = Infer<typeof voteTypes>

const voteShape = struct('vote', [
  field('type', voteTypes),
  field('epoch', uint()),
  field('setHash', hexBytes(32)),
  field('view', uint()),
  field('digest', nullable(hexBytes(32))),
])

const signedVoteShape = struct('signed vote', [
  field('type', voteTypes),
  field('epoch', uint()),
  field('setHash', hexBytes(32)),
  field('view', uint()),
  field('digest', nullable(hexBytes(32))),
  field('signer', uint({ max: 199 })),
  field('signature', bytes(64, 96)),
])

/** A vote before it is signed. `digest` is null exactly for a skip. */
export type Vote = Infer<typeof voteShape>
export type SignedVote = Infer<typeof signedVoteShape>

declare const verified: unique symbol
/** A value whose signatures were checked against the validator set in force. Only a check makes one. */
export type Verified<T> = T & { readonly [verified]: true }

/** The bytes that a vote's signature covers. */
export function voteSigningBytes(vote: Vote): Uint8Array {
  return signingBytes('vote', encode(voteShape, vote))
}

export function encodeVote(vote: SignedVote): Uint8Array {
  return encode(signedVoteShape, vote)
}

export function decodeVote(voteBytes: Uint8Array): Decoded<SignedVote> {
  const decoded = decode(signedVoteShape, voteBytes, { bytesMax: headerBytesMax })
  if (!decoded.ok) return decoded
  if ((decoded.value.type === 'skip') !== (decoded.value.digest === null)) {
    return { ok: false, code: 'SHAPE', detail: 'a skip names no header, every other vote names one' }
  }
  return decoded
}

export type VoteRejectReason = 'wrong-set' | 'unknown-signer' | 'bad-signature'

/** Checks a vote's set, signer and signature. */
export function verifyVote(
  vote: SignedVote,
  { set, ...verifiers }: { set: ValidatorSet } & VoteVerifiers,
): { kind: 'verified'; vote: Verified<SignedVote> } | { kind: 'reject'; reason: VoteRejectReason } {
  if (vote.setHash !== set.setHash || vote.epoch !== set.epoch) return { kind: 'reject', reason: 'wrong-set' }
  const { signer, signature } = vote
  if (signer >= set.keys.length) return { kind: 'reject', reason: 'unknown-signer' }
  const message = voteSigningBytes(unsigned(vote))
  if (!isSignedByValidator({ set, signer, message, signature }, verifiers)) {
    return { kind: 'reject', reason: 'bad-signature' }
  }
  return { kind: 'verified', vote: vote as Verified<SignedVote> } // the brand's one source: the check above
}

/** Signs a vote as the validator `signer`; its own signature needs no check. */
export function signVote(
  vote: Vote,
  { signer, sign }: { signer: number; sign: (message: Uint8Array) => Uint8Array },
): Verified<SignedVote> {
  const signed: SignedVote = { ...vote, signer, signature: sign(voteSigningBytes(vote)) }
  return signed as Verified<SignedVote> // signed with our own key a line above
}

function unsigned(vote: SignedVote): Vote {
  const { type, epoch, setHash, view, digest } = vote
  return { type, epoch, setHash, view, digest }
}
