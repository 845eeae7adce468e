import { canonicalizeJson, sha256, toHex, utf8 } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { jcsProofHash, verifyJcsProof } from '@chirograph/verifier'
import { is, ok, suite } from '../../workspace/kit.ts'
import { college, credentialOf, type Json, nowMs, proofBy, sign } from './issued.ts'

/** W3C vc-di-eddsa at abb673eb, TestVectors/eddsa-jcs-2022; W3C Software and Document License. */
const w3c = {
  document: {
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/examples/v2'],
    id: 'urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33',
    type: ['VerifiableCredential', 'AlumniCredential'],
    name: 'Alumni Credential',
    description: 'A minimum viable example of an Alumni Credential.',
    issuer: 'https://vc.example/issuers/5678',
    validFrom: '2023-01-01T00:00:00Z',
    credentialSubject: { id: 'did:example:abcdefgh', alumniOf: 'The School of Examples' },
  },
  proof: {
    type: 'DataIntegrityProof',
    cryptosuite: 'eddsa-jcs-2022',
    created: '2023-02-24T23:36:38Z',
    verificationMethod:
      'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2',
    proofPurpose: 'assertionMethod',
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://www.w3.org/ns/credentials/examples/v2'],
    proofValue: 'z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX',
  },
  proofConfigHash: '66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db',
  documentHash: '59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19',
}

function check(document: Json, proof: unknown, atMs = nowMs): string {
  const verdict = verifyJcsProof({ document, proof, atMs, ed25519: nobleEd25519 })
  return verdict.kind === 'verified' ? 'verified' : verdict.fault
}

suite('eddsa-jcs-2022: the vectors of W3C', (it) => {
  it('hash proof configuration and document as W3C does, the configuration first', () => {
    const hash = toHex(jcsProofHash({ document: w3c.document, proofOptions: w3c.proof }))
    is(hash, w3c.proofConfigHash + w3c.documentHash)
    is(toHex(sha256(utf8(canonicalizeJson(w3c.document)))), w3c.documentHash)
  })

  it('verify, and name the key', () => {
    const document = { ...w3c.document, proof: w3c.proof }
    const verdict = verifyJcsProof({ document, proof: w3c.proof, atMs: nowMs, ed25519: nobleEd25519 })
    ok(verdict.kind === 'verified')
    is(verdict.did, 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2')
  })

  it('do not verify with any one member of document or proof changed', () => {
    for (const name of Object.keys(w3c.document)) {
      if (name === '@context') continue
      is(check({ ...w3c.document, [name]: 'changed' }, w3c.proof), 'bad-signature', name)
    }
    is(check(w3c.document, { ...w3c.proof, created: '2023-02-24T23:36:39Z' }), 'bad-signature')
    is(check(w3c.document, { ...w3c.proof, nonce: 'added' }), 'bad-signature')
  })
})

suite('eddsa-jcs-2022: proofs', (it) => {
  const document = credentialOf()
  const seed = college.assertionSeed

  it('cover the contexts that the proof names, which must begin those of the document', () => {
    const proof = proofBy(seed, document)
    const contexts = document['@context'] as unknown[] // the test's own list
    is(check(document, proof), 'verified')
    is(check({ ...document, '@context': [...contexts, 'https://later.example'] }, proof), 'verified')
    is(check({ ...document, '@context': contexts.slice(0, 1) }, proof), 'proof-context-mismatch')
    is(check({ ...document, '@context': [...contexts].reverse() }, proof), 'proof-context-mismatch')
    is(check(document, { ...proof, '@context': [] }), 'bad-signature')
  })

  it('may come without contexts, as section 3.3.2 allows', () => {
    is(check(document, proofBy(seed, document, { '@context': undefined })), 'verified')
  })

  it('count for assertions only', () => {
    is(check(document, proofBy(seed, document, { proofPurpose: 'authentication' })), 'proof-purpose')
  })

  it('of other cryptosuites and in chains are called unsupported, not wrong', () => {
    const unsupported = 'unsupported-cryptosuite'
    is(check(document, proofBy(seed, document, { cryptosuite: 'eddsa-rdfc-2022' })), unsupported)
    is(check(document, proofBy(seed, document, { type: 'Ed25519Signature2020' })), unsupported)
    is(check(document, proofBy(seed, document, { previousProof: 'urn:uuid:1' })), 'unsupported-proof-chain')
  })

  it('expire when they say so, and say so in a time with a zone', () => {
    const expiring = proofBy(seed, document, { expires: '2030-01-01T00:00:00Z' })
    const [before, after] = [Date.UTC(2030, 0, 1) - 1, Date.UTC(2030, 0, 1)]
    is(check(document, expiring, before), 'verified')
    is(check(document, expiring, after), 'proof-expired')
    is(check(document, proofBy(seed, document, { expires: '2030-01-01' })), 'proof-malformed')
    is(check(document, proofBy(seed, document, { created: 'yesterday' })), 'proof-malformed')
  })

  it('resolve a key from did:key and did:web methods that spell it out, and from no other', () => {
    const key = college.did.slice('did:key:'.length)
    const by = (verificationMethod: unknown) =>
      check(document, proofBy(seed, document, { verificationMethod }))
    is(by(`did:web:college.example#${key}`), 'verified')
    is(by(`did:web:college.example%3A8443:people#${key}`), 'verified')
    const unsupported = 'unsupported-verification-method'
    is(by('did:web:college.example#key-1'), unsupported)
    is(by(college.did), unsupported)
    is(by(`${college.did}#other`), unsupported)
    is(by(`did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2#${key}`), unsupported)
    is(by(`https://college.example/keys#${key}`), unsupported)
    is(by({ id: `${college.did}#${key}` }), unsupported)
    is(by(undefined), unsupported)
  })

  it('have 64 bytes in base58btc as their value', () => {
    const { proof } = sign(document)
    const value = (proof as Json).proofValue as string // made by the line above
    for (const wrong of [
      undefined,
      7,
      '',
      'z',
      value.slice(1),
      `m${value.slice(1)}`,
      `${value}1`,
      'z'.repeat(1e6),
    ]) {
      is(
        check(document, { ...(proof as Json), proofValue: wrong }),
        'proof-malformed',
        String(wrong).slice(0, 20),
      )
    }
    for (const wrong of [null, 'z2Hn', 7, []]) is(check(document, wrong), 'proof-malformed')
  })
})
