/** Status proofs from after the validators changed. SPEC V9. */
import { toHex } from '@chirograph/codec'
import {
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
import { multikeyOf, nobleEd25519 } from '@chirograph/crypto'
import { type Anchor, stateRoot, validatorSetOf } from '@chirograph/status'
import { verify } from '@chirograph/verifier'
import { equal, suite } from '../../workspace/kit.ts'
import {
  anchor,
  credentialOf,
  issuedMs,
  issueOnLog,
  network,
  optionsOf,
  sign,
  statusProof,
} from './issued.ts'

const zero = '00'.repeat(32)
const first = validatorSetOf(network.genesis)
/** Epoch 1: the last has left. Epoch 2: the one before as well. */
const second = without(first, 1)
const third = without(second, 1)
const document = credentialOf()
const credential = sign(document)
const issued = issueOnLog(document)

function without({ networkId, epoch, validators }: ValidatorSet, count: number): ValidatorSet {
  return createValidatorSet({ networkId, epoch: epoch + 1, validators: validators.slice(0, -count) })
}

function headerBy(set: ValidatorSet, change: Partial<HeaderCore>): Header {
  const { networkId, epoch, setHash } = set
  const core = { networkId, epoch, view: 5, height: 4, timeMs: issuedMs, setHash, nextSetHash: setHash }
  const rest = { parent: zero, cutRoot: zero, logRoot: zero, logSize: 1 }
  return createHeader({ ...core, stateRoot: toHex(stateRoot(issued.state)), ...change }, rest)
}

function certificateOf(header: Header, set: ValidatorSet) {
  const { epoch, setHash, validators } = set
  const seedOf = (org: string) =>
    network.members.find(({ id }) => id === org)?.consensusSeed ?? new Uint8Array(32)
  const votes = validators.slice(0, quorumOf(set)).map(({ org }, signer) => {
    const vote = { type: 'final', epoch, setHash, view: header.core.view, digest: header.digest } as const
    return signVote(vote, { signer, sign: (message) => nobleEd25519.sign({ seed: seedOf(org), message }) })
  })
  return encodeCertificate(createCertificate(votes, { set, height: header.core.height }))
}

function handover(from: ValidatorSet, to: ValidatorSet, by = from): Uint8Array {
  const header = headerBy(from, { nextSetHash: to.setHash })
  return encodeHandover({
    core: header.coreBytes,
    certificate: certificateOf(header, by),
    validators: to.validators,
  })
}

/** The verdict about the credential, and why, by a proof of these validators that brings these hand-overs. */
function judge(
  set: ValidatorSet,
  handovers: readonly Uint8Array[],
  trusted: Anchor = anchor,
): [string, string] {
  const header = headerBy(set, { view: 20, height: 9 })
  const certificate = certificateOf(header, set)
  const proof = statusProof(issued, {
    changeProof: (made) => ({ ...made, headerCore: header.coreBytes, certificate, handovers }),
  })
  const { verdict, checks } = verify(credential, optionsOf(proof, { anchor: trusted }))
  return [verdict, checks.issuanceLogged.code]
}

/** The anchor of whoever got it in this epoch. */
function anchorIn({ epoch, validators }: ValidatorSet): Anchor {
  const members = validators.map(({ org, key }) => ({
    org,
    name: 'Member',
    key: multikeyOf(Uint8Array.from(Buffer.from(key, 'hex'))),
  }))
  return { ...anchor, validators: { epoch, members }, height: 5 }
}

const toSecond = handover(first, second)
const toThird = handover(second, third)
const passing = ['pass', 'issued-on-log']

suite('verdict after the validators changed', (it) => {
  it('V9: follows one hand-over for each change, from the anchor’s validators on', () => {
    equal(judge(first, []), passing)
    equal(judge(second, [toSecond]), passing)
    equal(judge(third, [toSecond, toThird]), passing)
  })

  it('V9: passes over hand-overs from before the anchor’s epoch', () => {
    equal(judge(third, [toSecond, toThird], anchorIn(second)), passing)
    equal(judge(third, [toSecond, toThird], anchorIn(third)), passing)
    equal(judge(third, [toThird], anchorIn(second)), passing)
  })

  it('V9: refuses a proof without the hand-over to those who vouch for it', () => {
    equal(judge(second, []), ['fail', 'wrong-validator-set'])
    equal(judge(third, [toSecond]), ['fail', 'wrong-validator-set'])
    // Of those who have left in the meantime.
    equal(judge(first, [toSecond]), ['fail', 'wrong-validator-set'])
    equal(judge(second, [toSecond], anchorIn(third)), ['fail', 'wrong-validator-set'])
  })

  it('V9: refuses hand-overs that do not hold, are out of order, or skip an epoch', () => {
    const invalid = ['fail', 'handover-invalid']
    equal(judge(third, [toThird]), invalid)
    equal(judge(third, [toThird, toSecond]), invalid)
    // Signed by those to whom it hands over, who are no quorum of those before: three of four are, two of three are not.
    const few = createValidatorSet({ ...second, validators: second.validators.slice(0, 2) })
    const forged = headerBy(second, { nextSetHash: third.setHash })
    const certificate = certificateOf(forged, few)
    const bytes = encodeHandover({ core: forged.coreBytes, certificate, validators: third.validators })
    equal(judge(third, [toSecond, bytes]), invalid)
    const other = encodeHandover({
      core: headerBy(first, { nextSetHash: second.setHash }).coreBytes,
      certificate: certificateOf(headerBy(first, { nextSetHash: second.setHash }), first),
      validators: third.validators,
    })
    equal(judge(third, [other]), invalid)
  })

  it('V8: refuses a hand-over that cannot be read', () => {
    equal(judge(second, [toSecond.slice(0, -1)]), ['fail', 'status-proof-malformed'])
  })
})
