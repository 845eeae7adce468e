/** Certificates of scheme 2: one BLS signature, the sum of a quorum's. SPEC C1 to C5. */
import { CodecError } from '@chirograph/codec'
import {
  type Certificate,
  checkCertificate,
  createCertificate,
  createValidatorSet,
  decodeCertificate,
  decodeVote,
  encodeCertificate,
  encodeVote,
  quorumOf,
  signersOf,
  verifyVote,
} from '@chirograph/consensus'
import { nobleBls, nobleEd25519 } from '@chirograph/crypto'
import { infinityG2, mixedKey, refusedKeys, refusedSignatures } from '../../crypto/test/bls-vectors.ts'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { bls, blsCertificate, blsSetOf, blsVote, firstOf, verifiers } from './bls-world.ts'
import { filled } from './cluster.ts'
import { certificate as listCertificate, setOf } from './seat.ts'

const digest = 'ab'.repeat(32)
const final = { type: 'final', view: 3, digest } as const

/** What a check says of a certificate with some fields replaced. */
function verdictOf(change: (valid: Certificate) => Partial<Certificate>, set = blsSetOf(4)): string {
  const valid = blsCertificate(blsSetOf(4), final)
  const checked = checkCertificate({ ...valid, ...change(valid) }, { set, ...verifiers })
  return checked.kind === 'valid' ? 'valid' : checked.reason
}

/** With what code the bytes of such a certificate are refused, by who writes them or by who reads them. */
function refusalOf(certificate: Certificate): string {
  try {
    const decoded = decodeCertificate(encodeCertificate(certificate))
    return decoded.ok ? 'read' : decoded.code
  } catch (error) {
    return error instanceof CodecError ? error.code : String(error)
  }
}

/** As large as the certificates of a list: for the sizes only, so nothing is signed. */
function bytesOf(set: ReturnType<typeof setOf>, scheme: 1 | 2): number {
  const signers = new Uint8Array(Math.ceil(set.validators.length / 8))
  const count = quorumOf(set)
  for (const index of firstOf(count)) signers[index >> 3] = (signers[index >> 3] ?? 0) | (1 << (index & 7))
  const signatures = scheme === 1 ? firstOf(count).map(() => new Uint8Array(64)) : [new Uint8Array(96)]
  const large = { epoch: 3, view: 100_000, height: 100_000 }
  return encodeCertificate({ scheme, type: 'final', digest, signers, signatures, ...large }).length
}

suite('certificates of one sum', (it) => {
  for (const size of [1, 4, 5, 6, 7, 8, 9, 10]) {
    it(`C2: of ${size} validators are one signature of q = ${quorumOf(blsSetOf(size))} signers; q − 1 are too few`, () => {
      const set = blsSetOf(size)
      const valid = blsCertificate(set, final)
      is(valid.scheme, 2)
      equal(
        valid.signatures.map((one) => one.length),
        [96],
      )
      equal(signersOf(valid), firstOf(quorumOf(set)))
      is(checkCertificate(valid, { set, ...verifiers }).kind, 'valid')
      const signatures = [blsVote(set, { ...final, signer: 0 }).signature]
      const fewer = valid.signers.slice().fill(0)
      fewer[0] = (1 << (quorumOf(set) - 1)) - 1
      if (size < 10)
        equal(checkCertificate({ ...valid, signers: fewer, signatures }, { set, ...verifiers }), {
          kind: 'invalid',
          reason: 'below-quorum',
        })
    })
  }

  it('C2: may sum up more votes than a quorum, and in whatever order they came', () => {
    const set = blsSetOf(7)
    const all = blsCertificate(set, { ...final, signers: [6, 2, 0, 5, 4, 1, 3] })
    is(checkCertificate(all, { set, ...verifiers }).kind, 'valid')
    equal(all, blsCertificate(set, { ...final, signers: firstOf(7) }))
  })

  it('C2: name their signers: with any bit more, less or elsewhere the sum does not check', () => {
    const bitmap = (bits: number) => verdictOf(() => ({ signers: Uint8Array.of(bits) }))
    is(bitmap(0b0111), 'valid')
    for (const bits of [0b1111, 0b1110, 0b1101, 0b1011]) is(bitmap(bits), 'bad-signature')
    is(bitmap(0b0011), 'below-quorum')
    is(bitmap(0b10111), 'unknown-signer')
    is(
      verdictOf(() => ({ signers: Uint8Array.of(0b111, 0) })),
      'wrong-bitmap',
    )
  })

  it('C2: read back from their bytes, and have one encoding', () => {
    const valid = blsCertificate(blsSetOf(10), final)
    const decoded = decodeCertificate(encodeCertificate(valid))
    ok(decoded.ok)
    equal(decoded.value, valid)
    equal(encodeCertificate(decoded.value), encodeCertificate(valid))
  })

  it('C2: do not come with two sums, none, or one of another length', () => {
    const valid = blsCertificate(blsSetOf(4), final)
    const [sum = new Uint8Array()] = valid.signatures
    for (const signatures of [
      [sum, sum],
      [],
      [sum.subarray(1)],
      [new Uint8Array(64)],
      [Uint8Array.of(...sum, 0)],
    ])
      is(refusalOf({ ...valid, signatures }), 'SHAPE')
    // In memory they are refused as well, whoever made them.
    is(
      verdictOf(() => ({ signatures: [sum, sum] })),
      'signature-count',
    )
    is(
      verdictOf(() => ({ signatures: [] })),
      'signature-count',
    )
    is(
      verdictOf(() => ({ signatures: [sum.subarray(1)] })),
      'bad-signature',
    )
  })

  it('C1: are of the scheme of their set: a list for BLS keys and a sum for ed25519 keys are refused', () => {
    const set = setOf(4)
    const list = listCertificate(set, final)
    const asSum = { ...blsCertificate(blsSetOf(4), final) }
    equal(checkCertificate(asSum, { set, ...verifiers }), { kind: 'invalid', reason: 'wrong-scheme' })
    equal(checkCertificate(list, { set: blsSetOf(4), ...verifiers }), {
      kind: 'invalid',
      reason: 'wrong-scheme',
    })
    is(
      verdictOf(() => ({ scheme: 3 })),
      'wrong-scheme',
    )
    is(refusalOf({ ...asSum, scheme: 1 }), 'SHAPE')
    is(refusalOf({ ...list, scheme: 2 }), 'SHAPE')
    is(refusalOf({ ...asSum, scheme: 3 }), 'SHAPE')
  })

  it('C1: no set mixes keys of both schemes', () => {
    const key = Buffer.from(nobleEd25519.publicKey(new Uint8Array(32))).toString('hex')
    const { networkId, epoch, validators } = blsSetOf(3)
    is(blsSetOf(3).scheme, 'bls12-381')
    is(setOf(3).scheme, 'ed25519')
    for (const mixed of [
      [...validators, { org: filled(9), key }],
      [{ org: filled(9), key: 'ab'.repeat(33) }],
    ]) {
      let thrown: unknown
      try {
        createValidatorSet({ networkId, epoch, validators: mixed })
      } catch (error) {
        thrown = error
      }
      ok(thrown instanceof Error)
    }
  })

  it('C3: sign the type, the view, the digest and the set: votes for anything else never add up to them', () => {
    for (const change of [{ type: 'notarize' }, { view: 4 }, { digest: 'ac'.repeat(32) }] as const)
      is(
        verdictOf(() => change),
        'bad-signature',
      )
    is(
      verdictOf(() => ({ epoch: 1 })),
      'wrong-epoch',
    )
    is(
      verdictOf(() => ({ epoch: 1 }), blsSetOf(4, { epoch: 1 })),
      'bad-signature',
    )
    is(
      verdictOf(() => ({}), blsSetOf(4, { network: 254 })),
      'bad-signature',
    )
    is(
      verdictOf(() => ({ type: 'skip' })),
      'malformed',
    )
    is(
      verdictOf(() => ({ digest: null })),
      'malformed',
    )
  })

  it('C3: a sum in which one vote is of another type, view, header or network does not check', () => {
    const set = blsSetOf(4)
    const valid = blsCertificate(set, final)
    const strays = [
      blsVote(set, { ...final, type: 'notarize', signer: 2 }),
      blsVote(set, { type: 'skip', view: 3, digest: null, signer: 2 }),
      blsVote(set, { ...final, view: 2, signer: 2 }),
      blsVote(set, { ...final, digest: filled(1), signer: 2 }),
      blsVote(blsSetOf(4, { network: 1 }), { ...final, signer: 2 }),
    ]
    const good = [0, 1].map((signer) => blsVote(set, { ...final, signer }).signature)
    for (const stray of strays) {
      const sum = bls.aggregate([...good, stray.signature])
      ok(sum)
      for (const type of ['final', 'notarize'] as const)
        equal(checkCertificate({ ...valid, type, signatures: [sum] }, { set, ...verifiers }), {
          kind: 'invalid',
          reason: 'bad-signature',
        })
    }
    const right = bls.aggregate([...good, blsVote(set, { ...final, signer: 2 }).signature])
    ok(right)
    is(checkCertificate({ ...valid, signatures: [right] }, { set, ...verifiers }).kind, 'valid')
  })

  it('C4: with a sum that is no finite point of the subgroup are refused by both back ends, and nothing is thrown', () => {
    const set = blsSetOf(4)
    const valid = blsCertificate(set, final)
    for (const [name, signature] of Object.entries({ ...refusedSignatures, infinity: infinityG2 })) {
      for (const backEnd of [bls, nobleBls])
        equal(
          checkCertificate({ ...valid, signatures: [signature] }, { set, ...verifiers, bls: backEnd }),
          { kind: 'invalid', reason: 'bad-signature' },
          name,
        )
    }
  })

  it('C4: of a set with a key that is no finite point of the subgroup are refused by both back ends', () => {
    const { networkId, epoch, validators } = blsSetOf(4)
    const infinity = new Uint8Array(48)
    infinity[0] = 0xc0
    const keys = { ...refusedKeys, infinity, mixed: mixedKey }
    for (const [name, bytes] of Object.entries(keys)) {
      if (bytes.length !== 48) continue
      const key = Buffer.from(bytes).toString('hex')
      const set = createValidatorSet({
        networkId,
        epoch,
        validators: validators.map((validator, index) => (index === 1 ? { ...validator, key } : validator)),
      })
      const valid = blsCertificate(set, final)
      for (const backEnd of [bls, nobleBls])
        equal(
          checkCertificate(valid, { set, ...verifiers, bls: backEnd }),
          { kind: 'invalid', reason: 'bad-signature' },
          name,
        )
      const vote = blsVote(set, { ...final, signer: 1 })
      equal(verifyVote(vote, { set, ...verifiers }), { kind: 'reject', reason: 'bad-signature' }, name)
    }
  })

  it('C4: of signers whose keys cancel each other out are refused, and cannot be made', () => {
    const order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n
    const secretKeys = [3n, 5n, order - 8n, 11n].map((number) =>
      Uint8Array.from(Buffer.from(number.toString(16).padStart(64, '0'), 'hex')),
    )
    const set = blsSetOf(4, { secretKeys })
    const votes = [0, 1, 2].map((signer) =>
      blsVote(set, { ...final, signer, secretKey: secretKeys[signer] as Uint8Array }),
    )
    for (const vote of votes) is(verifyVote(vote, { set, ...verifiers }).kind, 'verified')
    let thrown: unknown
    try {
      createCertificate(votes, { set, height: 0, bls })
    } catch (error) {
      thrown = error
    }
    ok(thrown instanceof Error && thrown.message.includes('cancel'))
    const valid = blsCertificate(set, { ...final })
    for (const signatures of [[infinityG2], [votes[0]?.signature ?? new Uint8Array()]])
      for (const backEnd of [bls, nobleBls])
        equal(checkCertificate({ ...valid, signatures }, { set, ...verifiers, bls: backEnd }), {
          kind: 'invalid',
          reason: 'bad-signature',
        })
  })

  it('C4: check with noble where no other back end is given, and with one bit changed anywhere they do not', () => {
    const set = blsSetOf(4)
    const valid = blsCertificate(set, final)
    is(checkCertificate(valid, { set, ed25519: nobleEd25519 }).kind, 'valid')
    const [sum = new Uint8Array()] = valid.signatures
    for (let bit = 0; bit < 768; bit += 7) {
      const signature = sum.with(bit >> 3, (sum[bit >> 3] ?? 0) ^ (1 << (bit & 7)))
      is(
        verdictOf(() => ({ signatures: [signature] })),
        'bad-signature',
      )
    }
  })

  it('C5: are the size of one signature and a bitmap, whoever many signed', () => {
    // Bytes with the fields of any certificate: 57 of them beside signatures and bitmap, or some fewer for small numbers.
    const table = [4, 7, 16, 32, 64, 100, 200].map((n) => {
      const set = {
        ...setOf(1),
        validators: firstOf(n).map((index) => ({ org: filled(index), key: filled(index) })),
      }
      return [n, quorumOf(set), bytesOf(set, 1), bytesOf(set, 2)]
    })
    equal(table, [
      [4, 3, 249, 149],
      [7, 5, 381, 149],
      [16, 11, 778, 150],
      [32, 22, 1_506, 152],
      [64, 43, 2_897, 156],
      [100, 67, 4_486, 161],
      [200, 134, 8_921, 174],
    ])
    // The design's figures count the signature and the bitmap alone.
    for (const n of [1, 200]) is(96 + Math.ceil(n / 8), n === 1 ? 97 : 121)
  })
})

suite('votes by BLS keys', (it) => {
  it('C1: verify by the key of their signer alone, and read back from their bytes', () => {
    const set = blsSetOf(4)
    const vote = blsVote(set, { ...final, signer: 2 })
    is(verifyVote(vote, { set, ...verifiers }).kind, 'verified')
    const decoded = decodeVote(encodeVote(vote))
    ok(decoded.ok)
    equal(decoded.value, vote)
    for (const signer of [0, 1, 3])
      equal(verifyVote({ ...vote, signer }, { set, ...verifiers }), {
        kind: 'reject',
        reason: 'bad-signature',
      })
    equal(verifyVote({ ...vote, signer: 4 }, { set, ...verifiers }), {
      kind: 'reject',
      reason: 'unknown-signer',
    })
  })

  it('C1: are not those of ed25519 keys, nor the other way round', () => {
    const vote = blsVote(blsSetOf(4), { ...final, signer: 2 })
    const { setHash } = setOf(4)
    const moved = { ...vote, setHash }
    equal(verifyVote(moved, { set: setOf(4), ...verifiers }), { kind: 'reject', reason: 'bad-signature' })
    const short = { ...vote, signature: vote.signature.subarray(0, 64) }
    equal(verifyVote(short, { set: blsSetOf(4), ...verifiers }), { kind: 'reject', reason: 'bad-signature' })
    failsWith('SHAPE', () => encodeVote({ ...vote, signature: vote.signature.subarray(0, 95) }))
  })

  it('C3: of one type are none of another: the type is in what is signed', () => {
    const set = blsSetOf(4)
    const vote = blsVote(set, { ...final, signer: 0 })
    for (const change of [{ type: 'notarize' }, { view: 4 }, { digest: filled(2) }] as const)
      equal(verifyVote({ ...vote, ...change }, { set, ...verifiers }), {
        kind: 'reject',
        reason: 'bad-signature',
      })
  })

  it('C3: and their sums by one signer for two types are neither', () => {
    const set = blsSetOf(1)
    const both = bls.aggregate([
      blsVote(set, { ...final, signer: 0 }).signature,
      blsVote(set, { ...final, type: 'notarize', signer: 0 }).signature,
    ])
    ok(both)
    const valid = blsCertificate(set, final)
    for (const type of ['final', 'notarize'] as const)
      is(checkCertificate({ ...valid, type, signatures: [both] }, { set, ...verifiers }).kind, 'invalid')
  })
})
