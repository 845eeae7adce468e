/**
 * Signing, against the published example of W3C Data Integrity EdDSA Cryptosuites v1.0 (Appendix, "Representation:
 * eddsa-jcs-2022"; the values are those of the vc-di-eddsa repository, TestVectors/eddsa-jcs-2022 and keyPair.json).
 */

import { base58btc } from 'multiformats/bases/base58'
import { toHex } from '@chirograph/codec'
import { nobleEd25519, publicKeyOfMultikey } from '@chirograph/crypto'
import { jcsProofHash, verifyJcsProof } from '@chirograph/verifier'
import { equal, is, match, ok, suite } from '../../workspace/kit.ts'
import { buildOpenBadge } from '../src/open-badge.ts'
import { jcsProof, signCredential } from '../src/sign.ts'
import { badge, copyOf, did, nowMs, seed, signedBadge, verificationMethod } from './fixtures.ts'

const published = {
  publicKeyMultibase: 'z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2',
  privateKeyMultibase: 'z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq',
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
  created: '2023-02-24T23:36:38Z',
  proofHash: '66ab154f5c2890a140cb8388a22a160454f80575f6eae09e5a097cabe539a1db',
  documentHash: '59b7cb6251b8991add1ce0bc83107e3db9dbbab5bd2c28f687db1a03abc92f19',
  signature:
    '407cd12654b33d718ecbb99179a1506daaa849450bf3fc523cce3e1c96f8b80351da3f253d725c6f00b07c9e5448d50b3ef78012b9ab54255116d069c6dd2808',
  proofValue: 'z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjoJdcnTMuVor51aX',
}
const publishedMethod = `did:key:${published.publicKeyMultibase}#${published.publicKeyMultibase}`
// The multikey of a private key is the multicodec of ed25519-priv in two bytes, then the seed.
const publishedSeed = base58btc.decode(published.privateKeyMultibase).slice(2)

const publishedProof = () =>
  jcsProof({
    document: published.document,
    verificationMethod: publishedMethod,
    created: published.created,
    seed: publishedSeed,
    ed25519: nobleEd25519,
  })

suite('the published eddsa-jcs-2022 example', (it) => {
  it('is signed here to the same signature, byte for byte', () => {
    const proof = publishedProof()
    is(proof.proofValue, published.proofValue)
    is(toHex(base58btc.decode(String(proof.proofValue))), published.signature)
    equal(Object.keys(proof).sort(), [
      '@context',
      'created',
      'cryptosuite',
      'proofPurpose',
      'proofValue',
      'type',
      'verificationMethod',
    ])
  })

  it('is hashed here to the same hashes', () => {
    const { proofValue: _, ...proofOptions } = publishedProof()
    is(
      toHex(jcsProofHash({ document: published.document, proofOptions })),
      published.proofHash + published.documentHash,
    )
  })

  it('no longer verifies when one byte of document, options or signature is another', () => {
    const { proofValue, ...proofOptions } = publishedProof()
    const publicKey = publicKeyOfMultikey(published.publicKeyMultibase)
    ok(publicKey !== undefined)
    const signature = base58btc.decode(String(proofValue))
    const verifies = (args: { document?: object; options?: object; signature?: Uint8Array }): boolean =>
      nobleEd25519.verify({
        publicKey,
        message: jcsProofHash({
          document: { ...published.document, ...args.document },
          proofOptions: { ...proofOptions, ...args.options },
        }),
        signature: args.signature ?? signature,
      })
    ok(verifies({}))
    ok(!verifies({ document: { name: 'Alumni credential' } }))
    ok(!verifies({ options: { created: '2023-02-24T23:36:39Z' } }))
    for (let i = 0; i < signature.length; i++) {
      const altered = Uint8Array.from(signature, (byte, k) => (k === i ? byte ^ 1 : byte))
      ok(!verifies({ signature: altered }), `byte ${i}`)
    }
  })
})

suite('signing a credential', (it) => {
  it('adds a proof set of one and changes nothing else', () => {
    const unsigned = buildOpenBadge(badge)
    const { proof, ...rest } = signedBadge()
    equal(rest, { ...unsigned })
    ok(Array.isArray(proof) && proof.length === 1)
    ok(Object.isFrozen(proof))
  })

  it('is accepted by the verifier, also beside another proof and after a way through JSON', () => {
    const { proof, ...document } = copyOf(signedBadge())
    ok(Array.isArray(proof))
    const verdict = verifyJcsProof({ document, proof: proof[0], atMs: nowMs, ed25519: nobleEd25519 })
    equal(verdict, { kind: 'verified', did, key: nobleEd25519.publicKey(seed) })
    const set = {
      ...document,
      proof: [{ type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022' }, proof[0]],
    }
    equal(verifyJcsProof({ document: set, proof: proof[0], atMs: nowMs, ed25519: nobleEd25519 }), verdict)
  })

  it('gives the same bytes for the same credential, key and time', () => {
    equal(signedBadge(), signedBadge())
  })

  it('is refused with a key that is not the issuer’s, and on top of a proof', () => {
    const credential = buildOpenBadge(badge)
    const args = {
      credential,
      seed,
      did,
      verificationMethod,
      created: '2026-06-20T12:00:00Z',
      ed25519: nobleEd25519,
    }
    const failure = (change: object): string => {
      try {
        signCredential({ ...args, ...change })
      } catch (error) {
        return error instanceof Error ? error.message : ''
      }
      return 'no failure'
    }
    is(failure({}), 'no failure')
    match(failure({ did: 'did:example:other' }), 'issuer is not did:example:other')
    match(failure({ verificationMethod: `${did}#key-1` }), 'the seed is not that of')
    match(failure({ seed: new Uint8Array(32) }), 'the seed is not that of')
    match(failure({ credential: copyOf(signedBadge()) }), 'has a proof already')
  })
})
