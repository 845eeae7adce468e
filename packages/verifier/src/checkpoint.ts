/**
 * What a status proof proves, before anything is said about the credential: that a quorum of the anchor's validators
 * made this header final, and that these rows stand under its state root. SPEC V8 to V13.
 */
import { type EventId, fromHex } from '@chirograph/codec'
import {
  type CertificateRejectReason,
  checkCertificate,
  decodeCertificate,
  decodeHandover,
  decodeHeaderCore,
  followHandover,
  type HeaderCore,
  type ValidatorSet,
  type VoteVerifiers,
} from '@chirograph/consensus'
import { handleOf, type OrgId } from '@chirograph/event'
import {
  type Anchor,
  type BatchRow,
  batchRowKey,
  batchRowShape,
  type CredentialRow,
  checkRowProof,
  credentialRowKey,
  credentialRowShape,
  decodeRow,
  decodeStatusProof,
  type OrgRow,
  orgRowKey,
  orgRowShape,
  type StatusProof,
  validatorSetOfAnchor,
} from '@chirograph/status'
import { type Check, type CheckCode, fail } from './check.js'
import type { NetworkEntry } from './status-entry.js'

/** The facts that a quorum vouches for at one height. */
export interface Checkpoint {
  readonly height: number
  readonly timeMs: number
  readonly networkId: string
  /** The organisation that the credential's entry names. */
  readonly issuer: OrgId
  /** The row of the organisation that the credential's entry names. */
  readonly org: OrgRow
  readonly batch: BatchRow
  /** Undefined: proven never to have been restricted. */
  readonly credential: CredentialRow | undefined
  readonly leaf: { readonly batch: EventId; readonly index: number; readonly path: readonly Uint8Array[] }
  /** 32 bytes: the name of the credential on the log, from the entry's organisation and nonce. */
  readonly handle: Uint8Array
}

export type CheckpointReading =
  | { readonly kind: 'proven'; readonly checkpoint: Checkpoint }
  | { readonly kind: 'refused'; readonly check: Check }

/** Checks a status proof (hostile bytes) against the anchor and the credential's own entry. */
export function readCheckpoint(
  args: {
    readonly proofBytes: Uint8Array
    readonly entry: NetworkEntry
    readonly anchor: Anchor
  } & VoteVerifiers,
): CheckpointReading {
  const decoded = decodeStatusProof(args.proofBytes)
  if (!decoded.ok)
    return refused('status-proof-malformed', 'The status proof is damaged or of another format.')
  const proof = decoded.value
  const header = checkHeader(proof, args)
  return header.kind === 'refused' ? header : checkRows(proof, { core: header.core, entry: args.entry })
}

type HeaderReading =
  | { readonly kind: 'final'; readonly core: HeaderCore }
  | Extract<CheckpointReading, { kind: 'refused' }>

/** SPEC V8 to V11: the header is of this network and made final by a quorum of the anchor's validators. */
function checkHeader(
  proof: StatusProof,
  { anchor, ed25519, bls }: { anchor: Anchor } & VoteVerifiers,
): HeaderReading {
  const header = decodeHeaderCore(proof.headerCore)
  const decoded = decodeCertificate(proof.certificate)
  if (!header.ok || !decoded.ok) {
    return refused('status-proof-malformed', 'The status proof is damaged or of another format.')
  }
  const { core, digest } = header.value
  const certificate = decoded.value
  if (core.networkId !== anchor.networkId)
    return refused('wrong-network', 'The status proof is of another network.')
  const set = setAfterHandovers(proof, { anchor, ed25519, bls })
  if (set === 'malformed')
    return refused('status-proof-malformed', 'The status proof is damaged or of another format.')
  if (set === 'invalid')
    return refused(
      'handover-invalid',
      'The status proof does not show how those who vouch for it came to do so.',
    )
  if (core.epoch !== set.epoch || core.setHash !== set.setHash) {
    return refused(
      'wrong-validator-set',
      'The status proof is vouched for by others than those trusted here.',
    )
  }
  if (core.height < anchor.height) {
    return refused('before-anchor', 'The status proof is older than the trust anchor.')
  }
  // The view is signed, the height only repeats the header's: neither may say anything else.
  const isOfHeader =
    certificate.digest === digest && certificate.view === core.view && certificate.height === core.height
  if (certificate.type !== 'final' || !isOfHeader) {
    return refused('certificate-mismatch', 'The signatures in the status proof are for something else.')
  }
  const checked = checkCertificate(certificate, { set, ed25519, bls })
  if (checked.kind === 'invalid') return refused(...refusalOf(checked.reason))
  return { kind: 'final', core }
}

/** SPEC V9: the validators to whom the hand-overs lead from the anchor's. */
function setAfterHandovers(
  { handovers }: StatusProof,
  { anchor, ed25519, bls }: { anchor: Anchor } & VoteVerifiers,
): ValidatorSet | 'malformed' | 'invalid' {
  let set = validatorSetOfAnchor(anchor)
  for (const bytes of handovers) {
    const decoded = decodeHandover(bytes)
    const core = decoded.ok ? decodeHeaderCore(decoded.value.core) : decoded
    if (!decoded.ok || !core.ok) return 'malformed'
    // What lies before the anchor has nothing to say to whoever trusts it.
    if (core.value.core.epoch < set.epoch) continue
    const followed = followHandover(decoded.value, { set, ed25519, bls })
    if (followed.kind === 'invalid') return followed.reason === 'malformed' ? 'malformed' : 'invalid'
    set = followed.next
  }
  return set
}

/** SPEC V12, V13: the three rows stand under the header's state root. */
function checkRows(
  proof: StatusProof,
  { core, entry }: { core: HeaderCore; entry: NetworkEntry },
): CheckpointReading {
  const root = fromHex(core.stateRoot)
  if (root === undefined) throw new Error('a decoded header has a state root in hex')
  const handle = handleOf({ issuer: entry.org, nonce: entry.nonce })
  const { batch: batchId } = proof.leaf
  if (!checkRowProof({ root, key: orgRowKey(entry.org), row: proof.org })) {
    return refused('organisation-not-proven', 'The status proof does not reach the issuer’s record.')
  }
  if (!checkRowProof({ root, key: batchRowKey(batchId), row: proof.batch })) {
    return refused('batch-not-proven', 'The status proof does not reach the batch of the credential.')
  }
  if (!checkRowProof({ root, key: credentialRowKey({ org: entry.org, handle }), row: proof.credential })) {
    return refused('credential-row-not-proven', 'The status proof is about another credential.')
  }
  const org = decodeRow(orgRowShape, proof.org.value)
  const batch = decodeRow(batchRowShape, proof.batch.value)
  const { value } = proof.credential
  const credential = value === null ? null : decodeRow(credentialRowShape, value)
  if (org === undefined || batch === undefined || credential === undefined) {
    return refused(
      'status-proof-malformed',
      'The status proof holds rows of a format that is not known here.',
    )
  }
  const rows = { org, batch, credential: credential ?? undefined }
  return {
    kind: 'proven',
    checkpoint: {
      height: core.height,
      timeMs: core.timeMs,
      networkId: core.networkId,
      issuer: entry.org,
      ...rows,
      leaf: proof.leaf,
      handle,
    },
  }
}

function refusalOf(reason: CertificateRejectReason): [CheckCode, string] {
  return reason === 'below-quorum'
    ? ['certificate-below-quorum', 'Too few of the network’s members signed the status proof.']
    : ['certificate-invalid', `The members’ signatures in the status proof do not hold (${reason}).`]
}

function refused(code: CheckCode, detail: string): Extract<CheckpointReading, { kind: 'refused' }> {
  return { kind: 'refused', check: fail(code, detail) }
}
