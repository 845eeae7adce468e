/** Rotation, recovery and salvage: rules S21 to S29. */
import { type EventId, sha256, utf8 } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { type EventBody, nextKeyHashOf, runOf, type VerifiedEvent } from '@chirograph/event'
import {
  approvedRotation,
  currentLogKey,
  generationsMax,
  type NetworkState,
  readApprovals,
  readClosedGenerations,
  readCredential,
  readOrg,
  restrictsIfTold,
  stateRoot,
  statusOf,
  suspensionMsMax,
  wouldRestrict,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  chainOf,
  dayMs,
  entries,
  evidenceOf,
  fold,
  forkOf,
  handle,
  headerTimeMs,
  issue,
  type Member,
  makeMember,
  makeNetwork,
  reasonsOf,
  rotate,
} from './network.ts'

const network = makeNetwork({ size: 5, observers: 1 })
const [college, one, two, three] = network.members.filter(({ isVoter }) => isVoter) as [
  Member,
  Member,
  Member,
  Member,
] // five members, one of which observes
const observer = network.members.find(({ isVoter }) => !isVoter)
if (observer === undefined) throw new Error('one member observes')

const seeds = ['second', 'third', 'fourth'].map((name) => sha256(utf8(`${name} key of the college`)))
const [third, fourth] = seeds as [Uint8Array, Uint8Array]
const toSecond = rotate({ seed: college.nextSeed, nextSeed: third })

const revoke = (...numbers: number[]): EventBody => {
  return { kind: 'status.revoke', entries: entries(...numbers), reason: 'withdrawn' }
}
const suspend = (untilMs: number, ...numbers: number[]): EventBody => {
  return { kind: 'status.suspend', entries: entries(...numbers), reason: 'under-review', untilMs }
}
const reinstate = (...numbers: number[]): EventBody => ({
  kind: 'status.reinstate',
  entries: entries(...numbers),
})
const approve = (rotation: EventId, author = college.id): EventBody => {
  return { kind: 'recovery.approve', author, rotation }
}
const salvage = (event: VerifiedEvent): EventBody => {
  return {
    kind: 'fork.salvage',
    run: runOf([event.headerBytes], event.signature),
    bodyBytes: event.bodyBytes,
  }
}

/** The rotation that begins the college's generation 1 after `prev`. */
function rotation(prev: EventId | null = null, body = toSecond): VerifiedEvent {
  return chainOf(network, college, { generation: 1, prev, seed: college.nextSeed })(body)
}

/** The state after the college issued at sequence 0, and was frozen there at height 2. */
function frozenAfterIssuing(): { state: NetworkState; issued: VerifiedEvent; lost: VerifiedEvent } {
  const [issued, lost] = forkOf(network, college)
  const before = fold(network.state, [issued]).state
  const { state } = fold(before, [chainOf(network, one)(evidenceOf(issued, lost))], {
    height: 2,
    cutEntryOf: () => ({ generation: 0, sequence: 0 }),
  })
  ok(readOrg(state, college.id)?.frozen)
  return { state, issued, lost }
}

const logKeys = (state: NetworkState) =>
  readOrg(state, college.id)?.logKeys.map(({ key: _, ...period }) => period)
const at = (state: NetworkState, number: number) =>
  statusOf(state, { org: college.id, handle: handle(number), atMs: headerTimeMs }).state

suite('fold: rotation', (it) => {
  it('S22, S23: the committed key takes over at the header, and commits to the next', () => {
    const { state, outcomes } = fold(network.state, [rotation()], { height: 7 })
    is(outcomes[0]?.outcome, 'applied')
    equal(logKeys(state), [
      { generation: 0, fromHeight: 0, untilHeight: 7 },
      { generation: 1, fromHeight: 7, untilHeight: null },
    ])
    const row = readOrg(state, college.id)
    ok(row)
    equal(currentLogKey(row).key, nobleEd25519.publicKey(college.nextSeed))
    equal(row.nextKeyHash, nextKeyHashOf(nobleEd25519.publicKey(third)))
  })

  it('S23: says where the closed generation ended', () => {
    const { id } = chainOf(network, college)(issue())
    const { state } = fold(network.state, [rotation(id)], { closedAt: () => ({ sequence: 4, id }) })
    equal(readClosedGenerations(state, college.id), [{ generation: 0, last: { sequence: 4, id } }])
    const toThird = rotate({ seed: third, nextSeed: fourth })
    const second = chainOf(network, college, { generation: 2, prev: id, seed: third })(toThird)
    equal(readClosedGenerations(fold(state, [second]).state, college.id), [
      { generation: 0, last: { sequence: 4, id } },
      { generation: 1, last: null },
    ])
    equal(readClosedGenerations(state, one.id), [])
  })

  it('S22: goes on to the next generation, in the same header or a later one', () => {
    const first = rotation()
    const toThird = rotate({ seed: third, nextSeed: fourth })
    const second = chainOf(network, college, { generation: 2, prev: first.id, seed: third })(toThird)
    const { state, outcomes } = fold(network.state, [first, second], { height: 3 })
    equal(
      outcomes.map(({ outcome }) => outcome),
      ['applied', 'applied'],
    )
    equal(logKeys(state), [
      { generation: 0, fromHeight: 0, untilHeight: 3 },
      { generation: 1, fromHeight: 3, untilHeight: 3 },
      { generation: 2, fromHeight: 3, untilHeight: null },
    ])
  })

  it('S22: voids a rotation to another key than the committed one, or to a generation out of turn', () => {
    const foreign = rotation(null, rotate({ seed: fourth, nextSeed: third }))
    equal(reasonsOf(fold(network.state, [foreign])), ['rotation-key'])
    for (const generation of [0, 2]) {
      const event = chainOf(network, college, { generation, seed: college.nextSeed })(toSecond)
      equal(reasonsOf(fold(network.state, [event])), ['rotation-generation'])
    }
    const again = rotation()
    equal(reasonsOf(fold(network.state, [again, again])), [null, 'rotation-generation'])
  })

  it(`S23: voids a rotation beyond the ${generationsMax} generations that a row lists`, () => {
    let { state } = network
    let seed = college.nextSeed
    const reasons: (string | null)[] = []
    for (let generation = 1; generation <= generationsMax; generation++) {
      const nextSeed = sha256(seed)
      const event = chainOf(network, college, { generation, seed })(rotate({ seed, nextSeed }))
      const applied = fold(state, [event], { height: generation })
      reasons.push(...reasonsOf(applied))
      state = applied.state
      seed = nextSeed
    }
    equal(reasons.slice(0, -1), Array(generationsMax - 1).fill(null))
    is(reasons.at(-1), 'rotation-limit')
  })

  it('S21: voids what is not of the current generation', () => {
    const { state } = fold(network.state, [rotation()])
    const late = chainOf(network, college)(issue())
    const current = chainOf(network, college, {
      generation: 1,
      sequence: 1,
      prev: rotation().id,
      seed: college.nextSeed,
    })
    equal(reasonsOf(fold(state, [late, current(issue())])), ['other-generation', null])
  })

  it('S20, S22: fork evidence about the generation that it closed is void, and about the new one freezes there', () => {
    const [a, b] = forkOf(network, college)
    const { state } = fold(network.state, [rotation()])
    const next = chainOf(network, one)
    equal(reasonsOf(fold(state, [next(evidenceOf(a, b))])), ['evidence-closed-generation'])
    const pair = [16, 32].map((size) => {
      const place = { generation: 1, sequence: 1, prev: rotation().id, seed: college.nextSeed }
      return chainOf(network, college, place)(issue(size))
    }) as [VerifiedEvent, VerifiedEvent]
    const frozen = fold(state, [next(evidenceOf(...pair))], {
      height: 4,
      cutEntryOf: () => ({ generation: 1, sequence: 0 }),
    })
    equal(readOrg(frozen.state, college.id)?.frozen, { generation: 1, sequence: 0, height: 4 })
  })
})

suite('fold: recovery of a frozen organisation', (it) => {
  const { state: frozen, issued } = frozenAfterIssuing()
  const recovery = rotation(issued.id)

  it('S24: takes a quorum of approvals of this very rotation, and ends the freeze', () => {
    const approvers = [one, two, three].map((member) => chainOf(network, member))
    let state = frozen
    for (const [index, next] of approvers.entries()) {
      is(approvedRotation(state, college.id), undefined)
      equal(reasonsOf(fold(state, [recovery])), ['recovery-not-approved'], `${index} approvals`)
      state = fold(state, [next(approve(recovery.id))], { height: 3 + index }).state
    }
    is(approvedRotation(state, college.id), recovery.id)
    const other = rotation(issued.id, rotate({ seed: college.nextSeed, nextSeed: fourth }))
    equal(reasonsOf(fold(state, [other])), ['recovery-not-approved'], 'another rotation')
    const recovered = fold(state, [recovery], { height: 9 })
    equal(reasonsOf(recovered), [null])
    is(readOrg(recovered.state, college.id)?.frozen, null)
    const next = chainOf(network, college, {
      generation: 1,
      sequence: 1,
      prev: recovery.id,
      seed: college.nextSeed,
    })
    equal(reasonsOf(fold(recovered.state, [next(issue())])), [null])
  })

  it('S25: only validators approve, and only what is frozen', () => {
    const cases: [Member, NetworkState, EventBody, string | null][] = [
      [observer, frozen, approve(recovery.id), 'not-a-validator'],
      [college, frozen, approve(recovery.id), 'author-frozen'],
      [one, network.state, approve(recovery.id), 'recovery-not-frozen'],
      [one, frozen, approve(recovery.id, makeMember(60).member.id), 'recovery-unknown-author'],
      [one, frozen, approve(recovery.id), null],
    ]
    for (const [member, state, body, reason] of cases)
      equal(reasonsOf(fold(state, [chainOf(network, member)(body)])), [reason], String(reason))
  })

  it('S26: counts one approval a validator, the last one given', () => {
    const other = rotation(issued.id, rotate({ seed: college.nextSeed, nextSeed: fourth }))
    const next = chainOf(network, one)
    const { state, outcomes } = fold(frozen, [
      next(approve(recovery.id)),
      next(approve(recovery.id)),
      next(approve(other.id)),
      chainOf(network, two)(approve(recovery.id)),
      chainOf(network, three)(approve(recovery.id)),
    ])
    equal(
      outcomes.map((outcome) => (outcome.outcome === 'void' ? outcome.reason : null)),
      [null, 'already-approved', null, null, null],
    )
    equal(
      readApprovals(state, college.id),
      [one, two, three]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map(({ id: org }) => ({ org, rotation: org === one.id ? other.id : recovery.id })),
    )
    is(approvedRotation(state, college.id), undefined)
  })

  it('S26: approvals of one freeze count for no other', () => {
    const approvals = [one, two, three].map((member) => chainOf(network, member)(approve(recovery.id)))
    const { state } = fold(fold(frozen, approvals).state, [recovery])
    equal(readApprovals(state, college.id), [])
    const pair = [16, 32].map((size) => {
      const place = { generation: 1, sequence: 1, prev: recovery.id, seed: college.nextSeed }
      return chainOf(network, college, place)(issue(size))
    }) as [VerifiedEvent, VerifiedEvent]
    const again = fold(state, [chainOf(network, one)(evidenceOf(...pair))], {
      cutEntryOf: () => ({ generation: 1, sequence: 0 }),
    }).state
    equal(readApprovals(again, college.id), [])
    const toThird = rotate({ seed: third, nextSeed: fourth })
    const next = chainOf(network, college, { generation: 2, prev: recovery.id, seed: third })(toThird)
    equal(reasonsOf(fold(again, [next])), ['recovery-not-approved'])
    const approved = fold(again, [chainOf(network, two)(approve(next.id))]).state
    is(readApprovals(approved, college.id).length, 1)
  })
})

suite('fold: salvage', (it) => {
  const { state: frozen, lost } = frozenAfterIssuing()
  const onLost = chainOf(network, college, { sequence: 1, prev: lost.id })
  const revoked = onLost(revoke(1))
  const bring = (event: VerifiedEvent, state = frozen) => fold(state, [chainOf(network, two)(salvage(event))])

  it('S27, S28: a revocation of a losing branch counts as its author’s', () => {
    const { state, outcomes } = fold(frozen, [chainOf(network, two)(salvage(revoked))], { height: 5 })
    is(outcomes[0]?.outcome, 'applied')
    is(at(state, 1), 'revoked')
    const row = readCredential(state, { org: college.id, handle: handle(1) })
    equal(row?.restriction, {
      kind: 'revoked',
      reason: 'withdrawn',
      height: 5,
      timeMs: headerTimeMs,
      untilMs: null,
      byOrg: college.id,
      generation: 0,
    })
    is(readOrg(state, college.id)?.restricted, 1)
    is(readOrg(state, two.id)?.restricted, 0)
  })

  it('S27: needs no signature of its own under a signed descendant', () => {
    const end = onLost(issue())
    const unsigned = {
      kind: 'fork.salvage' as const,
      run: runOf([revoked.headerBytes, end.headerBytes], end.signature),
      bodyBytes: revoked.bodyBytes,
    }
    is(at(fold(frozen, [chainOf(network, two)(unsigned)]).state, 1), 'revoked')
    const forged = { ...unsigned, run: { ...unsigned.run, signature: revoked.signature } }
    equal(reasonsOf(fold(frozen, [chainOf(network, two)(forged)])), ['salvage-invalid'])
  })

  it('S27: only of an author that is frozen in that generation, and signed by it', () => {
    const stranger = chainOf(network, makeMember(61).member)(revoke(1))
    equal(reasonsOf(bring(stranger)), ['salvage-unknown-author'])
    equal(reasonsOf(bring(revoked, network.state)), ['salvage-not-frozen'])
    const otherGeneration = chainOf(network, college, { generation: 1, seed: college.nextSeed })(revoke(1))
    equal(reasonsOf(bring(otherGeneration)), ['salvage-not-frozen'])
    const forged = chainOf(network, college, { seed: two.logSeed })(revoke(1))
    equal(reasonsOf(bring(forged)), ['salvage-invalid'])
    const elsewhere = makeNetwork({ size: 5, observers: 1, name: 'Another network' })
    equal(reasonsOf(bring(chainOf(elsewhere, college)(revoke(1)))), ['salvage-invalid'])
  })

  it('S27: not of a generation that a recovery closed: its thief may keep the key for ever', () => {
    const recovery = rotation()
    const approvals = [one, two, three].map((member) => chainOf(network, member)(approve(recovery.id)))
    const { state } = fold(fold(frozen, approvals).state, [recovery])
    equal(reasonsOf(bring(revoked, state)), ['salvage-not-frozen'])
  })

  it('S28: is told once, and makes no more rows than were issued', () => {
    const { state } = bring(revoked)
    const again = bring(revoked, state)
    equal(reasonsOf(again), ['already-revoked'])
    equal(stateRoot(again.state), stateRoot(state))
    const many = onLost(revoke(...Array.from({ length: 33 }, (_, index) => index)))
    equal(reasonsOf(bring(many)), ['row-cap'])
  })

  it('S29: suspends what was never restricted, and leaves alone what was lifted or revoked', () => {
    const until = headerTimeMs + dayMs
    const next = chainOf(network, college)
    const [suspended, lifted] = [issue(), suspend(until, 1), reinstate(1), revoke(2)]
      .map((body) => next(body))
      .slice(1)
    ok(suspended && lifted)
    const chain = chainOf(network, college)
    const before = fold(
      network.state,
      [issue(), suspend(until, 1), reinstate(1), revoke(2)].map((body) => chain(body)),
    ).state
    const pair = [16, 32].map((size) =>
      chainOf(network, college, { sequence: 4, prev: lifted.id })(issue(size)),
    )
    const { state } = fold(before, [
      chainOf(network, one)(evidenceOf(...(pair as [VerifiedEvent, VerifiedEvent]))),
    ])
    // The suspension that was lifted, told again by somebody else.
    equal(reasonsOf(bring(suspended, state)), ['already-restricted'])
    const other = onLost(suspend(until, 1, 2, 3))
    const applied = bring(other, state)
    equal(
      [1, 2, 3].map((number) => at(applied.state, number)),
      ['active', 'revoked', 'suspended'],
    )
    equal(reasonsOf(bring(onLost(suspend(headerTimeMs, 4)), state)), ['suspension-ended'])
  })
})

suite('whether a salvage would restrict anything', (it) => {
  const { state: frozen, lost } = frozenAfterIssuing()
  const onLost = chainOf(network, college, { sequence: 1, prev: lost.id })
  const revoked = onLost(revoke(1))
  const ed25519 = nobleEd25519
  const bodyOf = (event: VerifiedEvent) => salvage(event) as Extract<EventBody, { kind: 'fork.salvage' }>
  const would = (body: ReturnType<typeof bodyOf>, state = frozen, timeMs = headerTimeMs) =>
    wouldRestrict(state, { body, height: 5, timeMs, ed25519 })

  /** What both say of an event, which is what folding its salvage then does; and neither writes anything. */
  function asked(event: VerifiedEvent, state = frozen, timeMs = headerTimeMs): boolean {
    const root = stateRoot(state)
    const answer = would(bodyOf(event), state, timeMs)
    is(restrictsIfTold(state, { event, height: 5, timeMs }), answer)
    equal(stateRoot(state), root)
    const { outcomes } = fold(state, [chainOf(network, two)(bodyOf(event))], { height: 5, timeMs })
    is(outcomes[0]?.outcome, answer ? 'applied' : 'void')
    return answer
  }

  it('S27: only of a restriction, and only while its author is frozen in that generation', () => {
    is(asked(revoked), true)
    is(asked(revoked, network.state), false)
    for (const event of [onLost(issue()), onLost(reinstate(1))]) {
      is(would(bodyOf(event)), false)
      is(restrictsIfTold(frozen, { event, height: 5, timeMs: headerTimeMs }), false)
    }
    is(asked(chainOf(network, college, { generation: 1, seed: college.nextSeed })(revoke(1))), false)
    is(asked(chainOf(network, makeMember(61).member)(revoke(1))), false)
  })

  it('S27: not with a proof that does not hold, or a body that is not the one signed for', () => {
    const body = bodyOf(revoked)
    is(would({ ...body, run: { ...body.run, signature: new Uint8Array(64) } }), false)
    is(would({ ...body, run: { ...body.run, headerBytes: new Uint8Array(3) } }), false)
    is(would({ ...body, bodyBytes: new Uint8Array([0xff]) }), false)
    const elsewhere = makeNetwork({ size: 5, observers: 1, name: 'Another network' })
    is(would(bodyOf(chainOf(elsewhere, college)(revoke(1)))), false)
  })

  it('S28: until all of it is told, and never beyond what was issued', () => {
    const { state } = fold(frozen, [chainOf(network, two)(salvage(revoked))])
    is(asked(revoked, state), false)
    is(asked(onLost(revoke(1, 2)), state), true)
    is(asked(onLost(revoke(...Array.from({ length: 33 }, (_, index) => index)))), false)
  })

  it('S29: of a suspension while it runs, of what has no row', () => {
    const until = headerTimeMs + dayMs
    const suspended = onLost(suspend(until, 1))
    is(asked(suspended), true)
    is(asked(suspended, frozen, until - 1), true)
    is(asked(suspended, frozen, until), false)
    const long = onLost(suspend(headerTimeMs + suspensionMsMax + 1, 1))
    is(asked(long), false)
    is(asked(long, frozen, headerTimeMs + 1), true)
    is(
      asked(suspended, fold(frozen, [chainOf(network, two)(salvage(onLost(suspend(until, 1))))]).state),
      false,
    )
  })
})
