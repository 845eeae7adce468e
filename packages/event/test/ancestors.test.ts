/** What lies below a known event: read by its hashes alone, and like what `decodeSegment` reads. SPEC.md, "Segments". */
import * as fc from 'fast-check'
import { contentId, digestOfContentId, type EventId } from '@chirograph/codec'
import { nobleEd25519 } from '@chirograph/crypto'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  type Ancestors,
  type AncestorsVerdict,
  decodeSegment,
  encodeSegment,
  eventKinds,
  readAncestors,
  runBytesMax,
  type VerifiedEvent,
} from '../src/index.ts'
import { authorOf, bodies, lease } from './author.ts'

const college = authorOf(1)

/** One event of every kind, over and over; every other one points at three events of others. */
function chainOf(length: number, from: { sequence: number; prev: EventId | null } = start): VerifiedEvent[] {
  const events: VerifiedEvent[] = []
  let { prev } = from
  while (events.length < length) {
    const sequence = from.sequence + events.length
    const references = sequence % 2 === 0 ? [] : others
    const event = college.make(bodies[events.length % bodies.length] ?? lease, { sequence, prev, references })
    prev = event.id
    events.push(event)
  }
  return events
}

const start = { sequence: 0, prev: null }
const others = ['a', 'b', 'c']
  .map((name) => contentId(new TextEncoder().encode(name)))
  .sort((a, b) => Buffer.compare(digestOfContentId(a), digestOfContentId(b)))

const whole = chainOf(12)
const last = whole.at(-1) as VerifiedEvent

function read(wire: Uint8Array, { anchor = last.id, logKey = college.logKey } = {}): AncestorsVerdict {
  return readAncestors(wire, { anchor, logKey, ed25519: nobleEd25519 })
}

function linked(verdict: AncestorsVerdict): Ancestors {
  if (verdict.kind !== 'linked') throw new Error(JSON.stringify(verdict))
  return verdict
}

function reasonOf(verdict: AncestorsVerdict): string {
  return verdict.kind === 'reject' ? verdict.reason : verdict.kind
}

const wireOf = (items: readonly VerifiedEvent[], signature: Uint8Array | null = null) =>
  encodeSegment({ items, signature })

suite('ancestors of a known event', (it) => {
  it('are what a full reading finds, for events of every kind, with and without a signature and bodies', () => {
    const length = fc.integer({ min: 1, max: whole.length })
    const arePrunedOrNot = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 })
    fc.assert(
      fc.property(length, fc.boolean(), arePrunedOrNot, (count, isSigned, arePruned) => {
        const items = whole.slice(-count).map((event, at) => ({
          headerBytes: event.headerBytes,
          bodyBytes: arePruned[at] ? null : event.bodyBytes,
        }))
        const wire = encodeSegment({ items, signature: isSigned ? last.signature : null })
        const decoded = decodeSegment(wire)
        if (decoded.kind === 'reject') throw new Error(decoded.detail)
        const { events, first, prev } = linked(read(wire))
        equal(
          events,
          decoded.segment.events.map(({ id, header, headerBytes, bodyBytes }) => ({
            headerBytes,
            bodyBytes,
            signature: isSigned && id === last.id ? last.signature : null,
            digest: digestOfContentId(id),
            sequence: header.sequence,
            kindNumber: eventKinds[header.kind],
          })),
        )
        equal(first, events[0])
        const before = decoded.segment.first.header.prev
        equal(prev, before && digestOfContentId(before))
      }),
    )
  })

  it('refuse every changed byte', () => {
    const wire = wireOf(whole.slice(4), last.signature)
    for (let at = 0; at < wire.length; at++)
      for (const bit of [0x01, 0x80]) {
        const changed = wire.slice()
        changed[at] = (changed[at] ?? 0) ^ bit
        ok(read(changed).kind !== 'linked', `byte ${at}`)
      }
  })

  it('refuse every cut, and every byte behind the end', () => {
    const wire = wireOf(whole.slice(8))
    for (let length = 0; length < wire.length; length++)
      is(reasonOf(read(wire.subarray(0, length))), 'malformed', `${length} bytes`)
    is(reasonOf(read(Uint8Array.of(...wire, 0))), 'malformed')
  })

  it('never throw on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        is(reasonOf(read(bytes)), 'malformed')
      }),
    )
  })

  it('tell an end that is another event from a chain that is none', () => {
    is(read(wireOf(whole.slice(0, 11))).kind, 'elsewhere')
    is(reasonOf(read(wireOf([...whole.slice(0, 5), ...whole.slice(6)]))), 'broken-chain')
    is(reasonOf(read(wireOf([whole[3], whole[2], last] as VerifiedEvent[]))), 'broken-chain')
  })

  it('keep no signature that does not hold', () => {
    const forged = whole[0]?.signature as Uint8Array
    is(reasonOf(read(wireOf(whole, forged))), 'bad-signature')
    is(reasonOf(read(wireOf(whole, last.signature), { logKey: authorOf(7).logKey })), 'bad-signature')
    const verdict = readAncestors(wireOf(whole, last.signature), {
      anchor: last.id,
      logKey: undefined,
      ed25519: nobleEd25519,
    })
    is(reasonOf(verdict), 'unknown-author')
  })

  it('refuse a body that is not the one named', () => {
    const [event] = chainOf(1)
    if (event === undefined) throw new Error('one event was made')
    const swapped = { ...event, bodyBytes: last.bodyBytes }
    is(reasonOf(read(wireOf([swapped]), { anchor: event.id })), 'body-mismatch')
  })

  it('begin, in a later generation, with an event that follows one of the generation before', () => {
    const rotation = college.make(
      { kind: 'key.rotate', logKey: authorOf(2).logKey, nextKeyHash: digestOfContentId(last.id) },
      { generation: 1, sequence: 0, prev: last.id },
    )
    const { first, prev } = linked(read(wireOf([rotation]), { anchor: rotation.id }))
    is(first.sequence, 0)
    equal(prev, digestOfContentId(last.id))
  })

  it('blame nobody for a header that was signed and does not follow', () => {
    const before = college.make(lease, { sequence: 7, prev: last.id })
    const after = college.make(lease, { sequence: 9, prev: before.id })
    is(reasonOf(read(wireOf([before, after]), { anchor: after.id })), 'unknown-version')
    const stray = college.make(lease, { sequence: 3, prev: null })
    is(reasonOf(read(wireOf([stray]), { anchor: stray.id })), 'unknown-version')
  })

  it('refuse a run that could not be sent on', () => {
    const long = chainOf(Math.ceil(runBytesMax / 51) + 1)
    const end = long.at(-1) as VerifiedEvent
    is(reasonOf(read(wireOf(long), { anchor: end.id })), 'oversize')
  })
})
