/** What a leader sends in its view: a header, the cut's changes since the parent, and why the parent is the right one. */
import {
  bytes,
  bytesUpTo,
  type Decoded,
  decode,
  encode,
  field,
  hexBytes,
  list,
  nullable,
  struct,
  uint,
} from '@chirograph/codec'
import { signingBytes } from '@chirograph/crypto'
import { type Certificate, certificateShape, checkCertificate } from './certificate.js'
import type { EpochBase } from './epoch.js'
import { decodeHeader, type Header } from './header.js'
import { changesBytesMax, headerBytesMax, messageBytesMax, skipCertificatesMax } from './limits.js'
import { isSignedByValidator, type VoteVerifiers } from './scheme.js'
import { leaderOf, type ValidatorSet } from './validator-set.js'
import type { Verified } from './vote.js'

const proposalShape = struct('proposal', [
  field('coreBytes', bytesUpTo(headerBytesMax)),
  field('restBytes', bytesUpTo(headerBytesMax)),
  field('changes', bytesUpTo(changesBytesMax)),
  field('parentCertificate', nullable(certificateShape)),
  field('skips', list(certificateShape, { max: skipCertificatesMax })),
  field('signature', bytes(64, 96)),
])

/** The bytes that a leader signs are about the view and the digest alone, so two of them are compact evidence. */
const proposalClaimShape = struct('proposal claim', [
  field('setHash', hexBytes(32)),
  field('view', uint()),
  field('digest', hexBytes(32)),
])

export interface Proposal {
  readonly header: Header
  /** Opaque here: the replica decodes it as a list of cut entries. */
  readonly changes: Uint8Array
  /** Notarize or final certificate of the parent; null exactly when the parent is the header that the epoch begins at. */
  readonly parentCertificate: Certificate | null
  /** Skip certificates for every view between the parent's and this one, ascending. */
  readonly skips: readonly Certificate[]
  readonly signature: Uint8Array
}

export type ProposalRejectReason =
  | 'wrong-set'
  | 'wrong-network'
  | 'bad-signature'
  | 'unjustified-parent'
  | 'unjustified-skip'
  | 'tail-with-changes'
  | 'bad-certificate'

export function encodeProposal(proposal: Proposal): Uint8Array {
  const { header, changes, parentCertificate, skips, signature } = proposal
  const { coreBytes, restBytes } = header
  return encode(proposalShape, {
    coreBytes,
    restBytes,
    changes,
    parentCertificate,
    skips: [...skips],
    signature,
  })
}

export function decodeProposal(proposalBytes: Uint8Array): Decoded<Proposal> {
  const decoded = decode(proposalShape, proposalBytes, { bytesMax: messageBytesMax })
  if (!decoded.ok) return decoded
  const { coreBytes, restBytes, ...others } = decoded.value
  const header = decodeHeader(coreBytes, restBytes)
  return header.ok ? { ok: true, value: { header: header.value, ...others } } : header
}

/** The bytes that a proposal's signature covers. */
export function proposalSigningBytes(header: Header): Uint8Array {
  const { setHash, view } = header.core
  return signingBytes('proposal', encode(proposalClaimShape, { setHash, view, digest: header.digest }))
}

/**
 * Checks everything about a proposal that needs no history: the leader of its view signed it, its parent is certified,
 * and every view in between is certified as skipped (SPEC H3). `isKnown` spares certificates checked before. `base` is null
 * where the epoch's first header is not known any more: nothing that follows it can be open then.
 */
export function verifyProposal(
  proposal: Proposal,
  context: {
    set: ValidatorSet
    base: EpochBase | null
    isKnown?: (certificate: Certificate) => boolean
  } & VoteVerifiers,
): { kind: 'verified'; proposal: Verified<Proposal> } | { kind: 'reject'; reason: ProposalRejectReason } {
  const reject = (reason: ProposalRejectReason) => ({ kind: 'reject', reason }) as const
  const { set, ed25519, bls, isKnown = () => false } = context
  const { core } = proposal.header
  if (core.networkId !== set.networkId) return reject('wrong-network')
  if (core.setHash !== set.setHash || core.epoch !== set.epoch) return reject('wrong-set')
  const signer = leaderOf(set, core.view)
  const message = proposalSigningBytes(proposal.header)
  const { signature } = proposal
  if (!isSignedByValidator({ set, signer, message, signature }, { ed25519, bls }))
    return reject('bad-signature')
  if (proposal.header.rest.base !== undefined && proposal.changes.length > 0)
    return reject('tail-with-changes')
  const parentView = parentViewOf(proposal, context.base)
  if (parentView === undefined) return reject('unjustified-parent')
  if (!skipsCover(proposal, parentView)) return reject('unjustified-skip')
  const certificates = [
    ...proposal.skips,
    ...(proposal.parentCertificate ? [proposal.parentCertificate] : []),
  ]
  const isValid = (c: Certificate) =>
    isKnown(c) || checkCertificate(c, { set, ed25519, bls }).kind === 'valid'
  if (!certificates.every(isValid)) return reject('bad-certificate')
  return { kind: 'verified', proposal: proposal as Verified<Proposal> } // signature and justification checked above
}

/** The view of the parent as its certificate states it, or undefined when the certificate is not of this parent. */
export function parentViewOf(proposal: Proposal, base: EpochBase | null): number | undefined {
  const { parentCertificate, header } = proposal
  if (header.rest.parent === base?.digest) return parentCertificate === null ? base.view : undefined
  if (parentCertificate === null || parentCertificate.type === 'skip') return undefined
  if (parentCertificate.digest !== header.rest.parent) return undefined
  return parentCertificate.view < header.core.view ? parentCertificate.view : undefined
}

function skipsCover(proposal: Proposal, parentView: number): boolean {
  const between = proposal.header.core.view - parentView - 1
  if (proposal.skips.length !== between) return false
  return proposal.skips.every((skip, index) => skip.type === 'skip' && skip.view === parentView + 1 + index)
}
