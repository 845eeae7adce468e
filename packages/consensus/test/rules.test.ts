import { encodeProposal, leaderOf, type Proposal, quorumOf, step, type Verified } from '@chirograph/consensus'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import {
  clockBoundMs,
  createFollower,
  createLeader,
  createSeat,
  effectsOf,
  headerOf,
  proposalOf,
  type Seat,
  sent,
  sentUnpersisted,
  setOf,
  startMs,
  vote,
  votesSent,
} from './seat.ts'

const others = ({ set, self }: Seat) =>
  set.validators.map((_, index) => index).filter((index) => index !== self)

function buildAsked(seat: Seat, mark = 0) {
  const effects = seat.take({ kind: 'eligible', isEligible: true })
  const [build] = effectsOf(effects, 'build')
  ok(build, 'the leader was not asked for a header')
  const header = headerOf(seat.set, { view: build.view, height: 1, parent: build.parent, mark })
  return { header, built: { kind: 'built', view: build.view, header, changes: new Uint8Array() } as const }
}

suite('H0: one proposal a view', (it) => {
  it('H0: a leader proposes once in a view, whatever it is asked to build after', () => {
    const seat = createLeader()
    const { built } = buildAsked(seat)
    is(sent(seat.take(built), 'proposal').length, 1)
    const other = headerOf(seat.set, { view: 1, height: 1, parent: seat.genesis.digest, mark: 9 })
    equal(sent(seat.take({ ...built, header: other }), 'proposal'), [])
    equal(effectsOf(seat.take({ kind: 'eligible', isEligible: true }), 'build'), [])
  })

  it('H0: a proposal is persisted before it is sent', () => {
    const seat = createLeader()
    const effects = seat.take(buildAsked(seat).built)
    is(effectsOf(effects, 'persist-proposal').length, 1)
    equal(sentUnpersisted(effects), [])
  })

  it('H0: a leader that restarts does not propose again, and re-sends what it proposed byte for byte', () => {
    const seat = createLeader()
    const [proposed] = sent(seat.take(buildAsked(seat).built), 'proposal')
    ok(proposed)
    const proposals = [proposed.proposal as Verified<Proposal>] // its own
    const again = createLeader({ restored: { proposals } })
    again.take({ kind: 'start' })
    equal(effectsOf(again.take({ kind: 'eligible', isEligible: true }), 'build'), [])
    const [resent] = sent(again.take({ kind: 'timer', timer: 'view', view: 1 }), 'proposal')
    ok(resent)
    equal(encodeProposal(resent.proposal), encodeProposal(proposed.proposal))
  })

  it('H0: who does not lead a view does not build in it', () => {
    equal(effectsOf(createFollower().take({ kind: 'eligible', isEligible: true }), 'build'), [])
  })

  it('H0: a leader that skipped its view does not propose in it', () => {
    const seat = createLeader()
    buildAsked(seat)
    seat.take({ kind: 'timer', timer: 'view', view: 1 })
    const records = [...seat.state.records.values()]
    is(records[0]?.skip, true)
    const restarted = createLeader({ restored: { records } })
    equal(effectsOf(restarted.take({ kind: 'eligible', isEligible: true }), 'build'), [])
  })

  it('H0: a header that was built until after the SKIP of its view is not proposed', () => {
    const seat = createLeader()
    const { built } = buildAsked(seat)
    seat.take({ kind: 'timer', timer: 'view', view: 1 })
    const effects = seat.take(built)
    equal(sent(effects, 'proposal'), [])
    equal(effectsOf(effects, 'persist-proposal'), [])
  })
})

suite('H1: one NOTARIZE a view', (it) => {
  it('H1: of two proposals of a view only the first is notarized', () => {
    const seat = createFollower()
    equal(votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1) })), ['notarize 1'])
    equal(votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1, { mark: 7 }) })), [])
  })

  it('H1: not even after a quorum notarized the other one', () => {
    const seat = createFollower()
    seat.take({ kind: 'proposal', proposal: seat.propose(1) })
    const other = seat.propose(1, { mark: 7 })
    const { digest } = other.header
    const notarization = seat.certificate({ type: 'notarize', view: 1, digest, signers: others(seat) })
    const effects = [
      ...seat.take({ kind: 'proposal', proposal: other }),
      ...seat.take({ kind: 'certificate', certificate: notarization }),
    ]
    equal(votesSent(effects), [])
  })

  it('H1: not after a restart either, because the record comes from disk', () => {
    const records = [{ view: 1, notarize: 'ab'.repeat(32), skip: false, final: null }]
    const seat = createFollower({ restored: { records } })
    equal(votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1) })), [])
  })
})

suite('H2: never both SKIP and FINAL in a view', (it) => {
  const notarizeOf = (seat: Seat, digest: string) =>
    seat.certificate({ type: 'notarize', view: 1, digest, signers: others(seat) })

  it('H2: after a SKIP no FINAL is sent in that view, though it was notarized', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    seat.take({ kind: 'proposal', proposal })
    seat.take({ kind: 'eligible', isEligible: true })
    equal(votesSent(seat.take({ kind: 'timer', timer: 'view', view: 1 })).slice(0, 1), ['skip 1'])
    const effects = seat.take({ kind: 'certificate', certificate: notarizeOf(seat, proposal.header.digest) })
    equal(votesSent(effects), [])
    is(seat.state.view, 2)
  })

  it('H2: after a FINAL a timeout sends no SKIP of that view', () => {
    const records = [{ view: 1, notarize: 'ab'.repeat(32), skip: false, final: 'ab'.repeat(32) }]
    const seat = createFollower({ restored: { records } })
    seat.take({ kind: 'eligible', isEligible: true })
    const effects = seat.take({ kind: 'timer', timer: 'view', view: 1 })
    not(votesSent(effects).includes('skip 1'))
    equal(effectsOf(effects, 'persist'), [])
  })

  it('H2: a SKIP is sent on a timeout even after an own NOTARIZE', () => {
    const seat = createFollower()
    seat.take({ kind: 'proposal', proposal: seat.propose(1) })
    seat.take({ kind: 'eligible', isEligible: true })
    equal(votesSent(seat.take({ kind: 'timer', timer: 'view', view: 1 })).includes('skip 1'), true)
  })

  it('H2: an own SKIP does not prevent a NOTARIZE while the view is open', () => {
    const seat = createFollower()
    seat.take({ kind: 'eligible', isEligible: true })
    seat.take({ kind: 'timer', timer: 'view', view: 1 })
    equal(votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1) })), ['notarize 1'])
  })

  it('H2: a restart does not forget a SKIP', () => {
    const proposal = createFollower().propose(1)
    const { digest } = proposal.header
    const records = [{ view: 1, notarize: digest, skip: true, final: null }]
    const seat = createFollower({ restored: { records, proposals: [proposal] } })
    seat.take({ kind: 'start' })
    const effects = seat.take({ kind: 'certificate', certificate: notarizeOf(seat, digest) })
    not(votesSent(effects).some((sentVote) => sentVote.startsWith('final')))
  })
})

suite('H3: what is notarized', (it) => {
  it('H3: a proposal is notarized only after it was executed here', () => {
    const seat = createFollower({ isExecutable: () => undefined })
    const proposal = seat.propose(1)
    equal(votesSent(seat.take({ kind: 'proposal', proposal })), [])
    const { digest } = proposal.header
    equal(votesSent(seat.take({ kind: 'evaluated', digest, isValid: true })), ['notarize 1'])
  })

  it('H3: one that does not execute here is never notarized', () => {
    const seat = createFollower({ isExecutable: () => false })
    equal(votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1) })), [])
  })

  it('H3: a header whose height does not follow its parent is not even executed', () => {
    const seat = createFollower()
    const header = headerOf(seat.set, { view: 1, height: 2, parent: seat.genesis.digest })
    const effects = seat.take({ kind: 'proposal', proposal: proposalOf(seat.set, header) })
    equal(effectsOf(effects, 'evaluate'), [])
    equal(votesSent(effects), [])
  })

  it("H3: a header's time is above its parent's", () => {
    const seat = createFollower()
    const { timeMs } = seat.genesis.core
    equal(votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1, { timeMs }) })), [])
    equal(
      votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1, { timeMs: timeMs + 1, mark: 1 }) })),
      ['notarize 1'],
    )
  })

  for (const [offsetMs, isWithin] of [
    [clockBoundMs, true],
    [clockBoundMs + 1, false],
  ] as const) {
    it(`H3: a time ${offsetMs} ms ahead of the own clock is ${isWithin ? 'within' : 'beyond'} the bound`, () => {
      const seat = createFollower()
      const proposal = seat.propose(1, { timeMs: startMs + offsetMs })
      equal(votesSent(seat.take({ kind: 'proposal', proposal })), isWithin ? ['notarize 1'] : [])
    })
  }

  it('H3: a proposal of a past view is notarized only when a quorum notarized it', () => {
    const seat = createFollower()
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'skip', view: 1, digest: null }),
    })
    is(seat.state.view, 2)
    const proposal = seat.propose(1)
    equal(votesSent(seat.take({ kind: 'proposal', proposal })), [])
    const notarization = seat.certificate({ type: 'notarize', view: 1, digest: proposal.header.digest })
    ok(votesSent(seat.take({ kind: 'certificate', certificate: notarization })).includes('notarize 1'))
  })

  it('H3: a past view is not joined late once its SKIP was sent', () => {
    const seat = createFollower()
    seat.take({ kind: 'eligible', isEligible: true })
    seat.take({ kind: 'timer', timer: 'view', view: 1 })
    const skipped = seat.certificate({ type: 'skip', view: 1, digest: null })
    seat.take({ kind: 'certificate', certificate: skipped })
    const proposal = seat.propose(1)
    const notarization = seat.certificate({ type: 'notarize', view: 1, digest: proposal.header.digest })
    const effects = [
      ...seat.take({ kind: 'proposal', proposal }),
      ...seat.take({ kind: 'certificate', certificate: notarization }),
    ]
    equal(votesSent(effects), [])
  })

  it('H3: a proposal that skips a notarized view with a skip certificate is notarized too', () => {
    const seat = createSeat({ self: (leaderOf(setOf(4), 2) + 1) % 4 })
    const first = seat.propose(1)
    seat.take({ kind: 'proposal', proposal: first })
    const { digest } = first.header
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'notarize', view: 1, digest }),
    })
    ok(
      votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(2, { mark: 3 }) })).includes(
        'notarize 2',
      ),
    )
  })

  it('H3: a validator whose key is not here says nothing at all', () => {
    const seat = createFollower({ mayVote: false })
    const effects = [
      ...seat.take({ kind: 'proposal', proposal: seat.propose(1) }),
      ...seat.take({ kind: 'eligible', isEligible: true }),
      ...seat.take({ kind: 'timer', timer: 'view', view: 1 }),
    ]
    equal(votesSent(effects), [])
    equal(effectsOf(effects, 'persist'), [])
  })

  it('H3: a bad copy of the changes beside a header does not condemn the header', () => {
    const verdicts = [false, true]
    const seat = createFollower({ isExecutable: () => verdicts.shift() })
    const proposal = seat.propose(1)
    const bad = { ...proposal, changes: new Uint8Array([0x80]) }
    equal(votesSent(seat.take({ kind: 'proposal', proposal: bad as typeof proposal })), [])
    equal(votesSent(seat.take({ kind: 'proposal', proposal })), ['notarize 1'])
  })
})

suite('H4: what is voted FINAL', (it) => {
  const ready = () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    const { digest } = proposal.header
    return { seat, proposal, notarization: seat.certificate({ type: 'notarize', view: 1, digest }) }
  }

  it('H4: FINAL follows the notarization of the header that was notarized here', () => {
    const { seat, proposal, notarization } = ready()
    equal(votesSent(seat.take({ kind: 'proposal', proposal })), ['notarize 1'])
    equal(votesSent(seat.take({ kind: 'certificate', certificate: notarization })), ['final 1'])
  })

  it('H4: q − 1 NOTARIZE votes bring no FINAL; the q-th does', () => {
    for (const size of [4, 5, 6, 7]) {
      const seat = createFollower({ size })
      const proposal = seat.propose(1)
      seat.take({ kind: 'proposal', proposal })
      const { digest } = proposal.header
      const needed = quorumOf(seat.set) - 1
      others(seat)
        .slice(0, needed)
        .forEach((signer, index) => {
          const notarize = vote(seat.set, { signer, type: 'notarize', view: 1, digest })
          const expected = index === needed - 1 ? ['final 1'] : []
          equal(votesSent(seat.take({ kind: 'vote', vote: notarize })), expected, `${index + 2} of ${size}`)
        })
    }
  })

  it('H4: the same validator twice counts once', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    seat.take({ kind: 'proposal', proposal })
    const signer = others(seat)[0] ?? 0
    const again = vote(seat.set, { signer, type: 'notarize', view: 1, digest: proposal.header.digest })
    for (let time = 0; time < 5; time++) equal(votesSent(seat.take({ kind: 'vote', vote: again })), [])
  })

  it('H4: votes for different headers do not add up', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    seat.take({ kind: 'proposal', proposal })
    const [a = 0, b = 0] = others(seat)
    const cast = (signer: number, digest: string) =>
      votesSent(
        seat.take({ kind: 'vote', vote: vote(seat.set, { signer, type: 'notarize', view: 1, digest }) }),
      )
    equal(cast(a, proposal.header.digest), [])
    equal(cast(b, 'cd'.repeat(32)), [])
  })

  it('H4: without an own NOTARIZE for that header there is no FINAL', () => {
    const { seat, notarization } = ready()
    equal(votesSent(seat.take({ kind: 'certificate', certificate: notarization })), [])
  })

  it('H4: the notarization goes to those who had not voted, before the FINAL vote', () => {
    const { seat, proposal, notarization } = ready()
    seat.take({ kind: 'proposal', proposal })
    const kinds = effectsOf(seat.take({ kind: 'certificate', certificate: notarization }), 'send').map(
      ({ message }) => message.kind,
    )
    is(kinds.at(-1), 'vote')
    equal(new Set(kinds.slice(0, -1)), new Set(['certificate']))
    is(kinds.length, 4)
  })
})

suite('H5: disk before wire', (it) => {
  it('H5: every vote is persisted before it is sent', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    const { digest } = proposal.header
    const turns = [
      seat.take({ kind: 'proposal', proposal }),
      seat.take({
        kind: 'certificate',
        certificate: seat.certificate({ type: 'notarize', view: 1, digest }),
      }),
      seat.take({ kind: 'eligible', isEligible: true }),
      seat.take({ kind: 'timer', timer: 'view', view: 2 }),
    ]
    ok(turns.flatMap(votesSent).length >= 3)
    equal(sentUnpersisted(turns.flat()), [])
  })

  it('H5: the header that a NOTARIZE is for is persisted with it', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    const [persist] = effectsOf(seat.take({ kind: 'proposal', proposal }), 'persist')
    equal(persist?.proposal, proposal)
    equal(persist?.record, { view: 1, notarize: proposal.header.digest, skip: false, final: null })
  })

  it('H5: after a restart exactly the recorded votes are sent, byte for byte, and nothing is cast anew', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    const before = sent(seat.take({ kind: 'proposal', proposal }), 'vote')
    const records = [...seat.state.records.values()]
    const again = createFollower({ restored: { records, proposals: [proposal] } })
    const started = again.take({ kind: 'start' })
    equal(sent(started, 'vote'), before)
    equal(effectsOf(started, 'persist'), [])
    const standing = { view: 1, finalView: 0, finalHeight: 0 }
    const after = sent(again.take({ kind: 'standing', from: 'peer', standing }), 'vote')
    equal(after, before)
  })

  it('H5: a step leaves the state that it was given as it was', () => {
    const seat = createFollower()
    const before = seat.state
    const copy = structuredClone({ ...before, config: null })
    step(before, { kind: 'proposal', proposal: seat.propose(1), nowMs: startMs })
    equal(structuredClone({ ...before, config: null }), copy)
    is.not(seat.state.records, step(before, { kind: 'start', nowMs: startMs }).state.records)
  })
})
