/**
 * Where everything lies in the one database: a key space byte, then big-endian
 * fields, so that byte order is the order in which things are read.
 *
 * | space              | key                                   | value                                     |
 * |--------------------|---------------------------------------|-------------------------------------------|
 * | author             | organisation id                       | its number here                           |
 * | event              | author, generation, sequence, branch  | flags, header bytes, signature if checked |
 * | body               | author, generation, sequence, branch  | body bytes                                |
 * | position           | id digest                             | author, generation, sequence, branch      |
 * | arrival            | ordinal                               | author, generation, sequence, branch      |
 * | stray              | author, generation, sequence, branch  | nothing: held, not final, and passed over |
 * | history            | author, generation                    | how far back its events are held          |
 * | hole               | author, generation, lowest sequence   | final events to be fetched again          |
 * | bodyFloor          | author, generation                    | up to where bodies may have been pruned   |
 * | frontier           | organisation id, generation           | the last final event of that chain        |
 * | evidence           | organisation id, generation, sequence | fork evidence                             |
 * | checkpointHeight   | height                                | header, certificate, changes              |
 * | checkpointDigest   | header digest                         | height                                    |
 * | statePage          | depth, prefix, version                | a page of the state's map                 |
 * | pastPages          | height, part                          | pages that a checkpoint brings, replaces  |
 * | vote               | epoch, view, kind                     | own signed vote or proposal               |
 * | meta               | name                                  | schema version, own last signed, …        |
 *
 * Sizes: organisation id 32 bytes, digest 32, author, generation and epoch u32, sequence, ordinal, height and view
 * u64 (safe integers), part u32, branch, depth and kind u8, version 5 bytes; a prefix has as many bytes as the bits of the depth take. Authors are numbered by this node in the order in which it met them, so
 * that the key of an event takes 18 bytes; a branch tells apart the events of a forked author at one place.
 */

import type { EventId, PagePlace } from '@chirograph/codec'
import { contentIdOfDigest, digestOfContentId, fromHex, toHex, utf8 } from '@chirograph/codec'
import type { KeyRange } from './store.js'

/** The first byte of every key. Part of the format on disk: numbers are never reused. */
export const keySpaces = Object.freeze({
  // 0x01 to 0x04 were events, bodies, positions and arrivals of schema 1.
  frontier: 0x05,
  evidence: 0x06,
  checkpointHeight: 0x07,
  checkpointDigest: 0x08,
  // 0x09 and 0x17 were rows of the state in schema 2.
  vote: 0x0a,
  meta: 0x0b,
  author: 0x10,
  event: 0x11,
  body: 0x12,
  position: 0x13,
  arrival: 0x14,
  stray: 0x15,
  history: 0x16,
  hole: 0x18,
  bodyFloor: 0x19,
  statePage: 0x1a,
  pastPages: 0x1b,
})

export type KeySpace = keyof typeof keySpaces

/** One author's chain of one generation; `author` is the number that this store gave it. */
export interface ChainPlace {
  readonly author: number
  readonly generation: number
}

/** Where an event lies in this store. A forked author has several branches at one sequence, numbered from 0. */
export interface EventPlace extends ChainPlace {
  readonly sequence: number
  readonly branch: number
}

/** A stretch of one chain. */
export interface SequenceRange extends ChainPlace {
  /** First sequence, inclusive. */
  readonly fromSequence: number
  /** Last sequence, inclusive. */
  readonly toSequence: number
}

export function authorKey(org: string): Uint8Array {
  const key = newKey('author', 33)
  writeOrg(key, 1, org)
  return key
}

/** Reads the organisation id from a key made by `authorKey`. */
export function readAuthorKey(key: Uint8Array): string {
  assertLength(key, 33)
  return toHex(key.subarray(1))
}

export function authorValue(author: number): Uint8Array {
  const value = new Uint8Array(4)
  writeU32(value, 0, author)
  return value
}

/** Reads a value made by `authorValue`. */
export function readAuthorValue(value: Uint8Array): number {
  assertLength(value, 4)
  return readU32(value, 0)
}

export function eventKey(place: EventPlace): Uint8Array {
  return placedKey('event', place)
}

/** Beside the event, not in it, so that bodies can be pruned while headers stay. */
export function bodyKey(place: EventPlace): Uint8Array {
  return placedKey('body', place)
}

/** Marks an event that is not final although its chain is final beyond its place. */
export function strayKey(place: EventPlace): Uint8Array {
  return placedKey('stray', place)
}

/** Reads a key made by `eventKey`, `bodyKey` or `strayKey`. */
export function readEventKey(key: Uint8Array): EventPlace {
  assertLength(key, 18)
  return placeAt(key, 1)
}

/** Events of one chain with `fromSequence ≤ sequence ≤ toSequence`, in log order. */
export function eventRange(range: SequenceRange): KeyRange {
  return sequenceRange('event', range)
}

/** The bodies of the same events, in the same order. */
export function bodyRange(range: SequenceRange): KeyRange {
  return sequenceRange('body', range)
}

export function positionKey(id: EventId): Uint8Array {
  return positionKeyOfDigest(digestOfContentId(id))
}

/** The same of an id by the 32 bytes of its digest. */
export function positionKeyOfDigest(digest: Uint8Array): Uint8Array {
  assertLength(digest, 32)
  return bytesKey('position', digest)
}

/** Reads the id from a key made by `positionKey`. */
export function readPositionKey(key: Uint8Array): EventId {
  assertLength(key, 33)
  return contentIdOfDigest(key.slice(1))
}

/** A place as the value of a position or an arrival: 17 bytes. */
export function placeValue(place: EventPlace): Uint8Array {
  const value = new Uint8Array(17)
  writePlace(value, 0, place)
  return value
}

/** Reads a value made by `placeValue`. */
export function readPlace(value: Uint8Array): EventPlace {
  assertLength(value, 17)
  return placeAt(value, 0)
}

export function historyKey(place: ChainPlace): Uint8Array {
  return chainKey('history', place)
}

/** Reads a key made by `historyKey`. */
export function readHistoryKey(key: Uint8Array): ChainPlace {
  return readChainKey(key)
}

/** Where a hole in a chain begins: the lowest sequence that is not held. It stays while the hole is filled from above. */
export interface HolePlace extends ChainPlace {
  readonly fromSequence: number
}

export function holeKey({ author, generation, fromSequence }: HolePlace): Uint8Array {
  const key = newKey('hole', 17)
  writeU32(key, 1, author)
  writeU32(key, 5, generation)
  writeU64(key, 9, fromSequence)
  return key
}

/** Reads a key made by `holeKey`. */
export function readHoleKey(key: Uint8Array): HolePlace {
  assertLength(key, 17)
  return { author: readU32(key, 1), generation: readU32(key, 5), fromSequence: readU64(key, 9) }
}

export function bodyFloorKey(place: ChainPlace): Uint8Array {
  return chainKey('bodyFloor', place)
}

/** Reads a key made by `bodyFloorKey`. */
export function readBodyFloorKey(key: Uint8Array): ChainPlace {
  return readChainKey(key)
}

/** Every key of one chain in a space whose keys begin with author and generation, those that are no keys included. */
export function chainRange(space: 'event' | 'body' | 'stray', place: ChainPlace): KeyRange {
  const from = chainKey(space, place)
  return { from, to: after(from) }
}

function chainKey(space: KeySpace, { author, generation }: ChainPlace): Uint8Array {
  const key = newKey(space, 9)
  writeU32(key, 1, author)
  writeU32(key, 5, generation)
  return key
}

function readChainKey(key: Uint8Array): ChainPlace {
  assertLength(key, 9)
  return { author: readU32(key, 1), generation: readU32(key, 5) }
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

/** A place in an organisation's chain, named by its id: 64 hex characters. */
export interface LogPosition {
  readonly author: string
  readonly generation: number
  readonly sequence: number
}

export function frontierKey({ author, generation }: Omit<LogPosition, 'sequence'>): Uint8Array {
  return orgKey('frontier', { author, generation }, 37)
}

export function evidenceKey({ author, generation, sequence }: LogPosition): Uint8Array {
  const key = orgKey('evidence', { author, generation }, 45)
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

/** `prefix` has ⌈depth / 8⌉ bytes. */
export function statePageKey({ depth, prefix, version }: PagePlace): Uint8Array {
  assertUint(depth, 0xff)
  assertLength(prefix, Math.ceil(depth / 8))
  assertUint(version, 0xff_ffff_ffff)
  const key = newKey('statePage', statePageKeyBytes(depth))
  key[1] = depth
  key.set(prefix, 2)
  const at = 2 + prefix.length
  key[at] = Math.floor(version / 2 ** 32)
  writeU32(key, at + 1, version % 2 ** 32)
  return key
}

/** Length in bytes of the key of a page at this depth. */
export function statePageKeyBytes(depth: number): number {
  return 2 + Math.ceil(depth / 8) + 5
}

/** What of the pages of one checkpoint is noted together. */
export interface PastPagesPlace {
  readonly height: number
  readonly part: number
}

export function pastPagesKey({ height, part }: PastPagesPlace): Uint8Array {
  const key = newKey('pastPages', 13)
  writeU64(key, 1, height)
  writeU32(key, 9, part)
  return key
}

export function readPastPagesKey(key: Uint8Array): PastPagesPlace {
  assertLength(key, 13)
  return { height: readU64(key, 1), part: readU32(key, 9) }
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
  return { epoch: readU32(key, 1), view: readU64(key, 5), kind: key[13] ?? 0 }
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

function placedKey(space: KeySpace, place: EventPlace): Uint8Array {
  const key = newKey(space, 18)
  writePlace(key, 1, place)
  return key
}

function writePlace(
  target: Uint8Array,
  offset: number,
  { author, generation, sequence, branch }: EventPlace,
): void {
  assertUint(branch, 0xff)
  writeU32(target, offset, author)
  writeU32(target, offset + 4, generation)
  writeU64(target, offset + 8, sequence)
  target[offset + 16] = branch
}

/** The 17 bytes from `offset` on, which are there. */
function placeAt(bytes: Uint8Array, offset: number): EventPlace {
  return {
    author: readU32(bytes, offset),
    generation: readU32(bytes, offset + 4),
    sequence: readU64(bytes, offset + 8),
    branch: bytes[offset + 16] ?? 0,
  }
}

function sequenceRange(
  space: KeySpace,
  { author, generation, fromSequence, toSequence }: SequenceRange,
): KeyRange {
  const from = placedKey(space, { author, generation, sequence: fromSequence, branch: 0 })
  const last = placedKey(space, { author, generation, sequence: toSequence, branch: 0xff })
  return { from: from.subarray(0, 17), to: after(last) }
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

function orgKey(space: KeySpace, chain: Omit<LogPosition, 'sequence'>, length: number): Uint8Array {
  const key = newKey(space, length)
  writeOrg(key, 1, chain.author)
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

function writeOrg(target: Uint8Array, offset: number, author: string): void {
  const bytes = fromHex(author)
  if (bytes?.length !== 32) throw new TypeError(`not an organisation id: ${author}`)
  target.set(bytes, offset)
}

function writeU32(target: Uint8Array, offset: number, value: number): void {
  assertUint(value, 0xffff_ffff)
  putU32(target, offset, value)
}

/** By hand: a DataView for each number was a tenth of the time that storing an event took. */
function putU32(target: Uint8Array, offset: number, value: number): void {
  target[offset] = value >>> 24
  target[offset + 1] = value >>> 16
  target[offset + 2] = value >>> 8
  target[offset + 3] = value
}

function writeU64(target: Uint8Array, offset: number, value: number): void {
  assertUint(value, Number.MAX_SAFE_INTEGER)
  putU32(target, offset, Math.floor(value / 2 ** 32))
  putU32(target, offset + 4, value % 2 ** 32)
}

/** By hand, as they are written; callers have looked at the length. */
function readU32(bytes: Uint8Array, offset: number): number {
  let value = 0
  for (let i = offset; i < offset + 4; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}

function readU64(bytes: Uint8Array, offset: number): number {
  return readU32(bytes, offset) * 2 ** 32 + readU32(bytes, offset + 4)
}

function assertUint(value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 0 || value > max)
    throw new RangeError(`not in 0…${max}: ${value}`)
}

function assertLength(bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new RangeError(`${bytes.length} bytes where ${length} belong`)
}
