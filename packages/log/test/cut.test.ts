/** Cuts and what they make final: rules L11 to L15. */
import { leafHash, merkleRoot, sha256 } from '@chirograph/codec'
import type { AuthenticEvent } from '@chirograph/event'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import {
  type Cut,
  type CutEntry,
  createLog,
  cutChangesMax,
  cutOf,
  cutRoot,
  decodeChanges,
  emptyCut,
  encodeChanges,
  eventBytes,
  extendCut,
  isInCut,
  type LogIndex,
  markFinal,
  orderEvents,
  restoreEntry,
  trimFinal,
} from '../src/index.ts'
import { accept, after, chain, entryOf, logOf, make, nobody, org, unlimited } from './world.ts'

interface Case {
  readonly parent?: Cut
  readonly changes: readonly CutEntry[]
  readonly frozen?: (author: CutEntry['author']) => boolean
  readonly bytesMax?: number
  readonly eventsMax?: number
}

const extend = (log: LogIndex, args: Case): ReturnType<typeof extendCut> =>
  extendCut(log, { parent: emptyCut, frozen: nobody, ...unlimited, ...args })

function faultOf(log: LogIndex, args: Case): string {
  const verdict = extend(log, args)
  return verdict.kind === 'invalid' ? verdict.reason : verdict.kind
}

const a = chain(org(1), 4)
const b = chain(org(2), 3)
const [a0, a1, a2, a3] = a as [AuthenticEvent, AuthenticEvent, AuthenticEvent, AuthenticEvent]
const [b0, b1, b2] = b as [AuthenticEvent, AuthenticEvent, AuthenticEvent]
const both = (): LogIndex => logOf(...a, ...b)

suite('extendCut', (it) => {
  it('makes final what lies between the parent and the new entries, in final order', () => {
    const parent = cutOf([entryOf(a0)])
    const verdict = extend(both(), { parent, changes: [entryOf(a2), entryOf(b1)] })
    ok(verdict.kind === 'extended')
    equal(
      verdict.events.map((event) => event.id),
      [a1, a2, b0, b1].map((event) => event.id),
    )
    equal(verdict.cut, cutOf([entryOf(a2), entryOf(b1)]))
    equal(parent, cutOf([entryOf(a0)]), 'the parent is left as it was')
  })

  it('extends by nothing', () => {
    const parent = cutOf([entryOf(a0)])
    equal(extend(both(), { parent, changes: [] }), { kind: 'extended', cut: parent, events: [] })
    equal(extend(both(), { parent, changes: [entryOf(a0)] }), { kind: 'extended', cut: parent, events: [] })
  })

  it('L11: wants changes in byte order of the authors, each once (unsorted-changes)', () => {
    is(faultOf(both(), { changes: [entryOf(b0), entryOf(a0)] }), 'unsorted-changes')
    is(faultOf(both(), { changes: [entryOf(a0), entryOf(a1)] }), 'unsorted-changes')
  })

  it('L11: bounds the changes and the events before it looks anything up', () => {
    const many = Array.from({ length: cutChangesMax + 1 }, (_, n) => ({ ...entryOf(a0), author: org(n) }))
    is(faultOf(createLog(), { changes: many }), 'too-many-changes')
    is(faultOf(both(), { changes: [entryOf(a1), entryOf(b1)], eventsMax: 4 }), 'extended')
    is(faultOf(both(), { changes: [entryOf(a1), entryOf(b1)], eventsMax: 3 }), 'too-many-events')
    const boast = { ...entryOf(a0), sequence: Number.MAX_SAFE_INTEGER }
    is(faultOf(createLog(), { changes: [boast], eventsMax: 1_000 }), 'too-many-events')
  })

  it('L12: keeps a frozen author at the parent’s entry (frozen-author)', () => {
    const frozen = (author: CutEntry['author']): boolean => author === org(1)
    const parent = cutOf([entryOf(a0)])
    is(faultOf(both(), { parent, changes: [entryOf(a1)], frozen }), 'frozen-author')
    is(faultOf(both(), { changes: [entryOf(a0)], frozen }), 'frozen-author')
    is(faultOf(both(), { parent, changes: [entryOf(a0), entryOf(b0)], frozen }), 'extended')
  })

  it('L13: goes forward only (behind-parent)', () => {
    const parent = cutOf([entryOf(a1)])
    const branch = after(a0, { timeMs: 9 })
    const log = both()
    accept(log, branch)
    is(faultOf(log, { parent, changes: [entryOf(a0)] }), 'behind-parent')
    is(faultOf(log, { parent, changes: [entryOf(branch)] }), 'behind-parent')
  })

  it('L13: follows prev from the parent’s entry, so one branch of a fork at most (not-descendant)', () => {
    const branch = after(a0, { timeMs: 9 })
    const top = after(branch)
    const log = both()
    for (const event of [branch, top]) accept(log, event)
    is(faultOf(log, { parent: cutOf([entryOf(a1)]), changes: [entryOf(top)] }), 'not-descendant')
    is(faultOf(log, { parent: cutOf([entryOf(branch)]), changes: [entryOf(a2)] }), 'not-descendant')
    const verdict = extend(log, { parent: cutOf([entryOf(a0)]), changes: [entryOf(top)] })
    ok(verdict.kind === 'extended')
    equal(verdict.events, [branch, top])
  })

  it('L13: is one event’s own place, not a claim about it (entry-mismatch)', () => {
    const log = both()
    is(faultOf(log, { changes: [{ ...entryOf(a1), sequence: 2 }] }), 'entry-mismatch')
    is(faultOf(log, { changes: [{ ...entryOf(a1), author: org(2) }] }), 'entry-mismatch')
    const parent = cutOf([entryOf(a1)])
    is(faultOf(log, { parent, changes: [{ ...entryOf(a1), sequence: 2 }] }), 'entry-mismatch')
  })

  it('L13: stays in the parent’s generation or moves to the next (wrong-generation)', () => {
    is(faultOf(both(), { changes: [{ ...entryOf(a0), generation: 2 }] }), 'wrong-generation')
    is(faultOf(both(), { changes: [{ ...entryOf(a0), generation: 1 }] }), 'entry-mismatch')
  })

  it('L13: does not make final again what is final (already-final)', () => {
    const log = both()
    markFinal(log, [a0, a1])
    is(faultOf(log, { changes: [entryOf(a2)] }), 'already-final')
    is(faultOf(log, { parent: cutOf([entryOf(a1)]), changes: [entryOf(a3)] }), 'extended')
  })

  it('L14: names the tips that are not here, and the ranges up to them', () => {
    const log = logOf(a0, a1, b0)
    const parent = cutOf([entryOf(a0)])
    equal(extend(log, { parent, changes: [entryOf(a3), entryOf(b2)] }), {
      kind: 'missing',
      ids: [a3.id, b2.id],
      ranges: [
        { author: org(1), generation: 0, fromSequence: 1, toSequence: 3 },
        { author: org(2), generation: 0, fromSequence: 0, toSequence: 2 },
      ],
    })
  })

  it('L14: finds a bad change before it asks for a missing one', () => {
    is(
      faultOf(both(), { changes: [entryOf(make({ author: org(0) })), { ...entryOf(a1), sequence: 0 }] }),
      'entry-mismatch',
    )
  })

  it('L15: counts header, signature and body bytes against the cap (too-many-bytes)', () => {
    const size = [a0, a1, b0].reduce((sum, event) => sum + eventBytes(event), 0)
    is(eventBytes(a0), a0.headerBytes.length + 64 + a0.bodyBytes.length)
    const changes = [entryOf(a1), entryOf(b0)]
    is(faultOf(both(), { changes, bytesMax: size }), 'extended')
    is(faultOf(both(), { changes, bytesMax: size - 1 }), 'too-many-bytes')
  })

  it('gives events in the order of orderEvents, across references', () => {
    const speaks = after(a3, { references: [b2.id] })
    const log = both()
    accept(log, speaks)
    const verdict = extend(log, { changes: [entryOf(speaks), entryOf(b2)] })
    ok(verdict.kind === 'extended')
    equal(verdict.events, orderEvents([...b, speaks, ...a]))
    is(verdict.events[verdict.events.length - 1], speaks)
  })
})

suite('cut', (it) => {
  it('has the Merkle root of its entries in byte order of the authors', () => {
    const entries = [entryOf(a1), entryOf(b0)]
    // The encoding of a list of changes is a one-byte head and the entries, each encoded alike.
    const leaves = entries.map((entry) => leafHash(encodeChanges([entry]).subarray(1)))
    equal(cutRoot(cutOf(entries)), merkleRoot(leaves))
    equal(cutRoot(cutOf([...entries].reverse())), merkleRoot(leaves))
    equal(cutRoot(emptyCut), sha256(new Uint8Array(0)))
  })

  it('carries its changes in canonical bytes, sorted', () => {
    const changes = [entryOf(a1), entryOf(b0)]
    const decoded = decodeChanges(encodeChanges(changes))
    ok(decoded.ok)
    equal(decoded.value, changes)
    failsWith('SHAPE', () => encodeChanges([...changes].reverse()))
    const bytes = encodeChanges(changes)
    const [first, second] = [
      bytes.subarray(1, 1 + (bytes.length - 1) / 2),
      bytes.subarray(1 + (bytes.length - 1) / 2),
    ]
    const swapped = decodeChanges(Buffer.concat([bytes.subarray(0, 1), second, first]))
    ok(!swapped.ok)
    is(swapped.code, 'SHAPE')
  })

  it('contains what lies at or below its entries, on their branch', () => {
    const branch = after(a0, { timeMs: 9 })
    const log = both()
    accept(log, branch)
    const cut = cutOf([entryOf(a2)])
    const inside = [a0, a1, a2, a3, branch, b0].map((event) => isInCut(log, cut, event.id))
    equal(inside, [true, true, true, false, false, false])
    markFinal(log, [a0, a1])
    equal(
      [a0, a1, a2, a3, branch, b0].map((event) => isInCut(log, cut, event.id)),
      inside,
    )
    markFinal(log, [a2])
    equal(
      [a0, a1, a2, a3, branch, b0].map((event) => isInCut(log, cut, event.id)),
      inside,
    )
    trimFinal(log, { keep: 0 })
    restoreEntry(log, { ...a0, branch: 0, isVerified: true })
    is(isInCut(log, cut, a2.id), true)
    is(isInCut(log, cut, a0.id), true, 'across what was trimmed')
    is(isInCut(log, cut, branch.id), false)
  })
})
