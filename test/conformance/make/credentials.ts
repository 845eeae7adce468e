/** credential-binding.json, credential-status.json, data-integrity.json: how a credential is tied to the network. */
import { canonicalizeJson, sha256, utf8 } from '@chirograph/codec'
import { statusEntries } from '@chirograph/credential'
import { nobleEd25519 } from '@chirograph/crypto'
import { credentialDigest, handleOf, leafOf, positionMax } from '@chirograph/event'
import { jcsProofHash } from '@chirograph/verifier'
import { hexOf } from '../notation.ts'
import {
  assertionMethod,
  bytes32,
  credential,
  credentialProof,
  genesis,
  issuer,
  members,
  networkId,
  nonce,
  proofCreated,
  unsignedCredential,
} from '../world.ts'

export function makeCredentialBinding() {
  const documents: [string, Record<string, unknown>][] = [
    ['members in another order', { b: 1, a: [true, null, { d: '', c: -0.5 }] }],
    [
      'names by UTF-16 code units',
      { '\u20ac': 1, '\r': 2, '\ud83d\ude00': 3, '\ufb33': 4, '\u0080': 5, '1': 6 },
    ],
    ['numbers', { numbers: [0, 1e21, 1e-7, 333333333.3333333, 4.5, 1e30, 9007199254740991, 0.000001] }],
    ['escapes', { text: '\u0000\b\t\n\f\r"\\/\u007f\u2028' }],
    ['a proof is left out', { id: 'urn:x', proof: [{ type: 'DataIntegrityProof' }] }],
    ['an issued credential', credential],
  ]
  return {
    description:
      'How a credential is tied to the log. handle = SHA-256(domain("handle") ‖ org ‖ nonce). digest = SHA-256(domain("credential") ‖ UTF-8 of `canonical`), the JCS text (RFC 8785) of the credential without its top-level `proof`. leaf = SHA-256(0x00 ‖ handle ‖ digest).',
    handles: members.map(({ id, organisation }, index) => {
      const secret = index === 0 ? new Uint8Array(32) : bytes32(`nonce ${index}`)
      const output = { handle: hexOf(handleOf({ issuer: id, nonce: secret })) }
      return { name: organisation.name, input: { org: id, nonce: hexOf(secret) }, output }
    }),
    digests: documents.map(([name, document]) => {
      const { proof: _proof, ...unsigned } = document
      const output = { canonical: canonicalizeJson(unsigned), digest: hexOf(credentialDigest(document)) }
      return { name, input: { credential: document }, output }
    }),
    leaves: [
      { name: 'zeros', handle: new Uint8Array(32), digest: new Uint8Array(32) },
      {
        name: 'the issued credential',
        handle: handleOf({ issuer: issuer.id, nonce }),
        digest: credentialDigest(credential),
      },
    ].map(({ name, handle, digest }) => {
      const output = { leaf: hexOf(leafOf({ handle, digest })) }
      return { name, input: { handle: hexOf(handle), digest: hexOf(digest) }, output }
    }),
  }
}

export function makeCredentialStatus() {
  const { statusListBase } = genesis
  const entriesAt = (position: number) => {
    const slot = { statusListBase, position, networkId: hexOf(networkId), issuerOrg: issuer.id, nonce }
    return { input: { ...slot, nonce: hexOf(nonce) }, output: { credentialStatus: statusEntries(slot) } }
  }
  const [revocation, suspension, network] = statusEntries({
    statusListBase,
    position: 5,
    networkId: hexOf(networkId),
    issuerOrg: issuer.id,
    nonce,
  })
  const refused: [string, unknown[], string][] = [
    ['no entry of the network', [revocation, suspension], 'no-network-entry'],
    ['another order', [network, revocation, suspension], 'status-entries'],
    ['lists exchanged', [suspension, revocation, network], 'status-entries'],
    [
      'two positions',
      [{ ...revocation, statusListIndex: '6', id: `${statusListBase}/revocation/0#6` }, suspension, network],
      'status-entries',
    ],
    [
      'an index with a leading zero',
      [{ ...revocation, statusListIndex: '05' }, suspension, network],
      'status-entries',
    ],
    [
      'an index beyond its list',
      [{ ...revocation, statusListIndex: '131072' }, suspension, network],
      'status-entries',
    ],
    [
      'a nonce of 31 bytes',
      [revocation, suspension, { ...network, nonce: Buffer.alloc(31).toString('base64url') }],
      'status-entries',
    ],
    [
      'a nonce with padding',
      [revocation, suspension, { ...network, nonce: `${Buffer.from(nonce).toString('base64url')}=` }],
      'status-entries',
    ],
    [
      'a network id in capitals',
      [revocation, suspension, { ...network, network: 'AA'.repeat(32) }],
      'status-entries',
    ],
    ['one entry more', [revocation, suspension, network, { ...revocation }], 'status-entries'],
    ['an unknown member', [revocation, suspension, { ...network, note: 'x' }], 'status-entries'],
  ]
  return {
    description:
      'The `credentialStatus` of a credential at a position: list ⌊position / 131072⌋, index position mod 131072; the nonce in base64url without padding. Refused entries are no reference to a position and a handle.',
    cases: [0, 1, 131_071, 131_072, 2 ** 32, positionMax].map((position) => ({
      name: `position ${position}`,
      ...entriesAt(position),
    })),
    refused: refused.map(([name, entries, reason]) => {
      return { name, input: { credentialStatus: entries }, reason }
    }),
  }
}

export function makeDataIntegrity() {
  const { proofValue, ...options } = credentialProof
  const seed = issuer.seeds.assertion
  return {
    description:
      'The `eddsa-jcs-2022` proof of an issued credential. `hash` is SHA-256(JCS(proof without proofValue)) ‖ SHA-256(JCS(credential without proof)); the signature over it, by the seed, is `proofValue` in base58btc (prefix z).',
    source:
      'The format: W3C Data Integrity EdDSA Cryptosuites v1.0, section 3.3. The values were made for this file.',
    cases: [
      {
        name: 'an issued credential',
        input: {
          seed: hexOf(seed),
          created: proofCreated,
          verificationMethod: assertionMethod,
          credential: unsignedCredential,
        },
        output: {
          proofOptions: options,
          proofOptionsHash: hexOf(sha256(utf8(canonicalizeJson(options)))),
          documentHash: hexOf(sha256(utf8(canonicalizeJson(unsignedCredential)))),
          hash: hexOf(jcsProofHash({ document: unsignedCredential, proofOptions: options })),
          signature: hexOf(
            nobleEd25519.sign({
              seed,
              message: jcsProofHash({ document: unsignedCredential, proofOptions: options }),
            }),
          ),
          proofValue,
        },
      },
    ],
  }
}
