import {
  type Certificate,
  checkCertificate,
  createCertificate,
  createValidatorSet,
  decodeCertificate,
  encodeCertificate,
  quorumOf,
  signersOf,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import { filled } from './cluster.ts'
import { certificate, setOf, vote } from './seat.ts'

const digest = 'ab'.repeat(32)
const ed25519 = nobleEd25519
const finalOf = (size: number, signers?: readonly number[]) =>
  certificate(setOf(size), { type: 'final', view: 3, digest, ...(signers && { signers }) })

/** What a check says of a certificate with some fields replaced. */
function verdictOf(
  size: number,
  change: (valid: Certificate) => Partial<Certificate>,
  set = setOf(size),
): string {
  const valid = finalOf(size)
  const checked = checkCertificate({ ...valid, ...change(valid) }, { set, ed25519 })
  return checked.kind === 'valid' ? 'valid' : checked.reason
}

suite('certificates', (it) => {
  for (const size of [4, 5, 6, 7, 8, 9, 10]) {
    it(`of ${size} validators need q = ${quorumOf(setOf(size))} signers: q are enough, q − 1 are not`, () => {
      is(
        verdictOf(size, () => ({})),
        'valid',
      )
      const last = quorumOf(setOf(size)) - 1
      const without = verdictOf(size, ({ signers, signatures }) => ({
        signers: signers.map((byte, index) => (index === last >> 3 ? byte & ~(1 << (last & 7)) : byte)),
        signatures: signatures.slice(0, -1),
      }))
      is(without, 'below-quorum')
    })
  }

  it('may carry more signatures than a quorum, each of which must be good', () => {
    const all = finalOf(4, [0, 1, 2, 3])
    is(checkCertificate(all, { set: setOf(4), ed25519 }).kind, 'valid')
    const signatures = all.signatures.with(3, new Uint8Array(64))
    equal(checkCertificate({ ...all, signatures }, { set: setOf(4), ed25519 }), {
      kind: 'invalid',
      reason: 'bad-signature',
    })
  })

  it('name each signer by one bit, so nobody counts twice', () => {
    equal(signersOf(finalOf(4, [0, 2, 3])), [0, 2, 3])
    const twice = verdictOf(4, ({ signatures }) => ({
      signers: Uint8Array.of(0b0011),
      signatures: [...signatures.slice(0, 2), ...signatures.slice(0, 1)],
    }))
    is(twice, 'below-quorum')
  })

  it('refuse a bit beyond the set: unknown-signer', () => {
    is(
      verdictOf(4, () => ({ signers: Uint8Array.of(0b10111) })),
      'unknown-signer',
    )
  })

  it('refuse a bitmap of another length: wrong-bitmap', () => {
    for (const signers of [new Uint8Array(), Uint8Array.of(0b111, 0)])
      is(
        verdictOf(4, () => ({ signers })),
        'wrong-bitmap',
      )
  })

  it('refuse more or fewer signatures than signers: signature-count', () => {
    is(
      verdictOf(4, ({ signatures }) => ({ signatures: signatures.slice(1) })),
      'signature-count',
    )
    is(
      verdictOf(4, ({ signatures }) => ({ signatures: [...signatures, ...signatures.slice(1)] })),
      'signature-count',
    )
  })

  it('refuse another epoch: wrong-epoch', () => {
    is(
      verdictOf(4, () => ({ epoch: 1 })),
      'wrong-epoch',
    )
  })

  it('of another set with the same keys do not verify: bad-signature', () => {
    const { validators, epoch } = setOf(4)
    const set = createValidatorSet({ networkId: filled(254), epoch, validators: [...validators] })
    is(
      verdictOf(4, () => ({}), set),
      'bad-signature',
    )
  })

  it('sign the type, the view and the digest: any other does not verify', () => {
    for (const change of [{ type: 'notarize' }, { view: 4 }, { digest: 'ac'.repeat(32) }] as const) {
      is(
        verdictOf(4, () => change),
        'bad-signature',
      )
    }
  })

  it('of a skip name no header, and all others one: malformed', () => {
    is(
      verdictOf(4, () => ({ type: 'skip' })),
      'malformed',
    )
    is(
      verdictOf(4, () => ({ digest: null })),
      'malformed',
    )
  })

  it('verify every signature: one flipped bit in any of them is found', () => {
    for (let index = 0; index < quorumOf(setOf(7)); index++) {
      const broken = verdictOf(7, ({ signatures }) => ({
        signatures: signatures.map((one, at) => (at === index ? one.with(40, (one[40] ?? 0) ^ 1) : one)),
      }))
      is(broken, 'bad-signature')
    }
  })

  it('keep the signatures in the order of the signers', () => {
    is(
      verdictOf(4, ({ signatures }) => ({ signatures: [...signatures].reverse() })),
      'bad-signature',
    )
    const shuffled = [3, 0, 2].map((signer) => vote(setOf(4), { signer, type: 'final', view: 3, digest }))
    const made = createCertificate(shuffled, { set: setOf(4), height: 0 })
    is(checkCertificate(made, { set: setOf(4), ed25519 }).kind, 'valid')
  })

  it('survive their bytes, and no other bytes make the same one', () => {
    const bytes = encodeCertificate(finalOf(4))
    equal(decodeCertificate(bytes), { ok: true, value: { ...finalOf(4) } })
    const longer = new Uint8Array(bytes.length + 1)
    longer.set(bytes)
    not(decodeCertificate(longer).ok)
  })

  it('are not made of fewer votes than a quorum', () => {
    const votes = [0, 1].map((signer) => vote(setOf(4), { signer, type: 'final', view: 3, digest }))
    let message = ''
    try {
      createCertificate(votes, { set: setOf(4), height: 0 })
    } catch (error) {
      message = String(error)
    }
    ok(message.includes('a certificate needs a quorum of votes'))
  })
})
