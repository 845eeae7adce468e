/**
 * Going from one epoch to the next: consensus begins anew under the validators that the final state names, and the
 * hand-over is kept for whoever comes later. SPEC R8 to R11; consensus, "Epochs".
 */
import {
  type Certificate,
  type ConsensusConfig,
  createConsensus,
  createValidatorSet,
  decodeCertificate,
  decodeHandover,
  type EpochBase,
  encodeCertificate,
  encodeHandover,
  type FinalPoint,
  isClosing,
  signersOf,
  type ValidatorSet,
  type Verified,
  validatorIndexOf,
} from '@chirograph/consensus'
import { peerIdOf } from '@chirograph/status'
import type { ChainState } from './chain-state.js'
import { certifiedHeader } from './checkpoint.js'
import type { Fact } from './io.js'
import type { Replica, ReplicaConfig } from './replica.js'

/** The configuration of consensus under these validators. */
export function consensusConfig(
  { genesis, org, signers, bls, nonce }: ReplicaConfig,
  { set, base }: { readonly set: ValidatorSet; readonly base: EpochBase | null },
): ConsensusConfig {
  const self = validatorIndexOf(set, org)
  const key = self === undefined ? undefined : set.keys[self]
  const isKeyHeld = key !== undefined && signers.holdsVoteKey?.(key) !== false
  return {
    set,
    base,
    self,
    mayVote: isKeyHeld,
    sign: (message) => signers.vote(message, key ?? new Uint8Array()),
    bls,
    nonce,
    ...genesis.parameters,
  }
}

/** R8: where consensus goes on from this final header: at the end of its epoch, or at the beginning of the next. */
export function pointOf({ header, certificate }: Pick<ChainState, 'header' | 'certificate'>): FinalPoint {
  const { digest } = header
  const { view, height, timeMs } = header.core
  // Read back from our own disk, or checked when it came: a replica holds no other certificates.
  const own = certificate as Verified<Certificate> | null
  return { digest, view, height, timeMs, certificate: isClosing(header.core) ? null : own }
}

/** The header that the epoch after this one begins at, where that is this header. */
export function baseAt({ header }: Pick<ChainState, 'header'>): EpochBase | null {
  const { digest, core } = header
  return isClosing(core) ? { digest, view: core.view } : null
}

/** R8: whoever votes next begins with an empty record: what was voted in another epoch is no vote in this one. */
export function beginEpoch(replica: Replica): void {
  const { final, config } = replica
  const { votesFrom } = replica.consensus
  const set = final.state.validators
  const base = baseAt(final)
  replica.formerSet = replica.set
  replica.set = set
  const finalized = pointOf(final)
  replica.consensus = createConsensus(consensusConfig(config, { set, base }), {
    finalized,
    records: [],
    proposals: [],
    // H16: who found out in an epoch where it votes has not voted in a later one before that.
    votesFrom: votesFrom === null ? null : 0,
  })
  replica.waiting.clear()
  for (const digest of replica.chain.keys()) if (digest !== finalized.digest) replica.chain.delete(digest)
}

/**
 * H16: whether this member has signed what ended an epoch after its own, or what is final in the last of them. The
 * hand-overs are those that lead there from the epoch that it is in.
 */
export function hasSignedLater(
  { set, config }: Replica,
  {
    handovers,
    final: { header, certificate },
  }: { readonly handovers: ReadonlyMap<number, Uint8Array>; readonly final: ChainState },
): boolean {
  const hasSigned = (by: ValidatorSet, one: Certificate) =>
    signersOf(one).some((signer) => by.validators[signer]?.org === config.org)
  let at = set
  for (;;) {
    const bytes = at.epoch < header.core.epoch ? handovers.get(at.epoch) : undefined
    const handover = bytes && decodeHandover(bytes)
    if (!handover?.ok) break
    const ended = decodeCertificate(handover.value.certificate)
    if (at !== set && ended.ok && hasSigned(at, ended.value)) return true
    const { validators } = handover.value
    at = createValidatorSet({ networkId: set.networkId, epoch: at.epoch + 1, validators })
  }
  return at !== set && certificate !== null && hasSigned(at, certificate)
}

/** The certificate that ended the epoch which this replica is in, from a hand-over that was followed. */
export function endOf(
  { set }: Pick<Replica, 'set'>,
  handovers: ReadonlyMap<number, Uint8Array>,
): Verified<Certificate> | null {
  const bytes = handovers.get(set.epoch)
  const handover = bytes && decodeHandover(bytes)
  const certificate = handover?.ok ? decodeCertificate(handover.value.certificate) : undefined
  return certificate?.ok ? (certificate.value as Verified<Certificate>) : null // it was checked on the way to the snapshot
}

/** R9: what a header that closes an epoch leaves for those who know the validators before it. */
export function handoverFact(reached: ChainState): Extract<Fact, { kind: 'handover' }> | undefined {
  const { header, certificate, state } = reached
  if (!isClosing(header.core)) return undefined
  if (certificate === null)
    throw new Error(`height ${header.core.height} closes an epoch without a certificate`)
  const { validators } = state.validators
  const core = certifiedHeader(reached).coreBytes
  const bytes = encodeHandover({ core, certificate: encodeCertificate(certificate), validators })
  return { kind: 'handover', epoch: header.core.epoch, bytes }
}

/** Keeps it in memory too: a status proof and a snapshot bring all of them. */
export function noteHandover(
  { handovers }: Replica,
  { epoch, bytes }: { epoch: number; bytes: Uint8Array },
): void {
  handovers.set(epoch, bytes)
}

/** Those from this epoch on, in their order; as many as are here without a gap. */
export function handoversFrom({ handovers }: Pick<Replica, 'handovers'>, epoch: number): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = epoch; ; at++) {
    const bytes = handovers.get(at)
    if (bytes === undefined) return found
    found.push(bytes)
  }
}

/** The peers of all validators but this node: of this epoch and of the one before, whose last votes may be on their way. */
export function validatorPeers({ set, formerSet, final, config }: Replica): string[] {
  const { genesis } = config
  const orgs = new Set([...set.validators, ...(formerSet?.validators ?? [])].map(({ org }) => org))
  orgs.delete(config.org)
  return [...orgs].flatMap((org) => peerIdOf(final.state, { genesis, org }) ?? [])
}
