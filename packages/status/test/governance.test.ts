/**
 * Stolen keys, what many decide together, who recognises whom, and who acts for an institution that closed: each line of
 * a table is a story told header by header, and what a reader finds at its end. Property: the end does not depend on the
 * order in which a node came to know the events of a header.
 */
import fc from 'fast-check'
import { decode, type EventId, encode, sha256, toHex, utf8 } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { type EventBody, type RecordClass, recordClasses, type VerifiedEvent } from '@chirograph/event'
import { orderEvents } from '@chirograph/log'
import {
  consensusKeyOf,
  type EventOutcome,
  isBatchContested,
  measureLockMsDemo,
  measureOf,
  type NetworkState,
  orgRowShape,
  quorumOrgOf,
  readBatch,
  readCredential,
  readMember,
  readOrg,
  readProposal,
  restrictedPositions,
  rowKindOf,
  rowsOf,
  stateRoot,
  statusOf,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  chainOf,
  dayMs,
  entries,
  fold,
  handle,
  headerTimeMs,
  issue,
  type Member,
  makeNetwork,
  rotate,
} from './network.ts'

const network = makeNetwork({ size: 5, observers: 1 })
const voters = network.members.filter(({ isVoter }) => isVoter)
const [college, one, two, three] = voters as [Member, Member, Member, Member] // four vote, one observes
const observer = network.members.find(({ isVoter }) => !isVoter) as Member // the fifth
const quorum = quorumOrgOf(network)
const thirdSeed = sha256(utf8('third key'))
const fourthSeed = sha256(utf8('fourth key'))
const headerMs = measureLockMsDemo / 2
const until = headerTimeMs + 20 * dayMs

const revoke: EventBody = { kind: 'status.revoke', entries: entries(1), reason: 'withdrawn' }
const suspend: EventBody = {
  kind: 'status.suspend',
  entries: entries(1),
  reason: 'under-review',
  untilMs: until,
}
const reinstate: EventBody = { kind: 'status.reinstate', entries: entries(1) }
const rotateFirst = rotate({ seed: college.nextSeed, nextSeed: thirdSeed })
const rotateSecond = rotate({ seed: thirdSeed, nextSeed: fourthSeed })
const keyOf = (seed: Uint8Array) => nobleEd25519.publicKey(seed)
const stolen = (sinceHeight: number, seed = college.logSeed): EventBody => ({
  kind: 'key.compromised',
  org: college.id,
  key: keyOf(seed),
  sinceHeight,
})

/** What somebody says in a header: who, what; a later header may name an earlier event by its label. */
type Said = readonly [
  by: Member,
  body: EventBody | ((idOf: (label: string) => EventId) => EventBody),
  label?: string,
]
type Story = readonly (readonly Said[])[]

interface Told {
  readonly state: NetworkState
  readonly outcomes: readonly EventOutcome[][]
  readonly idOf: (label: string) => EventId
}

const seedsOf = (member: Member) =>
  member === college ? [college.logSeed, college.nextSeed, thirdSeed] : [member.logSeed, member.nextSeed]

/** Signs what is said, in chains that a rotation continues in the next generation. */
function signed(story: Story): { readonly headers: VerifiedEvent[][]; readonly idOf: Told['idOf'] } {
  const labels = new Map<string, EventId>()
  const idOf = (label: string): EventId => {
    const id = labels.get(label)
    if (id === undefined) throw new Error(`nothing is called ${label}`)
    return id
  }
  const tips = new Map<Member, VerifiedEvent>()
  const headers = story.map((said) =>
    said.map(([by, what, label]) => {
      const body = typeof what === 'function' ? what(idOf) : what
      const before = tips.get(by)
      const isRotation = body.kind === 'key.rotate'
      const generation = (before?.header.generation ?? 0) + (isRotation ? 1 : 0)
      const sequence = isRotation || before === undefined ? 0 : before.header.sequence + 1
      const seed = seedsOf(by)[generation] as Uint8Array // as many seeds as the stories have generations
      const event = chainOf(network, by, { generation, sequence, prev: before?.id ?? null, seed })(body)
      tips.set(by, event)
      if (label !== undefined) labels.set(label, event.id)
      return event
    }),
  )
  return { headers, idOf }
}

function told(headers: readonly (readonly VerifiedEvent[])[]): Omit<Told, 'idOf'> {
  let { state } = network
  const final = new Set<EventId>()
  const outcomes = headers.map((events, index) => {
    const ordered = orderEvents(events)
    for (const { id } of ordered) final.add(id)
    const applied = fold(state, ordered, {
      height: index + 1,
      // A time lock of one header runs in the next, and is over in the one after.
      timeMs: headerTimeMs + index * headerMs,
      isFinalOrInCut: (id) => final.has(id),
    })
    state = applied.state
    return events.map(({ id }) => applied.outcomes.find((outcome) => outcome.id === id) as EventOutcome)
  })
  return { state, outcomes }
}

function tell(story: Story): Told {
  const { headers, idOf } = signed(story)
  return { ...told(headers), idOf }
}

const reasonOf = (outcome: EventOutcome | undefined) =>
  outcome?.outcome === 'void' ? outcome.reason : 'applied'
const lastReason = ({ outcomes }: Told) => reasonOf(outcomes.at(-1)?.at(-1))
const statusIn = (state: NetworkState, atMs = headerTimeMs) =>
  statusOf(state, { org: college.id, handle: handle(1), atMs }).state

const issuing: Said = [college, issue(), 'batch']
const reaffirm: Said = [college, (idOf) => ({ kind: 'credential.reaffirm', batches: [idOf('batch')] })]
const approving = (by: Member, proposal = 'proposal'): Said => [
  by,
  (idOf) => ({ kind: 'quorum.approve', proposal: idOf(proposal) }),
]
const withdrawing = (by: Member): Said => [
  by,
  (idOf) => ({ kind: 'quorum.withdraw', proposal: idOf('proposal') }),
]
const executing = (by: Member, proposal = 'proposal'): Said => [
  by,
  (idOf) => ({ kind: 'quorum.execute', proposal: idOf(proposal) }),
]
const threeApprove = (proposal?: string) => [one, two, three].map((by) => approving(by, proposal))

/** A measure as a quorum carries it out: proposal, approvals, and the effect when the lock is over. */
const carried = (body: EventBody, label = 'proposal'): Story => [
  [[one, body, label]],
  threeApprove(label),
  [],
  [executing(observer, label)],
]
const revocation: EventBody = {
  kind: 'quorum.revoke',
  org: college.id,
  entries: entries(1),
  reason: 'issued-in-error',
}
const emergency = (untilMs = headerTimeMs + 5 * dayMs): EventBody => ({
  kind: 'quorum.suspend',
  org: college.id,
  entries: entries(1),
  reason: 'under-review',
  untilMs,
})
const annulment: EventBody = { kind: 'quorum.annul', org: college.id, handles: [handle(1)] }
const closing = (custodian: Member | null): EventBody => ({
  kind: 'quorum.close',
  org: college.id,
  custodian: custodian?.id ?? null,
})
const custody = {
  revoke: { kind: 'custody.revoke', org: college.id, entries: entries(1), reason: 'withdrawn' },
  suspend: { ...suspend, kind: 'custody.suspend', org: college.id },
  reinstate: { kind: 'custody.reinstate', org: college.id, entries: entries(1) },
} as const satisfies Record<string, EventBody>

interface Line {
  readonly rule: string
  readonly story: Story
  readonly status?: 'active' | 'suspended' | 'revoked'
  /** What became of the last thing said. */
  readonly last?: string
  readonly isContested?: boolean
}

const lines: readonly Line[] = [
  // A stolen key. In these, height 1 issues.
  {
    rule: '4: a batch above the height is contested',
    story: [[issuing], [[college, rotateFirst]], [[college, stolen(0)]]],
    isContested: true,
  },
  {
    rule: '4: a batch at the height is not',
    story: [[issuing], [[college, rotateFirst]], [[college, stolen(1)]]],
    isContested: false,
  },
  {
    rule: '4: a batch is believed again once a later key reaffirms it',
    story: [[issuing], [[college, rotateFirst]], [[college, stolen(0)]], [reaffirm]],
    isContested: false,
  },
  {
    rule: '4: whether the batch is reaffirmed before or after the theft is told makes no difference',
    story: [[issuing], [[college, rotateFirst]], [reaffirm], [[college, stolen(0)]]],
    isContested: false,
  },
  {
    rule: '4: a reaffirmation by a key that was stolen as well is none',
    story: [
      [issuing],
      [[college, rotateFirst]],
      [reaffirm],
      [[college, rotateSecond]],
      [
        [college, stolen(0)],
        [college, stolen(2, college.nextSeed)],
      ],
    ],
    isContested: true,
  },
  {
    rule: '4: and is one again when the key after that says so',
    story: [
      [issuing],
      [[college, rotateFirst]],
      [reaffirm],
      [[college, rotateSecond]],
      [[college, stolen(0)], [college, stolen(2, college.nextSeed)], reaffirm],
    ],
    isContested: false,
  },
  {
    rule: '4: a revocation by the stolen key stays',
    story: [[issuing], [[college, revoke]], [[college, rotateFirst]], [[college, stolen(0)]]],
    status: 'revoked',
  },
  {
    rule: '4: a suspension by the stolen key stays',
    story: [[issuing], [[college, suspend]], [[college, rotateFirst]], [[college, stolen(0)]]],
    status: 'suspended',
  },
  {
    rule: '4: a reinstatement by the stolen key is void',
    story: [
      [issuing],
      [[college, suspend]],
      [[college, reinstate]],
      [[college, rotateFirst]],
      [[college, stolen(2)]],
    ],
    status: 'suspended',
  },
  {
    rule: '4: a reinstatement at the height is not',
    story: [
      [issuing],
      [[college, suspend]],
      [[college, reinstate]],
      [[college, rotateFirst]],
      [[college, stolen(3)]],
    ],
    status: 'active',
  },
  {
    rule: '4: the owner reinstates again with the later key',
    story: [
      [issuing],
      [[college, suspend]],
      [[college, reinstate]],
      [[college, rotateFirst]],
      [[college, stolen(2)]],
      [[college, reinstate]],
    ],
    status: 'active',
    last: 'applied',
  },
  {
    rule: '4: the lowest height that was told counts',
    story: [[issuing], [[college, rotateFirst]], [[college, stolen(1)]], [[college, stolen(0)]]],
    isContested: true,
  },
  {
    rule: '4: a higher one after it changes nothing',
    story: [[issuing], [[college, rotateFirst]], [[college, stolen(0)]], [[college, stolen(1)]]],
    isContested: true,
    last: 'already-compromised',
  },
  {
    rule: '4: nobody says it of the current key, which the thief has too',
    story: [[issuing], [[college, stolen(0)]]],
    isContested: false,
    last: 'compromise-current-key',
  },
  {
    rule: '4: nobody says it of another’s key',
    story: [[issuing], [[college, rotateFirst]], [[one, stolen(0)]]],
    isContested: false,
    last: 'not-its-own',
  },
  {
    rule: '4: nor of a key that was never its own',
    story: [[issuing], [[college, rotateFirst]], [[college, stolen(0, one.logSeed)]]],
    last: 'compromise-unknown-key',
  },
  {
    rule: '4: a height from which nothing could follow is refused',
    story: [[issuing], [[college, rotateFirst]], [[college, stolen(2)]]],
    last: 'compromise-without-effect',
  },
  {
    rule: '4: an organisation that is not here is refused',
    story: [
      [[college, { kind: 'key.compromised', org: quorum, key: keyOf(college.logSeed), sinceHeight: 0 }]],
    ],
    last: 'compromise-unknown-org',
  },
  {
    rule: '4: the key that issued a batch does not reaffirm it',
    story: [[issuing], [reaffirm]],
    last: 'same-generation',
  },
  {
    rule: '4: nobody reaffirms another’s batch',
    story: [[issuing], [[one, (idOf) => ({ kind: 'credential.reaffirm', batches: [idOf('batch')] })]]],
    last: 'not-its-own',
  },
  {
    rule: '4: a batch is reaffirmed once a key',
    story: [[issuing], [[college, rotateFirst]], [reaffirm], [reaffirm]],
    last: 'already-reaffirmed',
  },
  {
    rule: '4: what is no batch is not reaffirmed',
    story: [[[college, revoke, 'batch']], [reaffirm]],
    last: 'batch-unknown',
  },
  // Revocation by a quorum.
  {
    rule: '5: a quorum revokes when its time lock is over',
    story: [[issuing], ...carried(revocation)],
    status: 'revoked',
    last: 'applied',
  },
  {
    rule: '5: not while the lock runs',
    story: [[issuing], [[one, revocation, 'proposal']], threeApprove(), [executing(one)]],
    status: 'active',
    last: 'time-lock-running',
  },
  {
    rule: '5: not without a quorum',
    story: [[issuing], [[one, revocation, 'proposal']], threeApprove().slice(1), [executing(one)]],
    status: 'active',
    last: 'not-approved',
  },
  {
    rule: '5: an approval that is withdrawn does not count',
    story: [[issuing], [[one, revocation, 'proposal']], threeApprove(), [withdrawing(two)], [executing(one)]],
    status: 'active',
    last: 'not-approved',
  },
  {
    rule: '5: the lock begins anew with the quorum that comes together again',
    story: [
      [issuing],
      [[one, revocation, 'proposal']],
      threeApprove(),
      [withdrawing(two)],
      [approving(two)],
      [executing(one)],
    ],
    status: 'active',
    last: 'time-lock-running',
  },
  {
    rule: '5: whoever observes approves nothing',
    story: [[[one, revocation, 'proposal']], [approving(observer)]],
    last: 'not-a-validator',
  },
  {
    rule: '5: one approval of each',
    story: [[[one, revocation, 'proposal']], [approving(two)], [approving(two)]],
    last: 'already-approved',
  },
  {
    rule: '5: nobody withdraws what it did not approve',
    story: [[[one, revocation, 'proposal']], [withdrawing(two)]],
    last: 'not-approved',
  },
  {
    rule: '5: a measure is carried out once',
    story: [[issuing], ...carried(revocation), [executing(one)]],
    last: 'already-executed',
  },
  {
    rule: '5: and approved no more after it',
    story: [[issuing], ...carried(revocation), [approving(college)]],
    last: 'already-executed',
  },
  {
    rule: '5: nor withdrawn',
    story: [[issuing], ...carried(revocation), [withdrawing(one)]],
    last: 'already-executed',
  },
  {
    rule: '5: what was not proposed is not approved',
    story: [[[one, issue(), 'proposal']], [approving(one)]],
    last: 'proposal-unknown',
  },
  {
    rule: '5: nor carried out',
    story: [[[one, issue(), 'proposal']], [executing(one)]],
    last: 'proposal-unknown',
  },
  {
    rule: '5: a measure about nobody is void',
    story: [[[one, { ...revocation, org: quorum } as EventBody]]],
    last: 'measure-unknown-org',
  },
  {
    rule: '5: the issuer’s rows are no limit to a quorum, so that it cannot use them up first',
    story: [...carried(revocation)],
    status: 'revoked',
    last: 'applied',
  },
  {
    rule: '1: a quorum’s revocation absorbs what the issuer does later',
    story: [[issuing], ...carried(revocation), [[college, reinstate]]],
    status: 'revoked',
    last: 'already-revoked',
  },
  // Emergency suspension: f + 1 of four are two.
  {
    rule: '5: f+1 suspend at once',
    story: [[issuing], [[one, emergency(), 'proposal']], [approving(one), approving(two)]],
    status: 'suspended',
    last: 'applied',
  },
  {
    rule: '5: f do not',
    story: [[issuing], [[one, emergency(), 'proposal']], [approving(one)]],
    status: 'active',
  },
  {
    rule: '5: the issuer does not lift what many suspended',
    story: [
      [issuing],
      [[one, emergency(), 'proposal']],
      [approving(one), approving(two)],
      [[college, reinstate]],
    ],
    status: 'suspended',
    last: 'restricted-by-quorum',
  },
  {
    rule: '5: nor replace it by a suspension of its own, which it could lift',
    story: [
      [issuing],
      [[one, emergency(), 'proposal']],
      [approving(one), approving(two)],
      [[college, suspend]],
    ],
    status: 'suspended',
    last: 'restricted-by-quorum',
  },
  {
    rule: '5: it may revoke for good',
    story: [
      [issuing],
      [[one, emergency(), 'proposal']],
      [approving(one), approving(two)],
      [[college, revoke]],
    ],
    status: 'revoked',
    last: 'applied',
  },
  {
    rule: '5: many suspend over the issuer’s own suspension, so that lifting that is of no use',
    story: [
      [issuing],
      [[college, suspend]],
      [[one, emergency(), 'proposal']],
      [approving(one), approving(two)],
      [[college, reinstate]],
    ],
    status: 'suspended',
    last: 'restricted-by-quorum',
  },
  {
    rule: '5: a suspension by few that would last longer than a month is void',
    story: [
      [issuing],
      [[one, emergency(headerTimeMs + 40 * dayMs), 'proposal']],
      [approving(one), approving(two)],
    ],
    status: 'active',
    last: 'suspension-too-long',
  },
  {
    rule: '5: so is one that is over before they agree',
    story: [[issuing], [[one, emergency(headerTimeMs), 'proposal']], [approving(one), approving(two)]],
    status: 'active',
    last: 'suspension-ended',
  },
  // Annulment.
  {
    rule: '1: a quorum annuls a revocation that a stolen key made',
    story: [
      [issuing],
      [[college, revoke]],
      [[college, rotateFirst]],
      [[college, stolen(1)]],
      ...carried(annulment),
    ],
    status: 'active',
    last: 'applied',
  },
  {
    rule: '1: not one that became final at the height since which it was stolen',
    story: [
      [issuing],
      [[college, revoke]],
      [[college, rotateFirst]],
      [[college, stolen(2)]],
      ...carried(annulment),
    ],
    status: 'revoked',
    last: 'not-annullable',
  },
  {
    rule: '1: not one whose key nobody said was stolen',
    story: [[issuing], [[college, revoke]], ...carried(annulment)],
    status: 'revoked',
    last: 'not-annullable',
  },
  {
    rule: '1: not where the theft is told in the very header, whichever comes first in it',
    story: [
      [issuing],
      [[college, revoke]],
      [[college, rotateFirst]],
      [[one, annulment, 'proposal']],
      threeApprove(),
      [],
      [[college, stolen(1)], executing(one)],
    ],
    status: 'revoked',
    last: 'not-annullable',
  },
  {
    rule: '1: nor what a quorum revoked',
    story: [[issuing], ...carried(revocation), ...carried(annulment, 'annulment')],
    status: 'revoked',
    last: 'not-annullable',
  },
  {
    rule: '1: a suspension is not annulled',
    story: [[issuing], [[college, suspend]], ...carried(annulment)],
    status: 'suspended',
    last: 'not-revoked',
  },
  {
    rule: '1: what was annulled can be revoked again',
    story: [
      [issuing],
      [[college, revoke]],
      [[college, rotateFirst]],
      [[college, stolen(1)]],
      ...carried(annulment),
      [[college, revoke]],
    ],
    status: 'revoked',
    last: 'applied',
  },
  // Closing and custody.
  {
    rule: '5: a closed issuer says nothing more',
    story: [[issuing], ...carried(closing(two)), [[college, revoke]]],
    status: 'active',
    last: 'author-closed',
  },
  {
    rule: '5: its custodian revokes what it issued',
    story: [[issuing], ...carried(closing(two)), [[two, custody.revoke]]],
    status: 'revoked',
    last: 'applied',
  },
  {
    rule: '5: and lifts a suspension of the issuer’s own',
    story: [[issuing], [[college, suspend]], ...carried(closing(two)), [[two, custody.reinstate]]],
    status: 'active',
    last: 'applied',
  },
  {
    rule: '5: and suspends, within the issuer’s rows',
    story: [[issuing], ...carried(closing(two)), [[two, custody.suspend]]],
    status: 'suspended',
    last: 'applied',
  },
  {
    rule: '5: nobody else acts for it',
    story: [[issuing], ...carried(closing(two)), [[three, custody.revoke]]],
    status: 'active',
    last: 'not-its-own',
  },
  {
    rule: '5: nobody acts for one that has not closed',
    story: [[issuing], [[two, custody.revoke]]],
    status: 'active',
    last: 'not-its-own',
  },
  {
    rule: '5: without a custodian it is frozen',
    story: [[issuing], ...carried(closing(null)), [[two, custody.revoke]]],
    status: 'active',
    last: 'not-its-own',
  },
  {
    rule: '5: a quorum hands it to another custodian later',
    story: [
      [issuing],
      ...carried(closing(two)),
      ...carried(closing(three), 'again'),
      [
        [two, custody.revoke],
        [three, custody.suspend],
      ],
    ],
    status: 'suspended',
    last: 'applied',
  },
  {
    rule: '5: handing it to whom it is with changes nothing',
    story: [[issuing], ...carried(closing(two)), ...carried(closing(two), 'again')],
    last: 'already-closed',
  },
  {
    rule: '5: one that has closed is no custodian',
    story: [
      ...carried({ kind: 'quorum.close', org: two.id, custodian: null }),
      [[one, closing(two), 'again']],
      [college, one, three].map((by) => approving(by, 'again')),
      [],
      [executing(one, 'again')],
    ],
    last: 'custodian-unfit',
  },
  {
    rule: '4: the custodian says that the closed issuer’s last key was stolen, and stands by its batch',
    story: [
      [issuing],
      ...carried(closing(two)),
      [
        [two, stolen(0)],
        [two, (idOf) => ({ kind: 'credential.reaffirm', batches: [idOf('batch')] })],
      ],
    ],
    isContested: false,
    last: 'applied',
  },
  {
    rule: '4: what a stolen key of the custodian lifted is restricted again',
    story: [
      [issuing],
      [[college, suspend]],
      ...carried(closing(two)),
      [[two, custody.reinstate]],
      [[two, rotate({ seed: two.nextSeed, nextSeed: fourthSeed })]],
      [[two, { kind: 'key.compromised', org: two.id, key: keyOf(two.logSeed), sinceHeight: 6 }]],
    ],
    status: 'suspended',
  },
  // Recognition.
  {
    rule: 'nobody recognises itself',
    story: [
      [
        [
          one,
          { kind: 'recognition.grant', org: one.id, recordClasses: ['degree'], fromMs: 0, untilMs: null },
        ],
      ],
    ],
    last: 'recognises-itself',
  },
  {
    rule: 'nobody is recognised who is not here',
    story: [
      [
        [
          one,
          { kind: 'recognition.grant', org: quorum, recordClasses: ['degree'], fromMs: 0, untilMs: null },
        ],
      ],
    ],
    last: 'recognition-unknown-org',
  },
  {
    rule: 'nobody ends what it did not give',
    story: [[[one, { kind: 'recognition.end', org: two.id }]]],
    last: 'not-recognised',
  },
]

suite('governance', (it) => {
  for (const { rule, story, status, last, isContested } of lines) {
    it(rule, () => {
      const end = tell(story)
      if (status !== undefined) is(statusIn(end.state), status)
      if (last !== undefined) is(lastReason(end), last)
      if (isContested !== undefined) {
        const batch = readBatch(end.state, end.idOf('batch'))
        const compromises = readOrg(end.state, college.id)?.compromises ?? []
        ok(batch !== undefined)
        is(isBatchContested(batch, compromises), isContested)
      }
    })
  }

  it('comes out the same in whatever order a node came to know the events of a header', () => {
    const all = lines.map(({ story }) => signed(story).headers)
    fc.assert(
      fc.property(fc.constantFrom(...all), fc.infiniteStream(fc.nat()), (headers, draws) => {
        const shuffled = headers.map((events) =>
          [...events]
            .map((event) => [draws.next().value ?? 0, event] as const)
            .sort(([a], [b]) => a - b)
            .map(([, event]) => event),
        )
        equal(stateRoot(told(shuffled).state), stateRoot(told(headers).state))
      }),
      { numRuns: all.length },
    )
  })

  it('keeps of a measure what was asked for, who approved it, and when it may be carried out', () => {
    const { state, idOf } = tell([[[one, revocation, 'proposal']], threeApprove()])
    const row = readProposal(state, idOf('proposal'))
    ok(row !== undefined)
    equal(measureOf(row), revocation)
    equal(row.approvals, [one.id, two.id, three.id].sort())
    equal([row.proposer, row.height, row.executedHeight], [one.id, 1, null])
    is(row.lockedUntilMs, headerTimeMs + headerMs + measureLockMsDemo)
    ok([...rowsOf(state)].some(({ value }) => rowKindOf(value) === 'proposal'))
  })

  it('says in the row that it was a quorum, and lets its suspension lapse by the reader’s clock', () => {
    const { state } = tell([[issuing], [[one, emergency(), 'proposal']], [approving(one), approving(two)]])
    const row = readCredential(state, { org: college.id, handle: handle(1) })
    equal([row?.restriction.byOrg, row?.restriction.generation], [quorum, 0])
    is(quorum, toHex(network.networkId))
    is(statusIn(state, headerTimeMs + 5 * dayMs), 'active')
  })

  it('sets the bit again of what a stolen key lifted', () => {
    const placed = [{ handle: handle(1), position: 7 }]
    const { state } = tell([
      [issuing, [college, { kind: 'status.lease', count: 1_024 }]],
      [[college, { ...suspend, entries: placed } as EventBody]],
      [[college, reinstate]],
      [[college, rotateFirst]],
      [[college, stolen(2)]],
    ])
    equal(restrictedPositions(state, { atMs: headerTimeMs }), { revocation: [], suspension: [7] })
  })

  it('says of an annulled revocation how it ended', () => {
    const { state } = tell([
      [issuing],
      [[college, revoke]],
      [[college, rotateFirst]],
      [[college, stolen(1)]],
      ...carried(annulment),
    ])
    const status = statusOf(state, { org: college.id, handle: handle(1), atMs: headerTimeMs })
    equal(status.state === 'active' && status.ended?.by, 'annulment')
  })

  it('takes the vote of an issuer that closes', () => {
    const { state } = tell(carried(closing(two)))
    is(consensusKeyOf(state, college.id), undefined)
    is(readMember(state, college.id)?.standing, 'left')
    equal([readOrg(state, college.id)?.state, readOrg(state, college.id)?.custodian], ['closed', two.id])
  })

  it('dates the recognitions of members and of the network, and ends them in their own time', () => {
    const term = { recordClasses: ['degree', 'licence'], fromMs: 0, untilMs: null } as const
    const { state } = tell([
      [[one, { kind: 'recognition.grant', org: two.id, ...term }]],
      [[three, { kind: 'recognition.grant', org: two.id, ...term, fromMs: until }]],
      [
        [one, { kind: 'recognition.end', org: two.id }],
        [three, { kind: 'recognition.end', org: two.id }],
      ],
      ...carried({ kind: 'quorum.recognise', org: two.id, ...term }),
      ...carried({ kind: 'quorum.endRecognition', org: two.id }, 'end'),
    ])
    const row = readOrg(state, two.id)
    const endedMs = headerTimeMs + 2 * headerMs
    // One that had not begun is gone.
    equal(row?.grants, [{ byOrg: one.id, ...term, untilMs: endedMs, grantedHeight: 1 }])
    equal(row?.recognitions, [{ ...term, untilMs: headerTimeMs + 10 * headerMs, grantedHeight: 7 }])
  })

  it('leaves room for the recognitions of many members', () => {
    const grants = Array.from({ length: 9 }, (_, index): Said => {
      const term = { recordClasses: ['degree'], fromMs: index, untilMs: null } as const
      return [one, { kind: 'recognition.grant', org: two.id, ...term }]
    })
    const end = tell([grants])
    is(lastReason(end), 'recognition-limit')
    is(readOrg(end.state, two.id)?.grants.length, 8)
  })

  it('writes the row of an organisation as before while there is nothing to add, and refuses room for nothing', () => {
    const row = readOrg(network.state, college.id)
    ok(row !== undefined)
    const bytes = encode(orgRowShape, row)
    is(bytes[0], 0x8c)
    equal(decode(orgRowShape, bytes, { bytesMax: 32_768 }), { ok: true, value: row })
    const roomy = Uint8Array.of(0x8e, ...bytes.subarray(1), 0x80, 0x80)
    is(decode(orgRowShape, roomy, { bytesMax: 32_768 }).ok, false)
    const compromises = [{ org: college.id, generation: 0, sinceHeight: 5 }]
    const full = encode(orgRowShape, { ...row, compromises })
    is(full[0], 0x8e)
    is(rowKindOf(full), 'organisation')
    equal(decode(orgRowShape, full, { bytesMax: 32_768 }), { ok: true, value: { ...row, compromises } })
  })

  it('has room in its rows for the largest measure, and for an organisation with every list full', () => {
    const named = Array.from({ length: 256 }, (_, index) => ({
      handle: handle(index),
      position: 2 ** 40 - 1,
    }))
    const largest = { ...emergency(Number.MAX_SAFE_INTEGER), entries: named } as EventBody
    const { state, idOf } = tell([[[one, largest, 'proposal']]])
    const proposed = readProposal(state, idOf('proposal'))
    ok(proposed !== undefined)
    equal(measureOf(proposed), largest)

    const row = readOrg(network.state, college.id)
    const most = Number.MAX_SAFE_INTEGER
    const times = <T>(count: number, of: (index: number) => T) =>
      Array.from({ length: count }, (_, i) => of(i))
    const classes = Object.keys(recordClasses) as RecordClass[] // the table's own keys
    const term = { recordClasses: classes, fromMs: most, untilMs: most, grantedHeight: most }
    const period = { key: new Uint8Array(32), fromHeight: most, untilHeight: most }
    ok(row !== undefined)
    const full = {
      ...row,
      name: 'n'.repeat(360),
      logKeys: times(64, (generation) => ({ generation: 0xffff_ff00 + generation, ...period })),
      assertionKeys: times(128, () => period),
      dids: times(24, () => 'd'.repeat(320)),
      recognitions: times(32, () => term),
      custodian: one.id,
      frozen: { generation: most, sequence: most, height: most },
      issuedPadded: most,
      restricted: most,
      compromises: times(128, (index) => ({
        org: college.id,
        generation: 0xffff_ff00 + index,
        sinceHeight: most,
      })),
      grants: times(64, () => ({ byOrg: one.id, ...term })),
    }
    const bytes = encode(orgRowShape, full)
    equal(decode(orgRowShape, bytes, { bytesMax: 32_768 }), { ok: true, value: full })
  })

  it('tells a custodian’s theft to the ward that it got in the same header, in either order', () => {
    const kept: Story = [
      [[two, rotate({ seed: two.nextSeed, nextSeed: fourthSeed })]],
      [[one, closing(two), 'proposal']],
      threeApprove(),
      [],
      [
        [two, { kind: 'key.compromised', org: two.id, key: keyOf(two.logSeed), sinceHeight: 0 }],
        executing(observer),
      ],
    ]
    const { state } = tell(kept)
    const compromise = { org: two.id, generation: 0, sinceHeight: 0 }
    equal(readOrg(state, college.id)?.compromises, [compromise])
    equal(readOrg(state, two.id)?.compromises, [compromise])
    const { headers } = signed(kept)
    const reversed = headers.map((events) => events.toReversed())
    equal(stateRoot(told(reversed).state), stateRoot(state))
  })

  it('tells the ward of a header’s first custodian a theft that is told after it got that custodian', () => {
    const stolenSince = (sinceHeight: number): Said => [
      two,
      { kind: 'key.compromised', org: two.id, key: keyOf(two.logSeed), sinceHeight },
    ]
    const { state } = tell([
      [[one, closing(two), 'proposal']],
      [[two, rotate({ seed: two.nextSeed, nextSeed: fourthSeed })], ...threeApprove()],
      [],
      [stolenSince(1), executing(two), stolenSince(0)],
    ])
    equal(readOrg(state, college.id)?.compromises, [{ org: two.id, generation: 0, sinceHeight: 0 }])
  })

  it('never shortens by a suspension of many what the issuer suspended for longer', () => {
    const { state } = tell([
      [issuing],
      [[college, suspend]],
      [[one, emergency(), 'proposal']],
      [approving(one), approving(two)],
    ])
    is(statusIn(state, until - 1), 'suspended')
    is(statusIn(state, until), 'active')
  })
})
