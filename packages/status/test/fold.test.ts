import { contentId, encode, toHex, utf8 } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import {
  createEvent,
  type EventBody,
  type ForkEvidence,
  runOf,
  type SignedRun,
  type VerifiedEvent,
} from '@chirograph/event'
import {
  leasedPositionsMax,
  type NetworkState,
  nextPositionOf,
  orgRowKey,
  orgRowShape,
  readBatch,
  readCredential,
  readLeases,
  readOrg,
  restoreState,
  rowsOf,
  stateRoot,
  statusOf,
  suspensionMsMax,
} from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  chainOf,
  dayMs,
  entries,
  fold,
  forkOf,
  handle,
  headerTimeMs,
  issue,
  makeMember,
  makeNetwork,
  reasonsOf,
} from './network.ts'

const network = makeNetwork()
const [college, other] = network.members

const lease = (count = 1024): EventBody => ({ kind: 'status.lease', count })
const revoke = (...numbers: number[]): EventBody => ({
  kind: 'status.revoke',
  entries: entries(...numbers),
  reason: 'withdrawn',
})
const suspend = (untilMs: number, ...numbers: number[]): EventBody => ({
  kind: 'status.suspend',
  entries: entries(...numbers),
  reason: 'under-review',
  untilMs,
})
const reinstate = (...numbers: number[]): EventBody => ({
  kind: 'status.reinstate',
  entries: entries(...numbers),
})

/** The reasons (null: applied) of one author's events, folded one header each. */
function story(...bodies: EventBody[]): { state: NetworkState; reasons: (string | null)[] } {
  const next = chainOf(network, college)
  const reasons: (string | null)[] = []
  let state = network.state
  bodies.forEach((body, index) => {
    const applied = fold(state, [next(body)], { height: index + 1 })
    state = applied.state
    reasons.push(...reasonsOf(applied))
  })
  return { state, reasons }
}

const at = (state: NetworkState, number: number, atMs = headerTimeMs) =>
  statusOf(state, { org: college.id, handle: handle(number), atMs }).state

/** The genesis state with one organisation's row changed. */
function withOrg(change: (row: NonNullable<ReturnType<typeof readOrg>>) => object): NetworkState {
  const row = readOrg(network.state, college.id)
  ok(row !== undefined)
  const key = orgRowKey(college.id)
  const changed = { key, value: encode(orgRowShape, { ...row, ...change(row) }) }
  const rows = [...rowsOf(network.state)].map((kept) => (toHex(kept.key) === toHex(key) ? changed : kept))
  return restoreState({ genesis: network.genesis, rows })
}

suite('fold: who may act', (it) => {
  it('S1: voids an event of an author that the network does not know', () => {
    const stranger = makeMember(77).member
    equal(reasonsOf(fold(network.state, [chainOf(network, stranger)(issue())])), ['unknown-author'])
  })

  it('S2: voids an event of a closed organisation', () => {
    const state = withOrg(() => ({ state: 'closed' }))
    equal(reasonsOf(fold(state, [chainOf(network, college)(issue())])), ['author-closed'])
  })

  it('S3: voids an event of a frozen organisation', () => {
    const state = withOrg(() => ({ frozen: { generation: 0, sequence: 3, height: 1 } }))
    equal(reasonsOf(fold(state, [chainOf(network, college)(issue())])), ['author-frozen'])
  })

  it('S4: voids, and does not hold up, an event with a reference that is neither final nor in the cut', () => {
    const elsewhere = contentId(utf8('an event nobody has'))
    const next = chainOf(network, college)
    const events = [next(issue(), [elsewhere]), next(issue())]
    equal(reasonsOf(fold(network.state, events)), ['missing-reference', null])
    equal(reasonsOf(fold(network.state, events, { isFinalOrInCut: (id) => id === elsewhere })), [null, null])
  })
})

suite('an organisation, read again and again', (it) => {
  it('is one decoded row in one state, and another in a state where it changed', () => {
    const before = readOrg(network.state, college.id)
    is(readOrg(network.state, college.id), before)
    const { state } = fold(network.state, [chainOf(network, college)(issue(64))])
    is(readOrg(state, college.id)?.issuedPadded, 64)
    is(readOrg(network.state, college.id)?.issuedPadded, 0)
  })
})

suite('fold: batches and leases', (it) => {
  it('S5: gives a batch a row with the height and time of the header, not of the event', () => {
    const event = chainOf(network, college)(issue(64))
    const { state } = fold(network.state, [event], { height: 7, timeMs: 123 })
    const row = readBatch(state, event.id)
    ok(row !== undefined)
    is(row.org, college.id)
    is(row.paddedSize, 64)
    is(row.height, 7)
    is(row.timeMs, 123)
    is(readOrg(state, college.id)?.issuedPadded, 64)
    is(readOrg(state, other.id)?.issuedPadded, 0)
  })

  it('S6: voids a batch above the lifetime limit of an organisation', () => {
    const state = withOrg(() => ({ issuedPadded: 2 ** 40 - 15 }))
    equal(reasonsOf(fold(state, [chainOf(network, college)(issue(16))])), ['issued-limit'])
  })

  it('S7: leases consecutive positions in the final order, over all organisations', () => {
    const [a, b] = [chainOf(network, college), chainOf(network, other)]
    const { state } = fold(network.state, [a(lease(2048)), b(lease(1024)), a(lease(4096))], { height: 5 })
    equal(readLeases(state, college.id), [
      { start: 0, count: 2048, height: 5 },
      { start: 3072, count: 4096, height: 5 },
    ])
    equal(readLeases(state, other.id), [{ start: 2048, count: 1024, height: 5 }])
    is(nextPositionOf(state), 7168)
  })

  it('S8: voids a lease above the positions that one organisation may hold', () => {
    const next = chainOf(network, college)
    const bodies = Array.from({ length: leasedPositionsMax / 131_072 + 1 }, () => next(lease(131_072)))
    const reasons = reasonsOf(fold(network.state, bodies))
    equal(reasons.slice(0, -1), Array(128).fill(null))
    is(reasons.at(-1), 'lease-limit')
  })

  it(
    'S8: voids a lease above the number of leases that one organisation may hold',
    () => {
      const next = chainOf(network, college)
      const reasons = reasonsOf(
        fold(
          network.state,
          Array.from({ length: 1025 }, () => next(lease(1024))),
        ),
      )
      is(reasons.filter((reason) => reason === null).length, 1024)
      is(reasons.at(-1), 'lease-limit')
    },
    { timeoutMs: 60_000 },
  )
})

suite('fold: restrictions', (it) => {
  it('S9: acts on the rows of the author alone', () => {
    const [a, b] = [chainOf(network, college), chainOf(network, other)]
    const { state } = fold(network.state, [a(issue()), b(issue()), b(revoke(1))])
    is(at(state, 1), 'active')
    is(statusOf(state, { org: other.id, handle: handle(1), atMs: headerTimeMs }).state, 'revoked')
  })

  it('S10: skips an entry that cannot take effect, applies the others, and says which', () => {
    const next = chainOf(network, college)
    const { outcomes, state } = fold(network.state, [next(issue()), next(revoke(2)), next(revoke(1, 2, 3))])
    const last = outcomes.at(-1)
    ok(last?.outcome === 'applied')
    equal(last.skipped, [{ index: 1, reason: 'already-revoked' }])
    is(readOrg(state, college.id)?.restricted, 3)
    equal(story(issue(), revoke(1), revoke(1)).reasons, [null, null, 'already-revoked'])
  })

  it('S11: voids a whole event that would restrict more credentials than were issued', () => {
    const sixteen = Array.from({ length: 16 }, (_, i) => i)
    equal(story(revoke(1)).reasons, ['row-cap'])
    equal(story(issue(16), revoke(...sixteen), revoke(16)).reasons, [null, null, 'row-cap'])
    const { state, reasons } = story(issue(16), revoke(...sixteen, 16))
    equal(reasons, [null, 'row-cap'])
    is(at(state, 0), 'active')
    is(readOrg(state, college.id)?.restricted, 0)
  })

  it('S11: counts a row once, however often it changes', () => {
    const until = headerTimeMs + dayMs
    const { state, reasons } = story(issue(), suspend(until, 1), reinstate(1), suspend(until, 1), revoke(1))
    equal(reasons, [null, null, null, null, null])
    is(readOrg(state, college.id)?.restricted, 1)
  })

  it('S12: revoked is terminal for the issuer', () => {
    const until = headerTimeMs + dayMs
    const { state, reasons } = story(issue(), revoke(1), suspend(until, 1), reinstate(1), revoke(1))
    equal(reasons, [null, null, 'already-revoked', 'already-revoked', 'already-revoked'])
    is(at(state, 1, headerTimeMs + 1000 * dayMs), 'revoked')
  })

  it('S13: a suspension must end after the header and within 180 days of it', () => {
    equal(story(issue(), suspend(headerTimeMs, 1)).reasons, [null, 'suspension-ended'])
    equal(story(issue(), suspend(headerTimeMs + 1, 1)).reasons, [null, null])
    equal(story(issue(), suspend(headerTimeMs + suspensionMsMax, 1)).reasons, [null, null])
    equal(story(issue(), suspend(headerTimeMs + suspensionMsMax + 1, 1)).reasons, [
      null,
      'suspension-too-long',
    ])
  })

  it('S14: a later suspension replaces the earlier one and clears its lifting', () => {
    const first = headerTimeMs + dayMs
    const second = headerTimeMs + 9 * dayMs
    const { state } = story(issue(), suspend(first, 1), reinstate(1), suspend(second, 1))
    const row = readCredential(state, { org: college.id, handle: handle(1) })
    ok(row !== undefined)
    is(row.lifted, null)
    is(row.restriction.untilMs, second)
    is(row.restriction.height, 4)
    is(at(state, 1), 'suspended')
  })

  it('S15: a reinstatement lifts a suspension without overwriting it, and nothing else', () => {
    const until = headerTimeMs + dayMs
    const { state, reasons } = story(issue(), reinstate(1), suspend(until, 1), reinstate(1), reinstate(1))
    equal(reasons, [null, 'not-restricted', null, null, 'already-lifted'])
    const row = readCredential(state, { org: college.id, handle: handle(1) })
    ok(row !== undefined)
    is(row.restriction.kind, 'suspended')
    is(row.restriction.height, 3)
    equal(row.lifted, { height: 4, timeMs: headerTimeMs, byOrg: college.id, generation: 0 })
    is(at(state, 1), 'active')
  })

  it('S16: keeps a position inside the lease, drops one outside, and restricts either way', () => {
    const entry = (position: number | null): EventBody => ({
      kind: 'status.revoke',
      entries: [{ handle: handle(1), position }],
      reason: 'withdrawn',
    })
    const positionAfter = (...bodies: EventBody[]) => {
      const { state } = story(issue(), lease(1024), ...bodies)
      is(at(state, 1), bodies.some((body) => body.kind === 'status.revoke') ? 'revoked' : 'suspended')
      return readCredential(state, { org: college.id, handle: handle(1) })?.position
    }
    is(positionAfter(entry(1023)), 1023)
    is(positionAfter(entry(1024)), null)
    is(positionAfter(entry(null)), null)
    const until = headerTimeMs + dayMs
    const suspendedAt5: EventBody = {
      ...suspend(until, 1),
      kind: 'status.suspend',
      reason: 'under-review',
      untilMs: until,
      entries: [{ handle: handle(1), position: 5 }],
    }
    is(positionAfter(suspendedAt5, entry(null)), 5)
    is(positionAfter(suspendedAt5, entry(4000)), 5)
  })

  it('S17: a suspension lapses by the clock, while the root stays', () => {
    const until = headerTimeMs + dayMs
    const { state } = story(issue(), suspend(until, 1))
    const root = stateRoot(state)
    is(at(state, 1, until - 1), 'suspended')
    is(at(state, 1, until), 'active')
    equal(stateRoot(state), root)
    equal(statusOf(state, { org: college.id, handle: handle(1), atMs: until }), {
      state: 'active',
      ended: { reason: 'under-review', sinceMs: headerTimeMs, endedMs: until, by: 'lapse' },
    })
  })
})

type SignedFork = Extract<ForkEvidence, { kind: 'evidence.fork' }>

/** Two events of one author at sequence 0, as evidence. */
function evidenceAbout(author = college): SignedFork {
  const [first, second] = forkOf(network, author)
  const signed = ({ headerBytes, signature }: VerifiedEvent) => ({ headerBytes, signature })
  return { kind: 'evidence.fork', first: signed(first), second: signed(second) }
}

suite('fold: fork evidence', (it) => {
  const evidence = (forged: Partial<SignedFork> = {}): EventBody => ({ ...evidenceAbout(), ...forged })

  it('S18: freezes the author at its entry in the cut', () => {
    const event = chainOf(network, other)(evidence())
    const { state } = fold(network.state, [event], {
      height: 9,
      cutEntryOf: (org) => (org === college.id ? { generation: 0, sequence: 41 } : undefined),
    })
    equal(readOrg(state, college.id)?.frozen, { generation: 0, sequence: 41, height: 9 })
    is(readOrg(state, other.id)?.frozen, null)
  })

  it('S18: freezes an author without a final event before its first', () => {
    const { state } = fold(network.state, [chainOf(network, other)(evidence())], { height: 2 })
    equal(readOrg(state, college.id)?.frozen, { generation: 0, sequence: null, height: 2 })
  })

  it('S19: nobody can be framed: a signature of another key voids the evidence', () => {
    const { first, second } = evidenceAbout()
    const otherSigned = (signed: SignedFork['first']) => ({
      ...signed,
      signature: nobleEd25519.sign({ seed: other.logSeed, message: signed.headerBytes }),
    })
    for (const forged of [{ first: otherSigned(first) }, { second: otherSigned(second) }]) {
      const applied = fold(network.state, [chainOf(network, other)(evidence(forged))])
      equal(reasonsOf(applied), ['evidence-invalid'])
      is(readOrg(applied.state, college.id)?.frozen, null)
    }
  })

  it('S19: voids evidence from another network', () => {
    const elsewhere = makeNetwork({ name: 'Another network' })
    const pair = [issue(16), issue(32)].map((body) => chainOf(elsewhere, elsewhere.members[0])(body))
    pair.sort((a, b) => Buffer.compare(a.headerBytes, b.headerBytes))
    const [first, second] = pair as [VerifiedEvent, VerifiedEvent] // two bodies give two events
    const applied = fold(network.state, [chainOf(network, other)(evidence({ first, second }))])
    equal(reasonsOf(applied), ['evidence-invalid'])
  })

  it('S18, S19: freezes by two unsigned headers that runs up to signed ones follow, and by no forged run', () => {
    const branches = forkOf(network, college).map((begin) => {
      const next = chainOf(network, college, { sequence: 1, prev: begin.id })(issue())
      return runOf([begin.headerBytes, next.headerBytes], next.signature)
    })
    const [first, second] = branches as [SignedRun, SignedRun] // a pair
    const about = (forged: Partial<Record<'first' | 'second', SignedRun>>): EventBody => {
      return { kind: 'evidence.branches', first, second, ...forged }
    }
    const next = chainOf(network, other)
    const swapped = { first: { ...first, signature: second.signature } }
    const applied = fold(network.state, [next(about(swapped)), next(about({})), next(evidence())], {
      cutEntryOf: () => ({ generation: 0, sequence: 3 }),
    })
    equal(reasonsOf(applied), ['evidence-invalid', null, 'evidence-already-frozen'])
    equal(readOrg(applied.state, college.id)?.frozen, { generation: 0, sequence: 3, height: 1 })
  })

  it('S20: voids evidence about strangers, closed generations and the frozen', () => {
    const stranger = evidenceAbout(makeMember(50).member)
    equal(reasonsOf(fold(network.state, [chainOf(network, other)(stranger)])), ['evidence-unknown-author'])
    const next = chainOf(network, other)
    equal(reasonsOf(fold(network.state, [next(evidence()), next(evidence())])), [
      null,
      'evidence-already-frozen',
    ])
    const rotated = withOrg(({ logKeys }) => {
      const [first] = logKeys
      ok(first !== undefined)
      const key = nobleEd25519.publicKey(new Uint8Array(32).fill(7))
      return {
        logKeys: [
          { ...first, untilHeight: 1 },
          { generation: 1, key, fromHeight: 1, untilHeight: null },
        ],
      }
    })
    equal(reasonsOf(fold(rotated, [chainOf(network, other)(evidence())])), ['evidence-closed-generation'])
  })

  it('S3, S18: nothing of the frozen takes effect after the evidence', () => {
    const events = [chainOf(network, other)(evidence()), chainOf(network, college)(issue())]
    equal(reasonsOf(fold(network.state, events)), [null, 'author-frozen'])
  })
})

suite('fold: determinism', (it) => {
  it('leaves the state that it is given as it was', () => {
    const before = stateRoot(network.state)
    const next = chainOf(network, college)
    fold(network.state, [next(issue()), next(lease()), next(revoke(1))])
    equal(stateRoot(network.state), before)
  })

  it("is indifferent to the author's claimed time", () => {
    const root = (timeMs: number) => {
      const event = createEvent(
        {
          networkId: network.networkId,
          author: college.id,
          generation: 0,
          sequence: 0,
          prev: null,
          references: [],
          timeMs,
          body: lease(),
        },
        (message) => nobleEd25519.sign({ seed: college.logSeed, message }),
      )
      return stateRoot(fold(network.state, [event]).state)
    }
    equal(root(1), root(9_000_000_000_000))
  })
})
