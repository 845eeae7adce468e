/** Keys are a format on disk: their bytes are pinned, and their order is the order of what they name. */

import fc from 'fast-check'
import { compareBytes, contentIdOfDigest, toHex } from '@chirograph/codec'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import type { EventPosition, KeyRange, KeySpace } from '../src/index.js'
import {
  arrivalKey,
  arrivalRange,
  bodyKey,
  bodyRange,
  checkpointDigestKey,
  checkpointHeightKey,
  checkpointRange,
  eventKey,
  eventRange,
  evidenceKey,
  frontierKey,
  keyBytesMax,
  keySpaces,
  metaKey,
  positionKey,
  positionValue,
  prefixRange,
  readArrivalKey,
  readCheckpointHeightKey,
  readEventKey,
  readPosition,
  readVoteKey,
  spaceRange,
  stateRowKey,
  voteKey,
} from '../src/index.js'

const author = 'ab'.repeat(32)
const digest = new Uint8Array(32).fill(0xcd)
const id = contentIdOfDigest(digest)
const place = { author, generation: 1, sequence: 2 ** 32 + 5, id }

const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)
const u32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }))
const u64 = fc.oneof(fc.nat(300), fc.maxSafeNat())
const placeArbitrary = fc.record(
  {
    author: fc.oneof(fc.constantFrom('00'.repeat(32), 'ff'.repeat(32)), hex64),
    generation: u32,
    sequence: u64,
    id: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(contentIdOfDigest),
  },
  { noNullPrototype: true },
)

suite('key spaces', (it) => {
  it('writes each key as its space byte and big-endian fields', () => {
    const chain = `${author}00000001`
    const sequence = '0000000100000005'
    const tail = 'cd'.repeat(32)
    const expected: [Uint8Array, string][] = [
      [eventKey(place), `01${chain}${sequence}${tail}`],
      [bodyKey(place), `02${chain}${sequence}${tail}`],
      [positionKey(id), `03${tail}`],
      [arrivalKey(258), '040000000000000102'],
      [frontierKey(place), `05${chain}`],
      [evidenceKey(place), `06${chain}${sequence}`],
      [checkpointHeightKey(258), '070000000000000102'],
      [checkpointDigestKey(digest), `08${tail}`],
      [stateRowKey(digest), `09${tail}`],
      [voteKey({ epoch: 3, view: 4, kind: 2 }), '0a00000003000000000000000402'],
      [metaKey('schema'), '0b736368656d61'],
    ]
    for (const [key, hex] of expected) {
      is(toHex(key), hex)
      ok(key.length <= keyBytesMax)
    }
    is(new Set(expected.map(([key]) => key[0])).size, Object.keys(keySpaces).length)
  })

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(placeArbitrary, u32, u64, fc.nat(255), (event, epoch, view, kind) => {
        equal(readEventKey(eventKey(event)), event)
        equal(readEventKey(bodyKey(event)), event)
        const { id: _id, ...position } = event
        equal(readPosition(positionValue(event)), position)
        is(readArrivalKey(arrivalKey(view)), view)
        is(readCheckpointHeightKey(checkpointHeightKey(view)), view)
        equal(readVoteKey(voteKey({ epoch, view, kind })), { epoch, view, kind })
      }),
    )
  })

  it('orders events by author, generation, sequence, then id', () => {
    fc.assert(
      fc.property(placeArbitrary, placeArbitrary, (a, b) => {
        const byFields =
          compareText(a.author, b.author) || a.generation - b.generation || a.sequence - b.sequence
        const byBytes = Math.sign(compareBytes(eventKey(a), eventKey(b)))
        if (byFields !== 0) is(byBytes, Math.sign(byFields))
        is(byBytes === 0, byFields === 0 && a.id === b.id)
      }),
    )
  })

  it('covers in an event range the sequences from first to last and nothing else', () => {
    fc.assert(
      fc.property(placeArbitrary, u64, u64, u32, (event, fromSequence, toSequence, generation) => {
        const range = { author: event.author, generation, fromSequence, toSequence }
        const inside =
          event.generation === generation && fromSequence <= event.sequence && event.sequence <= toSequence
        is(isInside(eventKey(event), eventRange(range)), inside)
        is(isInside(bodyKey(event), bodyRange(range)), inside)
        is(
          isInside(
            eventKey({ ...event, generation }),
            eventRange({ ...range, fromSequence: 0, toSequence: Number.MAX_SAFE_INTEGER }),
          ),
          true,
        )
      }),
    )
  })

  it('covers in a prefix range what starts with the prefix and nothing else', () => {
    fc.assert(
      fc.property(placeArbitrary, fc.nat(44), (event, length) => {
        const key = eventKey(event)
        const range = prefixRange('event', key.subarray(1, 1 + length))
        ok(isInside(key, range))
        const other: EventPosition = { ...event, author: flipFirst(event.author) }
        is(isInside(eventKey(other), range), length === 0)
      }),
    )
  })

  it('covers in a space range its own keys and those of no other space', () => {
    const keys: Record<KeySpace, Uint8Array> = {
      event: eventKey(place),
      body: bodyKey(place),
      position: positionKey(id),
      arrival: arrivalKey(Number.MAX_SAFE_INTEGER),
      frontier: frontierKey(place),
      evidence: evidenceKey(place),
      checkpointHeight: checkpointHeightKey(0),
      checkpointDigest: checkpointDigestKey(digest),
      stateRow: stateRowKey(digest),
      vote: voteKey({ epoch: 0xffff_ffff, view: 0, kind: 255 }),
      meta: metaKey(''),
    }
    const spaces = Object.keys(keys) as KeySpace[] // keys of the record above, whose type is complete
    for (const space of spaces) {
      for (const other of spaces) is(isInside(keys[other], spaceRange(space)), space === other)
    }
  })

  it('starts an arrival range at its ordinal and bounds a checkpoint range on both sides', () => {
    const arrivals = arrivalRange({ fromOrdinal: 7 })
    equal(
      [6, 7, 2 ** 50].map((n) => isInside(arrivalKey(n), arrivals)),
      [false, true, true],
    )
    const checkpoints = checkpointRange({ fromHeight: 255, toHeight: 256 })
    equal(
      [254, 255, 256, 257].map((n) => isInside(checkpointHeightKey(n), checkpoints)),
      [false, true, true, false],
    )
  })

  it('throws on numbers, ids and keys that do not fit their field', () => {
    const wrong = [
      () => arrivalKey(-1),
      () => arrivalKey(1.5),
      () => arrivalKey(2 ** 53),
      () => eventKey({ ...place, generation: 2 ** 32 }),
      () => eventKey({ ...place, author: 'ab' }),
      () => eventKey({ ...place, author: 'zz'.repeat(32) }),
      () => voteKey({ epoch: 0, view: 0, kind: 256 }),
      () => stateRowKey(digest.subarray(1)),
      () => readEventKey(arrivalKey(1)),
      () => readPosition(digest),
    ]
    for (const body of wrong) ok(throws(body), String(body))
  })
})

function isInside(key: Uint8Array, { from, to }: KeyRange): boolean {
  return compareBytes(from, key) <= 0 && compareBytes(key, to) < 0
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function flipFirst(hex: string): string {
  return (hex.startsWith('0') ? '1' : '0') + hex.slice(1)
}

function throws(body: () => unknown): boolean {
  try {
    body()
    return false
  } catch (error) {
    return error instanceof RangeError || error instanceof TypeError
  }
}
