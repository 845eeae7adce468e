/** Who takes part and who votes: rules S30 to S38, a line for each way in which an act has no effect. */
import fc from 'fast-check'
import { type EventId, sha256, toHex, utf8 } from '@chirograph/codec'
import { quorumOf } from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import type { EventBody, VerifiedEvent } from '@chirograph/event'
import { orderEvents } from '@chirograph/log'
import {
  genesisState,
  type NetworkState,
  peerIdOf,
  readApplication,
  readEviction,
  readMember,
  readOrg,
  restoreState,
  rowKindOf,
  rowsOf,
  stateRoot,
  type VoidReason,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { type Applicant, applicationOf, makeApplicant, possessedKey } from './applicant.ts'
import { chainOf, dayMs, fold, headerTimeMs, issue, type Member, makeNetwork, reasonsOf } from './network.ts'

const network = makeNetwork({ size: 6, observers: 1 })
const voters = network.members.filter(({ isVoter }) => isVoter) as [Member, Member, Member, Member, Member] // five
const [sponsor, one, two, three, four] = voters
const observer = network.members.find(({ isVoter }) => !isVoter) as Member // one observes
const applicant = makeApplicant(network, 20)
const probationMs = 10 * dayMs

/** A story in headers, each author's events in the order of its chain. */
type Act = readonly [author: Member | Applicant, body: EventBody]

const apply = (by: Applicant = applicant, probation = probationMs): EventBody => ({
  kind: 'member.apply',
  application: applicationOf(network, by),
  probationMs: probation,
})
const approve = (application: EventId): EventBody => ({ kind: 'member.approve', application })
const evict = (member: Member | Applicant): EventBody => ({ kind: 'member.evict', org: member.id })
const join: EventBody = { kind: 'validator.join' }
const leave: EventBody = { kind: 'validator.leave' }
const nextSeed = sha256(utf8('next consensus key'))
const commit: EventBody = { kind: 'validator.commit', nextKeyHash: sha256(nobleEd25519.publicKey(nextSeed)) }
const rotateTo = (member: Member | Applicant, seed = nextSeed): EventBody => ({
  kind: 'validator.rotate',
  ...possessedKey(network, member.id, seed),
})

interface Told {
  readonly state: NetworkState
  readonly reasons: (VoidReason | null)[]
}

/** Tells acts, each in a header of its own, a day after the one before; the last header's outcomes. */
function tell(
  acts: readonly Act[],
  from: NetworkState = network.state,
  stepMs = dayMs,
): Told & { ids: EventId[] } {
  const chains = new Map<string, ReturnType<typeof chainOf>>()
  const ids: EventId[] = []
  let told: Told = { state: from, reasons: [] }
  acts.forEach(([author, body], index) => {
    const chain = chains.get(author.id) ?? chainOf(network, author)
    chains.set(author.id, chain)
    const event = chain(body)
    ids.push(event.id)
    const applied = fold(told.state, [event], { height: index + 1, timeMs: headerTimeMs + index * stepMs })
    told = { state: applied.state, reasons: reasonsOf(applied) as (VoidReason | null)[] }
  })
  return { ...told, ids }
}

const applied = tell([[sponsor, apply()]])
const application = applied.ids[0] as EventId // one was told
const approvalsBy = (members: readonly Member[]): Act[] =>
  members.map((member) => [member, approve(application)])
/** The applicant was admitted: four of five are a quorum. */
const admitted = tell(approvalsBy([one, two, three, four]), applied.state)
/** It votes: twenty days are more than its probation. */
const voting = tell(
  [
    [observer, issue()],
    [applicant, join],
  ],
  admitted.state,
  20 * dayMs,
)

const orgsOf = ({ validators }: NetworkState) => validators.validators.map(({ org }) => org)
const keyOf = ({ validators }: NetworkState, member: { id: string }) =>
  validators.validators.find(({ org }) => org === member.id)?.key

suite('fold: membership', (it) => {
  it('S30: notes an application, its sponsor and nobody’s approval', () => {
    equal(applied.reasons, [null])
    const row = readApplication(applied.state, application)
    ok(row)
    equal([row.sponsor, row.approvals, row.admittedHeight, row.height], [sponsor.id, [], null, 1])
    is(readOrg(applied.state, applicant.id), undefined)
    is(orgsOf(applied.state).length, 5)
  })

  it('S31: a quorum admits, and one less does not', () => {
    is(quorumOf(network.state.validators), 4)
    const { state } = tell(approvalsBy([one, two, three]), applied.state)
    is(readOrg(state, applicant.id), undefined)
    is(readApplication(state, application)?.approvals.length, 3)
    equal(admitted.reasons, [null])
    const row = readOrg(admitted.state, applicant.id)
    ok(row)
    equal(
      [row.name, row.state, row.recognitions, row.issuedPadded, row.logKeys[0]?.fromHeight],
      ['Institution 20', 'active', [], 0, 4],
    )
    is(readApplication(admitted.state, application)?.admittedHeight, 4)
  })

  it('S32: who was admitted is on probation, writes events and has no vote', () => {
    const member = readMember(admitted.state, applicant.id)
    equal(member?.standing, 'probation')
    is(member?.probationUntilMs, headerTimeMs + 3 * dayMs + probationMs)
    ok(!orgsOf(admitted.state).includes(applicant.id))
    is(admitted.state.validators.epoch, 0)
    equal(admitted.state.organisations.at(-1), applicant.id)
    is(peerIdOf(admitted.state, { genesis: network.genesis, org: applicant.id }), '12D3KooWInstitution20')
    equal(reasonsOf(fold(admitted.state, [chainOf(network, applicant)(issue())])), [null])
  })

  it('S33, S38: it votes from the epoch on that begins with its joining, and its key with it', () => {
    equal(voting.reasons, [null])
    is(voting.state.validators.epoch, 1)
    is(orgsOf(voting.state).length, 6)
    is(keyOf(voting.state, applicant), toHex(nobleEd25519.publicKey(applicant.consensusSeed)))
    is(readMember(voting.state, applicant.id)?.standing, 'voting')
  })

  it('S34: who leaves has no vote in the next epoch, and stays a member', () => {
    const { state, reasons } = tell([[one, leave]])
    equal(reasons, [null])
    ok(!orgsOf(state).includes(one.id))
    equal([state.validators.epoch, readMember(state, one.id)?.standing], [1, 'left'])
    equal(reasonsOf(fold(state, [chainOf(network, one, { sequence: 1, prev: application })(issue())])), [
      null,
    ])
  })

  it('S35: a quorum evicts, whatever the evicted says', () => {
    const three_ = tell([one, two, three].map((member): Act => [member, evict(sponsor)]))
    ok(orgsOf(three_.state).includes(sponsor.id))
    is(readEviction(three_.state, sponsor.id).length, 3)
    const { state } = tell([[four, evict(sponsor)]], three_.state)
    ok(!orgsOf(state).includes(sponsor.id))
    is(readMember(state, sponsor.id)?.standing, 'evicted')
  })

  it('S31, S35: who does not vote any more does not count', () => {
    const before = tell([...approvalsBy([one, two, three]), [one, leave]], applied.state)
    is(quorumOf(before.state.validators), 3)
    // Two of those who vote and one who left are no quorum of four.
    is(readOrg(before.state, applicant.id), undefined)
    const { state } = tell(approvalsBy([four]), before.state)
    ok(readOrg(state, applicant.id))
  })

  it('S36, S37: the committed consensus key takes over in the next epoch', () => {
    const committed = tell([[one, commit]])
    is(committed.state.validators.epoch, 0)
    const { state, reasons } = tell([[one, rotateTo(one)]], committed.state)
    equal(reasons, [null])
    equal([state.validators.epoch, keyOf(state, one)], [1, toHex(nobleEd25519.publicKey(nextSeed))])
    is(readMember(state, one.id)?.nextConsensusKeyHash?.length, 32)
  })

  it('S37: an applicant commits with its application', () => {
    const body = rotateTo(applicant, applicant.nextConsensusSeed)
    const { state, reasons } = tell([[applicant, body]], voting.state)
    equal([reasons, state.validators.epoch], [[null], 2])
  })

  it('S38: a header in which nothing changes in the end begins no epoch', () => {
    const chain = chainOf(network, applicant)
    const atMs = headerTimeMs + 100 * dayMs
    const { state, outcomes } = fold(admitted.state, [chain(join), chain(leave)], { timeMs: atMs })
    equal(
      outcomes.map(({ outcome }) => outcome),
      ['applied', 'applied'],
    )
    is(state.validators.setHash, network.state.validators.setHash)
  })

  it('S38: several changes of one header begin one epoch', () => {
    const events = [one, two].map((member) => chainOf(network, member)(leave))
    const { state } = fold(network.state, events)
    equal([state.validators.epoch, orgsOf(state).length], [1, 3])
  })

  it('comes back from its rows, which tell their kinds', () => {
    for (const { state } of [applied, admitted, voting, tell([[one, evict(two)]])]) {
      const restored = restoreState({ genesis: network.genesis, rows: rowsOf(state) })
      equal(
        [restored.validators.setHash, restored.organisations, toHex(stateRoot(restored))],
        [state.validators.setHash, state.organisations, toHex(stateRoot(state))],
      )
      ok([...rowsOf(state)].every(({ value }) => rowKindOf(value) !== undefined))
    }
    const kinds = [...rowsOf(voting.state)].map(({ value }) => rowKindOf(value))
    for (const kind of ['validators', 'member', 'application', 'joined'])
      is(kinds.filter((each) => each === kind).length, 1, kind)
    is(
      [...rowsOf(tell([[one, evict(two)]]).state)].some(({ value }) => rowKindOf(value) === 'eviction'),
      true,
    )
  })

  it('writes nothing at height 0, so that a genesis is what it was', () => {
    const kinds = [...rowsOf(genesisState(network.genesis))].map(({ value }) => rowKindOf(value))
    equal(new Set(kinds), new Set(['organisation', 'network']))
  })
})

interface Refusal {
  readonly rule: string
  readonly from?: NetworkState
  readonly acts: readonly Act[]
  readonly reason: VoidReason
  readonly stepMs?: number
}

const other = makeApplicant(network, 30)
const colliding = (change: Parameters<typeof applicationOf>[2]): EventBody => ({
  kind: 'member.apply',
  application: applicationOf(network, other, change),
  probationMs: 0,
})
const onlyOne = tell([one, two, three, four].map((member): Act => [member, leave])).state
const nobody = sha256(utf8('nobody'))
const unnamed = { ...applicationOf(network, applicant), signature: new Uint8Array(64) }

const refusals: readonly Refusal[] = [
  {
    rule: 'S30: an application that its applicant did not sign',
    acts: [[sponsor, { kind: 'member.apply', application: unnamed, probationMs: 0 }]],
    reason: 'application-invalid',
  },
  {
    rule: 'S30: an application with a consensus key that somebody else holds',
    acts: [[sponsor, colliding({ consensusKey: possessedKey(network, one.id, nobody) })]],
    reason: 'application-invalid',
  },
  {
    rule: 'S30: an application of a member',
    from: admitted.state,
    acts: [[sponsor, apply()]],
    reason: 'already-member',
  },
  {
    rule: 'S30: an application with another’s DID',
    acts: [
      [
        sponsor,
        colliding({
          dids: [one.did.replace('did:key', 'did:key')],
          assertionKeys: [nobleEd25519.publicKey(one.assertionSeed)],
        }),
      ],
    ],
    reason: 'applicant-collides',
  },
  {
    rule: 'S30: an application with another’s peer id',
    acts: [[sponsor, colliding({ peerId: '12D3KooWCollege0' })]],
    reason: 'applicant-collides',
  },
  {
    rule: 'S30: an application with another’s consensus key',
    acts: [[sponsor, colliding({ consensusKey: possessedKey(network, other.id, one.consensusSeed) })]],
    reason: 'applicant-collides',
  },
  {
    rule: 'S31: an approval by who does not vote',
    from: applied.state,
    acts: [[observer, approve(application)]],
    reason: 'not-a-validator',
  },
  { rule: 'S31: an approval of nothing', acts: [[one, approve(application)]], reason: 'application-unknown' },
  {
    rule: 'S31: an approval given twice',
    from: applied.state,
    acts: [
      [one, approve(application)],
      [one, approve(application)],
    ],
    reason: 'already-approved',
  },
  {
    rule: 'S31: an approval of who was admitted',
    from: admitted.state,
    acts: [[sponsor, approve(application)]],
    reason: 'already-admitted',
  },
  {
    rule: 'S33: joining before the probation is over',
    from: admitted.state,
    acts: [[applicant, join]],
    reason: 'probation-not-over',
  },
  { rule: 'S33: joining twice', from: voting.state, acts: [[applicant, join]], reason: 'already-validator' },
  { rule: 'S33: joining as a validator of the genesis', acts: [[one, join]], reason: 'already-validator' },
  { rule: 'S33: joining without a consensus key', acts: [[observer, join]], reason: 'no-consensus-key' },
  {
    rule: 'S33: joining again after leaving',
    acts: [
      [one, leave],
      [one, join],
    ],
    reason: 'not-on-probation',
  },
  { rule: 'S34: leaving without a vote', acts: [[observer, leave]], reason: 'not-a-validator' },
  {
    rule: 'S34: leaving a network without validators',
    from: onlyOne,
    acts: [[sponsor, leave]],
    reason: 'last-validator',
  },
  {
    rule: 'S35: an eviction by who does not vote',
    acts: [[observer, evict(one)]],
    reason: 'not-a-validator',
  },
  { rule: 'S35: an eviction of oneself', acts: [[one, evict(one)]], reason: 'evicts-itself' },
  { rule: 'S35: an eviction of who does not vote', acts: [[one, evict(observer)]], reason: 'not-evictable' },
  {
    rule: 'S35: an eviction asked for twice',
    acts: [
      [one, evict(two)],
      [one, evict(two)],
    ],
    reason: 'already-approved',
  },
  {
    rule: 'S36: a commitment by who has no consensus key',
    acts: [[observer, commit]],
    reason: 'no-consensus-key',
  },
  {
    rule: 'S36: a second commitment',
    acts: [
      [one, commit],
      [one, { kind: 'validator.commit', nextKeyHash: nobody }],
    ],
    reason: 'already-committed',
  },
  {
    rule: 'S36: a commitment to the key in use',
    acts: [
      [one, { kind: 'validator.commit', nextKeyHash: sha256(nobleEd25519.publicKey(one.consensusSeed)) }],
    ],
    reason: 'consensus-key-in-use',
  },
  { rule: 'S37: a consensus key nobody committed to', acts: [[one, rotateTo(one)]], reason: 'not-committed' },
  {
    rule: 'S37: another consensus key than the one committed to',
    acts: [
      [one, commit],
      [one, rotateTo(one, nobody)],
    ],
    reason: 'rotation-key',
  },
  {
    rule: 'S37: a consensus key without its owner’s word',
    acts: [
      [one, commit],
      [one, rotateTo(two)],
    ],
    reason: 'possession-invalid',
  },
  {
    rule: 'S37: a consensus key that is another’s',
    acts: [
      [one, { kind: 'validator.commit', nextKeyHash: sha256(nobleEd25519.publicKey(two.consensusSeed)) }],
      [one, rotateTo(one, two.consensusSeed)],
    ],
    reason: 'consensus-key-in-use',
  },
]

suite('fold: membership, what has no effect', (it) => {
  for (const { rule, from, acts, reason, stepMs } of refusals) {
    it(`${rule} is void: ${reason}`, () => {
      const before =
        acts.length > 1 ? tell(acts.slice(0, -1), from, stepMs) : { state: from ?? network.state }
      const { state, reasons } = tell(acts, from, stepMs)
      equal(reasons, [reason])
      equal(stateRoot(state), stateRoot(before.state))
    })
  }
})

suite('fold: membership, for any order of arrival', (it) => {
  it('ends in the same state and the same validators, however the events of a header came', () => {
    const leavers = voters.map((member) => chainOf(network, member))
    const events: VerifiedEvent[] = leavers.flatMap((chain, index) => [
      chain(approve(application)),
      chain(index % 2 === 0 ? commit : evict(voters[(index + 1) % 5] ?? one)),
      ...(index === 3 ? [chain(leave)] : []),
    ])
    const inOrder = (list: readonly VerifiedEvent[]) =>
      fold(applied.state, orderEvents(list.map((event) => ({ ...event })))).state
    const expected = inOrder(events)
    ok(readOrg(expected, applicant.id))
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        const state = inOrder(shuffled)
        equal(toHex(stateRoot(state)), toHex(stateRoot(expected)))
        equal(state.validators.setHash, expected.validators.setHash)
      }),
      { numRuns: 60 },
    )
  })

  it('keeps at least one validator, each organisation and key once, whatever members do', () => {
    const acts: fc.Arbitrary<Act> = fc
      .tuple(fc.nat({ max: 4 }), fc.nat({ max: 4 }), fc.nat({ max: 4 }))
      .map(([author, kind, target]): Act => {
        const by = voters[author] ?? one
        const at = voters[target] ?? two
        const bodies: EventBody[] = [leave, evict(at), join, commit, rotateTo(by)]
        return [by, bodies[kind] ?? leave]
      })
    fc.assert(
      fc.property(fc.array(acts, { maxLength: 25 }), (story) => {
        let { epoch } = network.state.validators
        let state = network.state
        for (const act of story) {
          const before = state.validators
          state = tell([act], state).state
          const { validators } = state
          ok(validators.validators.length >= 1)
          is(new Set(validators.validators.map(({ key }) => key)).size, validators.validators.length)
          const isChanged = validators.setHash !== before.setHash
          is(validators.epoch, isChanged ? epoch + 1 : epoch)
          epoch = validators.epoch
          is(
            restoreState({ genesis: network.genesis, rows: rowsOf(state) }).validators.setHash,
            validators.setHash,
          )
        }
      }),
      { numRuns: 40 },
    )
  })
})

suite('fold: membership, what is enough by now', (it) => {
  it('S31: who has approved does so again when fewer are enough, because others have left', () => {
    // Three of five approved; then one who did not leaves, and three of four are a quorum.
    const before = tell([...approvalsBy([one, two, three]), [four, leave]], applied.state)
    is(readOrg(before.state, applicant.id), undefined)
    is(quorumOf(before.state.validators), 3)
    const { state, reasons } = tell(approvalsBy([one]), before.state)
    equal(reasons, [null])
    ok(readOrg(state, applicant.id))
    is(readApplication(state, application)?.approvals.length, 3)
  })

  it('S35: so does who wants a validator out', () => {
    const before = tell([...[one, two, three].map((member): Act => [member, evict(sponsor)]), [four, leave]])
    ok(orgsOf(before.state).includes(sponsor.id))
    const { state, reasons } = tell([[two, evict(sponsor)]], before.state)
    equal(reasons, [null])
    ok(!orgsOf(state).includes(sponsor.id))
  })
})
