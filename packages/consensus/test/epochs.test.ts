/** The end of an epoch: rules H11 to H15. */
import {
  baseOf,
  type Certificate,
  createConsensus,
  createHeader,
  createValidatorSet,
  decodeHandover,
  decodeHeader,
  type Effect,
  encodeCertificate,
  encodeHandover,
  followHandover,
  type Header,
  isClosedBy,
  isClosing,
  leaderOf,
  step,
  type ValidatorSet,
  type Verified,
  verifyProposal,
  verifyVote,
} from '@chirograph/consensus'
import { nobleEd25519 as ed25519 } from '@chirograph/crypto'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import { filled } from './cluster.ts'
import {
  certificate,
  createSeat,
  effectsOf,
  headerOf,
  nonce,
  proposalOf,
  type Seat,
  sent,
  sentUnpersisted,
  setOf,
  startMs,
  viewTimeoutMs,
  vote,
  votesSent,
} from './seat.ts'

const set = setOf(4)
/** The same four, and a fifth. */
const next = createValidatorSet({ networkId: set.networkId, epoch: 1, validators: setOf(5).validators })

/** A header of view 1 on the genesis that closes the epoch. */
function closingOn(parent: Header, { view = 1, mark = 7, nextSetHash = next.setHash } = {}): Header {
  const {
    version: _,
    restHash: __,
    ...core
  } = headerOf(set, { view, height: 1, parent: parent.digest, mark }).core
  const rest = { parent: parent.digest, cutRoot: filled(1), logRoot: filled(2), logSize: 3 }
  return createHeader({ ...core, nextSetHash }, rest)
}

/** What a leader makes of a header that closes; with `change` it is none. */
function tailOn(
  parent: Header,
  view: number,
  change: { core?: Partial<Header['core']>; rest?: Partial<Header['rest']> } = {},
): Header {
  const { version: _, restHash: __, ...core } = parent.core
  return createHeader(
    { ...core, view, timeMs: startMs + view, ...change.core },
    { ...parent.rest, parent: parent.digest, base: baseOf(parent), ...change.rest },
  )
}

/** A validator that leads neither of the first views, and has executed what closes the epoch in view 1. */
function seatAtClosing(): { seat: Seat; closing: Header; notarization: Verified<Certificate> } {
  const self = [0, 1, 2, 3].find((index) => ![1, 2, 3].some((view) => leaderOf(set, view) === index)) ?? 0
  const seat = createSeat({ self })
  const closing = closingOn(seat.genesis)
  seat.take({ kind: 'proposal', proposal: proposalOf(set, closing) })
  const notarization = certificate(set, { type: 'notarize', view: 1, digest: closing.digest, height: 1 })
  return { seat, closing, notarization }
}

const tailProposal = (tail: Header, parentCertificate: Certificate) =>
  proposalOf(set, tail, { parentCertificate })

suite('H11, H12: what closes an epoch, and tails of it', (it) => {
  it('H11: a header with another next set is voted for like every other', () => {
    const { seat, closing, notarization } = seatAtClosing()
    ok(isClosing(closing.core))
    not(isClosing(seat.genesis.core))
    equal(seat.state.records.get(1)?.notarize, closing.digest)
    equal(votesSent(seat.take({ kind: 'certificate', certificate: notarization })), ['final 1'])
  })

  it('H12: a tail is notarized without being executed, and then voted final', () => {
    const { seat, closing, notarization } = seatAtClosing()
    seat.take({ kind: 'certificate', certificate: notarization })
    const tail = tailOn(closing, 2)
    const effects = seat.take({ kind: 'proposal', proposal: tailProposal(tail, notarization) })
    equal(effectsOf(effects, 'evaluate'), [])
    equal(votesSent(effects), ['notarize 2'])
    equal(sentUnpersisted(effects), [])
    const notarized = certificate(set, { type: 'notarize', view: 2, digest: tail.digest, height: 1 })
    equal(votesSent(seat.take({ kind: 'certificate', certificate: notarized })), ['final 2'])
  })

  it('H12: a tail may follow a tail, of the same base', () => {
    const { seat, closing, notarization } = seatAtClosing()
    seat.take({ kind: 'certificate', certificate: notarization })
    const tail = tailOn(closing, 2)
    seat.take({ kind: 'proposal', proposal: tailProposal(tail, notarization) })
    const second = certificate(set, { type: 'notarize', view: 2, digest: tail.digest, height: 1 })
    seat.take({ kind: 'certificate', certificate: second })
    const third = tailOn(tail, 3)
    is(third.rest.base, closing.digest)
    equal(votesSent(seat.take({ kind: 'proposal', proposal: tailProposal(third, second) })), ['notarize 3'])
  })

  const wrong: readonly [string, (closing: Header) => Header][] = [
    [
      'a header of the next height',
      (closing) => headerOf(set, { view: 2, height: 2, parent: closing.digest }),
    ],
    ['another height', (closing) => tailOn(closing, 2, { core: { height: 2 } })],
    ['another state', (closing) => tailOn(closing, 2, { core: { stateRoot: filled(9) } })],
    ['another next set', (closing) => tailOn(closing, 2, { core: { nextSetHash: filled(9) } })],
    ['the own set as the next', (closing) => tailOn(closing, 2, { core: { nextSetHash: set.setHash } })],
    ['another cut', (closing) => tailOn(closing, 2, { rest: { cutRoot: filled(9) } })],
    ['another log', (closing) => tailOn(closing, 2, { rest: { logRoot: filled(9) } })],
    ['a longer log', (closing) => tailOn(closing, 2, { rest: { logSize: 4 } })],
    ['another base', (closing) => tailOn(closing, 2, { rest: { base: filled(9) } })],
    [
      'a time not above its parent’s',
      (closing) => tailOn(closing, 2, { core: { timeMs: closing.core.timeMs } }),
    ],
  ]
  for (const [what, make] of wrong) {
    it(`H12: nobody votes for ${what} on what closes the epoch`, () => {
      const { seat, closing, notarization } = seatAtClosing()
      seat.take({ kind: 'certificate', certificate: notarization })
      const proposal = tailProposal(make(closing), notarization)
      const effects = seat.take({ kind: 'proposal', proposal })
      equal([votesSent(effects), effectsOf(effects, 'evaluate')], [[], []])
      is(seat.state.proposals.get(proposal.header.digest)?.execution, 'invalid')
    })
  }

  it('H12: nobody votes for a tail of what does not close the epoch', () => {
    const seat = createSeat({ self: leaderOf(set, 3) })
    const plain = seat.propose(1)
    seat.take({ kind: 'proposal', proposal: plain })
    const notarization = certificate(set, {
      type: 'notarize',
      view: 1,
      digest: plain.header.digest,
      height: 1,
    })
    seat.take({ kind: 'certificate', certificate: notarization })
    const effects = seat.take({
      kind: 'proposal',
      proposal: tailProposal(tailOn(plain.header, 2), notarization),
    })
    equal([votesSent(effects), effectsOf(effects, 'evaluate')], [[], []])
  })

  it('H12: a tail that brings changes is refused before anybody looks at it', () => {
    const { closing, notarization } = seatAtClosing()
    const proposal = { ...tailProposal(tailOn(closing, 2), notarization), changes: Uint8Array.of(0x80) }
    const checked = verifyProposal(proposal, { set, ed25519, base: null })
    equal(checked, { kind: 'reject', reason: 'tail-with-changes' })
  })

  it('H12: the leader proposes a tail where it would propose an empty header, and never asks for a cut', () => {
    const self = leaderOf(set, 2)
    const seat = createSeat({ self })
    const closing = closingOn(seat.genesis)
    seat.take({ kind: 'eligible', isEligible: true })
    seat.take({ kind: 'proposal', proposal: proposalOf(set, closing) })
    const notarization = certificate(set, { type: 'notarize', view: 1, digest: closing.digest, height: 1 })
    const entered = seat.take({ kind: 'certificate', certificate: notarization })
    equal([effectsOf(entered, 'build'), sent(entered, 'proposal')], [[], []])
    const effects = seat.take({ kind: 'timer', timer: 'propose', view: 2 })
    const [proposed] = sent(effects, 'proposal')
    ok(proposed)
    const { header, changes } = proposed.proposal
    equal([header.rest.base, header.core.height, header.core.view, changes.length], [closing.digest, 1, 2, 0])
    equal(effectsOf(effects, 'build'), [])
    equal(sentUnpersisted(effects), [])
    is(verifyProposal(proposed.proposal, { set, ed25519, base: null }).kind, 'verified')
  })

  it('H12: a tail comes back from its bytes with its base', () => {
    const { closing } = seatAtClosing()
    const tail = tailOn(closing, 2)
    const decoded = decodeHeader(tail.coreBytes, tail.restBytes)
    ok(decoded.ok)
    equal([decoded.value.rest.base, decoded.value.digest], [closing.digest, tail.digest])
    ok(isClosedBy(closing, tail))
    not(isClosedBy(tail, tail))
    not(isClosedBy(closing, closing))
    not(isClosedBy(closing, tailOn(closing, 2, { core: { nextSetHash: filled(9) } })))
    not(isClosedBy(closingOn(closing, { mark: 8 }), tail))
  })
})

suite('H13, H14: the end of an epoch, and the next one', (it) => {
  const finalOf = (header: Header) =>
    certificate(set, { type: 'final', view: header.core.view, digest: header.digest, height: 1 })

  it('H13: finality of what closes the epoch ends it: nothing is said in it any more', () => {
    const { seat, closing, notarization } = seatAtClosing()
    const [final] = effectsOf(seat.take({ kind: 'certificate', certificate: finalOf(closing) }), 'finalize')
    equal([final?.chain.map(({ header }) => header.digest), final?.tail], [[closing.digest], null])
    ok(seat.state.isOver)
    const after: Effect[] = [
      ...seat.take({ kind: 'timer', timer: 'view', view: seat.state.view }),
      ...seat.take({ kind: 'proposal', proposal: tailProposal(tailOn(closing, 2), notarization) }),
      ...seat.take({ kind: 'eligible', isEligible: true }),
    ]
    equal(after, [])
  })

  it('H13: finality of a tail is finality of its base, with the tail’s certificate', () => {
    const { seat, closing, notarization } = seatAtClosing()
    seat.take({ kind: 'certificate', certificate: notarization })
    const tail = tailOn(closing, 2)
    seat.take({ kind: 'proposal', proposal: tailProposal(tail, notarization) })
    const [final] = effectsOf(seat.take({ kind: 'certificate', certificate: finalOf(tail) }), 'finalize')
    ok(final)
    equal(
      final.chain.map(({ header }) => header.digest),
      [closing.digest],
    )
    equal(
      [final.tail?.digest, final.certificate.digest, final.certificate.height],
      [tail.digest, tail.digest, 1],
    )
    equal([seat.state.finalized.digest, seat.state.finalized.view], [closing.digest, 1])
  })

  /** The first of the validators that lead view 2 of the next epoch. */
  function seatOfNext(self = leaderOf(next, 2)) {
    const closing = closingOn(setGenesis())
    const base = { digest: closing.digest, view: 1 }
    const times = { viewTimeoutMs, heartbeatMs: 60_000, clockBoundMs: 10_000 }
    const sign = (message: Uint8Array) => ed25519.sign({ seed: new Uint8Array(32).fill(self + 1), message })
    const finalized = { ...base, height: 1, timeMs: closing.core.timeMs, certificate: null }
    const config = { set: next, base, self, mayVote: true, sign, nonce, ...times }
    return {
      closing,
      base,
      state: createConsensus(config, { finalized, records: [], proposals: [], votesFrom: 0 }),
    }
  }

  function setGenesis(): Header {
    return createSeat().genesis
  }

  function headerOfNext(of: ValidatorSet, parent: string, view: number): Header {
    return headerOf(of, { view, height: 2, parent, timeMs: startMs + 10 + view })
  }

  it('H13: the next epoch goes on from its base by the leaders of the new set, and its first parent needs no certificate', () => {
    const { state, base } = seatOfNext()
    is(state.view, 2)
    const asked = step(state, { kind: 'eligible', isEligible: true, nowMs: startMs })
    const [build] = effectsOf(asked.effects, 'build')
    equal([build?.view, build?.parent], [2, base.digest])
    const header = headerOfNext(next, base.digest, 2)
    const built = step(asked.state, {
      kind: 'built',
      view: 2,
      header,
      changes: new Uint8Array(),
      nowMs: startMs,
    })
    const [proposed] = sent(built.effects, 'proposal')
    ok(proposed)
    is(proposed.proposal.parentCertificate, null)
    is(verifyProposal(proposed.proposal, { set: next, ed25519, base }).kind, 'verified')
  })

  it('H13: the views between the base and the first header are those of the new epoch', () => {
    const { base } = seatOfNext()
    const skip = certificate(next, { type: 'skip', view: 2, digest: null })
    const header = headerOfNext(next, base.digest, 3)
    const judge = (skips: readonly Certificate[], at = base) =>
      verifyProposal(proposalOf(next, header, { skips }), { set: next, ed25519, base: at })
    is(judge([skip]).kind, 'verified')
    equal(judge([]), { kind: 'reject', reason: 'unjustified-skip' })
    // A SKIP of the epoch before says nothing here, though its view has the same number.
    const former = certificate(set, { type: 'skip', view: 2, digest: null })
    equal(judge([former]), { kind: 'reject', reason: 'bad-certificate' })
    equal(judge([skip], { ...base, digest: filled(9) }), { kind: 'reject', reason: 'unjustified-parent' })
  })

  it('H14: what was signed in one epoch is nothing in another', () => {
    const former = vote(set, { signer: 0, type: 'notarize', view: 2, digest: filled(8) })
    equal(verifyVote(former, { set: next, ed25519 }), { kind: 'reject', reason: 'wrong-set' })
    equal(verifyVote({ ...former, epoch: 1, setHash: next.setHash }, { set: next, ed25519 }), {
      kind: 'reject',
      reason: 'bad-signature',
    })
    const { closing } = seatOfNext()
    const tail = tailOn(closing, 2)
    const proposal = tailProposal(tail, finalOf(closing))
    equal(verifyProposal(proposal, { set: next, ed25519, base: null }), {
      kind: 'reject',
      reason: 'wrong-set',
    })
  })
})

suite('H15: hand-over', (it) => {
  const closing = closingOn(createSeat().genesis)
  const final = (header: Header, of = set) =>
    certificate(of, {
      type: 'final',
      view: header.core.view,
      digest: header.digest,
      height: header.core.height,
    })
  const handoverOf = (header: Header, validators = next.validators, by: Certificate = final(header)) => ({
    core: header.coreBytes,
    certificate: encodeCertificate(by),
    validators,
  })
  const follow = (handover: ReturnType<typeof handoverOf>, from = set) => {
    const followed = followHandover(handover, { set: from, ed25519 })
    return followed.kind === 'followed' ? followed.next.setHash : followed.reason
  }

  it('H15: leads from the validators of an epoch to those of the next', () => {
    is(follow(handoverOf(closing)), next.setHash)
    const encoded = encodeHandover(handoverOf(closing))
    const decoded = decodeHandover(encoded)
    ok(decoded.ok)
    is(follow(decoded.value as ReturnType<typeof handoverOf>), next.setHash)
  })

  it('H15: by a tail’s certificate as well', () => {
    is(follow(handoverOf(tailOn(closing, 2))), next.setHash)
  })

  const { validators } = next
  const [first, second, ...rest] = validators
  if (!first || !second) throw new Error('there are five validators')
  const changed = (core: Partial<Header['core']>) => tailOn(closing, 2, { core })
  const refused: readonly [string, string, ReturnType<typeof handoverOf>][] = [
    ['of another epoch', 'wrong-set', handoverOf(changed({ epoch: 1 }))],
    ['of another network', 'wrong-set', handoverOf(changed({ networkId: filled(9) }))],
    ['of other validators', 'wrong-set', handoverOf(changed({ setHash: filled(9) }))],
    ['of a header that closes nothing', 'not-closing', handoverOf(changed({ nextSetHash: set.setHash }))],
    [
      'with a certificate of another header',
      'other-certificate',
      handoverOf(closing, validators, final(tailOn(closing, 2))),
    ],
    [
      'with a NOTARIZE certificate',
      'other-certificate',
      handoverOf(
        closing,
        validators,
        certificate(set, { type: 'notarize', view: 1, digest: closing.digest, height: 1 }),
      ),
    ],
    ['with one signature too few', 'below-quorum', handoverOf(closing, validators, lacking(final(closing)))],
    ['without a validator', 'other-validators', handoverOf(closing, validators.slice(1))],
    [
      'with a key of another',
      'other-validators',
      handoverOf(closing, [{ ...first, key: filled(9) }, second, ...rest]),
    ],
    ['with a validator twice', 'other-validators', handoverOf(closing, [first, first, ...rest])],
    [
      'with keys of two schemes',
      'other-validators',
      handoverOf(closing, [{ ...first, key: '99'.repeat(48) }, second, ...rest]),
    ],
    ['whose header cannot be read', 'malformed', { ...handoverOf(closing), core: Uint8Array.of(0x80) }],
  ]
  for (const [what, reason, handover] of refused)
    it(`H15: one ${what} is not followed: ${reason}`, () => is(follow(handover), reason))

  function lacking(whole: Certificate): Certificate {
    const signers = Uint8Array.from(whole.signers)
    signers[0] = (signers[0] ?? 0) & 0b110
    return { ...whole, signers, signatures: whole.signatures.slice(1) }
  }
})
