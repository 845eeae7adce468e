/** What is listed of a frozen author to be told again: right, and worth looking at however much there is. */
import type { EventBody, VerifiedEvent } from '@chirograph/event'
import { encodeForkEvidence, forkEvidenceOf, pendingOf } from '@chirograph/log'
import { type Replica, salvageOf } from '@chirograph/replica'
import { readOrg, suspensionMsMax } from '@chirograph/status'
import { createFour, eventOf, genesisTimeMs, gossipOf, memberAt, take } from '../../replica/test/member.ts'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import { createSalvageable } from '../src/salvageable.js'

const evil = memberAt(1).org
const nowMs = genesisTimeMs + 1_000
const dayMs = 86_400_000

const entriesOf = (...marks: number[]) =>
  marks.map((mark) => ({ handle: new Uint8Array(32).fill(mark), position: null }))
const revoke = (...marks: number[]): EventBody => {
  return { kind: 'status.revoke', entries: entriesOf(...marks), reason: 'withdrawn' }
}
const suspend = (untilMs: number, ...marks: number[]): EventBody => {
  return { kind: 'status.suspend', entries: entriesOf(...marks), reason: 'under-review', untilMs }
}

/**
 * A replica at which member 1 is frozen after it issued up to sixteen; what it signed behind that comes afterwards. The
 * replica knows its own fork by then too, so it signs nothing: what is listed stays to be told.
 */
function frozenWith(...bodies: readonly EventBody[]) {
  const four = createFour()
  const all = [0, 1, 2, 3]
  const root = new Uint8Array(32).fill(7)
  const kinds = { recordClass: 'degree', credentialType: 'open-badge-3' } as const
  const issued = eventOf(1, {
    body: { kind: 'credential.issueBatch', root, paddedSize: 16, ...kinds, schemaDigest: root },
  })
  const lost = eventOf(1, { sequence: 1, prev: issued.id })
  const other = eventOf(1, { sequence: 1, prev: issued.id, timeMs: genesisTimeMs + 5 })
  for (const node of all) four.input(node, { kind: 'start' })
  for (const node of all) four.input(node, gossipOf(issued, memberAt(1).peer))
  const evidence = forkEvidenceOf(lost, other)
  ok(evidence)
  for (const node of all)
    four.input(node, { kind: 'evidence', bytes: encodeForkEvidence(evidence), from: memberAt(2).peer })
  const replica = four.replicas[0]
  ok(replica && readOrg(replica.final.state, evil)?.frozen != null)
  Object.assign(replica, { stopped: { reason: 'own-key-elsewhere', generation: 0 } })
  let last = lost
  const add = (body: EventBody): VerifiedEvent => {
    last = eventOf(1, { sequence: last.header.sequence + 1, prev: last.id, body })
    take(replica, gossipOf(last, memberAt(1).peer))
    return last
  }
  take(replica, gossipOf(lost, memberAt(1).peer))
  const events = bodies.map(add)
  return { replica, events, add, four, all }
}

/** The same from making every salvage and looking at it as a member does that receives it. */
function madeAndJudged(replica: Replica, atMs: number) {
  return pendingOf(replica.log, { author: evil, generation: 0 })
    .filter(({ kind }) => kind === 'status.revoke' || kind === 'status.suspend')
    .filter(({ id }) => salvageOf(replica, id, atMs) !== undefined)
    .map(({ id }) => id)
}

suite('what may be salvaged of a frozen author', (it) => {
  it('is what a salvage of it would restrict, and nothing else of its chain', () => {
    const many = Array.from({ length: 17 }, (_, mark) => mark)
    const { replica, events } = frozenWith(
      revoke(1, 2),
      { kind: 'status.lease', count: 1_024 },
      revoke(...many),
      suspend(nowMs + dayMs, 3),
      suspend(nowMs - 1, 4),
    )
    const found = createSalvageable(replica).of(evil, nowMs)
    equal(found, [events[0]?.id, events[3]?.id])
    equal(found, madeAndJudged(replica, nowMs))
    equal(createSalvageable(replica).of(memberAt(2).org, nowMs), [])
  })

  it('is found without checking a signature, and not again while nothing moves', () => {
    const { replica, events } = frozenWith(revoke(1), revoke(2))
    let checks = 0
    const { ed25519 } = replica.config
    const counting = { ...ed25519, verify: () => ++checks > 0 }
    Object.assign(replica.config, { ed25519: counting })
    const salvageable = createSalvageable(replica)
    const first = salvageable.of(evil, nowMs)
    equal(
      first,
      events.map(({ id }) => id),
    )
    is(salvageable.of(evil, nowMs + 1), first)
    is(salvageable.of(evil, nowMs + dayMs), first)
    is(checks, 0)
  })

  it('is found anew when more of the chain comes in', () => {
    const { replica, events, add } = frozenWith(revoke(1))
    const salvageable = createSalvageable(replica)
    const first = salvageable.of(evil, nowMs)
    const more = add(revoke(2))
    equal(salvageable.of(evil, nowMs), [events[0]?.id, more.id])
    not.equal(salvageable.of(evil, nowMs), first)
  })

  it('is found anew when the state moved: what was told is left out', () => {
    const { replica, events, four, all } = frozenWith(revoke(1), revoke(2))
    const [told, untold] = events
    ok(told && untold)
    const salvageable = createSalvageable(replica)
    is(salvageable.of(evil, nowMs).length, 2)
    const body = salvageOf(replica, told.id, nowMs)
    ok(body)
    const before = replica.final
    const by = four.announced.filter(({ header }) => header.author === memberAt(3).org).at(-1)
    const sequence = by === undefined ? 0 : by.header.sequence + 1
    const telling = eventOf(3, { sequence, prev: by?.id ?? null, body })
    for (const node of all) four.input(node, gossipOf(telling, memberAt(3).peer))
    ok(replica.final !== before)
    equal(salvageable.of(evil, nowMs), [untold.id])
  })

  it('is found anew when a suspension begins to count, and when it ends', () => {
    const { replica, events } = frozenWith(suspend(nowMs + dayMs + suspensionMsMax, 1))
    const salvageable = createSalvageable(replica)
    const at = (atMs: number) => {
      const found = salvageable.of(evil, atMs)
      equal(found, madeAndJudged(replica, atMs))
      return found
    }
    const ids = events.map(({ id }) => id)
    equal(at(nowMs), [])
    equal(at(nowMs + dayMs - 1), [])
    equal(at(nowMs + dayMs), ids)
    equal(at(nowMs + dayMs + suspensionMsMax - 1), ids)
    equal(at(nowMs + dayMs + suspensionMsMax), [])
    // A clock that was set back.
    equal(at(nowMs + dayMs), ids)
  })
})
