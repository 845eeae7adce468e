/** Every way in which a credential can stand, row by row: the verdict, and the checks that decide it. */
import { toBase64url } from '@chirograph/codec'
import type { Certificate } from '@chirograph/consensus'
import { nobleEd25519, publicKeyOfDidKey } from '@chirograph/crypto'
import type { EventBody } from '@chirograph/event'
import { anchorOf } from '@chirograph/status'
import { type CheckCode, type Checks, type Tri, type VerifyOptions, verify } from '@chirograph/verifier'
import { dayMs, makeNetwork } from '../../status/test/network.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  anchor,
  college,
  credentialOf,
  type Issued,
  issuedMs,
  issueOnLog,
  type Json,
  network,
  nowMs,
  optionsOf,
  other,
  type ProofOptions,
  proofBy,
  sign,
  statusProof,
} from './issued.ts'

const document = credentialOf()
const signed = sign(document)
const issued = issueOnLog(document)

interface Case {
  readonly title: string
  readonly credential?: unknown
  readonly issued?: Issued
  /** The status proof's faults; null gives none at all. */
  readonly proof?: ProofOptions | null
  readonly options?: Partial<VerifyOptions>
  readonly verdict: Tri
  /** The checks that decide; every other check must pass. */
  readonly checks: Partial<Record<keyof Checks, CheckCode>>
}

const revoke = (handle: Uint8Array): EventBody => {
  return { kind: 'status.revoke', entries: [{ handle, position: null }], reason: 'issued-in-error' }
}
const suspendUntil =
  (untilMs: number) =>
  (handle: Uint8Array): EventBody => {
    return { kind: 'status.suspend', entries: [{ handle, position: null }], reason: 'under-review', untilMs }
  }
const reinstate = (handle: Uint8Array): EventBody => {
  return { kind: 'status.reinstate', entries: [{ handle, position: null }] }
}

/** One code for all checks that rest on the status proof. */
function allOf(code: CheckCode): Case['checks'] {
  return { issuerKey: code, issuanceLogged: code, recognition: code, status: code }
}

const onProof = (changeCertificate: ProofOptions['changeCertificate']): ProofOptions => ({
  changeCertificate,
})

function withSigners(certificate: Certificate, bits: number): Certificate {
  return { ...certificate, signers: Uint8Array.of(bits) }
}

const repeated = ({ signatures }: Certificate) => {
  const [first] = signatures
  ok(first !== undefined)
  return [first, first, first]
}

const standing: readonly Case[] = [
  { title: 'a good credential', verdict: 'pass', checks: {} },
  {
    title: 'a good credential given as text',
    credential: JSON.stringify(signed, null, 2),
    verdict: 'pass',
    checks: {},
  },
  {
    title: 'a revoked credential',
    issued: issueOnLog(document, { later: [revoke] }),
    verdict: 'fail',
    checks: { status: 'revoked' },
  },
  {
    title: 'a revoked credential with an old proof',
    issued: issueOnLog(document, { later: [revoke] }),
    options: { atMs: nowMs + 900 * dayMs },
    verdict: 'fail',
    checks: { status: 'revoked' },
  },
  {
    title: 'a suspended credential',
    issued: issueOnLog(document, { later: [suspendUntil(nowMs + 1)] }),
    verdict: 'fail',
    checks: { status: 'suspended' },
  },
  {
    title: 'a suspension that has lapsed',
    issued: issueOnLog(document, { later: [suspendUntil(nowMs)] }),
    verdict: 'pass',
    checks: { status: 'suspension-lapsed' },
  },
  {
    title: 'a suspension that was lifted',
    issued: issueOnLog(document, { later: [suspendUntil(nowMs + dayMs), reinstate] }),
    verdict: 'pass',
    checks: { status: 'reinstated' },
  },
  {
    title: 'a proof at its greatest age',
    options: { atMs: issuedMs + 86_400_000 },
    verdict: 'pass',
    checks: {},
  },
  {
    title: 'a proof that is too old',
    options: { atMs: issuedMs + 86_400_001 },
    verdict: 'indeterminate',
    checks: { status: 'proof-too-old' },
  },
  {
    title: 'a proof that is too old for a stricter policy',
    options: { policy: { maxAgeSeconds: 599 } },
    verdict: 'indeterminate',
    checks: { status: 'proof-too-old' },
  },
  {
    title: 'a header ahead of the clock within its bound',
    proof: { timeMs: nowMs + 300_000 },
    verdict: 'pass',
    checks: {},
  },
  {
    title: 'a header ahead of the clock beyond its bound',
    proof: { timeMs: nowMs + 300_001 },
    verdict: 'indeterminate',
    checks: { status: 'proof-from-future' },
  },
  {
    title: 'no status proof',
    proof: null,
    verdict: 'indeterminate',
    checks: { ...allOf('no-status-proof'), issuanceLogged: 'issuance-not-proven' },
  },
]

/** A credential with changes, signed by the college and issued by it in this form. */
function changed(changes: Json, entry: Json = {}): Pick<Case, 'credential' | 'issued'> {
  const made = credentialOf(changes, entry)
  return { credential: sign(made), issued: issueOnLog(made) }
}

const dates: readonly Case[] = [
  {
    title: 'an expired credential',
    ...changed({ validUntil: '2023-11-01T00:00:00Z' }),
    verdict: 'fail',
    checks: { validity: 'expired' },
  },
  {
    title: 'an expired and revoked credential, without hiding either',
    credential: sign(credentialOf({ validUntil: '2023-11-01T00:00:00Z' })),
    issued: issueOnLog(credentialOf({ validUntil: '2023-11-01T00:00:00Z' }), { later: [revoke] }),
    verdict: 'fail',
    checks: { validity: 'expired', status: 'revoked' },
  },
  {
    title: 'a credential of the future',
    ...changed({ validFrom: '2099-01-01T00:00:00Z' }),
    verdict: 'fail',
    checks: { validity: 'not-yet-valid' },
  },
  {
    title: 'a date without a time zone',
    ...changed({ validUntil: '2099-01-01T00:00:00' }),
    verdict: 'fail',
    checks: { validity: 'malformed-date' },
  },
  {
    title: 'a period that ends before it begins',
    ...changed({ validFrom: '2023-02-01T00:00:00Z', validUntil: '2023-01-01T00:00:00Z' }),
    verdict: 'fail',
    checks: { validity: 'malformed-date' },
  },
]

const didWeb = network.genesis.organisations[0]?.dids[0] ?? ''
const collegeKey = college.did.slice('did:key:'.length)
const viaWeb = credentialOf({ issuer: didWeb })
const otherKey = other.did.slice('did:key:'.length)
const forger = nobleEd25519.publicKey(other.assertionSeed)
ok(publicKeyOfDidKey(other.did) !== undefined && forger.length === 32)

const degree = credentialOf({
  credentialSubject: {
    achievement: { type: ['Achievement'], achievementType: 'BachelorDegree', name: 'Welding' },
  },
})

const issuers: readonly Case[] = [
  {
    title: 'an issuer named by a did:web that its organisation lists',
    credential: sign(viaWeb, college.assertionSeed, { verificationMethod: `${didWeb}#${collegeKey}` }),
    issued: issueOnLog(viaWeb),
    verdict: 'pass',
    checks: {},
  },
  {
    title: "the college's name signed with another organisation's own DID",
    credential: sign(document, other.assertionSeed),
    verdict: 'fail',
    checks: { issuerKey: 'not-the-issuers-key' },
  },
  {
    title: "the college's did:web with another organisation's key",
    credential: sign(viaWeb, other.assertionSeed, { verificationMethod: `${didWeb}#${otherKey}` }),
    issued: issueOnLog(viaWeb),
    verdict: 'fail',
    checks: { issuerKey: 'key-not-listed' },
  },
  {
    title: "another organisation's batch and status entry in the college's name",
    credential: sign(credentialOf({ issuer: didWeb }, { issuer: other.id }), other.assertionSeed, {
      verificationMethod: `${didWeb}#${otherKey}`,
    }),
    issued: issueOnLog(credentialOf({ issuer: didWeb }, { issuer: other.id }), { issuer: other }),
    proof: { org: other.id },
    verdict: 'fail',
    checks: { issuerKey: 'did-not-listed', recognition: 'not-recognised' },
  },
  {
    title: "another organisation's batch for the college's handle",
    issued: issueOnLog(document, { issuer: other, entryOrg: college.id }),
    verdict: 'fail',
    checks: { issuanceLogged: 'batch-of-another-organisation' },
  },
  {
    title: 'a class of records for which the issuer is not recognised',
    issued: issueOnLog(document, { recordClass: 'licence' }),
    verdict: 'fail',
    checks: { recognition: 'not-recognised' },
  },
  {
    title: 'a degree in a batch of a class that is recognised more easily',
    credential: sign(degree),
    issued: issueOnLog(degree),
    verdict: 'fail',
    checks: { recognition: 'wrong-record-class' },
  },
  {
    title: 'the same where recognition is not asked for',
    issued: issueOnLog(document, { recordClass: 'licence' }),
    options: { policy: { requireRecognition: false } },
    verdict: 'pass',
    checks: { recognition: 'recognition-not-required' },
  },
]

const neverLogged = credentialOf({ name: 'Never logged' })

const forgeries: readonly Case[] = [
  {
    title: 'a credential that was changed after signing',
    credential: { ...signed, name: 'Welding, master' },
    verdict: 'fail',
    checks: { proof: 'bad-signature', issuerKey: 'signature-not-valid', issuanceLogged: 'leaf-not-in-batch' },
  },
  {
    title: 'a credential that was never logged, with the proof of another',
    credential: sign(neverLogged),
    verdict: 'fail',
    checks: { issuanceLogged: 'leaf-not-in-batch' },
  },
  {
    title: 'a leaf at another index',
    proof: { changeProof: (proof) => ({ ...proof, leaf: { ...proof.leaf, index: 3 } }) },
    verdict: 'fail',
    checks: { issuanceLogged: 'leaf-not-in-batch' },
  },
  {
    title: 'a leaf path that is too short',
    proof: {
      changeProof: (proof) => ({ ...proof, leaf: { ...proof.leaf, path: proof.leaf.path.slice(1) } }),
    },
    verdict: 'fail',
    checks: { issuanceLogged: 'leaf-not-in-batch' },
  },
  {
    title: 'a proof made for another nonce',
    ...{ credential: sign(credentialOf({}, { nonce: toBase64url(new Uint8Array(32)) })) },
    verdict: 'fail',
    checks: allOf('credential-row-not-proven'),
  },
  {
    title: 'the proof of absence beside a revocation',
    issued: issueOnLog(document, { later: [revoke] }),
    proof: { changeProof: (proof) => ({ ...proof, credential: { ...proof.credential, value: null } }) },
    verdict: 'fail',
    checks: allOf('credential-row-not-proven'),
  },
  {
    title: 'another row in place of the issuer’s',
    proof: { changeProof: (proof) => ({ ...proof, org: proof.batch }) },
    verdict: 'fail',
    checks: allOf('organisation-not-proven'),
  },
  {
    title: 'another row in place of the batch’s',
    proof: { changeProof: (proof) => ({ ...proof, batch: proof.org }) },
    verdict: 'fail',
    checks: allOf('batch-not-proven'),
  },
  {
    title: 'bytes that are no status proof',
    options: { proof: new Uint8Array(100) },
    verdict: 'fail',
    checks: allOf('status-proof-malformed'),
  },
  {
    title: 'a header core that is none',
    proof: { changeProof: (proof) => ({ ...proof, headerCore: Uint8Array.of(0x80) }) },
    verdict: 'fail',
    checks: allOf('status-proof-malformed'),
  },
]

const elsewhere = makeNetwork({ name: 'Another network' })

const certificates: readonly Case[] = [
  {
    title: 'a header of another network',
    proof: { changeHeader: (core) => ({ ...core, networkId: '11'.repeat(32) }) },
    verdict: 'fail',
    checks: allOf('wrong-network'),
  },
  {
    title: 'a credential and proof of another network than the anchor',
    options: { anchor: anchorOf(elsewhere.genesis) },
    verdict: 'indeterminate',
    checks: { ...allOf('other-network'), issuanceLogged: 'issuance-not-proven' },
  },
  {
    title: 'another set of validators',
    proof: { changeHeader: (core) => ({ ...core, setHash: '22'.repeat(32) }) },
    verdict: 'fail',
    checks: allOf('wrong-validator-set'),
  },
  {
    title: 'another epoch',
    proof: { changeHeader: (core) => ({ ...core, epoch: 1 }) },
    verdict: 'fail',
    checks: allOf('wrong-validator-set'),
  },
  {
    title: 'a checkpoint before the anchor',
    options: { anchor: { ...anchor, height: 10 } },
    verdict: 'fail',
    checks: allOf('before-anchor'),
  },
  {
    title: 'q − 1 signatures',
    proof: onProof((c) => ({ ...withSigners(c, 0b011), signatures: c.signatures.slice(0, 2) })),
    verdict: 'fail',
    checks: allOf('certificate-below-quorum'),
  },
  {
    title: 'q signatures behind a bitmap of q − 1 signers',
    proof: onProof((c) => withSigners(c, 0b011)),
    verdict: 'fail',
    checks: allOf('certificate-below-quorum'),
  },
  {
    title: 'one signer’s signature in the place of three',
    proof: onProof((c) => ({ ...c, signatures: repeated(c) })),
    verdict: 'fail',
    checks: allOf('certificate-invalid'),
  },
  {
    title: 'signatures of others than the bitmap names',
    proof: onProof((c) => withSigners(c, 0b1110)),
    verdict: 'fail',
    checks: allOf('certificate-invalid'),
  },
  {
    title: 'a signer outside the set',
    proof: onProof((c) => withSigners(c, 0b10011)),
    verdict: 'fail',
    checks: allOf('certificate-invalid'),
  },
  {
    title: 'a certificate that notarizes and does not finalise',
    proof: onProof((c) => ({ ...c, type: 'notarize' })),
    verdict: 'fail',
    checks: allOf('certificate-mismatch'),
  },
  {
    title: 'a certificate for another header',
    proof: onProof((c) => ({ ...c, digest: '33'.repeat(32) })),
    verdict: 'fail',
    checks: allOf('certificate-mismatch'),
  },
  {
    title: 'votes of another view for the header',
    proof: { votedView: 13 },
    verdict: 'fail',
    checks: allOf('certificate-mismatch'),
  },
  {
    title: 'a certificate that misstates the height',
    proof: onProof((c) => ({ ...c, height: 8 })),
    verdict: 'fail',
    checks: allOf('certificate-mismatch'),
  },
]

const listEntry = { type: 'BitstringStatusListEntry', statusPurpose: 'revocation' }
const networkEntry = (document.credentialStatus as unknown[])[1] // the fixture's second entry

const entries: readonly Case[] = [
  {
    title: 'no status entry',
    ...changed({ credentialStatus: undefined }),
    verdict: 'indeterminate',
    checks: { ...allOf('no-status-entry'), issuanceLogged: 'issuance-not-proven' },
  },
  {
    title: 'a status of an unknown type',
    ...changed({ credentialStatus: [{ type: 'SomeStatusEntry' }] }),
    verdict: 'indeterminate',
    checks: { ...allOf('unknown-status-type'), issuanceLogged: 'issuance-not-proven' },
  },
  {
    title: 'a status list alone, which cannot be fetched',
    ...changed({ credentialStatus: listEntry }),
    verdict: 'indeterminate',
    checks: { ...allOf('unknown-status-type'), issuanceLogged: 'issuance-not-proven' },
  },
  {
    title: 'two entries of this network',
    ...changed({ credentialStatus: [networkEntry, networkEntry] }),
    verdict: 'fail',
    checks: allOf('several-network-entries'),
  },
  {
    title: 'an entry of this network beside one of another',
    ...changed({ credentialStatus: [networkEntry, { ...(networkEntry as Json), network: '44'.repeat(32) }] }),
    verdict: 'pass',
    checks: {},
  },
  {
    title: 'a network entry with a member that is not known',
    ...changed({}, { exception: true }),
    verdict: 'fail',
    checks: allOf('bad-status-entry'),
  },
  {
    title: 'a network entry with a short nonce',
    ...changed({}, { nonce: 'AAAA' }),
    verdict: 'fail',
    checks: allOf('bad-status-entry'),
  },
  {
    title: 'status entries that are no objects',
    ...changed({ credentialStatus: ['ChirographStatusEntry'] }),
    verdict: 'fail',
    checks: allOf('bad-status-entry'),
  },
]

const contexts = document['@context'] as unknown[] // the fixture's list

const forms: readonly Case[] = [
  {
    title: 'a context that is not pinned',
    ...changed({ '@context': [...contexts, 'https://vocabulary.example/v1'] }),
    verdict: 'indeterminate',
    checks: { schema: 'context-not-pinned' },
  },
  {
    title: 'an inline context that differs from the network’s',
    ...changed({ '@context': [contexts[0], { ChirographStatusEntry: 'urn:other' }, contexts[2]] }),
    verdict: 'indeterminate',
    checks: { schema: 'context-not-pinned' },
  },
  {
    title: 'a network entry without its context',
    ...changed({ '@context': contexts.slice(0, 2) }),
    verdict: 'fail',
    checks: { schema: 'status-context-missing' },
  },
  ...[
    { '@context': 'https://www.w3.org/ns/credentials/v2' },
    { '@context': [...contexts].reverse() },
    { type: ['OpenBadgeCredential'] },
    { id: 7 },
    { credentialSubject: undefined },
    { credentialSubject: [] },
    { credentialSubject: 'nobody' },
    { expirationDate: '2099-01-01T00:00:00Z' },
  ].map(
    (changes): Case => ({
      title: `a credential with ${JSON.stringify(changes).slice(0, 60)}`,
      ...changed(changes),
      verdict: 'fail',
      checks: { schema: 'not-a-credential' },
    }),
  ),
  {
    title: 'a credential without an issuer',
    ...changed({ issuer: {} }),
    verdict: 'fail',
    checks: { schema: 'not-a-credential', issuerKey: 'not-the-issuers-key' },
  },
]

const foreignProof = { type: 'DataIntegrityProof', cryptosuite: 'ecdsa-rdfc-2019', proofValue: 'z2Hn' }
const ownProof = proofBy(college.assertionSeed, document)

const proofSets: readonly Case[] = [
  {
    title: 'an unsigned credential',
    credential: document,
    verdict: 'fail',
    checks: { proof: 'no-signature', issuerKey: 'signature-not-valid' },
  },
  {
    title: 'a signature of an unknown kind alone',
    credential: { ...document, proof: [foreignProof] },
    verdict: 'indeterminate',
    checks: { proof: 'unsupported-cryptosuite', issuerKey: 'signature-not-valid' },
  },
  {
    title: 'a proof set with a signature of an unknown kind',
    credential: { ...document, proof: [foreignProof, ownProof] },
    verdict: 'pass',
    checks: {},
  },
  {
    title: 'a proof set with the signature of somebody else beside the issuer’s',
    credential: { ...document, proof: [proofBy(other.assertionSeed, document), ownProof] },
    verdict: 'pass',
    checks: {},
  },
  {
    title: 'a proof set that says the wrong thing and the unknown',
    credential: { ...document, proof: [foreignProof, { ...ownProof, created: '2024-01-01T00:00:00Z' }] },
    verdict: 'fail',
    checks: { proof: 'bad-signature', issuerKey: 'signature-not-valid' },
  },
  {
    title: 'a signature that has expired',
    credential: sign(document, college.assertionSeed, { expires: '2023-11-15T00:00:00Z' }),
    verdict: 'fail',
    checks: { proof: 'proof-expired', issuerKey: 'signature-not-valid' },
  },
  {
    title: 'more signatures than are checked',
    credential: { ...document, proof: Array(9).fill(ownProof) },
    verdict: 'indeterminate',
    checks: { proof: 'too-many-proofs', issuerKey: 'signature-not-valid' },
  },
]

function judge({ credential = signed, issued: on = issued, proof = {}, options }: Case) {
  return verify(credential, optionsOf(proof === null ? undefined : statusProof(on, proof), options))
}

function table(name: string, cases: readonly Case[]): void {
  suite(name, (it) => {
    for (const one of cases) {
      it(`${one.verdict}: ${one.title}`, () => {
        const { verdict, checks } = judge(one)
        const decided: Partial<Record<keyof Checks, CheckCode>> = {}
        for (const key of Object.keys(checks) as (keyof Checks)[]) {
          // Only checks that do not pass, or that the case names, are compared.
          if (checks[key].result !== 'pass' || one.checks[key] !== undefined) decided[key] = checks[key].code
          ok(checks[key].detail.endsWith('.'), checks[key].detail)
        }
        equal(decided, one.checks)
        is(verdict, one.verdict)
      })
    }
  })
}

table('verdict: standing', standing)
table('verdict: dates', dates)
table('verdict: issuers', issuers)
table('verdict: forgeries', forgeries)
table('verdict: certificates', certificates)
table('verdict: status entries', entries)
table('verdict: form', forms)
table('verdict: proof sets', proofSets)
