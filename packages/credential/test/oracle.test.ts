/**
 * An independent implementation of eddsa-jcs-2022 (Digital Bazaar's jsonld-signatures and cryptosuite) accepts what
 * is signed here, and what it signs is accepted here.
 */
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { createSignCryptosuite, createVerifyCryptosuite } from '@digitalbazaar/eddsa-jcs-2022-cryptosuite'
import signatures from 'jsonld-signatures'
import { nobleEd25519, publicKeyOfDidKey } from '@chirograph/crypto'
import { verifyJcsProof } from '@chirograph/verifier'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { isObject } from '../src/json.ts'
import { buildOpenBadge } from '../src/open-badge.ts'
import { badge, copyOf, did, nowMs, seed, signedBadge, verificationMethod } from './fixtures.ts'

const purpose = new signatures.purposes.AssertionProofPurpose()

/** Resolves a did:key by itself; there is no network to ask. */
async function documentLoader(url: string) {
  const [controller = '', fragment] = url.split('#')
  if (!controller.startsWith('did:key:')) throw new Error(`not loaded: ${url}`)
  const publicKeyMultibase = controller.slice('did:key:'.length)
  const id = `${controller}#${publicKeyMultibase}`
  const key = {
    '@context': 'https://w3id.org/security/multikey/v1',
    id,
    type: 'Multikey',
    controller,
    publicKeyMultibase,
  }
  const document =
    fragment === undefined
      ? {
          '@context': ['https://www.w3.org/ns/did/v1'],
          id: controller,
          assertionMethod: [id],
          verificationMethod: [key],
        }
      : key
  return { contextUrl: null, documentUrl: url, document }
}

async function theyAccept(document: object): Promise<boolean> {
  const suiteOfTheirs = new DataIntegrityProof({ cryptosuite: createVerifyCryptosuite() })
  const result = await signatures.verify(document, { suite: suiteOfTheirs, purpose, documentLoader })
  return result.verified
}

async function theySign(document: object): Promise<Record<string, unknown>> {
  const signer = {
    id: verificationMethod,
    algorithm: 'Ed25519',
    sign: async ({ data }: { data: Uint8Array }) => nobleEd25519.sign({ seed, message: data }),
  }
  const date = '2026-06-20T12:00:00Z'
  const suiteOfTheirs = new DataIntegrityProof({ signer, date, cryptosuite: createSignCryptosuite() })
  return signatures.sign(document, { suite: suiteOfTheirs, purpose, documentLoader })
}

/**
 * Their cryptosuite compares the contexts of proof and document by identity (checked with version 1.0.0), so it
 * refuses a context that is an object unless both hold the very same object. JSON text never does.
 */
function shareContext(credential: object): object {
  const copy = JSON.parse(JSON.stringify(credential))
  for (const proof of copy.proof) proof['@context'] = copy['@context']
  return copy
}

suite('another implementation', (it) => {
  it('accepts a credential that is signed here', async () => {
    ok(await theyAccept(shareContext(signedBadge())))
  })

  it('refuses it with a fact altered', async () => {
    const altered = { ...copyOf(signedBadge()), name: 'Certificate in Everything' }
    ok(!(await theyAccept(shareContext(altered))))
  })

  it('gives the same signature for the same credential, key and time', async () => {
    const theirs = await theySign(copyOf(buildOpenBadge(badge)))
    const { proof } = signedBadge()
    ok(isObject(theirs.proof) && Array.isArray(proof) && isObject(proof[0]))
    is(theirs.proof.proofValue, proof[0].proofValue)
    equal({ ...theirs.proof }, { ...proof[0] })
  })

  it('signs credentials that the verifier accepts, until a fact is altered', async () => {
    const { proof, ...document } = await theySign(copyOf(buildOpenBadge(badge)))
    const verdictOn = (altered: Record<string, unknown>) =>
      verifyJcsProof({ document: { ...document, ...altered }, proof, atMs: nowMs, ed25519: nobleEd25519 })
    equal(verdictOn({}), { kind: 'verified', did, key: publicKeyOfDidKey(did) })
    const verdict = verdictOn({ name: 'Certificate in Everything' })
    is(verdict.kind === 'invalid' && verdict.fault, 'bad-signature')
  })
})
