/** A light client that follows epochs whose certificates are sums of BLS signatures. SPEC H15, C1 to C4. */
import {
  type Certificate,
  createHeader,
  decodeHandover,
  encodeCertificate,
  encodeHandover,
  followHandover,
  type Header,
  type ValidatorSet,
} from '@chirograph/consensus'
import { nobleBls } from '@chirograph/crypto'
import { infinityG2, refusedSignatures } from '../../crypto/test/bls-vectors.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { blsCertificate, blsSetOf, firstOf, secretKeyOf, verifiers } from './bls-world.ts'
import { filled } from './cluster.ts'
import { setOf } from './seat.ts'

const set = blsSetOf(4)
/** One more, and the first with another key. */
const next = blsSetOf(5, { epoch: 1, secretKeys: [9, 1, 2, 3, 4].map(secretKeyOf) })
const after = blsSetOf(4, { epoch: 2, secretKeys: [9, 1, 2, 3].map(secretKeyOf) })

function closing(from: ValidatorSet, to: ValidatorSet, view = 7): Header {
  const { networkId, epoch, setHash } = from
  const core = {
    networkId,
    epoch,
    setHash,
    nextSetHash: to.setHash,
    view,
    height: 5,
    timeMs: 1,
    stateRoot: filled(1),
  }
  return createHeader(core, { parent: filled(2), cutRoot: filled(3), logRoot: filled(4), logSize: 0 })
}

function finalOf(header: Header, by: ValidatorSet, secretKeys?: readonly Uint8Array[]): Certificate {
  const { view, height } = header.core
  const what = { type: 'final', view, digest: header.digest } as const
  return { ...blsCertificate(by, { ...what, ...(secretKeys && { secretKeys }) }), height }
}

const keysOfNext = [9, 1, 2, 3, 4].map(secretKeyOf)
const header = closing(set, next)
const handover = {
  core: header.coreBytes,
  certificate: encodeCertificate(finalOf(header, set)),
  validators: next.validators,
}

const follow = (change: Partial<typeof handover> = {}, from = set, bls = verifiers.bls) => {
  const followed = followHandover({ ...handover, ...change }, { set: from, ...verifiers, bls })
  return followed.kind === 'followed' ? followed.next.setHash : followed.reason
}

suite('H15: hand-over by a BLS certificate', (it) => {
  it('H15: leads to the next validators, in 96 bytes of signature, by either back end and over its bytes', () => {
    is(follow(), next.setHash)
    is(follow({}, set, nobleBls), next.setHash)
    const decoded = decodeHandover(encodeHandover(handover))
    ok(decoded.ok)
    is(follow(decoded.value), next.setHash)
    ok(handover.certificate.length < 150)
  })

  it('H15: leads on from there, with one certificate for each change', () => {
    const second = closing(next, after)
    const certificate = encodeCertificate(finalOf(second, next, keysOfNext))
    is(follow({ core: second.coreBytes, certificate, validators: after.validators }, next), after.setHash)
  })

  it('C2: not with fewer signers than a quorum, with others than signed, or with the sum of others', () => {
    const final = finalOf(header, set)
    const by = (change: Partial<Certificate>) =>
      follow({ certificate: encodeCertificate({ ...final, ...change }) })
    is(by({}), next.setHash)
    is(by({ signers: Uint8Array.of(0b0011) }), 'below-quorum')
    is(by({ signers: Uint8Array.of(0b1111) }), 'bad-signature')
    is(by({ signers: Uint8Array.of(0b1110) }), 'bad-signature')
    const strangers = blsSetOf(4, { secretKeys: [20, 21, 22, 23].map(secretKeyOf) })
    const byStrangers = finalOf(header, strangers, [20, 21, 22].map(secretKeyOf))
    is(by({ signatures: byStrangers.signatures }), 'bad-signature')
  })

  it('C1, C4: not with a certificate of the other scheme, nor with a sum that is no point', () => {
    const final = finalOf(header, set)
    const list = { ...final, scheme: 1, signatures: firstOf(3).map(() => new Uint8Array(64)) }
    is(follow({ certificate: encodeCertificate(list) }), 'wrong-scheme')
    is(follow({}, { ...setOf(4), setHash: set.setHash, networkId: set.networkId }), 'wrong-scheme')
    const points = [infinityG2, ...Object.values(refusedSignatures).filter((one) => one.length === 96)]
    for (const signature of points)
      for (const bls of [verifiers.bls, nobleBls])
        is(
          follow({ certificate: encodeCertificate({ ...final, signatures: [signature] }) }, set, bls),
          'bad-signature',
        )
  })

  it('C1: not to validators with keys of both schemes, which no quorum can have named', () => {
    const [first, ...others] = next.validators
    const [ed25519] = setOf(4).validators
    ok(first && ed25519)
    is(follow({ validators: [{ ...first, key: ed25519.key }, ...others] }), 'other-validators')
    equal(follow({ validators: others }), 'other-validators')
  })
})
