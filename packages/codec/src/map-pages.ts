/**
 * A Merkle map on disk beside its values: cut at every fourth bit into pages, each the inner nodes between two cuts.
 * A page is found by where it stands and checked against its hash, which the page above holds, up to the root; so
 * opening a map reads one page, and a look-up as many as a quarter of the logarithm of the size.
 *
 * Four bits: a change writes the pages on its way, and at four they are small (about 650 bytes) and few. Fewer bits
 * would make more of them, more bits larger ones.
 */
import { equalBytes, toHex } from './bytes.js'
import { sha256 } from './hash.js'
import { digestBytes, mapDepthMax } from './limits.js'
import {
  emptyHash,
  emptyMap,
  glimpsed,
  hashOf,
  inner,
  isSame,
  leafNodeHash,
  type MapInner,
  type MapLeaf,
  type MapNode,
  type MapWeight,
  type MerkleMap,
  type NodeReader,
  type SealedNode,
  valueHashOf,
  weightOf,
} from './map.js'

/** Where a page stands: `prefix` has ⌈depth / 8⌉ bytes, whose first `depth` bits are those of every key below. */
export interface PagePlace {
  readonly depth: number
  readonly prefix: Uint8Array
}

export interface MapPage extends PagePlace {
  readonly bytes: Uint8Array
}

/** Where the pages and values of one map lie. What it hands out belongs to the map, and must not change. */
export interface MapSource {
  page(place: PagePlace): Uint8Array | undefined
  value(key: Uint8Array): Uint8Array | undefined
  /** The error to be thrown for a page or value that is missing, or is not the one that its hash names. */
  damaged(what: string): Error
}

/** Bits between two cuts. Part of the format. */
const pageBits = 4

/**
 * The pages of `after` that `before` does not have alike, each before those below it. Compares hashes, so ask for both
 * roots first. A page never goes away: what is inner stays inner.
 */
export function* mapPages(args: {
  readonly before: MerkleMap
  readonly after: MerkleMap
}): Generator<MapPage, void, undefined> {
  const waiting: (PagePlace & { readonly old: MapNode | undefined; readonly now: MapNode | undefined })[] = [
    { old: args.before.top, now: args.after.top, depth: 0, prefix: new Uint8Array() },
  ]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (isSame(at.old, at.now)) continue
    const { depth, prefix } = at
    const now = glimpsed(at.now)
    // A lone leaf stands in the page above; only at the root is there none.
    if (depth % pageBits === 0 && now !== undefined && (now.kind === 'inner' || depth === 0))
      yield { depth, prefix, bytes: encodePage(now) }
    if (now?.kind !== 'inner') continue
    const old = glimpsed(at.old)
    const [oldLeft, oldRight] = old?.kind === 'inner' ? [old.left, old.right] : [undefined, undefined]
    const [left, right] = [prefixBelow(at, 0), prefixBelow(at, 1)]
    waiting.push(
      { old: oldRight, now: now.right, depth: depth + 1, prefix: right },
      { old: oldLeft, now: now.left, depth: depth + 1, prefix: left },
    )
  }
}

/** The map with this root; undefined where the source has no such page. Below it, damage shows when it is read. */
export function openMap({
  root,
  source,
}: {
  readonly root: Uint8Array
  readonly source: MapSource
}): MerkleMap | undefined {
  if (equalBytes(root, emptyHash)) return emptyMap
  const place = { depth: 0, prefix: new Uint8Array() }
  const bytes = source.page(place)
  const top = bytes && decodePage(bytes, { ...place, reader: readerOf(source) })
  return top !== undefined && equalBytes(hashOf(top), root) ? { top } : undefined
}

/** The same map with nothing of it in memory: all its pages and values lie in the source. */
export function sealMap({ top }: MerkleMap, source: MapSource): MerkleMap {
  if (top === undefined) return emptyMap
  const place = { depth: 0, prefix: new Uint8Array() }
  const hash = hashOf(top)
  const reader = readerOf(source)
  return { top: { kind: 'sealed', hash, weight: weightOf(top), ...place, reader, opened: undefined } }
}

function readerOf(source: MapSource): NodeReader {
  return {
    node(sealed) {
      const bytes = source.page(sealed)
      if (bytes === undefined) throw source.damaged(`the page at ${nameOf(sealed)} is missing`)
      const top = decodePage(bytes, { ...sealed, reader: this })
      if (
        top === undefined ||
        !equalBytes(hashOf(top), sealed.hash) ||
        !isAlike(weightOf(top), sealed.weight)
      )
        throw source.damaged(`the page at ${nameOf(sealed)} is not the one that its hash names`)
      return top
    },
    value(leaf) {
      const name = () => `the value under ${toHex(leaf.key)}`
      const value = source.value(leaf.key)
      if (value === undefined) throw source.damaged(`${name()} is missing`)
      if (value.length !== leaf.valueBytes || !equalBytes(sha256(value), valueHashOf(leaf)))
        throw source.damaged(`${name()} is not the one that its hash names`)
      return value
    },
  }
}

function isAlike(a: MapWeight, b: MapWeight): boolean {
  return a.bytes === b.bytes && a.innerNodes === b.innerNodes && a.leaves === b.leaves
}

function nameOf({ depth, prefix }: PagePlace): string {
  return depth === 0 ? 'the root' : `${toHex(prefix)}/${depth}`
}

/** `bit` is the one at the depth of `place`. */
function prefixBelow({ depth, prefix }: PagePlace, bit: 0 | 1): Uint8Array {
  const isLonger = depth % 8 === 0
  if (bit === 0 && !isLonger) return prefix
  const longer = new Uint8Array(isLonger ? prefix.length + 1 : prefix.length)
  longer.set(prefix)
  if (bit === 1) longer[depth >> 3] = (longer[depth >> 3] as number) | (0x80 >> (depth & 7)) // it has ⌈(depth + 1) / 8⌉
  return longer
}

/**
 * A page is what its inner nodes end in, from left to right; where each end stands says which inner nodes there are. By
 * hand, since a look-up decodes several and a change encodes them. An end:
 *
 *   level · 4 + kind, one byte: the bits below the page's own place, 0 to 4, and what there is
 *   kind 0, nothing
 *   kind 1, a leaf: key, SHA-256 of the value, its length in 4 bytes
 *   kind 2, another page: its hash, and its weight in 3 numbers of 6 bytes: bytes, inner nodes, leaves
 */
const kinds = { nothing: 0, leaf: 1, page: 2 } as const
const leafEndBytes = 1 + 2 * digestBytes + 4
const pageEndBytes = 1 + digestBytes + 3 * 6

interface End {
  readonly level: number
  readonly node: MapNode | undefined
}

function encodePage(top: MapLeaf | MapInner): Uint8Array {
  const ends: End[] = []
  endsOf(ends, top, 0)
  let length = 0
  for (const { node } of ends)
    length += node === undefined ? 1 : node.kind === 'leaf' ? leafEndBytes : pageEndBytes
  const bytes = new Uint8Array(length)
  let at = 0
  for (const { level, node } of ends) {
    const kind = node === undefined ? kinds.nothing : node.kind === 'leaf' ? kinds.leaf : kinds.page
    bytes[at++] = level * 4 + kind
    if (node === undefined) continue
    if (node.kind === 'leaf') {
      bytes.set(node.key, at)
      bytes.set(valueHashOf(node), at + digestBytes)
      writeUint(bytes, { at: at + 2 * digestBytes, length: 4, value: node.valueBytes })
      at += leafEndBytes - 1
      continue
    }
    const { bytes: weight, innerNodes, leaves } = weightOf(node)
    bytes.set(hashOf(node), at)
    at += digestBytes
    for (const value of [weight, innerNodes, leaves]) {
      writeUint(bytes, { at, length: 6, value })
      at += 6
    }
  }
  return bytes
}

function endsOf(ends: End[], node: MapNode | undefined, level: number): void {
  if (node?.kind !== 'inner' || level === pageBits) {
    ends.push({ level, node })
    return
  }
  endsOf(ends, node.left, level + 1)
  endsOf(ends, node.right, level + 1)
}

interface PageCursor {
  readonly bytes: Uint8Array
  readonly reader: NodeReader
  at: number
}

/** Undefined for bytes that are no page. */
function decodePage(
  bytes: Uint8Array,
  { depth, prefix, reader }: PagePlace & { readonly reader: NodeReader },
): MapLeaf | MapInner | undefined {
  const cursor: PageCursor = { bytes, reader, at: 0 }
  const top = readNode(cursor, 0, { depth, prefix })
  const isWhole = cursor.at === bytes.length && typeof top === 'object' && top.kind !== 'sealed'
  return isWhole ? top : undefined
}

function readNode(cursor: PageCursor, level: number, place: PagePlace): MapNode | undefined | 'malformed' {
  const head = cursor.bytes[cursor.at]
  if (head === undefined || place.depth > mapDepthMax) return 'malformed'
  if (head >> 2 === level) return readEnd(cursor, head & 3, place)
  if (head >> 2 < level || level === pageBits) return 'malformed'
  const depth = place.depth + 1
  const left = readNode(cursor, level + 1, { depth, prefix: prefixBelow(place, 0) })
  if (left === 'malformed') return left
  const right = readNode(cursor, level + 1, { depth, prefix: prefixBelow(place, 1) })
  if (right === 'malformed') return right
  return left === undefined && right === undefined ? 'malformed' : inner(left, right)
}

function readEnd(cursor: PageCursor, kind: number, place: PagePlace): MapNode | undefined | 'malformed' {
  const { bytes, reader } = cursor
  const at = cursor.at + 1
  cursor.at += kind === kinds.leaf ? leafEndBytes : kind === kinds.page ? pageEndBytes : 1
  if (cursor.at > bytes.length) return 'malformed'
  if (kind === kinds.nothing) return undefined
  const first = bytes.subarray(at, at + digestBytes)
  if (kind === kinds.leaf) {
    const valueHash = bytes.subarray(at + digestBytes, at + 2 * digestBytes)
    const valueBytes = readUint(bytes, at + 2 * digestBytes, 4)
    const hash = leafNodeHash({ key: first, valueHash })
    return { kind: 'leaf', key: first, valueBytes, value: undefined, valueHash, reader, hash }
  }
  if (kind !== kinds.page || place.depth % pageBits !== 0) return 'malformed'
  const [weightBytes, innerNodes, leaves] = [0, 1, 2].map((index) =>
    readUint(bytes, at + digestBytes + 6 * index, 6),
  )
  const weight = { bytes: weightBytes ?? 0, innerNodes: innerNodes ?? 0, leaves: leaves ?? 0 }
  const sealed: SealedNode = { kind: 'sealed', hash: first, weight, ...place, reader, opened: undefined }
  return sealed
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

function readUint(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = at; i < at + length; i++) value = value * 256 + (bytes[i] as number) // callers looked at the length
  return value
}
