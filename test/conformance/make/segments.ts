/** segments.json: how events move in bulk, under the one signature at the end. */
import { contentIdOfDigest, sha256 } from '@chirograph/codec'
import { nobleEd25519, signingBytes } from '@chirograph/crypto'
import {
  createEvent,
  type EventBody,
  encodeHeader,
  encodeSegment,
  runBytes,
  type SegmentItem,
  segmentOf,
  type VerifiedEvent,
} from '@chirograph/event'
import { type ByteParts, byteString, bytesOf, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { batchEvent, forked, leaseEvent, revokeEvent, suspendEvent } from '../story.ts'
import { wireCase } from '../vector-file.ts'
import { bytes32, genesisTimeMs, issuer, networkId, signer } from '../world.ts'

const four = [batchEvent, leaseEvent, revokeEvent, suspendEvent] as const
const [first, second, third, last] = four
const logKey = hexOf(nobleEd25519.publicKey(issuer.seeds.log))

export function makeSegments() {
  return {
    description:
      'Segments: a stretch of one chain, [items, signature] with items [header bytes, body bytes or null], each header naming the one before it as its prev, and one signature, ed25519 by the log key over domain("event") ‖ the last header’s bytes. It is null where the receiver knows the id of the last event: `anchor`. `ids` are those of the events. A null body was pruned: authentic, and not enough for the log. `runs` are whole segments of many events, told by their recipe: event i is a lease of 1,024 with sequence i, the prev before it, timeMs `timeMs` + i and, where `references` is n > 0, references to the CIDs of the digests 00…01 to 00…n. What a header costs in the proof of a fork is 51 bytes and 41 for each reference; more than 31,000 in one segment is refused. Refusals at `decode` need the bytes alone; at `verify` the network id, the log key (null where none is known) and the anchor (null where none is); at `admit` the segment is authentic and refused by a log.',
    positions: { segment: ['items', 'signature'], item: ['headerBytes', 'bodyBytes'] },
    networkId: hexOf(networkId),
    author: issuer.id,
    logKey,
    cases: [
      segmentCase('one event', [first], first.signature),
      segmentCase('four events, one signature', four, last.signature),
      segmentCase('the middle of a chain', [second, third], third.signature),
      segmentCase('known by its id, no signature', [first, second, third], null, { anchor: third.id }),
      segmentCase('known by its id, and signed', [first, second, third], third.signature, {
        anchor: third.id,
      }),
      segmentCase('bodies pruned', [first, pruned(second), pruned(third), last], last.signature),
    ],
    runs: [runCase(607, 0), runCase(43, 16)],
    refused: [...decodeRefusals(), ...verifyRefusals(), ...admitRefusals()],
    refusedRuns: [runRefusal(608, 0), runRefusal(44, 16)],
  }
}

function pruned<E extends SegmentItem & { id: string }>(event: E) {
  return { ...event, bodyBytes: null }
}

function fieldsOf(items: readonly SegmentItem[], signature: Uint8Array | null): Notation {
  const written = items.map(({ headerBytes, bodyBytes }): Notation => {
    return [byteString(headerBytes), bodyBytes && byteString(bodyBytes)]
  })
  return [written, signature && byteString(signature)]
}

function segmentCase(
  name: string,
  items: readonly (SegmentItem & { readonly id: string })[],
  signature: Uint8Array | null,
  { anchor = null }: { readonly anchor?: string | null } = {},
) {
  const wire = wireCase(name, fieldsOf(items, signature), encodeSegment({ items, signature }))
  return {
    ...wire,
    input: { ...wire.input, anchor },
    output: { ids: items.map(({ id }) => id), ...wire.output },
  }
}

/** What the recipe in the description makes. */
function runOf(count: number, references: number): VerifiedEvent[] {
  const body: EventBody = { kind: 'status.lease', count: 1_024 }
  const links = Array.from({ length: references }, (_, n) => linkOf(n + 1))
  const events: VerifiedEvent[] = []
  for (let prev: VerifiedEvent | undefined; events.length < count; events.push(prev)) {
    const place = { networkId, author: issuer.id, generation: 0, sequence: events.length }
    prev = createEvent(
      {
        ...place,
        prev: prev?.id ?? null,
        references: links,
        timeMs: genesisTimeMs + events.length,
        body,
      },
      signer(issuer.seeds.log),
    )
  }
  return events
}

function linkOf(n: number): VerifiedEvent['id'] {
  const digest = new Uint8Array(32)
  digest[31] = n
  return contentIdOfDigest(digest)
}

function runParts(count: number, references: number) {
  const events = runOf(count, references)
  const bytes = encodeSegment({ items: events, signature: events.at(-1)?.signature ?? null })
  const run = events.reduce((sum, { header }) => sum + runBytes(header), 0)
  const input = { count, references, timeMs: genesisTimeMs, seed: hexOf(issuer.seeds.log) }
  return { input, output: { runBytes: run, length: bytes.length, sha256: hexOf(sha256(bytes)) } }
}

function runCase(count: number, references: number) {
  return { name: `${count} headers of ${references} references`, ...runParts(count, references) }
}

function runRefusal(count: number, references: number) {
  return { ...runCase(count, references), reason: 'oversize' }
}

interface SegmentRefusal {
  readonly name: string
  readonly input: {
    readonly stage: 'decode' | 'verify' | 'admit'
    readonly bytes: ByteParts
    readonly logKey?: string | null
    readonly anchor?: string | null
  }
  readonly reason: string
}

function wireOf(items: readonly SegmentItem[], signature: Uint8Array | null): string {
  return hexOf(encodeNotation(fieldsOf(items, signature)))
}

/** The second event with another place in its header, signed or not: what follows is not its chain. */
function displaced(change: Partial<VerifiedEvent['header']>): SegmentItem {
  return { headerBytes: encodeHeader({ ...second.header, ...change }), bodyBytes: second.bodyBytes }
}

function decodeRefusals(): SegmentRefusal[] {
  const good = wireOf([first, second], second.signature)
  const signature = second.signature
  const other = forked[0]
  const item = hexOf(encodeNotation([byteString(first.headerBytes), null]))
  const zeros = { repeat: '00', times: 65_537 }
  const rows: [string, string, ByteParts][] = [
    ['nothing', 'malformed', ''],
    ['1,000,001 bytes', 'oversize', [{ repeat: '00', times: 1_000_001 }]],
    ['no event', 'malformed', wireOf([], signature)],
    [
      '1,025 events',
      'malformed',
      ['82', '990401', { repeat: item, times: 1_025 }, `5840${hexOf(signature)}`],
    ],
    ['three positions', 'malformed', `83${good.slice(2)}00`],
    [
      'an event with its own signature',
      'malformed',
      hexOf(
        encodeNotation([
          [[byteString(first.headerBytes), byteString(first.bodyBytes), byteString(first.signature)]],
          byteString(signature),
        ]),
      ),
    ],
    ['a signature of 63 bytes', 'malformed', wireOf([first], first.signature.subarray(1))],
    ['a byte behind', 'malformed', `${good}00`],
    ['cut short', 'malformed', good.slice(0, -2)],
    ['an array length in two bytes', 'non-canonical', `9802${good.slice(2)}`],
    [
      'a header of 2,049 bytes',
      'malformed',
      wireOf([{ ...first, headerBytes: new Uint8Array(2_049) }], signature),
    ],
    [
      'a body of 65,537 bytes',
      'malformed',
      [
        '8281',
        '82',
        hexOf(encodeNotation(byteString(first.headerBytes))),
        '5a00010001',
        zeros,
        `5840${hexOf(signature)}`,
      ],
    ],
    [
      'a header of version 2',
      'unknown-version',
      wireOf([first, { ...second, headerBytes: second.headerBytes.with(1, 2) }], signature),
    ],
    [
      'a header that is not canonical',
      'non-canonical',
      wireOf([{ ...first, headerBytes: bytesOf(`8b1801${hexOf(first.headerBytes).slice(4)}`) }], signature),
    ],
    [
      'a header that is none, inside',
      'malformed',
      wireOf([first, { ...second, headerBytes: Uint8Array.of(1) }, third], third.signature),
    ],
    [
      'a body of another length',
      'body-mismatch',
      wireOf([first, { ...second, bodyBytes: new Uint8Array(5) }], signature),
    ],
    [
      'a body of another hash',
      'body-mismatch',
      wireOf([first, { ...second, bodyBytes: second.bodyBytes.with(2, 8) }], signature),
    ],
    ['a gap', 'broken-chain', wireOf([first, third], third.signature)],
    ['the wrong way round', 'broken-chain', wireOf([second, first], first.signature)],
    ['an event twice', 'broken-chain', wireOf([first, first], first.signature)],
    ['two authors', 'broken-chain', wireOf([first, other], other.signature)],
    ['a sequence left out', 'broken-chain', wireOf([first, displaced({ sequence: 2 })], signature)],
    [
      'another author behind',
      'broken-chain',
      wireOf([first, displaced({ author: other.header.author })], signature),
    ],
    ['another generation behind', 'broken-chain', wireOf([first, displaced({ generation: 1 })], signature)],
  ]
  return rows.map(([name, reason, bytes]) => ({ name, input: { stage: 'decode', bytes }, reason }))
}

function verifyRefusals(): SegmentRefusal[] {
  const sign = signer(issuer.seeds.log)
  const items = [first, second]
  const flipped = second.signature.with(0, (second.signature[0] ?? 0) ^ 1)
  const strange = encodeHeader({ ...first.header, networkId: bytes32('another network') })
  const elsewhere = wireOf([{ ...first, headerBytes: strange }], sign(signingBytes('event', strange)))
  const otherKey = hexOf(nobleEd25519.publicKey(bytes32('another seed')))
  const rows: [string, string, string, string | null, string | null][] = [
    ['another network', 'wrong-network', elsewhere, logKey, null],
    ['no key is known', 'unknown-author', wireOf(items, second.signature), null, null],
    ['the key of another', 'bad-signature', wireOf(items, second.signature), otherKey, null],
    ['a bit of the signature', 'bad-signature', wireOf(items, flipped), logKey, null],
    ['the signature of the first', 'bad-signature', wireOf(items, first.signature), logKey, null],
    ['neither signed nor known', 'bad-signature', wireOf(items, null), logKey, null],
    ['another id is known', 'bad-signature', wireOf(items, null), logKey, first.id],
    [
      'its id is known, and a bit of the signature',
      'bad-signature',
      wireOf(items, flipped),
      logKey,
      second.id,
    ],
  ]
  return rows.map(([name, reason, bytes, key, anchor]) => {
    return { name, input: { stage: 'verify', bytes, logKey: key, anchor }, reason }
  })
}

function admitRefusals(): SegmentRefusal[] {
  const bytes = wireOf([first, pruned(second)], second.signature)
  return [
    {
      name: 'a body that was pruned',
      input: { stage: 'admit', bytes, logKey, anchor: null },
      reason: 'missing-body',
    },
  ]
}

// An event alone is a segment of one; the maker says so once.
if (hexOf(segmentOf(first)) !== wireOf([first], first.signature))
  throw new Error('an event alone is a segment')
