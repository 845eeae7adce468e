/** How chains are cut into segments: SPEC.md, "Segments". */
import * as fc from 'fast-check'
import { contentId, contentIdOfDigest, type EventId, sha256 } from '@chirograph/codec'
import { equal, is, ok, type Seeded, seeded, suite } from '../../workspace/kit.ts'
import {
  createDescendingSegmenter,
  createSegmenter,
  type DecodedSegment,
  decodeSegment,
  encodeHeader,
  encodeSegment,
  type HeldEvent,
  runBytes,
  runBytesMax,
  segmentBytesMax,
  segmentBytesSoft,
} from '../src/index.ts'
import { authorOf, bytes32, networkId } from './author.ts'

const { org } = authorOf(1)
const signature = new Uint8Array(64).fill(7)

interface Sizes {
  readonly references?: number
  readonly bodyLength?: number
}

/** A chain of headers over bodies of zeros; which of its events are signed is said one by one. */
function chainOf(
  length: number,
  {
    isSigned,
    sizes = () => ({}),
    from = 0,
  }: { isSigned: (at: number) => boolean; sizes?: (at: number) => Sizes; from?: number },
): HeldEvent[] {
  const events: HeldEvent[] = []
  let prev: EventId | null = from === 0 ? null : contentIdOfDigest(bytes32(9))
  while (events.length < length) {
    const at = events.length
    const { references = 0, bodyLength = 4 } = sizes(at)
    const bodyBytes = new Uint8Array(bodyLength)
    const headerBytes = encodeHeader({
      version: 1,
      networkId,
      author: org,
      generation: 0,
      sequence: from + at,
      prev,
      references: Array.from({ length: references }, (_, n) => contentIdOfDigest(bytes32(n))),
      kind: 'status.lease',
      bodyLength,
      bodyHash: sha256(bodyBytes),
      timeMs: 1_700_000_000_000 + at,
    })
    prev = contentId(headerBytes)
    events.push({ headerBytes, bodyBytes, signature: isSigned(at) ? signature : null })
  }
  return events
}

/** A chain whose runs are as long as its maker likes: every event came in one segment with the signature above it. */
function randomChain(random: Seeded, length: number, from = 0): HeldEvent[] {
  const style = random.pick([0.002, 0.02, 0.5, 1])
  const [references, bodies] = [random.chance(0.5) ? 17 : 1, length > 100 ? 5 : random.pick([5, 60_000])]
  const sizes = Array.from({ length }, () => {
    return { references: random.int(references), bodyLength: random.int(bodies) }
  })
  let [run, bytes] = [0, 0]
  const signed = new Set<number>()
  for (const [at, size] of sizes.entries()) {
    const next = sizes[at + 1]
    run += runBytes({ references: { length: size.references } })
    bytes += 1_000 + size.bodyLength
    const isFull =
      next === undefined ||
      run + runBytes({ references: { length: next.references } }) > runBytesMax ||
      bytes + 1_000 + next.bodyLength > segmentBytesMax
    if (!isFull && !random.chance(style)) continue
    signed.add(at)
    run = bytes = 0
  }
  return chainOf(length, { isSigned: (at) => signed.has(at), sizes: (at) => sizes[at] ?? {}, from })
}

function decodedOf(wire: Uint8Array): DecodedSegment {
  const decoded = decodeSegment(wire, { areBodiesRead: false })
  ok(decoded.kind === 'decoded', decoded.kind === 'reject' ? `${decoded.reason}: ${decoded.detail}` : '')
  return decoded.segment
}

function forward(events: readonly HeldEvent[]): DecodedSegment[] {
  const segmenter = createSegmenter()
  return [...events.flatMap((event) => segmenter.push(event)), ...segmenter.end()].map(decodedOf)
}

function backward(events: readonly HeldEvent[]): DecodedSegment[] {
  const segmenter = createDescendingSegmenter()
  return [...[...events].reverse().flatMap((event) => segmenter.push(event)), ...segmenter.end()].map(
    decodedOf,
  )
}

/** What a taker of segments holds: the events, ascending, with the signatures that were sent. */
function takenFrom(segments: readonly DecodedSegment[]): HeldEvent[] {
  return segments
    .flatMap(({ events, last, signature: end }) =>
      events.map(({ headerBytes, bodyBytes, header }) => {
        return {
          headerBytes,
          bodyBytes,
          sequence: header.sequence,
          signature: header === last.header ? end : null,
        }
      }),
    )
    .sort((a, b) => a.sequence - b.sequence)
    .map(({ sequence: _sequence, ...held }) => held)
}

const headersOf = (events: readonly HeldEvent[]): Uint8Array[] => events.map(({ headerBytes }) => headerBytes)
/** Longer than a run may be, or short with large bodies. */
const lengthOf = (random: Seeded): number => 1 + random.int(random.pick([60, 60, 900]))
const seeds = fc.integer({ min: 0, max: 2 ** 31 })

suite('segmenter', (it) => {
  it('sends every event up to the last signature, each segment within its limits and signed at its end', () => {
    fc.assert(
      fc.property(seeds, fc.nat(40), (seed, unsigned) => {
        const random = seeded(seed)
        const signed = randomChain(random, lengthOf(random))
        const events = signed.map((event, at) =>
          at >= signed.length - unsigned ? { ...event, signature: null } : event,
        )
        const end = events.findLastIndex((event) => event.signature !== null)
        const segments = forward(events)
        equal(headersOf(takenFrom(segments)), headersOf(events.slice(0, end + 1)))
        for (const segment of segments) equal(segment.signature, signature)
      }),
      { numRuns: 40 },
    )
  })

  it('makes as few segments as the limits allow, of small events with a signature each', () => {
    const lengths = forward(chainOf(2_000, { isSigned: () => true })).map(({ events }) => events.length)
    equal(lengths, [607, 607, 607, 179])
  })

  it('ends a segment at the next event once it is large, so that others get their turn', () => {
    const events = chainOf(100, { isSigned: () => true, sizes: () => ({ bodyLength: 30_000 }) })
    for (const { events: held } of forward(events)) ok(held.length <= Math.ceil(segmentBytesSoft / 30_000))
  })

  it('sends again as one segment what just fitted into one, by its run and by its bytes', () => {
    // 606 and one reference more is the most that fits: 606 × 51 + 51 + 41 = 30,998; of a first event too.
    for (const from of [0, 5]) {
      const run = chainOf(607, {
        isSigned: (at) => at === 606,
        sizes: (at) => ({ references: at === 0 ? 1 : 0 }),
        from,
      })
      is(forward(run).length, 1)
      is(forward([...run, ...chainOf(1, { isSigned: () => true })].slice(0, 607)).length, 1)
    }
    const bodies = (last: number) =>
      chainOf(16, { isSigned: (at) => at === 15, sizes: (at) => ({ bodyLength: at === 15 ? last : 63_000 }) })
    const size = (last: number) => encodeSegment({ items: bodies(last), signature }).length
    const last = 50_000 + segmentBytesMax - size(50_000)
    is(size(last), segmentBytesMax)
    const [only, ...more] = forward(bodies(last))
    equal([only?.events.length, more.length], [16, 0])
  })

  it('has no room for an event whose run would be too long, until it is sealed', () => {
    const events = chainOf(900, { isSigned: () => false })
    const segmenter = createSegmenter()
    const seal = chainOf(1, { isSigned: () => true, from: 300 })
    let taken = 0
    for (const event of events) {
      if (!segmenter.hasRoomFor(event)) break
      equal(segmenter.push(event), [])
      taken++
    }
    is(taken, 607)
    equal(segmenter.end(), [])
    is(segmenter.seal(607, seal), undefined)
    is(segmenter.waiting.length, 607)
    const sealed = segmenter.seal(300, seal)
    ok(sealed)
    // Held against the chain by whoever takes it; here only what is in it counts.
    is(sealed.length, encodeSegment({ items: [...events.slice(0, 300), ...seal], signature }).length)
    is(segmenter.waiting.length, 307)
    ok(segmenter.hasRoomFor(events[607] as HeldEvent))
  })
})

suite('descending segmenter', (it) => {
  it('sends every event, each segment within its limits and followed by what lies below it', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        const events = randomChain(random, lengthOf(random), 3)
        // A slice ends where it ends, signed or not.
        const slice = events.slice(0, 1 + random.int(events.length))
        const segments = backward(slice)
        equal(headersOf(takenFrom(segments)), headersOf(slice))
        for (const [at, segment] of segments.entries()) {
          const below = segments[at + 1]
          if (below !== undefined) is(segment.first.header.prev, below.last.id)
        }
      }),
      { numRuns: 40 },
    )
  })

  it('leaves its taker, whatever the slices, with a chain that can be sent on', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = seeded(seed)
        let events = randomChain(random, lengthOf(random))
        // From one to the next, three times.
        for (let times = 0; times < 3; times++) {
          const slices: HeldEvent[][] = []
          for (let to = events.length; to > 0; ) {
            const from = Math.max(0, to - 1 - random.int(300))
            slices.push(events.slice(from, to))
            to = from
          }
          const taken = takenFrom(slices.flatMap(backward))
          equal(headersOf(taken), headersOf(events))
          const end = events.findLastIndex((event) => event.signature !== null)
          equal(headersOf(takenFrom(forward(taken))), headersOf(events.slice(0, end + 1)))
          events = taken
        }
      }),
      { numRuns: 20 },
    )
  })

  it('counts references against the run: a chain with many was refused by every taker', () => {
    const events = chainOf(607, { isSigned: () => true, sizes: () => ({ references: 16 }) })
    const segments = backward(events)
    equal(
      segments.map(({ events: held }) => held.length),
      // The lowest stands alone: what is below the slice may be of its run.
      [...Array.from({ length: 14 }, () => 43), 4, 1],
    )
  })
})
