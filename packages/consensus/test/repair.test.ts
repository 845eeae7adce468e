import { faultsOf, helpMessagesMax, leaderOf, quorumOf } from '@chirograph/consensus'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { createCluster } from './cluster.ts'
import { contradictions, harmless, type Said } from './pairs.ts'
import {
  createFollower,
  createSeat,
  effectsOf,
  headerOf,
  proposalOf,
  sent,
  setOf,
  startMs,
  viewTimeoutMs,
  vote,
  votesSent,
} from './seat.ts'

suite('a cluster', (it) => {
  for (const size of [4, 5, 6, 7, 10]) {
    it(`of ${size} finalises a proposal at every node 3 delays after it was sent`, () => {
      const cluster = createCluster(size)
      const proposedMs = cluster.now()
      for (let node = 0; node < size; node++) cluster.input(node, { kind: 'eligible', isEligible: true })
      ok(cluster.runUntil(() => cluster.finals.length === size))
      equal(new Set(cluster.finals.map(({ digest }) => digest)).size, 1)
      equal(new Set(cluster.finals.map(({ atMs }) => atMs - proposedMs)), new Set([3]))
    })
  }

  for (const silent of [1, 2]) {
    it(`of 7 passes over ${silent} silent leaders by SKIP certificates`, () => {
      const { set } = createCluster(7)
      const down = new Set(Array.from({ length: silent }, (_, index) => leaderOf(set, index + 1)))
      const cluster = createCluster(7, { drop: ({ from, to }) => down.has(from) || down.has(to) })
      for (let node = 0; node < 7; node++)
        if (!down.has(node)) cluster.input(node, { kind: 'eligible', isEligible: true })
      ok(cluster.runUntil(() => cluster.finals.length === 7 - down.size))
      is(new Set(cluster.finals.map(({ digest }) => digest)).size, 1)
      is(
        leaderOf(set, silent + 1),
        [...cluster.sent].find(
          ({ message }) => message.kind === 'proposal' && message.proposal.header.core.view === silent + 1,
        )?.from,
      )
    })
  }

  it('is quiescent: after its decision nobody says anything until the heartbeat', () => {
    const cluster = createCluster(4)
    for (let node = 0; node < 4; node++) cluster.input(node, { kind: 'eligible', isEligible: true })
    ok(cluster.runUntil(() => cluster.finals.length === 4))
    cluster.runUntil(() => false, 10_000)
    const count = cluster.sent.length
    ok(count > 0)
    cluster.runUntil(() => false, 10_000_000)
    is(cluster.sent.length, count)
  })

  it('with nothing to decide says nothing at all', () => {
    const cluster = createCluster(4)
    for (let node = 0; node < 4; node++) cluster.input(node, { kind: 'start' })
    cluster.runUntil(() => false, 10_000_000)
    equal(cluster.sent, [])
  })

  it('of f + 1 silent members does not decide, and does when one comes back', () => {
    let isDown = true
    const cluster = createCluster(4, { drop: ({ from, to }) => isDown && (from < 2 || to < 2) })
    for (let node = 0; node < 4; node++) cluster.input(node, { kind: 'eligible', isEligible: true })
    cluster.runUntil(() => false, 30_000)
    equal(cluster.finals, [])
    isDown = false
    ok(cluster.runUntil(() => cluster.finals.length >= 4, 300_000))
    is(new Set(cluster.finals.filter(({ height }) => height === 1).map(({ digest }) => digest)).size, 1)
  })
})

suite('views', (it) => {
  it('change on a certificate of any view from the current one on', () => {
    const seat = createFollower()
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'skip', view: 9, digest: null }),
    })
    is(seat.state.view, 10)
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'skip', view: 4, digest: null }),
    })
    is(seat.state.view, 10)
  })

  it('change on q SKIP votes and not on q − 1', () => {
    const seat = createFollower({ size: 7 })
    for (let signer = 0; signer < quorumOf(seat.set); signer++) {
      is(seat.state.view, 1)
      seat.take({ kind: 'vote', vote: vote(seat.set, { signer, type: 'skip', view: 1, digest: null }) })
    }
    is(seat.state.view, 2)
  })

  it('have a timer only while something calls for a decision; f SKIPs do not, f + 1 do', () => {
    const seat = createFollower({ size: 7 })
    const armedBy = (signer: number) =>
      effectsOf(
        seat.take({ kind: 'vote', vote: vote(seat.set, { signer, type: 'skip', view: 1, digest: null }) }),
        'set-timer',
      ).filter(({ timer }) => timer === 'view').length
    equal([0, 1, 2].map(armedBy), [0, 0, 1])
    is(faultsOf(seat.set), 2)
  })

  it('time out later each time they fail, up to 16 times the first', () => {
    const seat = createFollower()
    const [first] = effectsOf(seat.take({ kind: 'eligible', isEligible: true }), 'set-timer').filter(
      ({ timer }) => timer === 'view',
    )
    is(first?.afterMs, viewTimeoutMs)
    const waits = Array.from({ length: 12 }, () => {
      const effects = seat.take({ kind: 'timer', timer: 'view', view: 1 })
      return effectsOf(effects, 'set-timer').find(({ timer }) => timer === 'view')?.afterMs ?? 0
    })
    is(waits[0], viewTimeoutMs * 1.5)
    ok(waits.every((wait, index) => wait >= (waits[index - 1] ?? 0)))
    is(waits.at(-1), viewTimeoutMs * 16)
  })

  it('that are past do not time out', () => {
    const seat = createFollower()
    seat.take({ kind: 'eligible', isEligible: true })
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'skip', view: 1, digest: null }),
    })
    equal(votesSent(seat.take({ kind: 'timer', timer: 'view', view: 1 })), [])
  })
})

suite('repair', (it) => {
  it('H6: a standstill re-sends the certificates, the own votes and the own standing', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    const { digest } = proposal.header
    seat.take({ kind: 'proposal', proposal })
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'notarize', view: 1, digest }),
    })
    const effects = seat.take({ kind: 'timer', timer: 'view', view: 2 })
    equal(votesSent(effects), ['skip 2', 'final 1', 'skip 2'])
    is(sent(effects, 'certificate').length, 1)
    equal(
      sent(effects, 'standing').map(({ standing }) => standing),
      [{ view: 2, finalView: 0, finalHeight: 0 }],
    )
  })

  it('H7: whoever is behind in views is sent the proposals, certificates and votes it lacks', () => {
    const seat = createFollower()
    const proposal = seat.propose(1)
    const { digest } = proposal.header
    seat.take({ kind: 'proposal', proposal })
    seat.take({
      kind: 'certificate',
      certificate: seat.certificate({ type: 'notarize', view: 1, digest }),
    })
    const standing = { view: 1, finalView: 0, finalHeight: 0 }
    const effects = seat.take({ kind: 'standing', from: 'behind', standing })
    equal(
      effectsOf(effects, 'send').map(({ to, message }) => [to, message.kind]),
      ['proposal', 'certificate', 'vote'].map((kind) => [{ peer: 'behind' }, kind]),
    )
  })

  it('H7: of many open views the certificate that leads into the current one is never left out', () => {
    const seat = createFollower()
    const views = 2 * helpMessagesMax
    for (let view = 1; view <= views; view++)
      seat.take({
        kind: 'certificate',
        certificate: seat.certificate({ type: 'skip', view, digest: null }),
      })
    const standing = { view: views, finalView: 0, finalHeight: 0 }
    const effects = seat.take({ kind: 'standing', from: 'behind', standing })
    const told = sent(effects, 'certificate').map((message) => message.certificate.view)
    is(told.length, helpMessagesMax)
    equal([told[0], told.at(-1)], [1, views])
  })

  it('H8: whoever is behind in height is told so, and fetches checkpoints without another word', () => {
    const ahead = { view: 9, finalView: 8, finalHeight: 5 }
    const behind = createFollower()
    const effects = behind.take({ kind: 'standing', from: 'ahead', standing: ahead })
    equal(effectsOf(effects, 'fetch-checkpoints'), [
      { kind: 'fetch-checkpoints', from: 'ahead', finalHeight: 5 },
    ])
    equal(sent(effects, 'standing'), [])
    const { digest } = behind.genesis
    const seat = createFollower()
    const finalized = { digest, view: 8, height: 5, timeMs: startMs, certificate: null }
    seat.take({ kind: 'adopt', finalized })
    const answer = seat.take({
      kind: 'standing',
      from: 'behind',
      standing: { view: 1, finalView: 0, finalHeight: 0 },
    })
    equal(
      sent(answer, 'standing').map(({ standing }) => standing),
      [ahead],
    )
  })

  it('H9: a proposal whose parent is not here asks the leader for it', () => {
    const seat = createSeat({ self: (leaderOf(setOf(4), 2) + 1) % 4 })
    const first = seat.propose(1).header
    const notarization = seat.certificate({ type: 'notarize', view: 1, digest: first.digest })
    const header = headerOf(seat.set, { view: 2, height: 2, parent: first.digest })
    const proposal = proposalOf(seat.set, header, { parentCertificate: notarization })
    const effects = seat.take({ kind: 'proposal', proposal })
    equal(effectsOf(effects, 'send'), [
      {
        kind: 'send',
        to: { validator: leaderOf(seat.set, 2) },
        message: { kind: 'standing', standing: { view: 1, finalView: 0, finalHeight: 0 } },
      },
    ])
    // With the parent both are executed, in their order.
    const evaluated = effectsOf(seat.take({ kind: 'proposal', proposal: seat.propose(1) }), 'evaluate')
    equal(
      evaluated.map(({ proposal: { header: judged } }) => judged.core.view),
      [1, 2],
    )
  })

  it('H10: a new connection is greeted with the own standing', () => {
    const effects = createFollower().take({ kind: 'connected', peer: 'new' })
    equal(effectsOf(effects, 'send'), [
      {
        kind: 'send',
        to: { peer: 'new' },
        message: { kind: 'standing', standing: { view: 1, finalView: 0, finalHeight: 0 } },
      },
    ])
  })
})

suite('finality', (it) => {
  it('needs q FINAL votes; q − 1 finalise nothing', () => {
    for (const size of [4, 5, 6, 7]) {
      const seat = createFollower({ size, mayVote: false })
      const proposal = seat.propose(1)
      seat.take({ kind: 'proposal', proposal })
      const { digest } = proposal.header
      for (let signer = 0; signer < quorumOf(seat.set); signer++) {
        is(seat.state.finalized.height, 0)
        seat.take({ kind: 'vote', vote: vote(seat.set, { signer, type: 'final', view: 1, digest }) })
      }
      is(seat.state.finalized.digest, digest)
    }
  })

  it('is not reached by NOTARIZE votes', () => {
    const seat = createFollower({ mayVote: false })
    const proposal = seat.propose(1)
    seat.take({ kind: 'proposal', proposal })
    const { digest } = proposal.header
    for (let signer = 0; signer < 4; signer++)
      seat.take({ kind: 'vote', vote: vote(seat.set, { signer, type: 'notarize', view: 1, digest }) })
    is(seat.state.finalized.height, 0)
  })

  it('of a header makes all its ancestors final, oldest first', () => {
    const seat = createFollower({ mayVote: false })
    const first = seat.propose(1)
    const notarization = seat.certificate({ type: 'notarize', view: 1, digest: first.header.digest })
    const header = headerOf(seat.set, { view: 2, height: 2, parent: first.header.digest })
    seat.take({ kind: 'proposal', proposal: first })
    seat.take({
      kind: 'proposal',
      proposal: proposalOf(seat.set, header, { parentCertificate: notarization }),
    })
    const final = seat.certificate({ type: 'final', view: 2, digest: header.digest })
    const [finalize] = effectsOf(seat.take({ kind: 'certificate', certificate: final }), 'finalize')
    equal(
      finalize?.chain.map(({ header: { core } }) => core.height),
      [1, 2],
    )
    is(finalize?.certificate.height, 2)
  })

  it('waits until the header was executed here', () => {
    const seat = createFollower({ isExecutable: () => undefined, mayVote: false })
    const proposal = seat.propose(1)
    const { digest } = proposal.header
    seat.take({ kind: 'certificate', certificate: seat.certificate({ type: 'final', view: 1, digest }) })
    seat.take({ kind: 'proposal', proposal })
    is(seat.state.finalized.height, 0)
    seat.take({ kind: 'evaluated', digest, isValid: true })
    is(seat.state.finalized.height, 1)
  })
})

suite('evidence', (it) => {
  const reported = (first: Said, second: Said, signers = [1, 1]) => {
    const seat = createFollower()
    const cast = (said: Said, signer = 1) =>
      seat.take({ kind: 'vote', vote: vote(seat.set, { ...said, signer, view: 3 }) })
    cast(first, signers[0])
    return effectsOf(cast(second, signers[1]), 'report-evidence').length
  }
  for (const [first, second] of contradictions) {
    const same = first.digest === second.digest ? '' : ' of another header'
    it(`H17: is a ${first.type} beside a ${second.type}${same}, whichever comes first`, () => {
      is(reported(first, second), 1)
      is(reported(second, first), 1)
      is(reported(first, second, [1, 2]), 0, 'two validators do not contradict each other')
    })
  }

  for (const [first, second] of harmless) {
    it(`H17: is not a ${first.type} beside a ${second.type}: honest validators send both`, () => {
      is(reported(first, second), 0)
      is(reported(second, first), 0)
    })
  }

  it('H17: is two proposals of one view', () => {
    const seat = createFollower()
    equal(effectsOf(seat.take({ kind: 'proposal', proposal: seat.propose(1) }), 'report-evidence'), [])
    const effects = seat.take({ kind: 'proposal', proposal: seat.propose(1, { mark: 5 }) })
    is(effectsOf(effects, 'report-evidence')[0]?.evidence.kind, 'proposals')
    const third = seat.take({ kind: 'proposal', proposal: seat.propose(1, { mark: 6 }) })
    equal(effectsOf(third, 'report-evidence'), [])
  })
})
