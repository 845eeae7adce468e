/** status-proofs.json: what a verifier gets, whole, and the verdict that it must come to. */
import { contentIdBytes, encode, leafHash, mapProofShape, merkleRoot, toHex } from '@chirograph/codec'
import {
  type Certificate,
  createCertificate,
  createHeader,
  encodeCertificate,
  type Header,
  signVote,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import { cutRoot } from '@chirograph/log'
import {
  anchorOf,
  encodeStatusProof,
  proveStatus,
  type StatusProof,
  stateRoot,
  validatorSetOf,
} from '@chirograph/status'
import { type Policy, verify } from '@chirograph/verifier'
import {
  byteString,
  decodeNotation,
  encodeNotation as encodeFields,
  hexOf,
  type Notation,
} from '../notation.ts'
import { batchEvent, story, untilMs } from '../story.ts'
import { wireCase } from '../vector-file.ts'
import { summaryOf } from '../verdict-summary.ts'
import {
  batch,
  bytes32,
  credential,
  dayMs,
  genesis,
  handle,
  issuer,
  leafIndex,
  signer,
  voters,
} from '../world.ts'

const anchor = anchorOf(genesis)
const set = validatorSetOf(genesis)

export function makeStatusProofs() {
  // What becomes of the credential.
  const [issued, suspended, reinstated, revoked] = [proofAt(1), proofAt(2), proofAt(3), proofAt(4)]
  return {
    description:
      'Whole status proofs: a credential, a status proof about it, a trust anchor and the verifier’s clock go in; the verdict, the code of every check and what else is known come out. A `policy` without members is the default. `fields` is the proof on the wire, its parts being those of checkpoint-headers.json, certificates.json, state.json and merkle-maps.json. `refused` are proofs (bytes) that prove nothing about this credential; `reason` is the code of the check of its status, and the verdict is fail.',
    positions: {
      proof: ['version', 'headerCore', 'certificate', 'org', 'batch', 'credential', 'leaf', 'handovers'],
      row: ['value', 'map proof'],
      leaf: ['batch', 'index', 'path'],
    },
    anchor,
    credential,
    cases: [
      proofCase('never restricted', issued, issued.timeMs + 600_000),
      proofCase('suspended', suspended, suspended.timeMs + 600_000),
      proofCase('a suspension that has lapsed', suspended, untilMs, { maxAgeSeconds: 2_592_000 }),
      proofCase('reinstated', reinstated, reinstated.timeMs + 600_000),
      proofCase('revoked', revoked, revoked.timeMs + 600_000),
      proofCase('revoked, by an old proof', revoked, revoked.timeMs + 365 * dayMs),
      proofCase('a proof of two days ago', issued, issued.timeMs + 2 * dayMs),
      proofCase('a proof of the future', issued, issued.timeMs - 600_000),
    ],
    refused: refusals(issued.proof, suspended.proof),
  }
}

function proofAt(height: number): { proof: StatusProof; timeMs: number } {
  const at = story.find((header) => header.height === height)
  if (at === undefined) throw new Error(`the story has no height ${height}`)
  const { state, cut, timeMs } = at
  const ids = story
    .filter((header) => header.height <= height)
    .flatMap(({ events }) => events.map(({ id }) => id))
  const logRoot = toHex(merkleRoot(ids.map((id) => leafHash(contentIdBytes(id)))))
  const core = {
    networkId: set.networkId,
    epoch: set.epoch,
    view: height + 4,
    height,
    timeMs,
    setHash: set.setHash,
    stateRoot: toHex(stateRoot(state)),
    nextSetHash: set.setHash,
  }
  const rest = {
    parent: toHex(bytes32(`header ${height - 1}`)),
    cutRoot: toHex(cutRoot(cut)),
    logRoot,
    logSize: ids.length,
  }
  const header = createHeader(core, rest)
  const {
    org,
    batch: batchRow,
    credential: row,
  } = proveStatus(state, { org: issuer.id, batch: batchEvent.id, handle })
  if (org.value === null || batchRow.value === null) throw new Error('the rows are there')
  const proof: StatusProof = {
    version: 1,
    headerCore: header.coreBytes,
    certificate: encodeCertificate(finalCertificate(header)),
    org: { value: org.value, proof: org.proof },
    batch: { value: batchRow.value, proof: batchRow.proof },
    credential: row,
    leaf: { batch: batchEvent.id, index: leafIndex, path: batch.pathOf(leafIndex) },
    handovers: [],
  }
  return { proof, timeMs }
}

function finalCertificate(header: Header): Certificate {
  const { epoch, setHash } = set
  const { view, height } = header.core
  const votes = voters.slice(1).map((member, at) => {
    const vote = { type: 'final', epoch, setHash, view, digest: header.digest } as const
    return signVote(vote, { signer: at + 1, sign: signer(member.seeds.consensus) })
  })
  return createCertificate(votes, { set, height })
}

function proofFields({
  headerCore,
  certificate,
  org,
  batch: row,
  credential: status,
  leaf,
}: StatusProof): Notation[] {
  const rowOf = ({ value, proof }: StatusProof['credential']): Notation => {
    return [value && byteString(value), decodeNotation(encode(mapProofShape, proof))]
  }
  const path = leaf.path.map((sibling) => byteString(sibling))
  const rows = [org, row, status].map(rowOf)
  return [
    1,
    byteString(headerCore),
    byteString(certificate),
    ...rows,
    [{ link: leaf.batch }, leaf.index, path],
    [],
  ]
}

function proofCase(
  name: string,
  { proof }: { readonly proof: StatusProof },
  atMs: number,
  policy: Policy = {},
) {
  const bytes = encodeStatusProof(proof)
  const { input, output } = wireCase(name, proofFields(proof), bytes)
  const verdict = verify(credential, { proof: bytes, anchor, policy, atMs, ed25519: nobleEd25519 })
  return { name, input: { atMs, policy, ...input }, output: { ...output, verdict: summaryOf(verdict) } }
}

function refusals(proof: StatusProof, later: StatusProof) {
  const certificate = decodeNotation(proof.certificate) as Notation[] // a certificate is an array
  const signatures = certificate[7] as Notation[] // so is its list of signatures
  const withCertificate = (changes: Readonly<Record<number, Notation>>): Notation[] => {
    const fields = certificate.map((field, i) => changes[i] ?? field)
    return replace(proof, 2, byteString(encodeFields(fields)))
  }
  const core = decodeNotation(proof.headerCore) as Notation[] // a header core is an array
  const withCore = (index: number, value: Notation) => {
    return replace(proof, 1, byteString(encodeFields(core.with(index, value))))
  }
  const fields = proofFields(proof)
  const laterFields = proofFields(later)
  const good = hexOf(encodeStatusProof(proof))
  const other = hexOf(bytes32('another'))
  const forged = byteString(`01${'00'.repeat(63)}`)
  const rows: [string, string, Notation[] | string][] = [
    ['no bytes', 'status-proof-malformed', ''],
    ['version 2', 'status-proof-malformed', fields.with(0, 2)],
    ['seven positions', 'status-proof-malformed', fields.slice(0, 7)],
    ['a handover', 'status-proof-malformed', fields.with(7, [byteString(other)])],
    ['a byte behind', 'status-proof-malformed', `${good}00`],
    ['a version in two bytes', 'status-proof-malformed', `881801${good.slice(4)}`],
    ['a header core of version 2', 'status-proof-malformed', withCore(0, 2)],
    ['another network', 'wrong-network', withCore(1, byteString(other))],
    ['another epoch', 'wrong-validator-set', withCore(2, 1)],
    ['another validator set', 'wrong-validator-set', withCore(6, byteString(other))],
    ['another header under the certificate', 'certificate-mismatch', withCore(7, byteString(other))],
    ['a notarize certificate', 'certificate-mismatch', withCertificate({ 1: 1 })],
    ['a certificate of another height', 'certificate-mismatch', withCertificate({ 4: 2 })],
    [
      'two of four: one below the quorum',
      'certificate-below-quorum',
      withCertificate({ 6: byteString('0c'), 7: signatures.slice(1) }),
    ],
    ['signatures out of order', 'certificate-invalid', withCertificate({ 7: signatures.slice().reverse() })],
    [
      'R is the neutral point, S is 0',
      'certificate-invalid',
      withCertificate({ 7: [forged, ...signatures.slice(1)] }),
    ],
    [
      'the organisation’s row of a later height',
      'organisation-not-proven',
      fields.with(3, laterFields[3] ?? null),
    ],
    ['the batch’s path of a later height', 'batch-not-proven', fields.with(4, laterFields[4] ?? null)],
    [
      'the credential’s row of a later height',
      'credential-row-not-proven',
      fields.with(5, laterFields[5] ?? null),
    ],
    [
      'absence proven of a suspended credential',
      'credential-row-not-proven',
      laterFields.with(5, absent(laterFields[5])),
    ],
  ]
  return rows.map(([name, reason, wire]) => {
    return { name, input: { bytes: typeof wire === 'string' ? wire : hexOf(encodeFields(wire)) }, reason }
  })
}

function replace(proof: StatusProof, index: number, value: Notation): Notation[] {
  return proofFields(proof).with(index, value)
}

/** The path as it is, and null for the row. */
function absent(row: Notation | undefined): Notation {
  const [, path] = row as Notation[] // a row proof is an array of two
  return [null, path ?? null]
}
