/** Cut-Simplex: Byzantine agreement on cuts of the log, without I/O. See SPEC.md for the numbered rules. */

export { viewsHeard, viewsToHear } from './amnesia.js'
export {
  type Certificate,
  type CertificateRejectReason,
  certificateShape,
  certifySame,
  checkCertificate,
  createCertificate,
  decodeCertificate,
  encodeCertificate,
  signersOf,
} from './certificate.js'
export { culpritsOf, doContradict } from './culprits.js'
export { baseOf, createTail, type EpochBase, isClosedBy, isClosing } from './epoch.js'
export {
  decodeHandover,
  encodeHandover,
  followHandover,
  type Handover,
  type HandoverRejectReason,
  isFinalOf,
} from './handover.js'
export {
  createHeader,
  decodeHeader,
  decodeHeaderCore,
  type Header,
  type HeaderCore,
  type HeaderRest,
  headerCoreShape,
  headerRestShape,
} from './header.js'
export {
  changesBytesMax,
  handoverBytesMax,
  helpMessagesMax,
  messageBytesMax,
  proposalsPerViewMax,
  validatorsMax,
  viewsAheadMax,
} from './limits.js'
export { decodeMessage, encodeMessage, type Message, type Standing } from './message.js'
export { provePossession, provesPossession } from './possession.js'
export {
  decodeProposal,
  encodeProposal,
  type Proposal,
  type ProposalRejectReason,
  proposalSigningBytes,
  verifyProposal,
} from './proposal.js'
export { type Scheme, schemeBytes, schemeNumbers, type VoteVerifiers } from './scheme.js'
export {
  type ConsensusConfig,
  type ConsensusState,
  createConsensus,
  type Effect,
  type Equivocation,
  type FinalPoint,
  type Input,
  type Recipient,
  type RestoredConsensus,
  standingOf,
  type Timer,
  type VoteRecord,
} from './state.js'
export { step } from './step.js'
export {
  createValidatorSet,
  faultsOf,
  type Hex,
  leaderOf,
  quorumOf,
  type Validator,
  type ValidatorSet,
  validatorIndexOf,
} from './validator-set.js'
export {
  decodeVote,
  encodeVote,
  type SignedVote,
  signVote,
  type Verified,
  type Vote,
  type VoteRejectReason,
  type VoteType,
  verifyVote,
  voteSigningBytes,
} from './vote.js'
