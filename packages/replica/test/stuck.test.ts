/** How much is kept of what an author that forked goes on with and that cannot become final. */
import {
  createEvent,
  type EventBody,
  encodeSegment,
  segmentBytesMax,
  type VerifiedEvent,
} from '@chirograph/event'
import { branchesMax, encodeForkEvidence, eventAt, forkEvidenceOf, pendingSizeOf } from '@chirograph/log'
import { isAwaited, segmentInput, stuckSize } from '@chirograph/replica'
import { networkIdOf, readOrg } from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { cutEventsMax, frozenBytesMax, frozenEventsMax } from '../src/limits.ts'
import { noteLacking } from '../src/stuck.ts'
import {
  createFour,
  ed25519,
  eventOf,
  genesis,
  genesisTimeMs,
  gossipOf,
  memberAt,
  replicaOf,
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

  it('is taken beyond that once a header needs it', () => {
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
    const toSequence = next.last.header.sequence
    replica.lacking.set(`${author}/1`, { author, generation: 1, fromSequence: toSequence - 4, toSequence })
    take(replica, next.input)
    ok(eventAt(replica.log, next.last.id))
  })
})

suite('what a header needs and there is no room for', (it) => {
  const { cutBytesMax } = genesis.parameters
  const bytesMax = branchesMax * cutBytesMax + segmentBytesMax
  const at = (sequence: number, generation = 0) => ({ author, generation, sequence })
  const range = (toSequence: number) => ({ author, generation: 0, fromSequence: 0, toSequence })

  it('is taken from its chain, up to the place that the header takes it to', () => {
    const replica = replicaOf(0)
    is(isAwaited(replica, at(0), 100), false)
    noteLacking(replica, { ranges: [range(9)], parent: new Map() })
    is(isAwaited(replica, at(0), 100), true)
    // A segment has one signature, so one that begins there is taken whole.
    is(isAwaited(replica, at(9), segmentBytesMax), true)
    is(isAwaited(replica, at(10), 100), false)
    is(isAwaited(replica, at(0, 1), 100), false)
    is(isAwaited(replica, { ...at(0), author: memberAt(2).org }, 100), false)
    noteLacking(replica, { ranges: [], parent: new Map() })
    is(isAwaited(replica, at(0), 100), false)
  })

  it('is taken from the generation that its rotation closes, for it is not known what that follows', () => {
    const replica = replicaOf(0)
    const { id } = eventOf(1)
    const parent = new Map([[author, { author, generation: 0, sequence: 6, id }]])
    noteLacking(replica, {
      ranges: [{ author, generation: 1, fromSequence: 0, toSequence: 3 }],
      parent,
    })
    is(isAwaited(replica, at(3, 1), 100), true)
    is(isAwaited(replica, at(4, 1), 100), false)
    is(isAwaited(replica, at(7), 100), true)
    // Other branches of what the parent's cut has are nothing that a header needs.
    is(isAwaited(replica, at(6), 100), false)
    is(isAwaited(replica, at(6 + cutEventsMax), 100), true)
    is(isAwaited(replica, at(7 + cutEventsMax), 100), false)
    noteLacking(replica, {
      ranges: [{ author, generation: 0, fromSequence: 7, toSequence: 9 }],
      parent,
    })
    is(isAwaited(replica, at(0, 1), 100), false)
  })

  it('is no way in for whatever its author likes: all branches together have the room of so many cuts', () => {
    const replica = replicaOf(0)
    const length = 40
    noteLacking(replica, { ranges: [range(length - 1)], parent: new Map() })
    let taken = 0
    let passedOver = 0
    for (let branch = 0; branch < branchesMax; branch++) {
      for (const { input, bytes, first } of branchOf(branch, { length, perSegment: 20 })) {
        if (!isAwaited(replica, first.header, bytes)) {
          passedOver++
          continue
        }
        take(replica, input)
        taken++
      }
    }
    const { bytes } = pendingSizeOf(replica.log, { author, from: 0, to: 0 })
    ok(taken > 0 && passedOver > 0, `${taken} taken, ${passedOver} passed over`)
    ok(bytes > bytesMax - segmentBytesMax && bytes <= bytesMax, `${bytes} bytes are here`)
    // What a cut has room for is within that, whatever else is here of other chains.
    ok(bytesMax > cutBytesMax + segmentBytesMax)
  })
})

/** A branch from the author's first place on, in segments; each branch is told apart by its time. */
function* branchOf(branch: number, { length, perSegment }: { length: number; perSegment: number }) {
  let prev: VerifiedEvent | undefined
  for (let from = 0; from < length; from += perSegment) {
    const items: VerifiedEvent[] = []
    for (let sequence = from; sequence < from + perSegment; sequence++) {
      const isLast = sequence === from + perSegment - 1
      const content = { references: [], timeMs: genesisTimeMs + branch, body: largeRevocation }
      prev = createEvent(
        {
          networkId: networkIdOf(genesis),
          author,
          generation: 0,
          sequence,
          prev: prev?.id ?? null,
          ...content,
        },
        (message) => (isLast ? ed25519.sign({ seed: memberAt(1).logSeed, message }) : new Uint8Array(64)),
      )
      items.push(prev)
    }
    const [first] = items
    if (first === undefined || prev === undefined) throw new Error('a segment has events')
    const bytes = items.reduce((sum, item) => sum + item.headerBytes.length + item.bodyBytes.length, 0)
    const encoded = encodeSegment({ items, signature: prev.signature })
    yield { input: segmentInput({ bytes: encoded, from: memberAt(1).peer, isGossip: false }), bytes, first }
  }
}
