/** Verdicts on networks whose certificates are sums of BLS signatures. SPEC V7, V9 to V11. */
import { toHex } from '@chirograph/codec'
import type { Certificate } from '@chirograph/consensus'
import { nobleBls } from '@chirograph/crypto'
import { anchorOf, decodeStatusProof, encodeStatusProof } from '@chirograph/status'
import { parseAnchor, type VerifyOptions, verify } from '@chirograph/verifier'
import { infinityG2, refusedSignatures } from '../../crypto/test/bls-vectors.ts'
import { bls, makeNetwork } from '../../status/test/network.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { credentialOf, issueOnLog, optionsOf, type ProofOptions, sign, statusProof } from './issued.ts'

const blsNetwork = makeNetwork({ certificates: 'bls12-381' })
const anchor = anchorOf(blsNetwork.genesis)
const document = credentialOf({}, { network: toHex(blsNetwork.networkId) })
const credential = sign(document)
const issued = issueOnLog(document)
const proof = proofWith()

function proofWith(options: ProofOptions = {}): Uint8Array {
  return statusProof(issued, { signers: blsNetwork, ...options })
}

function judge(proof: Uint8Array, changes: Partial<VerifyOptions> = {}) {
  return verify(credential, optionsOf(proof, { anchor, bls, ...changes }))
}

/** The verdict, and what the checks that rest on the network say. */
function saying(proof: Uint8Array, changes: Partial<VerifyOptions> = {}): [string, string] {
  const { verdict, checks } = judge(proof, changes)
  return [verdict, checks.issuanceLogged.code]
}

suite('verdict by a BLS certificate', (it) => {
  it('V11: passes with the native back end, and with none given, as in a browser', () => {
    for (const options of [{}, { bls: nobleBls }, { bls: undefined }])
      is(judge(proof, options).verdict, 'pass')
  })

  it('V11: follows a revocation', () => {
    const revoked = issueOnLog(document, {
      later: [
        (handle) => ({ kind: 'status.revoke', entries: [{ handle, position: null }], reason: 'withdrawn' }),
      ],
    })
    is(judge(statusProof(revoked, { signers: blsNetwork })).checks.status.code, 'revoked')
  })

  it('V11: needs a quorum in the sum, by the signers that the bitmap names', () => {
    const bitmap = (bits: number) =>
      saying(proofWith({ changeCertificate: (one) => ({ ...one, signers: Uint8Array.of(bits) }) }))
    equal(bitmap(0b0111), ['pass', 'issued-on-log'])
    equal(bitmap(0b0011), ['fail', 'certificate-below-quorum'])
    for (const bits of [0b1111, 0b1011, 0b1101, 0b1110, 0b10111])
      equal(bitmap(bits), ['fail', 'certificate-invalid'])
  })

  it('V11: refuses sums that are no finite points of the subgroup, and never throws', () => {
    for (const signature of [infinityG2, ...Object.values(refusedSignatures)]) {
      if (signature.length !== 96) continue
      const hostile = proofWith({ changeCertificate: (one) => ({ ...one, signatures: [signature] }) })
      for (const options of [{ bls }, { bls: nobleBls }]) {
        const [verdict, code] = saying(hostile, options)
        is(verdict, 'fail')
        is(code, 'certificate-invalid')
      }
    }
  })

  it('V11: refuses a list of ed25519 signatures, though they are of members’ other keys', () => {
    const other = decodeStatusProof(statusProof(issued))
    const own = decodeStatusProof(proof)
    ok(other.ok && own.ok)
    equal(saying(encodeStatusProof({ ...own.value, certificate: other.value.certificate })), [
      'fail',
      'certificate-mismatch',
    ])
    const asList = (one: Certificate) => ({
      ...one,
      scheme: 1,
      signatures: [1, 2, 3].map(() => new Uint8Array(64)),
    })
    equal(saying(proofWith({ changeCertificate: asList })), ['fail', 'certificate-invalid'])
  })

  it('V10: refuses votes of another type, view or header in the sum', () => {
    equal(saying(proofWith({ changeCertificate: (one) => ({ ...one, type: 'notarize' }) })), [
      'fail',
      'certificate-mismatch',
    ])
    equal(saying(proofWith({ votedView: 11 })), ['fail', 'certificate-mismatch'])
    equal(saying(proofWith({ votedView: 11, changeCertificate: (one) => ({ ...one, view: 12 }) })), [
      'fail',
      'certificate-invalid',
    ])
  })

  it('V9: refuses the validators of another network, of either scheme', () => {
    is(
      judge(proof, { anchor: anchorOf(makeNetwork({ certificates: 'bls12-381', name: 'Other' }).genesis) })
        .verdict,
      'indeterminate',
    )
    const swapped = { ...anchor, validators: anchorOf(makeNetwork().genesis).validators }
    equal(saying(proof, { anchor: swapped }), ['fail', 'wrong-validator-set'])
  })

  it('never passes with one byte changed', () => {
    for (let at = 0; at < proof.length; at++) {
      for (const flip of [0x01, 0x80]) {
        const mutated = proof.slice()
        mutated[at] = (mutated[at] ?? 0) ^ flip
        is(judge(mutated).verdict, 'fail', `byte ${at} ^ ${flip}`)
      }
    }
  })

  it('V7: reads an anchor of BLS keys, and refuses one of both kinds of key', () => {
    const parsed = parseAnchor(JSON.stringify(anchor))
    ok(parsed.kind === 'anchor')
    equal(parsed.anchor, anchor)
    const [first, ...others] = anchor.validators.members
    const [plain] = anchorOf(makeNetwork().genesis).validators.members
    ok(first && plain)
    const members = [{ ...first, key: plain.key }, ...others]
    const mixed = parseAnchor({ ...anchor, validators: { ...anchor.validators, members } })
    ok(mixed.kind === 'invalid')
    is(mixed.detail, 'mix ed25519 and BLS keys')
  })

  it('C5: of 64 validators takes 148 bytes, where a list takes 2,889', () => {
    const sizeOf = (certificates?: 'bls12-381') => {
      const signers = makeNetwork({ size: 64, ...(certificates && { certificates }) })
      const long = statusProof(issued, { signers })
      const decoded = decodeStatusProof(long)
      ok(decoded.ok)
      const own = credentialOf({}, { network: toHex(signers.networkId) })
      const verdict = verify(
        sign(own),
        optionsOf(statusProof(issueOnLog(own), { signers }), { anchor: anchorOf(signers.genesis), bls }),
      )
      is(verdict.verdict, 'pass')
      return { proof: long.length, certificate: decoded.value.certificate.length }
    }
    const [list, sum] = [sizeOf(), sizeOf('bls12-381')]
    equal([list.certificate, sum.certificate], [2_889, 148])
    is(list.proof - sum.proof, list.certificate - sum.certificate + 1)
  })
})
