/** Keys are a format on disk: their bytes are pinned, and their order is the order of what they name. */

import fc from 'fast-check'
import { compareBytes, contentIdOfDigest, toHex } from '@chirograph/codec'
import { equal, is, not, ok, suite } from '../../workspace/kit.ts'
import type { EventPlace, KeyRange, KeySpace } from '../src/index.js'
import {
  arrivalKey,
  arrivalRange,
  authorKey,
  authorValue,
  bodyFloorKey,
  bodyKey,
  bodyRange,
  checkpointDigestKey,
  checkpointHeightKey,
  checkpointRange,
  eventKey,
  eventRange,
  evidenceKey,
  frontierKey,
  historyKey,
  holeKey,
  keyBytesMax,
  keySpaces,
  metaKey,
  pastPagesKey,
  placeValue,
  positionKey,
  prefixRange,
  readArrivalKey,
  readAuthorKey,
  readAuthorValue,
  readBodyFloorKey,
  readCheckpointHeightKey,
  readEventKey,
  readHistoryKey,
  readHoleKey,
  readPastPagesKey,
  readPlace,
  readPositionKey,
  readVoteKey,
  spaceRange,
  statePageKey,
  strayKey,
  voteKey,
} from '../src/index.js'

const org = 'ab'.repeat(32)
const digest = new Uint8Array(32).fill(0xcd)
const id = contentIdOfDigest(digest)
const place: EventPlace = { author: 0x0102_0304, generation: 1, sequence: 2 ** 32 + 5, branch: 7 }
const position = { author: org, generation: 1, sequence: 2 ** 32 + 5 }

const hex64 = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex)
const u32 = fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }))
const u64 = fc.oneof(fc.nat(300), fc.maxSafeNat())
const placeArbitrary = fc.record(
  { author: u32, generation: u32, sequence: u64, branch: fc.nat(255) },
  { noNullPrototype: true },
)

suite('key spaces', (it) => {
  it('writes each key as its space byte and big-endian fields', () => {
    const chain = `${org}00000001`
    const sequence = '0000000100000005'
    const tail = 'cd'.repeat(32)
    const at = `0102030400000001${sequence}07`
    const expected: [Uint8Array, string][] = [
      [frontierKey(position), `05${chain}`],
      [evidenceKey(position), `06${chain}${sequence}`],
      [checkpointHeightKey(258), '070000000000000102'],
      [checkpointDigestKey(digest), `08${tail}`],
      [voteKey({ epoch: 3, view: 4, kind: 2 }), '0a00000003000000000000000402'],
      [metaKey('schema'), '0b736368656d61'],
      [authorKey(org), `10${org}`],
      [eventKey(place), `11${at}`],
      [bodyKey(place), `12${at}`],
      [positionKey(id), `13${tail}`],
      [arrivalKey(258), '140000000000000102'],
      [strayKey(place), `15${at}`],
      [historyKey(place), '160102030400000001'],
      [holeKey({ ...place, fromSequence: place.sequence }), `180102030400000001${sequence}`],
      [bodyFloorKey(place), '190102030400000001'],
      [statePageKey({ depth: 0, prefix: new Uint8Array(), version: 0 }), '1a000000000000'],
      [
        statePageKey({ depth: 12, prefix: Uint8Array.of(0xab, 0xc0), version: 2 ** 33 + 1 }),
        '1a0cabc00200000001',
      ],
      [pastPagesKey({ height: 258, part: 3 }), '1b000000000000010200000003'],
    ]
    for (const [key, hex] of expected) {
      is(toHex(key), hex)
      ok(key.length <= keyBytesMax)
    }
    equal(
      expected.map(([key]) => key[0]),
      [...Object.values(keySpaces), keySpaces.statePage].sort((a, b) => a - b),
    )
  })

  it('keeps the numbers of schemas 1 and 2 for them', () => {
    for (const number of Object.values(keySpaces)) not([1, 2, 3, 4, 0x09, 0x17].includes(number))
  })

  it('writes the values that are keys of others as bytes of fixed length', () => {
    is(toHex(placeValue(place)), '0102030400000001000000010000000507')
    is(toHex(authorValue(258)), '00000102')
  })

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(placeArbitrary, hex64, u64, fc.nat(255), (event, hex, view, kind) => {
        const { author, generation } = event
        for (const key of [eventKey, bodyKey, strayKey]) equal(readEventKey(key(event)), event)
        equal(readPlace(placeValue(event)), event)
        equal(readHistoryKey(historyKey(event)), { author, generation })
        equal(readBodyFloorKey(bodyFloorKey(event)), { author, generation })
        const hole = { author, generation, fromSequence: event.sequence }
        equal(readHoleKey(holeKey(hole)), hole)
        is(readAuthorKey(authorKey(hex)), hex)
        is(readAuthorValue(authorValue(author)), author)
        const named = contentIdOfDigest(bytesOf(hex))
        is(readPositionKey(positionKey(named)), named)
        is(readArrivalKey(arrivalKey(view)), view)
        const epoch = author
        is(readCheckpointHeightKey(checkpointHeightKey(view)), view)
        equal(readVoteKey(voteKey({ epoch, view, kind })), { epoch, view, kind })
        equal(readPastPagesKey(pastPagesKey({ height: view, part: author })), { height: view, part: author })
      }),
    )
  })

  it('orders events by author, generation, sequence, then branch', () => {
    fc.assert(
      fc.property(placeArbitrary, placeArbitrary, (a, b) => {
        const byFields =
          a.author - b.author || a.generation - b.generation || a.sequence - b.sequence || a.branch - b.branch
        for (const key of [eventKey, bodyKey, strayKey])
          is(Math.sign(compareBytes(key(a), key(b))), Math.sign(byFields))
        is(Math.sign(compareBytes(placeValue(a), placeValue(b))), Math.sign(byFields))
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
      fc.property(placeArbitrary, fc.nat(17), (event, length) => {
        const key = eventKey(event)
        const range = prefixRange('event', key.subarray(1, 1 + length))
        ok(isInside(key, range))
        const other: EventPlace = { ...event, author: (event.author ^ 0xff00_0000) >>> 0 }
        is(isInside(eventKey(other), range), length === 0)
      }),
    )
  })

  it('covers in a space range its own keys and those of no other space', () => {
    const keys: Record<KeySpace, Uint8Array> = {
      author: authorKey('ff'.repeat(32)),
      event: eventKey({ author: 0xffff_ffff, generation: 0xffff_ffff, sequence: 2 ** 53 - 1, branch: 255 }),
      body: bodyKey({ author: 0, generation: 0, sequence: 0, branch: 0 }),
      position: positionKey(id),
      arrival: arrivalKey(Number.MAX_SAFE_INTEGER),
      stray: strayKey(place),
      history: historyKey(place),
      hole: holeKey({ ...place, fromSequence: 0 }),
      bodyFloor: bodyFloorKey(place),
      frontier: frontierKey(position),
      evidence: evidenceKey(position),
      checkpointHeight: checkpointHeightKey(0),
      checkpointDigest: checkpointDigestKey(digest),
      statePage: statePageKey({ depth: 252, prefix: digest, version: 1 }),
      pastPages: pastPagesKey({ height: 7, part: 1 }),
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
      () => eventKey({ ...place, author: -1 }),
      () => eventKey({ ...place, author: 2 ** 32 }),
      () => eventKey({ ...place, branch: 256 }),
      () => eventKey({ ...place, sequence: 2 ** 53 }),
      () => historyKey({ author: 2 ** 32, generation: 0 }),
      () => authorKey('ab'),
      () => authorKey('zz'.repeat(32)),
      () => frontierKey({ ...position, author: 'ab' }),
      () => voteKey({ epoch: 0, view: 0, kind: 256 }),
      () => statePageKey({ depth: 12, prefix: digest, version: 0 }),
      () => statePageKey({ depth: 0, prefix: new Uint8Array(), version: 2 ** 40 }),
      () => readPastPagesKey(arrivalKey(1)),
      () => readEventKey(arrivalKey(1)),
      () => readPlace(digest),
      () => readAuthorValue(digest),
      () => readHistoryKey(arrivalKey(1).subarray(1)),
    ]
    for (const body of wrong) ok(throws(body), String(body))
  })
})

function isInside(key: Uint8Array, { from, to }: KeyRange): boolean {
  return compareBytes(from, key) <= 0 && compareBytes(key, to) < 0
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'))
}

function throws(body: () => unknown): boolean {
  try {
    body()
    return false
  } catch (error) {
    return error instanceof RangeError || error instanceof TypeError
  }
}
