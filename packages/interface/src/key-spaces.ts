/**
 * Where everything lies in the one database: a key space byte, then big-endian
 * fields, so that byte order is the order in which things are read.
 *
 * | space              | key                                   | value                                   |
 * |--------------------|---------------------------------------|-----------------------------------------|
 * | event              | author, generation, sequence, digest  | header bytes ‖ signature                |
 * | body               | author, generation, sequence, digest  | body bytes                              |
 * | position           | id digest                             | author, generation, sequence            |
 * | arrival            | ordinal                               | id digest, in the order of admission    |
 * | frontier           | author, generation                    | head of that chain                      |
 * | evidence           | author, generation, sequence          | fork evidence                           |
 * | checkpointHeight   | height                                | header, certificate, changes            |
 * | checkpointDigest   | header digest                         | height                                  |
 * | stateRow           | row key                               | row value                               |
 * | vote               | epoch, view, kind                     | own signed vote or proposal             |
 * | meta               | name                                  | schema version, own last signed, …      |
 *
 * Sizes: author 32 bytes, digest 32, generation and epoch u32, sequence, ordinal,
 * height and view u64 (safe integers), kind u8.
 */

import type { EventId } from '@chirograph/codec'
import { contentIdOfDigest, digestOfContentId, fromHex, toHex, utf8 } from '@chirograph/codec'
import type { KeyRange } from './store.js'

/** The first byte of every key. Part of the format on disk: numbers are never reused. */
export const keySpaces = Object.freeze({
  event: 0x01,
  body: 0x02,
  position: 0x03,
  arrival: 0x04,
  frontier: 0x05,
  evidence: 0x06,
  checkpointHeight: 0x07,
  checkpointDigest: 0x08,
  stateRow: 0x09,
  vote: 0x0a,
  meta: 0x0b,
})

export type KeySpace = keyof typeof keySpaces

/** A place in an organisation's log. `author` is the organisation id: 64 hex characters. */
export interface LogPosition {
  readonly author: string
  readonly generation: number
  readonly sequence: number
}

/** A place and the event in it; a forked author has several events at one place. */
export interface EventPosition extends LogPosition {
  readonly id: EventId
}

export function eventKey(position: EventPosition): Uint8Array {
  return placedKey('event', position)
}

/** Beside the event, not in it, so that bodies can be pruned while headers stay. */
export function bodyKey(position: EventPosition): Uint8Array {
  return placedKey('body', position)
}

/** Reads a key made by `eventKey` or `bodyKey`. */
export function readEventKey(key: Uint8Array): EventPosition {
  assertLength(key, 77)
  return { ...readPosition(key.subarray(1, 45)), id: contentIdOfDigest(key.slice(45)) }
}

/** Events of one author and generation with `fromSequence ≤ sequence ≤ toSequence`, in log order. */
export function eventRange(range: SequenceRange): KeyRange {
  return sequenceRange('event', range)
}

/** The bodies of the same events, in the same order. */
export function bodyRange(range: SequenceRange): KeyRange {
  return sequenceRange('body', range)
}

export interface SequenceRange {
  readonly author: string
  readonly generation: number
  /** First sequence, inclusive. */
  readonly fromSequence: number
  /** Last sequence, inclusive. */
  readonly toSequence: number
}

export function positionKey(id: EventId): Uint8Array {
  return bytesKey('position', digestOfContentId(id))
}

/** The value under `positionKey`: 44 bytes. */
export function positionValue({ author, generation, sequence }: LogPosition): Uint8Array {
  const value = new Uint8Array(44)
  writeAuthor(value, 0, author)
  writeU32(value, 32, generation)
  writeU64(value, 36, sequence)
  return value
}

/** Reads a value made by `positionValue`. */
export function readPosition(value: Uint8Array): LogPosition {
  assertLength(value, 44)
  return {
    author: toHex(value.subarray(0, 32)),
    generation: readU32(value, 32),
    sequence: readU64(value, 36),
  }
}

export function arrivalKey(ordinal: number): Uint8Array {
  return numberKey('arrival', ordinal)
}

/** Reads the ordinal from a key made by `arrivalKey`: a subscription's cursor. */
export function readArrivalKey(key: Uint8Array): number {
  assertLength(key, 9)
  return readU64(key, 1)
}

/** Everything admitted at or after `ordinal`. */
export function arrivalRange({ fromOrdinal }: { readonly fromOrdinal: number }): KeyRange {
  return { from: arrivalKey(fromOrdinal), to: spaceRange('arrival').to }
}

export function frontierKey({ author, generation }: Omit<LogPosition, 'sequence'>): Uint8Array {
  return authorKey('frontier', { author, generation }, 37)
}

export function evidenceKey({ author, generation, sequence }: LogPosition): Uint8Array {
  const key = authorKey('evidence', { author, generation }, 45)
  writeU64(key, 37, sequence)
  return key
}

export function checkpointHeightKey(height: number): Uint8Array {
  return numberKey('checkpointHeight', height)
}

/** Reads the height from a key made by `checkpointHeightKey`. */
export function readCheckpointHeightKey(key: Uint8Array): number {
  assertLength(key, 9)
  return readU64(key, 1)
}

/** Checkpoints with `fromHeight ≤ height ≤ toHeight`, in order of height. */
export function checkpointRange({ fromHeight, toHeight }: HeightRange): KeyRange {
  return { from: checkpointHeightKey(fromHeight), to: after(checkpointHeightKey(toHeight)) }
}

export interface HeightRange {
  /** First height, inclusive. */
  readonly fromHeight: number
  /** Last height, inclusive. */
  readonly toHeight: number
}

export function checkpointDigestKey(digest: Uint8Array): Uint8Array {
  assertLength(digest, 32)
  return bytesKey('checkpointDigest', digest)
}

export function stateRowKey(rowKey: Uint8Array): Uint8Array {
  assertLength(rowKey, 32)
  return bytesKey('stateRow', rowKey)
}

/** Own proposals and votes by what they bind: at most one of a kind in a view (SPEC H0, H1, H2). */
export interface VotePlace {
  readonly epoch: number
  readonly view: number
  /** 0 for the own proposal, otherwise the vote's type number on the wire. */
  readonly kind: number
}

export function voteKey({ epoch, view, kind }: VotePlace): Uint8Array {
  assertUint(kind, 0xff)
  const key = newKey('vote', 14)
  writeU32(key, 1, epoch)
  writeU64(key, 5, view)
  key[13] = kind
  return key
}

/** Reads a key made by `voteKey`. */
export function readVoteKey(key: Uint8Array): VotePlace {
  assertLength(key, 14)
  return { epoch: readU32(key, 1), view: readU64(key, 5), kind: viewOf(key).getUint8(13) }
}

export function metaKey(name: string): Uint8Array {
  return bytesKey('meta', utf8(name))
}

/** Every key of a space. */
export function spaceRange(space: KeySpace): KeyRange {
  return { from: Uint8Array.of(keySpaces[space]), to: Uint8Array.of(keySpaces[space] + 1) }
}

/** Every key of a space whose fields start with these bytes (an author, an epoch). */
export function prefixRange(space: KeySpace, prefix: Uint8Array): KeyRange {
  const from = bytesKey(space, prefix)
  return { from, to: after(from) }
}

function placedKey(space: KeySpace, { author, generation, sequence, id }: EventPosition): Uint8Array {
  const key = authorKey(space, { author, generation }, 77)
  writeU64(key, 37, sequence)
  key.set(digestOfContentId(id), 45)
  return key
}

function sequenceRange(
  space: KeySpace,
  { author, generation, fromSequence, toSequence }: SequenceRange,
): KeyRange {
  const from = authorKey(space, { author, generation }, 45)
  const last = from.slice()
  writeU64(from, 37, fromSequence)
  writeU64(last, 37, toSequence)
  return { from, to: after(last) }
}

/** The first key behind every key that starts with `prefix`: the prefix plus one, as a number. */
function after(prefix: Uint8Array): Uint8Array {
  const next = prefix.slice()
  for (let index = next.length - 1; index >= 0; index--) {
    const byte = next[index] ?? 0
    if (byte < 0xff) {
      next[index] = byte + 1
      return next.subarray(0, index + 1)
    }
  }
  // Key spaces are below 0xff, so the first byte always has room.
  throw new RangeError('a key range without an end')
}

function authorKey(space: KeySpace, chain: Omit<LogPosition, 'sequence'>, length: number): Uint8Array {
  const key = newKey(space, length)
  writeAuthor(key, 1, chain.author)
  writeU32(key, 33, chain.generation)
  return key
}

function numberKey(space: KeySpace, value: number): Uint8Array {
  const key = newKey(space, 9)
  writeU64(key, 1, value)
  return key
}

function bytesKey(space: KeySpace, bytes: Uint8Array): Uint8Array {
  const key = newKey(space, 1 + bytes.length)
  key.set(bytes, 1)
  return key
}

function newKey(space: KeySpace, length: number): Uint8Array {
  const key = new Uint8Array(length)
  key[0] = keySpaces[space]
  return key
}

function writeAuthor(target: Uint8Array, offset: number, author: string): void {
  const bytes = fromHex(author)
  if (bytes?.length !== 32) throw new TypeError(`not an organisation id: ${author}`)
  target.set(bytes, offset)
}

function writeU32(target: Uint8Array, offset: number, value: number): void {
  assertUint(value, 0xffff_ffff)
  viewOf(target).setUint32(offset, value)
}

function writeU64(target: Uint8Array, offset: number, value: number): void {
  assertUint(value, Number.MAX_SAFE_INTEGER)
  const view = viewOf(target)
  view.setUint32(offset, Math.floor(value / 2 ** 32))
  view.setUint32(offset + 4, value % 2 ** 32)
}

function readU32(bytes: Uint8Array, offset: number): number {
  return viewOf(bytes).getUint32(offset)
}

function readU64(bytes: Uint8Array, offset: number): number {
  const view = viewOf(bytes)
  return view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4)
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function assertUint(value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`not in 0…${max}: ${value}`)
}

function assertLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes where ${length} belong`)
}
