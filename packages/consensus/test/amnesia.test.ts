/** A validator whose vote record may lack votes: rule H16. */
import { createConsensus, quorumOf, step, viewsToHear } from '@chirograph/consensus'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import { createSeat, effectsOf, headerOf, othersOf, proposalOf, type Seat, sent, votesSent } from './seat.ts'

const forgetful = (size = 4) => createSeat({ size, restored: { votesFrom: null } })

function tell(seat: Seat, signers: readonly number[], view: number, nonce = seat.state.recall.nonce) {
  return signers.flatMap((validator) => seat.take({ kind: 'view-told', validator, nonce, view }))
}

/** Skips every view below this one. */
function goTo(seat: Seat, view: number) {
  for (let past = seat.state.view; past < view; past++)
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'skip', view: past, digest: null }),
    })
  is(seat.state.view, view)
}

/** What a view brings that calls for a vote: a timeout. */
function skipsNow(seat: Seat) {
  seat.take({ kind: 'eligible', isEligible: true })
  // Sent twice: as it is cast, and with what is said again at a standstill.
  return [...new Set(votesSent(seat.take({ kind: 'timer', timer: 'view', view: seat.state.view })))]
}

suite('H16: a validator that may have forgotten votes', (it) => {
  it('H16: asks the others, says nothing else, and asks again more and more seldom', () => {
    const seat = forgetful()
    const started = seat.take({ kind: 'start' })
    equal(sent(started, 'ask-view').length, 1)
    const waits = [
      started,
      ...[1, 2, 3, 4, 5, 6].map(() => seat.take({ kind: 'timer', timer: 'recall', view: 1 })),
    ]
      .flatMap((effects) => effectsOf(effects, 'set-timer'))
      .flatMap(({ timer, afterMs }) => (timer === 'recall' ? [afterMs] : []))
    equal(
      waits.slice(0, 5),
      [1, 2, 4, 8, 16].map((growth) => growth * (waits[0] ?? 0)),
    )
    is(waits[6], waits[4], 'but never less often than that')
    equal(skipsNow(seat), [])
    equal(votesSent(seat.take({ kind: 'proposal', proposal: seat.propose(1) })), [])
    equal(sent(seat.take({ kind: 'connected', peer: 'new' }), 'ask-view').length, 1)
  })

  it('H16: votes from m + 2 on once n − q + f + 1 others have told their view, and not before', () => {
    for (const size of [4, 5, 6, 7, 10]) {
      const seat = forgetful(size)
      seat.take({ kind: 'start' })
      goTo(seat, 3)
      const needed = viewsToHear(seat.set)
      ok(needed <= quorumOf(seat.set))
      const others = seat.set.validators.map((_, index) => index).filter((index) => index !== seat.self)
      tell(seat, others.slice(0, needed - 1), 3)
      // Neither twice the same one nor its own counts.
      tell(seat, [others[0] ?? 0, seat.self], 3)
      is(seat.state.votesFrom, null, `${size} validators`)
      equal(skipsNow(seat), [])
      equal(effectsOf(tell(seat, others.slice(needed - 1, needed), 2), 'persist-gate'), [
        { kind: 'persist-gate', votesFrom: 5 },
      ])
      for (const [view, votes] of [
        [3, []],
        [4, []],
        [5, ['skip 5']],
      ] as const) {
        goTo(seat, view)
        equal(skipsNow(seat), votes)
      }
    }
  })

  it('H16: a view that is told counts once what leads to it is here, so that nobody can put it out of reach', () => {
    const seat = forgetful()
    const [liar = 0, ...honest] = othersOf(seat)
    tell(seat, [liar], 1_000_000)
    tell(seat, honest, 2)
    is(seat.state.votesFrom, null)
    goTo(seat, 2)
    is(seat.state.votesFrom, null, 'the liar is not counted')
    tell(seat, [liar], 1)
    is(seat.state.votesFrom, 4)
  })

  it('H16: an answer to another start, and so perhaps from before the loss, is not taken', () => {
    const seat = forgetful()
    tell(seat, othersOf(seat), 1, 'ff'.repeat(16))
    equal([...seat.state.recall.told], [])
  })

  it('H16: tells the highest view in which it has voted, even where a restart forgot what led there', () => {
    const seat = createSeat({ restored: { records: [{ view: 7, notarize: null, skip: true, final: null }] } })
    const asked = { kind: 'view-asked', from: 'a peer', nonce: 'ab'.repeat(16) } as const
    equal(sent(seat.take(asked), 'tell-view'), [{ kind: 'tell-view', nonce: asked.nonce, epoch: 0, view: 7 }])
    const gated = createSeat({ restored: { votesFrom: 9 } })
    equal(
      sent(gated.take(asked), 'tell-view').map(({ view }) => view),
      [8],
    )
    equal(sent(forgetful().take(asked), 'tell-view'), [], 'who is in doubt itself tells nothing')
  })

  it('H16: tells nothing once a header that ends the epoch may be final somewhere', () => {
    const seat = createSeat()
    const header = headerOf(seat.set, {
      view: 1,
      height: 1,
      parent: seat.genesis.digest,
      nextSetHash: 'cc'.repeat(32),
    })
    const closing = proposalOf(seat.set, header)
    const { digest } = header
    const asked = { kind: 'view-asked', from: 'a peer', nonce: 'ab'.repeat(16) } as const
    seat.take({ kind: 'proposal', proposal: closing })
    is(sent(seat.take(asked), 'tell-view').length, 1)
    seat.take({ kind: 'certificate', certificate: seat.certificate({ type: 'notarize', view: 1, digest }) })
    equal(sent(seat.take(asked), 'tell-view'), [])
    // Of what is notarized and not here nobody knows whether it ends the epoch.
    const other = createSeat()
    other.take({ kind: 'certificate', certificate: other.certificate({ type: 'notarize', view: 1, digest }) })
    equal(sent(other.take(asked), 'tell-view'), [])
  })

  it('H16: who finds its own vote in a certificate, and not in its record, is in doubt from then on', () => {
    for (const type of ['skip', 'notarize', 'final'] as const) {
      const seat = createSeat()
      const { digest } = seat.propose(1).header
      const signers = [seat.self, ...othersOf(seat)].slice(0, quorumOf(seat.set))
      const held = seat.certificate({ type, view: 1, digest: type === 'skip' ? null : digest, signers })
      const effects = seat.take({ kind: 'certificate', certificate: held })
      equal(effectsOf(effects, 'persist-gate'), [{ kind: 'persist-gate', votesFrom: null }], type)
      is(sent(effects, 'ask-view').length, 1)
      equal(skipsNow(seat), [])
      not(seat.state.recall.nonce === seat.state.config.nonce, 'what was asked before says nothing of now')
      tell(seat, othersOf(seat), seat.state.view)
      is(seat.state.votesFrom, 4)
    }
  })

  it('H16: a checkpoint with its own vote shows the same', () => {
    const seat = createSeat()
    const { digest } = seat.propose(1).header
    const signers = [seat.self, ...othersOf(seat)].slice(0, quorumOf(seat.set))
    const certificate = seat.certificate({ type: 'final', view: 1, digest, height: 1, signers })
    const finalized = { digest, view: 1, height: 1, timeMs: seat.nowMs, certificate }
    equal(effectsOf(seat.take({ kind: 'adopt', finalized }), 'persist-gate').length, 1)
  })

  it('H16: who finds it again, after it was found out where to vote, says nothing more: another copy votes', () => {
    const seat = createSeat({ restored: { votesFrom: 2 } })
    goTo(seat, 2)
    const signers = [seat.self, ...othersOf(seat)].slice(0, quorumOf(seat.set))
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'skip', view: 2, digest: null, signers }),
    })
    tell(seat, othersOf(seat), 1)
    is(seat.state.votesFrom, null)
    equal(skipsNow(seat), [])
    // What it said before it forgot is no sign of that.
    const gated = createSeat({ restored: { votesFrom: 5 } })
    gated.take({
      kind: 'certificate',
      certificate: gated.certificate({ type: 'skip', view: 3, digest: null, signers }),
    })
    is(gated.state.votesFrom, 5)
  })

  it('H16: an own vote that the record holds is no reason for doubt, after a restart either', () => {
    const seat = createSeat()
    const proposal = seat.propose(1)
    const { digest } = proposal.header
    seat.take({ kind: 'proposal', proposal })
    const signers = [seat.self, ...othersOf(seat)].slice(0, quorumOf(seat.set))
    const notarization = seat.certificate({ type: 'notarize', view: 1, digest, signers })
    seat.take({ kind: 'certificate', certificate: notarization })
    is(seat.state.votesFrom, 0)
    const { config, finalized, records } = seat.state
    const again = createConsensus(config, {
      finalized,
      records: [...records.values()],
      proposals: [proposal],
      votesFrom: 0,
    })
    const input = { kind: 'certificate', certificate: notarization, nowMs: seat.nowMs } as const
    is(step(again, input).state.votesFrom, 0)
  })
})
