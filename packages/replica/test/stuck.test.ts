/** How much is kept of what an author that forked goes on with and that cannot become final. */
import { createEvent, type EventBody, encodeSegment, type VerifiedEvent } from '@chirograph/event'
import { encodeForkEvidence, eventAt, forkEvidenceOf, pendingSizeOf } from '@chirograph/log'
import { segmentInput, stuckSize } from '@chirograph/replica'
import { networkIdOf, readOrg } from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { frozenBytesMax, frozenEventsMax } from '../src/limits.ts'
import {
  createFour,
  ed25519,
  eventOf,
  genesis,
  genesisTimeMs,
  gossipOf,
  memberAt,
  rotationOf,
  take,
} from './member.ts'

const { org: author, peer: from, nextSeed } = memberAt(1)
const largeRevocation: EventBody = {
  kind: 'status.revoke',
  entries: Array.from({ length: 1_000 }, (_, index) => {
    const handle = new Uint8Array(32)
    new DataView(handle.buffer).setUint32(0, index)
    return { handle, position: null }
  }),
  reason: 'withdrawn',
}

/** A replica at which member 1 is frozen in generation 0 and begins generation 1 without being let. */
function frozenReplica() {
  const four = createFour()
  const all = [0, 1, 2, 3]
  const [a, b] = [eventOf(1), eventOf(1, { timeMs: genesisTimeMs + 5 })]
  const evidence = forkEvidenceOf(a, b)
  ok(evidence)
  for (const node of all) four.input(node, { kind: 'start' })
  for (const node of all) four.input(node, { kind: 'evidence', bytes: encodeForkEvidence(evidence), from })
  const replica = four.replicas[0]
  ok(replica && readOrg(replica.final.state, author)?.frozen != null)
  const begin = eventOf(1, { generation: 1, body: rotationOf(1) })
  take(replica, gossipOf(begin, from))
  ok(eventAt(replica.log, begin.id))
  return { replica, begin }
}

/** Segments that follow an event of generation 1, each under one signature. */
function* segmentsBehind(begin: VerifiedEvent, { segments, events }: { segments: number; events: number }) {
  let last = begin
  for (let segment = 0; segment < segments; segment++) {
    const items = Array.from({ length: events }, (_, index) => {
      const sequence = last.header.sequence + 1
      const place = { networkId: networkIdOf(genesis), author, generation: 1, sequence, prev: last.id }
      const content = { references: [], timeMs: genesisTimeMs, body: largeRevocation }
      last = createEvent({ ...place, ...content }, (message) =>
        index === events - 1 ? ed25519.sign({ seed: nextSeed, message }) : new Uint8Array(64),
      )
      return last
    })
    const bytes = encodeSegment({ items, signature: last.signature })
    yield { last, input: segmentInput({ bytes, from, isGossip: false }) }
  }
}

suite('what follows a rotation that nobody approved', (it) => {
  it('is kept up to a bound of events and bytes, and does not count as what may become final', () => {
    const { replica, begin } = frozenReplica()
    const before = replica.log.pending.bytes
    for (const { input } of segmentsBehind(begin, { segments: 60, events: 5 })) take(replica, input)
    const kept = pendingSizeOf(replica.log, { author, from: 1, to: 1 })
    ok(kept.bytes > frozenBytesMax / 2 && kept.bytes <= frozenBytesMax, `${kept.bytes} bytes kept`)
    ok(kept.count <= frozenEventsMax)
    equal(stuckSize(replica), kept)
    ok(replica.log.pending.bytes - stuckSize(replica).bytes <= before)
    is(replica.log.chains.get(author)?.get(1)?.isFull, true)
  })

  it('is taken however much there is once a header needs it', () => {
    const { replica, begin } = frozenReplica()
    let last = begin
    for (const segment of segmentsBehind(begin, { segments: 60, events: 5 })) {
      take(replica, segment.input)
      const isKept = eventAt(replica.log, segment.last.id) !== undefined
      if (isKept) last = segment.last
      else break
    }
    const [next] = segmentsBehind(last, { segments: 1, events: 5 })
    ok(next)
    take(replica, next.input)
    is(eventAt(replica.log, next.last.id), undefined)
    replica.lacking.set(`${author}/1`, { author, generation: 1 })
    take(replica, next.input)
    ok(eventAt(replica.log, next.last.id))
  })
})
