/**
 * What lies below a known event. Each header is held against the digest that the one above it names, and each body
 * against its header's; so every byte is what the author of the known event stood behind, and where that event is
 * final, what its validators have looked into. Nothing else has to be looked into again.
 *
 * Profiled in a sync of 100,000 events: to read each header into its fields, as is done with events of which nothing is
 * known, costs three times as much as these hashes.
 */
import {
  digestOfContentId,
  type EventId,
  enterArray,
  enterBytes,
  equalBytes,
  leaveArray,
  notThere,
  type Reading,
  readingOf,
  sha256,
  skip,
  takeLink,
  takeNull,
  takeUint,
  takeView,
} from '@chirograph/codec'
import type { Ed25519 } from '@chirograph/crypto'
import type { EventRejected, EventRejectReason } from './event.js'
import {
  bodyBytesMax,
  headerBytesMax,
  referencesMax,
  runBytesMax,
  segmentBytesMax,
  segmentEventsMax,
  signatureBytes,
} from './limits.js'
import { runBytes, type SegmentItem } from './segment.js'
import type { HeldEvent } from './segmenter.js'
import { isSignedBy } from './verify.js'

/** An event below a known one. Its bytes are views of the segment that it came in. */
export interface Ancestor extends HeldEvent {
  /** SHA-256 of the header, 32 bytes: the digest in its id. */
  readonly digest: Uint8Array
  readonly sequence: number
  /** The number of its kind. */
  readonly kindNumber: number
}

/** A stretch of one chain, in order of sequence, and what it hangs on below. */
export interface Ancestors {
  readonly kind: 'linked'
  readonly events: readonly Ancestor[]
  readonly first: Ancestor
  /** The digest of the event before the first, which may be of the generation before; null where the chain begins. */
  readonly prev: Uint8Array | null
}

/** `elsewhere`: it ends at another event than the known one. */
export type AncestorsVerdict = Ancestors | { readonly kind: 'elsewhere' } | EventRejected

/**
 * Reads an untrusted segment (`encodeSegment`) that should end at the event `anchor`. Its signature, where it has one,
 * is checked with the author's log key: it is not needed here, but whoever takes it may pass it on.
 *
 * Never throws. Rejects with `oversize`, `malformed`, `broken-chain` (what is below is not what is named above),
 * `body-mismatch`, `unknown-author`, `bad-signature`, or `unknown-version` for a header that is the one named and yet not
 * what this version of the protocol writes.
 */
export function readAncestors(
  wire: Uint8Array,
  args: {
    readonly anchor: EventId
    readonly logKey: Uint8Array | undefined
    readonly ed25519: Ed25519
  },
): AncestorsVerdict {
  if (wire.length > segmentBytesMax)
    return reject('oversize', `a segment of ${wire.length} bytes, at most ${segmentBytesMax}`)
  const segment = readSegment(wire)
  const last = segment?.items.at(-1)
  if (segment === undefined || last === undefined) return reject('malformed', 'it is no segment')
  const { signature } = segment
  const linked = linkDown(segment, digestOfContentId(args.anchor))
  if (linked.kind !== 'linked' || signature === null) return linked
  const { logKey, ed25519 } = args
  if (logKey === undefined) return reject('unknown-author', 'no key of its author is known')
  if (!isSignedBy({ signed: { headerBytes: last.headerBytes, signature }, logKey, ed25519 }))
    return reject('bad-signature', 'its author has not signed its end')
  return linked
}

interface ReadSegment {
  readonly items: readonly SegmentItem[]
  readonly signature: Uint8Array | null
}

function readSegment(wire: Uint8Array): ReadSegment | undefined {
  const reading = readingOf(wire)
  if (enterArray(reading) !== 2) return undefined
  const count = enterArray(reading) // or notThere, which is below 1
  if (count < 1 || count > segmentEventsMax) return undefined
  const items: SegmentItem[] = []
  while (items.length < count) {
    if (enterArray(reading) !== 2) return undefined
    const headerBytes = takeBytes(reading, headerBytesMax)
    const bodyBytes = takeNull(reading) ? null : takeBytes(reading, bodyBytesMax)
    if (headerBytes === undefined || bodyBytes === undefined) return undefined
    items.push({ headerBytes, bodyBytes })
    leaveArray(reading)
  }
  leaveArray(reading)
  const signature = takeNull(reading) ? null : takeBytes(reading, signatureBytes)
  if (signature === undefined || (signature !== null && signature.length !== signatureBytes)) return undefined
  return reading.position === wire.length ? { items, signature } : undefined
}

function takeBytes(reading: Reading, max: number): Uint8Array | undefined {
  const length = enterBytes(reading)
  return length === notThere || length > max ? undefined : takeView(reading, length)
}

/** From the end, which is known, down to the first: what is above says what has to be below. */
function linkDown({ items, signature }: ReadSegment, anchor: Uint8Array): AncestorsVerdict {
  const events: Ancestor[] = []
  let expected: Uint8Array | null = anchor
  let above: Links | undefined
  let chain: Uint8Array | undefined
  let run = 0
  for (let at = items.length - 1; at >= 0; at--) {
    const { headerBytes, bodyBytes } = items[at] as SegmentItem // below the length
    const digest = sha256(headerBytes)
    if (expected === null || !equalBytes(digest, expected))
      return above === undefined
        ? { kind: 'elsewhere' }
        : reject('broken-chain', `event ${at} of the segment is not what is named above it`)
    chain ??= chainOf(headerBytes)
    const links = chain && readLinks(headerBytes, chain)
    // Its author made it so, and whoever sends it only passes it on.
    if (links === undefined || (above !== undefined && links.sequence !== above.sequence - 1))
      return reject('unknown-version', `event ${at} of the segment has a header that is not read here`)
    if (bodyBytes !== null && !isBodyOf(links, bodyBytes))
      return reject('body-mismatch', `the body of event ${at} is not the one that its header names`)
    const { sequence, kindNumber } = links
    const isLast = events.length === 0
    events.push({
      headerBytes,
      bodyBytes,
      signature: isLast ? signature : null,
      digest,
      sequence,
      kindNumber,
    })
    expected = links.prev
    above = links
    run += runBytes({ references: { length: links.referenceCount } })
  }
  // The bound of `decodeSegment`: what is taken as one segment can be sent as one.
  if (run > runBytesMax && events.length > 1)
    return reject('oversize', `a run of ${run} bytes without signatures, at most ${runBytesMax}`)
  const first = events.at(-1)
  if (first === undefined) return reject('malformed', 'an empty segment')
  // The first event of a later generation follows one of the generation before.
  if (expected === null && first.sequence !== 0)
    return reject('unknown-version', `sequence ${first.sequence} with no event before it`)
  return { kind: 'linked', events: events.reverse(), first, prev: expected }
}

/** What of a header says what is below it. */
interface Links {
  readonly sequence: number
  readonly prev: Uint8Array | null
  readonly referenceCount: number
  readonly kindNumber: number
  readonly bodyLength: number
  readonly bodyHash: Uint8Array
}

/** The beginning that every header of one generation has: version, network, author and generation. */
function chainOf(headerBytes: Uint8Array): Uint8Array | undefined {
  const reading = readingOf(headerBytes)
  enterArray(reading)
  takeUint(reading)
  for (const _id of ['network', 'author']) if (takeBytes(reading, 32) === undefined) return undefined
  if (takeUint(reading) === notThere) return undefined
  return headerBytes.subarray(0, reading.position)
}

/** The fields in their order: SPEC.md, "Header". */
function readLinks(headerBytes: Uint8Array, chain: Uint8Array): Links | undefined {
  const reading = readingOf(headerBytes)
  if (!skip(reading, chain)) return undefined
  const sequence = takeUint(reading)
  const prev = takeNull(reading) ? null : takeLink(reading)
  const referenceCount = enterArray(reading)
  if (referenceCount === notThere || referenceCount > referencesMax) return undefined
  for (let i = 0; i < referenceCount; i++) if (takeLink(reading) === undefined) return undefined
  const kindNumber = takeUint(reading)
  const bodyLength = takeUint(reading)
  const bodyHash = takeBytes(reading, 32)
  const isThere = sequence !== notThere && kindNumber !== notThere && bodyLength !== notThere
  if (!isThere || prev === undefined || bodyHash === undefined) return undefined
  return { sequence, prev, referenceCount, kindNumber, bodyLength, bodyHash }
}

function isBodyOf({ bodyLength, bodyHash }: Links, bodyBytes: Uint8Array): boolean {
  return bodyBytes.length === bodyLength && equalBytes(sha256(bodyBytes), bodyHash)
}

function reject(reason: EventRejectReason, detail: string): EventRejected {
  return { kind: 'reject', reason, detail }
}
