/**
 * A sparse Merkle map: 32-byte keys to bytes under one root, immutable, with structural sharing.
 *
 * It is a binary trie over the bits of the key, most significant first, in which a subtree with a single leaf *is*
 * that leaf (as in Diem's Jellyfish tree), so paths are as long as the logarithm of the size and not 256:
 *
 *   empty = 32 zero bytes     leaf = H(0x00 ‖ key ‖ H(value))     inner = H(0x01 ‖ left ‖ right)
 *
 * The leaf holds its whole key, so a leaf found under another key's path proves that other key absent. Keys are
 * hashes, so nobody can make paths long cheaply. Nothing is ever deleted.
 *
 * A map need not be in memory whole: what is sealed is read, and checked against its hash, when it is first looked
 * into. Whoever walks the trie does so by `opened`.
 */
import { compareBytes, equalBytes } from './bytes.js'
import { CodecError } from './error.js'
import { sha256 } from './hash.js'
import { digestBytes, mapEntryOverheadBytes } from './limits.js'
import { nodeHash } from './tree.js'

/** Made by `emptyMap`, `mapSet` and `mapFromEntries`. Its values are shared with the caller: do not change them. */
export interface MerkleMap {
  readonly top: MapNode | undefined
}

/** An inner node has two leaves or more below it. Hashes are computed when first asked for, and kept. */
export type MapNode = MapLeaf | MapInner | SealedNode

export interface MapLeaf {
  readonly kind: 'leaf'
  readonly key: Uint8Array
  readonly value: Uint8Array
  hash: Uint8Array | undefined
}

export interface MapInner {
  readonly kind: 'inner'
  readonly left: MapNode | undefined
  readonly right: MapNode | undefined
  readonly weight: MapWeight
  hash: Uint8Array | undefined
  /** Of its page, once that was written or read, of one on a cut (map-pages.ts). */
  version: number | undefined
}

/** An inner node, or a lone leaf at the root, that a reader finds. */
export interface SealedNode {
  readonly kind: 'sealed'
  readonly hash: Uint8Array
  readonly weight: MapWeight
  readonly depth: number
  /** 32 bytes, of which the first `depth` bits are those of every key below, and the others zero. */
  readonly prefix: Uint8Array
  readonly version: number
  readonly reader: NodeReader
  opened: MapLeaf | MapInner | undefined
}

/** Where sealed parts of a map are. What it hands out was checked against the hash; where that fails, it throws. */
export interface NodeReader {
  node(sealed: SealedNode): MapLeaf | MapInner
}

/** What a subtree takes when it travels. Kept in each inner node, so that a map can be cut without walking it. */
export interface MapWeight {
  /** Upper bound of its encoded entries. */
  readonly bytes: number
  readonly innerNodes: number
  readonly leaves: number
}

export const emptyMap: MerkleMap = Object.freeze({ top: undefined })

/** The hash of an empty subtree, and the root of the empty map. Do not change it. */
export const emptyHash: Uint8Array = new Uint8Array(digestBytes)

/** The root: 32 bytes, a copy. Hashes only what changed since it was last asked for. */
export function mapRoot(map: MerkleMap): Uint8Array {
  return hashOf(map.top).slice()
}

export function mapSize(map: MerkleMap): number {
  return weightOf(map.top).leaves
}

/** The value under a key of 32 bytes. */
export function mapGet(map: MerkleMap, key: Uint8Array): Uint8Array | undefined {
  checkKey(key)
  let node = opened(map.top)
  for (let depth = 0; node?.kind === 'inner'; depth++)
    node = opened(bitAt(key, depth) === 0 ? node.left : node.right)
  return node !== undefined && equalBytes(node.key, key) ? node.value : undefined
}

/**
 * A map in which `key` holds `value`. The given map is unchanged, and is returned when it holds that already. Time
 * and new memory grow with the depth.
 */
export function mapSet(map: MerkleMap, key: Uint8Array, value: Uint8Array): MerkleMap {
  const known = mapGet(map, key)
  if (known !== undefined && equalBytes(known, value)) return map
  return { top: insert(map.top, leaf(key, value), 0) }
}

/** The same map as setting one after another, in one pass; a key that occurs twice throws `TREE`. */
export function mapFromEntries(entries: Iterable<readonly [Uint8Array, Uint8Array]>): MerkleMap {
  const leaves = Array.from(entries, ([key, value]) => leaf(key, value))
  for (const { key } of leaves) checkKey(key)
  leaves.sort((a, b) => compareBytes(a.key, b.key))
  for (let i = 1; i < leaves.length; i++) {
    const [before, after] = [leaves[i - 1] as MapLeaf, leaves[i] as MapLeaf] // both indexes are below the length
    if (equalBytes(before.key, after.key)) throw new CodecError('TREE', 'a key occurs twice')
  }
  return { top: build(leaves, 0, leaves.length, 0) }
}

/** All entries, ascending by key. */
export function* mapEntries(
  map: MerkleMap,
): Generator<[key: Uint8Array, value: Uint8Array], void, undefined> {
  for (const found of leavesOf(map.top)) yield [found.key, found.value]
}

/**
 * What `after` holds that `before` does not, ascending by key. Equal subtrees are skipped, so between a map and
 * one made from it by `mapSet` this costs as much as the changes. Keys only in `before` are not reported.
 */
export function* mapChanges(args: {
  readonly before: MerkleMap
  readonly after: MerkleMap
}): Generator<[key: Uint8Array, value: Uint8Array], void, undefined> {
  for (const found of changedLeaves(args.before.top, args.after.top)) yield [found.key, found.value]
}

export function leafNodeHash(args: { readonly key: Uint8Array; readonly valueHash: Uint8Array }): Uint8Array {
  return sha256(leafPrefix, args.key, args.valueHash)
}

export function innerNodeHash(args: { readonly left: Uint8Array; readonly right: Uint8Array }): Uint8Array {
  return nodeHash(args.left, args.right)
}

const leafPrefix = Uint8Array.of(0x00)

export function hashOf(node: MapNode | undefined): Uint8Array {
  if (node === undefined) return emptyHash
  if (node.kind === 'sealed') return node.hash
  node.hash ??=
    node.kind === 'leaf'
      ? leafNodeHash({ key: node.key, valueHash: sha256(node.value) })
      : innerNodeHash({ left: hashOf(node.left), right: hashOf(node.right) })
  return node.hash
}

/** The node itself, read now if it was sealed, and kept. */
export function opened(node: MapNode | undefined): MapLeaf | MapInner | undefined {
  if (node?.kind !== 'sealed') return node
  node.opened ??= node.reader.node(node)
  return node.opened
}

/** The same for whoever passes by once and would fill the memory: nothing more is kept. */
export function glimpsed(node: MapNode | undefined): MapLeaf | MapInner | undefined {
  return node?.kind === 'sealed' ? (node.opened ?? node.reader.node(node)) : node
}

/** Bit `index` of the key, most significant first. */
export function bitAt(key: Uint8Array, index: number): 0 | 1 {
  // Two different keys differ in one of their 256 bits, so no walk goes further and the index is inside.
  return ((key[index >> 3] as number) >> (7 - (index & 7))) & 1 ? 1 : 0
}

export function checkKey(key: Uint8Array): void {
  if (key.length !== digestBytes) throw new CodecError('TREE', `a key has 32 bytes, not ${key.length}`)
}

export function leaf(key: Uint8Array, value: Uint8Array): MapLeaf {
  return { kind: 'leaf', key, value, hash: undefined }
}

export function inner(left: MapNode | undefined, right: MapNode | undefined): MapInner {
  const [a, b] = [weightOf(left), weightOf(right)]
  const weight = {
    bytes: a.bytes + b.bytes,
    innerNodes: a.innerNodes + b.innerNodes + 1,
    leaves: a.leaves + b.leaves,
  }
  return { kind: 'inner', left, right, weight, hash: undefined, version: undefined }
}

const weightless: MapWeight = Object.freeze({ bytes: 0, innerNodes: 0, leaves: 0 })

export function weightOf(node: MapNode | undefined): MapWeight {
  if (node === undefined) return weightless
  return node.kind === 'leaf'
    ? { bytes: mapEntryOverheadBytes + node.value.length, innerNodes: 0, leaves: 1 }
    : node.weight
}

function insert(place: MapNode | undefined, added: MapLeaf, depth: number): MapNode {
  const node = opened(place)
  if (node === undefined) return added
  if (node.kind === 'leaf') return equalBytes(node.key, added.key) ? added : fork(node, added, depth)
  return bitAt(added.key, depth) === 0
    ? inner(insert(node.left, added, depth + 1), node.right)
    : inner(node.left, insert(node.right, added, depth + 1))
}

/** Two leaves with different keys, under as many inner nodes as their keys have bits in common from `depth` on. */
function fork(a: MapLeaf, b: MapLeaf, depth: number): MapInner {
  const [bitOfA, bitOfB] = [bitAt(a.key, depth), bitAt(b.key, depth)]
  if (bitOfA !== bitOfB) return bitOfA === 0 ? inner(a, b) : inner(b, a)
  const below = fork(a, b, depth + 1)
  return bitOfA === 0 ? inner(below, undefined) : inner(undefined, below)
}

/** `leaves` from start to end, sorted and unique, share their first `depth` bits. */
export function build(
  leaves: readonly MapLeaf[],
  start: number,
  end: number,
  depth: number,
): MapNode | undefined {
  if (start === end) return undefined
  if (start + 1 === end) return leaves[start]
  let low = start
  let high = end
  while (low < high) {
    const middle = (low + high) >> 1
    // Sorted, so those with bit 0 come first; the index is below the length.
    if (bitAt((leaves[middle] as MapLeaf).key, depth) === 0) low = middle + 1
    else high = middle
  }
  return inner(build(leaves, start, low, depth + 1), build(leaves, low, end, depth + 1))
}

/** Ascending by key: left is bit 0. */
export function* leavesOf(top: MapNode | undefined): Generator<MapLeaf, void, undefined> {
  const waiting = [top]
  while (waiting.length > 0) {
    const node = glimpsed(waiting.pop())
    if (node?.kind === 'leaf') yield node
    else if (node?.kind === 'inner') waiting.push(node.right, node.left)
  }
}

function* changedLeaves(
  before: MapNode | undefined,
  after: MapNode | undefined,
): Generator<MapLeaf, void, undefined> {
  const waiting: (readonly [MapNode | undefined, MapNode | undefined])[] = [[before, after]]
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    if (isSame(pair[0], pair[1])) continue
    const [old, now] = [opened(pair[0]), opened(pair[1])]
    if (old?.kind === 'inner' && now?.kind === 'inner')
      waiting.push([old.right, now.right], [old.left, now.left])
    else yield* leavesWithout(now, old)
  }
}

/** Without computing a hash: where one is not known, the nodes may be equal and are looked into. */
export function isSame(a: MapNode | undefined, b: MapNode | undefined): boolean {
  if (a === b) return true
  return a?.hash !== undefined && b?.hash !== undefined && equalBytes(a.hash, b.hash)
}

/** One of the two is empty or a single leaf, so this is linear in the other. */
function* leavesWithout(
  node: MapNode | undefined,
  known: MapNode | undefined,
): Generator<MapLeaf, void, undefined> {
  const old = [...leavesOf(known)]
  for (const found of leavesOf(node)) {
    if (!old.some(({ key, value }) => equalBytes(key, found.key) && equalBytes(value, found.value)))
      yield found
  }
}
