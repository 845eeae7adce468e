/** A credential that was really issued on a small network, and the status proof of any later checkpoint. */
import { base58btc } from 'multiformats/bases/base58'
import { type EventId, sha256, toBase64url, toHex, utf8 } from '@chirograph/codec'
import {
  type Certificate,
  createCertificate,
  createHeader,
  encodeCertificate,
  type Header,
  quorumOf,
  signVote,
} from '@chirograph/consensus'
import { didKeyVerificationMethod, type Ed25519, nobleEd25519 } from '@chirograph/crypto'
import {
  buildBatch,
  credentialDigest,
  type EventBody,
  handleOf,
  leafOf,
  type OrgId,
  type RecordClass,
} from '@chirograph/event'
import {
  anchorOf,
  encodeStatusProof,
  type NetworkState,
  proveStatus,
  readOrg,
  type StatusProof,
  stateRoot,
  validatorSetOf,
  voteSignerOfSeed,
} from '@chirograph/status'
import { chirographContext, jcsProofHash, pinnedContextUrls, type VerifyOptions } from '@chirograph/verifier'
import {
  bls,
  chainOf,
  fold,
  headerTimeMs,
  type Member,
  makeNetwork,
  type Network,
} from '../../status/test/network.ts'

export const network = makeNetwork()
/** Recognised to issue degrees and non-credit certificates. */
export const college = network.members[0]
/** Recognised for nothing. */
export const other = network.members[1]
export const anchor = anchorOf(network.genesis)
/** When the batch became final. */
export const issuedMs = headerTimeMs
/** The verifier's clock unless a case says otherwise: ten minutes later. */
export const nowMs = issuedMs + 600_000

/** What a test changes: any JSON. */
export type Json = Record<string, unknown>

const nonce = sha256(utf8('a nonce'))

/** An unsigned credential of the college with members changed; undefined leaves one out. */
export function credentialOf(changes: Json = {}, entry: Json = {}): Json {
  return withoutUndefined({
    '@context': [...pinnedContextUrls, chirographContext],
    id: 'urn:uuid:3a2f2f0e-5d1c-4f0a-9b6e-1f2d3c4b5a69',
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    issuer: { id: college.did, type: ['Profile'], name: 'College' },
    validFrom: '2023-01-01T00:00:00Z',
    name: 'Welding, first level',
    credentialSubject: { type: ['AchievementSubject'], achievement: { name: 'Welding, first level' } },
    credentialStatus: [
      {
        id: 'https://lists.example/status-lists/revocation/0#5',
        type: 'BitstringStatusListEntry',
        statusPurpose: 'revocation',
        statusListIndex: '5',
        statusListCredential: 'https://lists.example/status-lists/revocation/0',
      },
      {
        type: 'ChirographStatusEntry',
        network: toHex(network.networkId),
        issuer: college.id,
        nonce: toBase64url(nonce),
        ...entry,
      },
    ],
    ...changes,
  })
}

/** One eddsa-jcs-2022 proof by a seed; `options` override the proof's, and undefined leaves one out. */
export function proofBy(seed: Uint8Array, document: Json, options: Json = {}): Json {
  const all: Json = {
    type: 'DataIntegrityProof',
    cryptosuite: 'eddsa-jcs-2022',
    created: '2023-11-15T00:00:00Z',
    verificationMethod: didKeyVerificationMethod(nobleEd25519.publicKey(seed)),
    proofPurpose: 'assertionMethod',
    '@context': document['@context'],
    ...options,
  }
  const proofOptions = withoutUndefined(all)
  const signature = nobleEd25519.sign({ seed, message: jcsProofHash({ document, proofOptions }) })
  return { ...proofOptions, proofValue: base58btc.encode(signature) }
}

function withoutUndefined(members: Json): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

export function sign(document: Json, seed = college.assertionSeed, options: Json = {}): Json {
  return { ...document, proof: proofBy(seed, document, options) }
}

export interface Issued {
  readonly state: NetworkState
  readonly batch: EventId
  readonly path: readonly Uint8Array[]
  readonly handle: Uint8Array
}

/** Issues a document in a batch by `issuer` (slot 2 of 16), then folds the later bodies, a header each. */
export function issueOnLog(
  document: Json,
  {
    issuer = college,
    entryOrg = issuer.id,
    recordClass = 'certificate-noncredit',
    later = [],
  }: IssueOptions = {},
): Issued {
  const handle = handleOf({ issuer: entryOrg, nonce })
  const leaf = leafOf({ handle, digest: credentialDigest(document) })
  const neighbours = [sha256(utf8('leaf 0')), sha256(utf8('leaf 1'))]
  const tree = buildBatch({ leaves: [...neighbours, leaf], blind: (index) => sha256(utf8(`blind ${index}`)) })
  const next = chainOf(network, issuer)
  const batch = next({
    kind: 'credential.issueBatch',
    root: tree.root,
    paddedSize: tree.paddedSize,
    recordClass,
    credentialType: 'open-badge-3',
    schemaDigest: new Uint8Array(32),
  })
  let { state } = fold(network.state, [batch])
  later.forEach((body, index) => {
    state = fold(state, [next(body(handle))], { height: index + 2 }).state
  })
  return { state, batch: batch.id, path: tree.pathOf(2), handle }
}

interface IssueOptions {
  readonly issuer?: Member
  /** The organisation that the handle is made from. */
  readonly entryOrg?: OrgId
  readonly recordClass?: RecordClass
  readonly later?: readonly ((handle: Uint8Array) => EventBody)[]
}

export interface ProofOptions {
  readonly org?: OrgId
  readonly timeMs?: number
  readonly height?: number
  /** The network whose validators sign. */
  readonly signers?: Network
  readonly changeHeader?: (header: Parameters<typeof createHeader>[0]) => Parameters<typeof createHeader>[0]
  /** The view that the votes name, when it is not the header's. */
  readonly votedView?: number
  readonly changeCertificate?: (certificate: Certificate) => Certificate
  readonly changeProof?: (proof: StatusProof) => StatusProof
}

/** A status proof as any member would make it, and with one thing wrong where a test says so. */
export function statusProof(issued: Issued, options: ProofOptions = {}): Uint8Array {
  const { state, batch, handle, path } = issued
  const { org = college.id, timeMs = issuedMs, height = 9, signers = network } = options
  const set = validatorSetOf(signers.genesis)
  const core = {
    networkId: set.networkId,
    epoch: 0,
    view: 12,
    height,
    timeMs,
    setHash: set.setHash,
    stateRoot: toHex(stateRoot(state)),
    nextSetHash: set.setHash,
  }
  const zero = '00'.repeat(32)
  const rest = { parent: zero, cutRoot: zero, logRoot: zero, logSize: 1 }
  const header = createHeader(options.changeHeader?.(core) ?? core, rest)
  const certificate = finalCertificate(header, signers, options.votedView)
  const rows = proveStatus(state, { org, batch, handle })
  if (rows.org.value === null || rows.batch.value === null) throw new Error('the rows are there')
  const proof: StatusProof = {
    version: 1,
    headerCore: header.coreBytes,
    certificate: encodeCertificate(options.changeCertificate?.(certificate) ?? certificate),
    org: { ...rows.org, value: rows.org.value },
    batch: { ...rows.batch, value: rows.batch.value },
    credential: rows.credential,
    leaf: { batch, index: 2, path },
    handovers: [],
  }
  return encodeStatusProof(options.changeProof?.(proof) ?? proof)
}

function finalCertificate(header: Header, signers: Network, view = header.core.view): Certificate {
  const set = validatorSetOf(signers.genesis)
  const { certificates } = signers.genesis
  const votes = signers.members
    .slice(0, quorumOf(set))
    .map(({ consensusSeed: seed }, signer) =>
      signVote(
        { type: 'final', epoch: 0, setHash: set.setHash, view, digest: header.digest },
        { signer, sign: voteSignerOfSeed(seed, { certificates, ed25519: nobleEd25519, bls }) },
      ),
    )
  return createCertificate(votes, { set, height: header.core.height, bls })
}

/** Remembers answers, so that a thousand verdicts on nearly the same bytes cost a few signature checks. */
export function rememberingEd25519(): Ed25519 {
  const known = new Map<string, boolean>()
  return {
    ...nobleEd25519,
    verify(args) {
      const name = [args.publicKey, args.message, args.signature].map(toHex).join(' ')
      const answer = known.get(name) ?? nobleEd25519.verify(args)
      known.set(name, answer)
      return answer
    },
  }
}

const ed25519 = rememberingEd25519()

export function optionsOf(
  proof: Uint8Array | undefined,
  changes: Partial<VerifyOptions> = {},
): VerifyOptions {
  return { proof, anchor, atMs: nowMs, ed25519, ...changes }
}

/** The name of an organisation as the state has it. */
export function nameOf(member: Member): string {
  return readOrg(network.state, member.id)?.name ?? ''
}
