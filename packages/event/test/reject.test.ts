/** Every reason for which an event is refused, each met by the smallest change to a good one. */
import { contentIdBytes, sha256 } from '@chirograph/codec'
import { nobleEd25519, signingBytes } from '@chirograph/crypto'
import { is, ok, suite } from '../../workspace/kit.ts'
import {
  bodyBytesMax,
  decodeEvent,
  type EventRejectReason,
  encodeEvent,
  headerBytesMax,
  type SignedEvent,
  verifyEvent,
  wireBytesMax,
} from '../src/index.ts'
import { authorOf, bytes32, lease, networkId } from './author.ts'
import { encodeCbor, Link } from './cbor.ts'

const college = authorOf(1)
const good = college.make(lease)

/** The fields of the good header as they stand on the wire. */
const fields = {
  version: 1 as unknown,
  networkId: networkId as unknown,
  author: Buffer.from(college.org, 'hex') as unknown,
  generation: 0 as unknown,
  sequence: 0 as unknown,
  prev: null as unknown,
  references: [] as unknown,
  kind: 2 as unknown,
  bodyLength: 4 as unknown,
  bodyHash: sha256(good.bodyBytes) as unknown,
  timeMs: 0 as unknown,
}

function wireOf(change: Partial<typeof fields>, bodyBytes: Uint8Array = good.bodyBytes): Uint8Array {
  const headerBytes = encodeCbor(Object.values({ ...fields, ...change }))
  return encodeCbor([headerBytes, good.signature, bodyBytes])
}

function withBody(kind: number, body: unknown): Uint8Array {
  const bodyBytes = encodeCbor(body)
  return wireOf({ kind, bodyLength: bodyBytes.length, bodyHash: sha256(bodyBytes) }, bodyBytes)
}

function refused(reason: EventRejectReason, wire: Uint8Array, why?: string): void {
  const decoded = decodeEvent(wire)
  is(decoded.kind === 'reject' ? decoded.reason : 'accepted', reason, why)
}

suite('decodeEvent', (it) => {
  it('accepts the event that the others differ from by one thing', () => {
    is(decodeEvent(wireOf({})).kind, 'decoded')
  })

  it('oversize: more bytes than an event can have', () => {
    refused('oversize', new Uint8Array(wireBytesMax + 1))
    const body = new Uint8Array(bodyBytesMax + 1)
    refused('oversize', encodeCbor([good.headerBytes, good.signature, body]), 'body over its own limit')
    const header = new Uint8Array(headerBytesMax + 1)
    refused('oversize', encodeCbor([header, good.signature, good.bodyBytes]), 'header over its own limit')
  })

  it('has room for the largest header and body', () => {
    const wire = encodeCbor([new Uint8Array(headerBytesMax), good.signature, new Uint8Array(bodyBytesMax)])
    is(wire.length, wireBytesMax)
  })

  it('malformed: not the positions and types of an event', () => {
    refused('malformed', new Uint8Array(0), 'empty')
    refused('malformed', encodeCbor([good.headerBytes, good.signature]), 'no body')
    refused(
      'malformed',
      encodeCbor([good.headerBytes, new Uint8Array(63), good.bodyBytes]),
      'short signature',
    )
    refused('malformed', encodeEvent(good).subarray(0, -1), 'truncated')
    refused('malformed', Buffer.concat([encodeEvent(good), Buffer.of(0)]), 'trailing byte')
    const id = new Link(contentIdBytes(good.id))
    const others = [college.make(lease, { timeMs: 1 }).id, good.id].map(contentIdBytes)
    const descending = others.sort((a, b) => Buffer.compare(b, a)).map((binary) => new Link(binary))
    const raw = Uint8Array.from(id.binary).fill(0x55, 1, 2)
    const changes: Partial<typeof fields>[] = [
      { networkId: bytes32(0).subarray(1) },
      { author: college.org },
      { generation: 2 ** 32 },
      { generation: -1 },
      { sequence: 0.5 },
      { prev: good.id },
      { prev: new Link(raw) },
      { prev: new Link(id.binary.subarray(0, 35)) },
      { references: [id, id] },
      { references: descending },
      { references: Array.from({ length: 17 }, () => id) },
      { bodyLength: bodyBytesMax + 1 },
      { bodyHash: bytes32(0).subarray(1) },
      { timeMs: null },
      { timeMs: 2n ** 53n },
      { kind: 'status.lease' },
    ]
    for (const change of changes) refused('malformed', wireOf(change), Object.keys(change).join())
    const short = encodeCbor(Object.values(fields).slice(0, 10))
    refused('malformed', encodeCbor([short, good.signature, good.bodyBytes]), 'ten fields')
  })

  it('non-canonical: the same values in other bytes', () => {
    const { headerBytes, bodyBytes } = good
    // A header array whose version 1 is written in two bytes; a byte string length in three.
    const longVersion = Buffer.concat([headerBytes.subarray(0, 1), Buffer.of(0x18), headerBytes.subarray(1)])
    refused('non-canonical', encodeCbor([longVersion, good.signature, bodyBytes]))
    const longLength = Buffer.concat([Buffer.of(0x83, 0x59, 0), encodeEvent(good).subarray(2)])
    refused('non-canonical', longLength)
    const longCount = Buffer.of(0x81, 0x1a, 0, 0, 8, 0)
    refused('non-canonical', wireOf({ bodyLength: 6, bodyHash: sha256(longCount) }, longCount))
  })

  it('unknown-version: any header that says so, whatever follows', () => {
    refused('unknown-version', wireOf({ version: 2 }))
    refused('unknown-version', wireOf({ version: 0 }))
    refused('unknown-version', encodeCbor([encodeCbor([23]), good.signature, good.bodyBytes]))
    refused('malformed', wireOf({ version: 'one' }))
    refused('malformed', encodeCbor([Buffer.of(0x19, 2, 0), good.signature, good.bodyBytes]), 'no array')
  })

  it('unknown-kind: a number without a name', () => {
    for (const kind of [0, 7, 35, 1_000]) refused('unknown-kind', wireOf({ kind }))
  })

  it('body-mismatch: another body than the header names', () => {
    refused('body-mismatch', wireOf({}, encodeCbor([1_024])), 'another body')
    refused('body-mismatch', wireOf({}, Buffer.concat([good.bodyBytes, Buffer.of(0)])), 'a longer body')
    refused('body-mismatch', wireOf({ bodyLength: 5 }), 'another length')
    refused('body-mismatch', wireOf({ bodyHash: bytes32(0) }), 'another hash')
  })

  it('malformed-body: a body that is not of the header’s kind', () => {
    const handle = bytes32(5)
    const [low, high] = [bytes32(1), bytes32(2)]
    const batch = [bytes32(0), 16, 1, 1, bytes32(0)]
    const cases: [string, number, unknown][] = [
      ['not an array', 2, 1_024],
      ['one field too many', 2, [1_024, 0]],
      ['a lease of none', 2, [0]],
      ['a lease that is no multiple of 1,024', 2, [1_025]],
      ['a lease over the limit', 2, [132_096]],
      ['padded size 8', 1, batch.with(1, 8)],
      ['padded size 17', 1, batch.with(1, 17)],
      ['padded size 2^25', 1, batch.with(1, 2 ** 25)],
      ['an unknown record class', 1, batch.with(2, 11)],
      ['an unknown credential type', 1, batch.with(3, 0)],
      ['no entries', 3, [[], 1]],
      ['a short handle', 3, [[[handle.subarray(1), null]], 1]],
      [
        'entries out of order',
        3,
        [
          [
            [high, null],
            [low, null],
          ],
          1,
        ],
      ],
      [
        'a handle twice',
        3,
        [
          [
            [low, 1],
            [low, 2],
          ],
          1,
        ],
      ],
      ['a position over 2^40', 3, [[[low, 2 ** 40]], 1]],
      ['an unknown reason', 3, [[[low, null]], 8]],
      ['free text for a reason', 3, [[[low, null]], 'withdrawn']],
      ['a suspension without an end', 4, [[[low, null]], 1]],
      ['entries over the limit', 5, [Array.from({ length: 1_001 }, (_, i) => [numbered(i), null])]],
    ]
    for (const [why, kind, body] of cases) refused('malformed-body', withBody(kind, body), why)
  })

  it('malformed-body: fork evidence that is not about two headers at one place', () => {
    const [a, b] = [1, 2].map((timeMs) => college.make(lease, { timeMs })).sort(byHeader)
    ok(a && b)
    const part = (event: SignedEvent): unknown => [event.headerBytes, event.signature]
    const later = college.make(lease, { sequence: 1, prev: good.id })
    const elsewhere = college.make(lease, { networkId: bytes32(0) })
    const other = authorOf(9).make(lease)
    const text = [Buffer.from('free text is no header'), good.signature]
    is(decodeEvent(withBody(6, [part(a), part(b)])).kind, 'decoded')
    const pairs: [string, unknown, unknown][] = [
      ['the same header twice', part(a), part(a)],
      ['the larger first', part(b), part(a)],
      ['two places', ...sorted(a, later)],
      ['two generations', ...sorted(a, college.make(lease, { generation: 1 }))],
      ['two networks', ...sorted(a, elsewhere)],
      ['two authors', ...sorted(a, other)],
      ['free text first', text, part(b)],
      ['free text second', part(a), text],
    ]
    for (const [why, first, second] of pairs) refused('malformed-body', withBody(6, [first, second]), why)
    function sorted(...events: [SignedEvent, SignedEvent]): [unknown, unknown] {
      const [first, second] = events.sort(byHeader)
      return [part(first), part(second)]
    }
  })
})

suite('decodeEvent: rotation, recovery and forks', (it) => {
  const [a, b] = [1, 2].map((timeMs) => college.make(lease, { timeMs })).sort(byHeader)
  ok(a && b)
  const onA = college.make(lease, { sequence: 1, prev: a.id })
  const onB = college.make(lease, { sequence: 1, prev: b.id })
  const step = ({ header }: SignedEvent, change: { kind?: number } = {}): unknown => {
    const { references, bodyLength, bodyHash, timeMs } = header
    return [references, change.kind ?? 2, bodyLength, bodyHash, timeMs]
  }
  const run = (event: SignedEvent, ...next: SignedEvent[]): unknown => {
    return [event.headerBytes, next.map((one) => step(one)), (next.at(-1) ?? event).signature]
  }
  const revoke = college.make({
    kind: 'status.revoke',
    entries: [{ handle: bytes32(3), position: null }],
    reason: 'withdrawn',
  })

  it('malformed-body: a rotation that commits to the key it takes into use', () => {
    const { logKey } = authorOf(2)
    is(decodeEvent(withBody(8, [logKey, bytes32(1)])).kind, 'decoded')
    refused('malformed-body', withBody(8, [logKey, sha256(logKey)]))
    refused('malformed-body', withBody(8, [logKey.subarray(1), bytes32(1)]), 'a short key')
  })

  it('malformed-body: an approval that names no organisation or no event', () => {
    const rotation = new Link(contentIdBytes(good.id))
    is(decodeEvent(withBody(9, [bytes32(1), rotation])).kind, 'decoded')
    refused('malformed-body', withBody(9, [bytes32(1), bytes32(2)]))
    refused('malformed-body', withBody(9, [bytes32(1).subarray(1), rotation]))
  })

  it('malformed-body: branches that are not about two headers at one place', () => {
    is(decodeEvent(withBody(11, [run(a, onA), run(b, onB)])).kind, 'decoded')
    is(decodeEvent(withBody(11, [run(a), run(b, onB)])).kind, 'decoded', 'one side signed itself')
    const atTheEnd = college.make(lease, { sequence: Number.MAX_SAFE_INTEGER, prev: a.id })
    const cases: [string, unknown, unknown][] = [
      ['both signed themselves', run(a), run(b)],
      ['the larger first', run(b, onB), run(a, onA)],
      ['one branch twice', run(a, onA), run(a, onA)],
      ['two places', run(a, onA), run(onB)],
      ['two authors', run(authorOf(9).make(lease)), run(b, onB)],
      ['free text for a header', [Buffer.from('free text'), [], a.signature], run(b, onB)],
      ['a kind without a name', run(a), [b.headerBytes, [step(onB, { kind: 7 })], onB.signature]],
      ['more steps than a run has', run(a), [b.headerBytes, Array(1_024).fill(step(onB)), onB.signature]],
      ['a run beyond the last sequence', run(atTheEnd, onA), run(atTheEnd)],
    ]
    for (const [why, first, second] of cases) refused('malformed-body', withBody(11, [first, second]), why)
  })

  it('malformed-body: a salvaged event that restricts nothing, or has another body', () => {
    is(decodeEvent(withBody(10, [run(revoke), revoke.bodyBytes])).kind, 'decoded')
    const next = college.make(lease, { sequence: 1, prev: revoke.id })
    is(decodeEvent(withBody(10, [run(revoke, next), revoke.bodyBytes])).kind, 'decoded', 'signed by the next')
    const cases: [string, unknown, Uint8Array][] = [
      ['a lease', run(a), a.bodyBytes],
      ['the body of another', run(revoke), a.bodyBytes],
      ['no body', run(revoke), new Uint8Array()],
      ['free text for a header', [Buffer.from('free text'), [], a.signature], revoke.bodyBytes],
    ]
    for (const [why, salvaged, body] of cases) refused('malformed-body', withBody(10, [salvaged, body]), why)
    const text = Buffer.from('free text')
    const forged = { ...fields, kind: 3, bodyLength: text.length, bodyHash: sha256(text) }
    const header = encodeCbor(Object.values(forged))
    refused('malformed-body', withBody(10, [[header, [], a.signature], text]), 'a body of free text')
  })
})

suite('verifyEvent', (it) => {
  const check = (change: Partial<Parameters<typeof verifyEvent>[0]>): string => {
    const args = { event: good as SignedEvent, networkId, logKey: college.logKey, ed25519: nobleEd25519 }
    const verdict = verifyEvent({ ...args, ...change })
    return verdict.kind === 'reject' ? verdict.reason : verdict.kind
  }

  it('wrong-network: an event made for another network', () => {
    is(check({ networkId: bytes32(0) }), 'wrong-network')
  })

  it('unknown-author: no key to check with', () => {
    is(check({ logKey: undefined }), 'unknown-author')
  })

  it('bad-signature: another key, another message, another domain, or nonsense', () => {
    is(check({}), 'verified')
    is(check({ logKey: authorOf(9).logKey }), 'bad-signature')
    is(check({ logKey: new Uint8Array(31) }), 'bad-signature')
    is(check({ event: { ...good, signature: new Uint8Array(64) } }), 'bad-signature')
    is(
      check({ event: { ...good, signature: college.make(lease, { timeMs: 1 }).signature } }),
      'bad-signature',
    )
    is(check({ event: { ...good, signature: college.sign(good.headerBytes) } }), 'bad-signature')
    const asVote = college.sign(signingBytes('vote', good.headerBytes))
    is(check({ event: { ...good, signature: asVote } }), 'bad-signature')
  })
})

function byHeader(a: SignedEvent, b: SignedEvent): number {
  return Buffer.compare(a.headerBytes, b.headerBytes)
}

function numbered(index: number): Uint8Array {
  const handle = new Uint8Array(32)
  handle[0] = index >> 8
  handle[1] = index & 0xff
  return handle
}
