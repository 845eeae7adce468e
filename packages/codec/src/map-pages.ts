/**
 * A Merkle map on disk: cut at every fourth bit into pages, each with the inner nodes between two cuts and the values
 * of the leaves among them. A page is found by where it stands and checked against its hash, which the page above
 * holds, up to the root; so opening a map reads one page, and a look-up a quarter of the logarithm of the size.
 *
 * Four bits: a change writes the pages on its way, and at four they are small (below a kilobyte) and few. Fewer bits
 * would make more of them, more bits larger ones.
 *
 * A page is never written over: what takes its place is another version of it, with a key of its own, and the root,
 * written last, makes the new versions the map. So whoever holds an older map can read it for as long as the pages that it
 * has to itself are kept.
 */
import { equalBytes, toHex } from './bytes.js'
import { CodecError } from './error.js'
import { digestBytes, mapDepthMax } from './limits.js'
import {
  emptyHash,
  emptyMap,
  glimpsed,
  hashOf,
  inner,
  leaf,
  type MapInner,
  type MapLeaf,
  type MapNode,
  type MapWeight,
  type MerkleMap,
  type NodeReader,
  type SealedNode,
  weightOf,
} from './map.js'

/** Where a page stands: `prefix` has ⌈depth / 8⌉ bytes, whose first `depth` bits are those of every key below. */
export interface PagePlace {
  readonly depth: number
  readonly prefix: Uint8Array
  /** Which page that was ever at this place; below 2⁴⁰. */
  readonly version: number
}

export interface MapPage extends PagePlace {
  readonly bytes: Uint8Array
  /** The version in `before`, of no use in `after`; undefined where there was none, and of the root. */
  readonly replaces: number | undefined
}

/** Where the pages of one map lie. What it hands out belongs to the map, and must not change. */
export interface MapSource {
  page(place: PagePlace): Uint8Array | undefined
  /** The error to be thrown for a page that is missing, or is not the one that its hash names. */
  damaged(what: string): Error
}

/** Bits between two cuts. Part of the format. */
const pageBits = 4

/**
 * The root of `after`, and its pages that `before` does not have alike, each before those below it, all in this `version`,
 * which is of no page of `before`. The pages of `before` must have been written, or read. A place never goes out of use:
 * what is inner stays inner.
 *
 * Written are pages, too, that are alike and were made apart from those of `before`, as when a header is executed twice:
 * nodes learn here in which version they are, and could else not be named when one of them changes. With `isApart` they
 * are not; then `after` is not fit to be the `before` of a later call, and is to be opened anew.
 */
export function* mapPages({
  before,
  after,
  version,
  isApart = false,
}: {
  readonly before: MerkleMap
  readonly after: MerkleMap
  readonly version: number
  readonly isApart?: boolean
}): Generator<MapPage, void, undefined> {
  const waiting: Compared[] = []
  if (after.top !== undefined) waiting.push({ ...rootPlace, old: before.top, now: after.top, version })
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { depth, prefix } = at
    const now = glimpsed(at.now)
    const ends: Compared[] = []
    compareEnds({ ends, depth, prefix, version, isApart }, glimpsed(at.old), now, 0, 0)
    const replaces = depth > 0 && isPage(at.old) ? versionOf(at.old) : undefined
    yield { depth, prefix, version, bytes: encodePage(ends, depth), replaces }
    if (now?.kind === 'inner') now.version = version
    for (const end of ends.reverse()) if (end.version === version && isPage(end.now)) waiting.push(end)
  }
}

/** A place in two maps; `version` is that of the page of `now`, which is to be written where that is the new one. */
interface Compared extends PagePlace {
  readonly old: MapNode | undefined
  readonly now: MapNode | undefined
}

function isPage(node: MapNode | undefined): node is MapInner | SealedNode {
  return node?.kind === 'inner' || node?.kind === 'sealed'
}

function versionOf({ version }: MapInner | SealedNode): number {
  if (version === undefined) throw new CodecError('TREE', 'a page of the map before was never written')
  return version
}

interface Comparison extends PagePlace {
  readonly ends: Compared[]
  readonly isApart: boolean
}

/**
 * What the inner nodes of a page end in, from left to right. `path` has the `level` bits from the page's own place on.
 * Its arguments one by one, since it is called for each node of a state: an object each was a tenth of taking a snapshot.
 */
function compareEnds(
  to: Comparison,
  old: MapNode | undefined,
  place: MapNode | undefined,
  level: number,
  path: number,
): void {
  // Of a map in chunks, what is sealed need not stand on a cut.
  const now = level < pageBits ? glimpsed(place) : place
  if (now?.kind === 'inner' && level < pageBits) {
    const below = old?.kind === 'inner' ? old : undefined
    compareEnds(to, below?.left, now.left, level + 1, path * 2)
    compareEnds(to, below?.right, now.right, level + 1, path * 2 + 1)
    return
  }
  const depth = to.depth + level
  // Of what is no page, where it stands is told by its depth alone.
  const isBelow = isPage(now)
  const prefix = isBelow ? prefixBelow(to, level, path) : to.prefix
  const isKept = isPage(old) && isEqual(old, now) && (to.isApart || isPlaced(old, now))
  to.ends.push({ old, now, depth, prefix, version: isKept ? versionOf(old) : to.version })
}

/** By their hashes, computed if need be: whether a page is to be written must come out alike each time it is asked. */
function isEqual(old: MapNode | undefined, now: MapNode | undefined): boolean {
  return old === now || equalBytes(hashOf(old), hashOf(now))
}

/** Whether what is alike knows where it is: what was written, or read, does, and all below it. */
function isPlaced(old: MapNode | undefined, now: MapNode | undefined): boolean {
  return old === now || now?.kind !== 'inner' || now.version !== undefined
}

/**
 * The map with this root, of which nothing else is in memory; undefined where the source has no such page. Below it,
 * damage shows when it is read.
 */
export function openMap({
  root,
  version,
  source,
}: {
  readonly root: Uint8Array
  /** Of the root's page. */
  readonly version: number
  readonly source: MapSource
}): MerkleMap | undefined {
  if (equalBytes(root, emptyHash)) return emptyMap
  const place = { ...rootPlace, version }
  const bytes = source.page(place)
  const top = bytes && decodePage(bytes, place, readerOf(source))
  return top !== undefined && equalBytes(hashOf(top), root) ? { top } : undefined
}

const rootPlace = Object.freeze({ depth: 0, prefix: new Uint8Array() })

function readerOf(source: MapSource): NodeReader {
  return {
    node(sealed) {
      const bytes = source.page(sealed)
      if (bytes === undefined) throw source.damaged(`the page at ${nameOf(sealed)} is missing`)
      const top = decodePage(bytes, sealed, this)
      if (
        top === undefined ||
        !equalBytes(hashOf(top), sealed.hash) ||
        !isAlike(weightOf(top), sealed.weight)
      )
        throw source.damaged(`the page at ${nameOf(sealed)} is not the one that its hash names`)
      return top
    },
  }
}

function isAlike(a: MapWeight, b: MapWeight): boolean {
  return a.bytes === b.bytes && a.innerNodes === b.innerNodes && a.leaves === b.leaves
}

function nameOf({ depth, prefix }: Omit<PagePlace, 'version'>): string {
  return depth === 0 ? 'the root' : `${toHex(prefix)}/${depth}`
}

/** The prefix `level` bits further down, which are those of `path`. Pages stand at multiples of four bits. */
function prefixBelow({ depth, prefix }: Omit<PagePlace, 'version'>, level: number, path: number): Uint8Array {
  const below = new Uint8Array(Math.ceil((depth + level) / 8))
  below.set(prefix)
  const shift = (8 - ((depth + level) % 8)) % 8
  below[below.length - 1] = (below.at(-1) ?? 0) | (path << shift)
  return below
}

/**
 * A page is what its inner nodes end in, from left to right; where each end stands says which inner nodes there are. By
 * hand, since a look-up decodes several and a change encodes them. An end:
 *
 *   level · 4 + kind, one byte: the bits below the page's own place, 0 to 4, and what there is
 *   kind 0, nothing
 *   kind 1, a leaf: key, length of the value in 4 bytes, value
 *   kind 2, another page: its hash, and 4 numbers of 5 bytes: its version, and of its weight bytes, inner nodes and leaves
 */
const kinds = { nothing: 0, leaf: 1, page: 2 } as const
const numberBytes = 5
const pageEndBytes = 1 + digestBytes + 4 * numberBytes

function encodePage(ends: readonly Compared[], depth: number): Uint8Array {
  let length = 0
  for (const { now } of ends)
    length +=
      now === undefined ? 1 : now.kind === 'leaf' ? 1 + digestBytes + 4 + now.value.length : pageEndBytes
  const bytes = new Uint8Array(length)
  let at = 0
  for (const { now, version, depth: endDepth } of ends) {
    const kind = now === undefined ? kinds.nothing : now.kind === 'leaf' ? kinds.leaf : kinds.page
    bytes[at++] = (endDepth - depth) * 4 + kind
    if (now === undefined) continue
    bytes.set(now.kind === 'leaf' ? now.key : hashOf(now), at)
    at += digestBytes
    if (now.kind === 'leaf') {
      writeUint(bytes, { at, length: 4, value: now.value.length })
      bytes.set(now.value, at + 4)
      at += 4 + now.value.length
      continue
    }
    const weight = weightOf(now)
    for (const value of [version, weight.bytes, weight.innerNodes, weight.leaves]) {
      writeUint(bytes, { at, length: numberBytes, value })
      at += numberBytes
    }
  }
  return bytes
}

interface PageCursor {
  readonly bytes: Uint8Array
  readonly place: PagePlace
  readonly reader: NodeReader
  at: number
}

/** Undefined for bytes that are no page. */
function decodePage(bytes: Uint8Array, place: PagePlace, reader: NodeReader): MapLeaf | MapInner | undefined {
  const cursor: PageCursor = { bytes, place, reader, at: 0 }
  const top = readNode(cursor, 0, 0)
  if (cursor.at !== bytes.length || typeof top !== 'object' || top.kind === 'sealed') return undefined
  if (top.kind === 'inner') top.version = place.version
  return top
}

type Read = MapNode | undefined | 'malformed'

function readNode(cursor: PageCursor, level: number, path: number): Read {
  const head = cursor.bytes[cursor.at]
  if (head === undefined) return 'malformed'
  const endLevel = head >> 2
  if (endLevel === level) return readEnd(cursor, head & 3, level, path)
  if (endLevel < level || level === pageBits) return 'malformed'
  const left = readNode(cursor, level + 1, path * 2)
  if (left === 'malformed') return left
  const right = readNode(cursor, level + 1, path * 2 + 1)
  if (right === 'malformed') return right
  return left === undefined && right === undefined ? 'malformed' : inner(left, right)
}

function readEnd(cursor: PageCursor, kind: number, level: number, path: number): Read {
  const { bytes, place, reader } = cursor
  cursor.at++
  if (kind === kinds.nothing) return undefined
  const start = cursor.at
  cursor.at += digestBytes
  const first = bytes.subarray(start, cursor.at)
  if (kind === kinds.leaf) {
    const length = readUint(bytes, cursor.at, 4)
    cursor.at += 4 + length
    return cursor.at > bytes.length ? 'malformed' : leaf(first, bytes.subarray(cursor.at - length, cursor.at))
  }
  const depth = place.depth + level
  if (kind !== kinds.page || level !== pageBits || depth >= mapDepthMax) return 'malformed'
  const [at, next] = [cursor.at, cursor.at + 4 * numberBytes]
  if (next > bytes.length) return 'malformed'
  cursor.at = next
  const numberAt = (index: number) => readUint(bytes, at + index * numberBytes, numberBytes)
  const weight = { bytes: numberAt(1), innerNodes: numberAt(2), leaves: numberAt(3) }
  const prefix = prefixBelow(place, level, path)
  return {
    kind: 'sealed',
    hash: first,
    weight,
    depth,
    prefix,
    version: numberAt(0),
    reader,
    opened: undefined,
  }
}

function writeUint(
  bytes: Uint8Array,
  { at, length, value }: { readonly at: number; readonly length: number; readonly value: number },
): void {
  let rest = value
  for (let i = at + length - 1; i >= at; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

/** 0 for what lies behind the end: callers look at where that leads. */
function readUint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = at; i < at + length; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}
