/**
 * How events move in bulk: a stretch of one chain under the one signature at its end. Everything before the end is a
 * prev-ancestor of what was signed, and so authentic (SPEC.md, "Segments"); one check stands for up to 1,024 events.
 */
import {
  bytes,
  bytesUpTo,
  decode,
  type EventId,
  encode,
  enterArray,
  equalBytes,
  field,
  list,
  nullable,
  readingOf,
  sha256,
  struct,
} from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import { decodeBody, type EventBody } from './body.js'
import type { AuthenticEvent, EventRejected, EventRejectReason } from './event.js'
import { takeHeader } from './first-header.js'
import { decodeHeader, type EventHeader } from './header.js'
import {
  bodyBytesMax,
  headerBytesMax,
  runBytesMax,
  segmentBytesMax,
  segmentEventsMax,
  signatureBytes,
} from './limits.js'
import { isSignedBy } from './verify.js'

/** One event of a segment; the body is null where its sender has pruned it. */
export interface SegmentItem {
  readonly headerBytes: Uint8Array
  readonly bodyBytes: Uint8Array | null
}

/** As sent: items in order of sequence, and the signature of the last. Null where the receiver knows the end's id. */
export interface Segment {
  readonly items: readonly SegmentItem[]
  readonly signature: Uint8Array | null
}

/** A well-formed event of a segment; nothing is known of its signature. */
export interface SegmentEvent extends SegmentItem {
  readonly id: EventId
  readonly header: EventHeader
  readonly body: EventBody | null
}

/** A well-formed segment: one chain without gaps, every header canonical, every body the one its header names. */
export interface DecodedSegment {
  readonly events: readonly SegmentEvent[]
  readonly first: SegmentEvent
  readonly last: SegmentEvent
  readonly signature: Uint8Array | null
}

/** An event of a segment whose end was checked. Only the last has a signature. */
export type AuthenticSegmentEvent = SegmentEvent & { readonly signature: Uint8Array | null }

export type DecodedSegmentVerdict =
  | { readonly kind: 'decoded'; readonly segment: DecodedSegment }
  | EventRejected

export type SegmentVerdict =
  | { readonly kind: 'authentic'; readonly events: readonly AuthenticSegmentEvent[] }
  | EventRejected

const segmentShape = struct('segment', [
  field(
    'items',
    list(
      struct('item', [
        field('headerBytes', bytesUpTo(headerBytesMax)),
        field('bodyBytes', nullable(bytesUpTo(bodyBytesMax))),
      ]),
      { min: 1, max: segmentEventsMax },
    ),
  ),
  field('signature', nullable(bytes(signatureBytes))),
])

/** The canonical bytes of a segment. The caller keeps it below `segmentBytesMax`. */
export function encodeSegment({ items, signature }: Segment): Uint8Array {
  return encode(segmentShape, { items, signature })
}

/** An event by itself, as a segment of one. */
export function segmentOf(event: SegmentItem & { readonly signature: Uint8Array }): Uint8Array {
  return encodeSegment({ items: [event], signature: event.signature })
}

/**
 * The first header of an untrusted segment, of which nothing else is read: whose it is, if it is one. Undefined where
 * the whole would be refused for its beginning.
 */
export function segmentHeadOf(wire: Uint8Array): EventHeader | undefined {
  const reading = readingOf(wire)
  // An array of two, of which the first is an array of pairs that begin with a header.
  const isSegment = enterArray(reading) === 2 && enterArray(reading) > 0 && enterArray(reading) === 2
  return isSegment ? takeHeader(reading) : undefined
}

/**
 * Reads an untrusted segment. The first rule that it breaks, of the first event that breaks one, is named. Never
 * throws. With `areBodiesRead` false the bodies are held against their hashes and not looked into: what is final was
 * looked into by those who agreed on it.
 */
export function decodeSegment(
  wire: Uint8Array,
  { areBodiesRead = true }: { readonly areBodiesRead?: boolean } = {},
): DecodedSegmentVerdict {
  const decoded = decode(segmentShape, wire, { bytesMax: segmentBytesMax })
  if (!decoded.ok) {
    if (decoded.code === 'OVERSIZE') return reject('oversize', decoded.detail)
    return reject(decoded.code === 'NON_CANONICAL' ? 'non-canonical' : 'malformed', decoded.detail)
  }
  const { items, signature } = decoded.value
  const events: SegmentEvent[] = []
  let before: SegmentEvent | undefined
  let run = 0
  for (const item of items) {
    const judged = decodeItem(item, areBodiesRead)
    if ('reason' in judged) return judged
    const broken = before === undefined ? undefined : faultOfLink(before, judged)
    if (broken !== undefined) return reject('broken-chain', broken)
    events.push(judged)
    run += runBytes(judged.header)
    before = judged
  }
  const [first] = events
  if (first === undefined || before === undefined) return reject('malformed', 'an empty segment')
  // A run that no proof could hold must not be admitted: its author could then fork without being accused.
  if (run > runBytesMax && events.length > 1)
    return reject('oversize', `a run of ${run} bytes without signatures, at most ${runBytesMax}`)
  return { kind: 'decoded', segment: { events, first, last: before, signature } }
}

/**
 * Checks the end of a segment: its signature by the author's log key, or that it is `anchor`, the id of an event that
 * is known to be authentic. `isSigned` gives the answer where the signature was checked already.
 * Rejects with `wrong-network`, `unknown-author` or `bad-signature`; that condemns the message, never an id.
 */
export function verifySegment(args: {
  readonly segment: DecodedSegment
  readonly networkId: Uint8Array
  readonly logKey: Uint8Array | undefined
  readonly ed25519: Ed25519
  readonly anchor?: EventId | null
  readonly isSigned?: boolean
}): SegmentVerdict {
  const { segment, networkId, logKey, ed25519, anchor = null } = args
  const { events, last, signature } = segment
  if (!equalBytes(last.header.networkId, networkId))
    return reject('wrong-network', 'made for another network')
  const isAnchored = last.id === anchor
  if (signature !== null) {
    if (logKey === undefined) return reject('unknown-author', `no key of ${last.header.author} is known`)
    const isSigned =
      args.isSigned ?? isSignedBy({ signed: { headerBytes: last.headerBytes, signature }, logKey, ed25519 })
    if (!isSigned) return reject('bad-signature', `not signed by ${last.header.author}`)
  } else if (!isAnchored) return reject('bad-signature', 'the end is neither signed nor known')
  return {
    kind: 'authentic',
    events: events.map((event) => ({ ...event, signature: event === last ? signature : null })),
  }
}

/** The events of a checked segment for the log, which needs every body. */
export function wholeEvents(
  events: readonly AuthenticSegmentEvent[],
): { readonly kind: 'whole'; readonly events: readonly AuthenticEvent[] } | EventRejected {
  const pruned = events.find(({ body, bodyBytes }) => body === null || bodyBytes === null)
  if (pruned !== undefined) return reject('missing-body', `the body of ${pruned.id} is not there`)
  return { kind: 'whole', events: events as readonly unknown[] as readonly AuthenticEvent[] } // checked, and whole
}

/** What a header without a signature of its own costs in the proof of a fork: see `evidence.fork`. */
export function runBytes({ references }: { readonly references: { readonly length: number } }): number {
  return 51 + 41 * references.length
}

function decodeItem(item: SegmentItem, isBodyRead: boolean): SegmentEvent | EventRejected {
  const { headerBytes, bodyBytes } = item
  const decoded = decodeHeader(headerBytes)
  if (decoded.kind === 'reject') return decoded
  const { id, header } = decoded
  if (bodyBytes === null) return { id, header, headerBytes, bodyBytes, body: null }
  if (bodyBytes.length !== header.bodyLength)
    return reject('body-mismatch', `body of ${bodyBytes.length} bytes, the header says ${header.bodyLength}`)
  if (!equalBytes(sha256(bodyBytes), header.bodyHash))
    return reject('body-mismatch', 'the body hashes to another value than the header says')
  if (!isBodyRead) return { id, header, headerBytes, bodyBytes, body: null }
  const content = decodeBody(header.kind, bodyBytes)
  return content.kind === 'reject' ? content : { id, header, headerBytes, bodyBytes, body: content.body }
}

/** What keeps an event from following the one before it, or undefined. */
function faultOfLink({ id, header: before }: SegmentEvent, { header }: SegmentEvent): string | undefined {
  if (header.prev !== id) return `sequence ${header.sequence} does not follow by prev`
  if (header.author !== before.author || header.generation !== before.generation)
    return 'a segment of two chains'
  return header.sequence === before.sequence + 1 ? undefined : `${header.sequence} after ${before.sequence}`
}

function reject(reason: EventRejectReason, detail: string): EventRejected {
  return { kind: 'reject', reason, detail }
}
