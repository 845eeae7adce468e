/** Proofs of a later epoch, followed from the anchor by hand-overs, under certificates of either scheme. SPEC V9, V11. */
import { toHex } from '@chirograph/codec'
import {
  type Certificate,
  createCertificate,
  createHeader,
  createValidatorSet,
  encodeCertificate,
  encodeHandover,
  type Header,
  type HeaderCore,
  quorumOf,
  signVote,
  type ValidatorSet,
} from '@chirograph/consensus'
import { nobleBls, nobleEd25519 } from '@chirograph/crypto'
import { anchorOf, type Genesis, validatorSetOf, voteSignerOfSeed } from '@chirograph/status'
import { type Anchor, type VerifyOptions, verify } from '@chirograph/verifier'
import { bls, makeNetwork, type Network } from '../../status/test/network.ts'
import { equal, is, suite } from '../../workspace/kit.ts'
import { credentialOf, issueOnLog, optionsOf, sign, statusProof } from './issued.ts'

const zero = '00'.repeat(32)
const rest = { parent: zero, cutRoot: zero, logRoot: zero, logSize: 1 }

/** FINAL by the first quorum of a set whose members are those of the network. */
function finalBy({ genesis, members }: Network, set: ValidatorSet, header: Header): Certificate {
  const { view, height } = header.core
  const vote = { type: 'final', epoch: set.epoch, setHash: set.setHash, view, digest: header.digest } as const
  const votes = set.validators.slice(0, quorumOf(set)).map(({ org }, signer) => {
    const seed = members.find(({ id }) => id === org)?.consensusSeed ?? new Uint8Array()
    const { certificates } = genesis
    return signVote(vote, {
      signer,
      sign: voteSignerOfSeed(seed, { certificates, ed25519: nobleEd25519, bls }),
    })
  })
  return createCertificate(votes, { set, height, bls })
}

/** A network whose last member left: its epochs 0 and 1, and a proof of the second. */
function story(certificates: Genesis['certificates']) {
  const network = makeNetwork({ size: 5, ...(certificates && { certificates }) })
  const first = validatorSetOf(network.genesis)
  const { networkId } = first
  const second = createValidatorSet({ networkId, epoch: 1, validators: first.validators.slice(0, 4) })
  const document = credentialOf({}, { network: toHex(network.networkId) })
  const closing = createHeader(
    {
      networkId,
      epoch: 0,
      view: 7,
      height: 5,
      timeMs: 1,
      setHash: first.setHash,
      stateRoot: zero,
      nextSetHash: second.setHash,
    },
    rest,
  )
  const handoverBy = (certificate: Certificate, validators = second.validators) =>
    encodeHandover({ core: closing.coreBytes, certificate: encodeCertificate(certificate), validators })
  const honest = finalBy(network, first, closing)
  const proofWith = (handovers: readonly Uint8Array[]) => {
    let core: Omit<HeaderCore, 'version' | 'restHash'> | undefined
    return statusProof(issueOnLog(document), {
      signers: network,
      changeHeader: (given) => {
        core = { ...given, epoch: 1, setHash: second.setHash, nextSetHash: second.setHash }
        return core
      },
      changeCertificate: (given) => (core ? finalBy(network, second, createHeader(core, rest)) : given),
      changeProof: (proof) => ({ ...proof, handovers }),
    })
  }
  const anchor = anchorOf(network.genesis)
  const later: Anchor = {
    ...anchor,
    validators: {
      epoch: 1,
      members: anchor.validators.members.filter(({ org }) =>
        second.validators.some((one) => one.org === org),
      ),
    },
    height: 5,
  }
  const judge = (proof: Uint8Array, changes: Partial<VerifyOptions> = {}): [string, string] => {
    const { verdict, checks } = verify(sign(document), optionsOf(proof, { anchor, bls, ...changes }))
    return [verdict, checks.issuanceLogged.code]
  }
  return { handoverBy, honest, proofWith, later, judge }
}

for (const certificates of [undefined, 'bls12-381'] as const) {
  suite(`hand-overs of ${certificates ?? 'ed25519'}`, (it) => {
    const { handoverBy, honest, proofWith, later, judge } = story(certificates)
    const handover = handoverBy(honest)

    it('V9, V11: lead from the anchor’s validators to those who vouch for the proof', () => {
      equal(judge(proofWith([handover])), ['pass', 'issued-on-log'])
      equal(judge(proofWith([handover]), { bls: nobleBls }), ['pass', 'issued-on-log'])
    })

    it('V9: are needed by whoever trusts the first, and passed over by whoever trusts the second', () => {
      equal(judge(proofWith([])), ['fail', 'wrong-validator-set'])
      equal(judge(proofWith([]), { anchor: later }), ['pass', 'issued-on-log'])
      equal(judge(proofWith([handover]), { anchor: later }), ['pass', 'issued-on-log'])
    })

    it('V9: that no quorum signed lead nowhere', () => {
      const [signature = new Uint8Array(), ...others] = honest.signatures
      const altered = signature.with(50, (signature[50] ?? 0) ^ 1)
      for (const change of [
        { signatures: [altered, ...others] },
        { signers: Uint8Array.of(0b00011) },
        { signers: Uint8Array.of(0b11110) },
        { view: 8 },
        { type: 'notarize' as const },
      ]) {
        const [verdict, code] = judge(proofWith([handoverBy({ ...honest, ...change })]))
        is(verdict, 'fail', code)
      }
    })
  })
}
