/**
 * A Merkle map in pieces that can be checked one by one. A cut goes through the trie; each node on it is a whole
 * subtree, a chunk. The depths and hashes of these nodes from left to right are the manifest: together they hash to
 * the root, and each of them then vouches for its chunk. A chunk is named by its hash, so it serves every map in
 * which that subtree is the same.
 */
import { equalBytes, toHex } from './bytes.js'
import { CodecError } from './error.js'
import { digestBytes, mapChunkNodesMax, mapDepthMax } from './limits.js'
import {
  bitAt,
  build,
  emptyHash,
  hashOf,
  inner,
  innerNodeHash,
  leaf,
  leavesOf,
  type MapInner,
  type MapLeaf,
  type MapNode,
  type MerkleMap,
  type NodeReader,
  opened,
  type SealedNode,
  weightOf,
} from './map.js'
import { bytes, bytesUpTo, field, list, type Shape, struct, uint } from './shape.js'

export interface MapEntry {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** A node on the cut: how many bits lead to it, and its hash, which is zero where there is nothing. */
export interface ManifestNode {
  readonly depth: number
  readonly hash: Uint8Array
}

/** The cut from left to right. */
export type MapManifest = readonly ManifestNode[]

/** A subtree of this process's own map. */
export interface MapChunk extends ManifestNode {
  readonly top: MapNode | undefined
}

/**
 * Cuts a map into the largest chunks that take at most `bytesMax` bytes by `mapChunkShape` and have at most
 * `mapChunkNodesMax` inner nodes; a single entry is a chunk however large it is. Equal maps are cut alike.
 */
export function mapChunks(map: MerkleMap, { bytesMax }: { readonly bytesMax: number }): MapChunk[] {
  const chunks: MapChunk[] = []
  const waiting: { readonly top: MapNode | undefined; readonly depth: number }[] = [
    { top: map.top, depth: 0 },
  ]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { depth } = at
    const top = isLarge(at.top, bytesMax) ? opened(at.top) : at.top
    if (top?.kind === 'inner' && isLarge(top, bytesMax))
      waiting.push({ top: top.right, depth: depth + 1 }, { top: top.left, depth: depth + 1 })
    else chunks.push({ depth, hash: hashOf(top), top })
  }
  return chunks
}

/** The entries of a chunk, ascending by key. */
export function chunkEntries({ top }: MapChunk): MapEntry[] {
  return [...leavesOf(top)]
}

/** A place on a checked cut, for the chunk with this hash. */
export interface ChunkSlot extends ManifestNode {
  /** 32 bytes, of which the first `depth` bits are those of every key in the chunk. */
  readonly prefix: Uint8Array
  /** 2 beside an empty node: a single entry would stand one level higher. */
  readonly entriesMin: 1 | 2
}

declare const checkedBrand: unique symbol

/** A manifest that hashes to the root it was checked against. Made by `checkMapManifest` alone. */
export interface CheckedManifest {
  readonly nodes: MapManifest
  /** What there is to fill, from left to right: the nodes that are not empty. */
  readonly slots: readonly ChunkSlot[]
  readonly [checkedBrand]: true
}

export type ManifestFault = 'too-deep' | 'wrong-depth' | 'too-few' | 'too-many' | 'empty-inner' | 'wrong-root'

export type ManifestVerdict =
  | { readonly kind: 'valid'; readonly manifest: CheckedManifest }
  | { readonly kind: 'invalid'; readonly reason: ManifestFault }

/** Whether these are the nodes of a cut through the map with this root. Never throws. */
export function checkMapManifest({
  root,
  manifest,
}: {
  readonly root: Uint8Array
  readonly manifest: MapManifest
}): ManifestVerdict {
  const walk: Walk = { manifest, next: 0, prefix: new Uint8Array(digestBytes), slots: [] }
  const hash = readBelow(walk, 0)
  if (typeof hash === 'string') return { kind: 'invalid', reason: hash }
  if (walk.next < manifest.length) return { kind: 'invalid', reason: 'too-many' }
  if (!equalBytes(hash, root)) return { kind: 'invalid', reason: 'wrong-root' }
  // Just checked; the brand has no value.
  return { kind: 'valid', manifest: { nodes: manifest, slots: walk.slots } as unknown as CheckedManifest }
}

/** A subtree that hashes to its name. Made by `checkMapChunk` alone. */
export interface CheckedChunk {
  readonly top: MapNode
  readonly [checkedBrand]: true
}

export type ChunkFault =
  | 'too-few-entries'
  | 'wrong-key'
  | 'wrong-prefix'
  | 'wrong-order'
  | 'duplicate-key'
  | 'too-many-nodes'
  | 'wrong-hash'

export type ChunkVerdict =
  | { readonly kind: 'valid'; readonly chunk: CheckedChunk }
  | { readonly kind: 'invalid'; readonly reason: ChunkFault }

/**
 * Rebuilds a subtree from its entries and compares its hash. Bounded before anything is hashed: two hashes an entry,
 * and `mapChunkNodesMax`. Never throws; the chunk keeps the entries.
 */
export function checkMapChunk({
  slot,
  entries,
}: {
  readonly slot: ChunkSlot
  readonly entries: readonly MapEntry[]
}): ChunkVerdict {
  const fault = faultOfEntries(slot, entries)
  if (fault !== undefined) return { kind: 'invalid', reason: fault }
  const leaves = entries.map(({ key, value }) => leaf(key, value))
  const top = build(leaves, 0, leaves.length, slot.depth)
  if (top === undefined || !equalBytes(hashOf(top), slot.hash))
    return { kind: 'invalid', reason: 'wrong-hash' }
  // Just checked; the brand has no value.
  return { kind: 'valid', chunk: { top } as CheckedChunk }
}

/**
 * The same chunk, of which no more than the weight is in memory until a map of it is looked into: `entries` are those
 * that were checked, and are asked for then. `closeChunk` lets go of them again.
 */
export function packChunk({
  slot,
  chunk,
  entries,
}: {
  readonly slot: ChunkSlot
  readonly chunk: CheckedChunk
  readonly entries: () => readonly MapEntry[]
}): CheckedChunk {
  // A lone entry stays what it is: whoever walks the trie takes what is sealed for more than one.
  if (chunk.top.kind === 'leaf') return chunk
  const reader: NodeReader = { node: () => topOf(slot, entries()) }
  const { hash, depth, prefix } = slot
  const sealed = { kind: 'sealed', hash, weight: weightOf(chunk.top), depth, prefix, version: 0 } as const
  return { top: { ...sealed, reader, opened: undefined } satisfies SealedNode } as CheckedChunk // what was checked
}

/** A map of it reads it anew when it is looked into next. Does nothing to a chunk that is in memory for good. */
export function closeChunk({ top }: CheckedChunk): void {
  if (top.kind === 'sealed') top.opened = undefined
}

function topOf({ depth }: ChunkSlot, entries: readonly MapEntry[]): MapLeaf | MapInner {
  const leaves = entries.map(({ key, value }) => leaf(key, value))
  const top = build(leaves, 0, leaves.length, depth)
  if (top === undefined || top.kind === 'sealed')
    throw new CodecError('TREE', 'a chunk has no entries any more')
  return top
}

/** The whole map, once there is a chunk for every slot. `chunks` are by their hash in hex. */
export function mapOfChunks(
  { nodes }: CheckedManifest,
  chunks: ReadonlyMap<string, CheckedChunk>,
): MerkleMap | undefined {
  const tops: (MapNode | undefined)[] = []
  for (const { hash } of nodes) {
    const chunk = chunks.get(toHex(hash))
    if (chunk === undefined && !equalBytes(hash, emptyHash)) return undefined
    tops.push(chunk?.top)
  }
  let next = 0
  const join = (depth: number): MapNode | undefined => {
    // A checked manifest has exactly the nodes that this walk asks for.
    if ((nodes[next] as ManifestNode).depth === depth) return tops[next++]
    const left = join(depth + 1)
    return inner(left, join(depth + 1))
  }
  return { top: join(0) }
}

/** On the wire a list of [depth, hash], about 37 bytes each. */
export function mapManifestShape({ nodesMax }: { readonly nodesMax: number }): Shape<MapManifest> {
  const node = struct('manifest node', [
    field('depth', uint({ max: mapDepthMax })),
    field('hash', bytes(digestBytes)),
  ])
  return list(node, { min: 1, max: nodesMax })
}

/** On the wire a list of [key, value]; their order is for `checkMapChunk` to judge. */
export function mapChunkShape({ bytesMax }: { readonly bytesMax: number }): Shape<readonly MapEntry[]> {
  const entry = struct('map entry', [field('key', bytes(digestBytes)), field('value', bytesUpTo(bytesMax))])
  return list(entry, { max: Math.ceil(bytesMax / digestBytes) })
}

function isLarge(node: MapNode | undefined, bytesMax: number): boolean {
  const { bytes, innerNodes } = weightOf(node)
  return bytes > bytesMax || innerNodes > mapChunkNodesMax
}

interface Walk {
  readonly manifest: MapManifest
  next: number
  readonly prefix: Uint8Array
  readonly slots: ChunkSlot[]
}

/** The hash of the subtree at `depth` that the next nodes make up: in order, their depths say where they stand. */
function readBelow(walk: Walk, depth: number): Uint8Array | ManifestFault {
  const node = walk.manifest[walk.next]
  if (node === undefined) return 'too-few'
  if (node.depth < depth) return 'wrong-depth'
  if (node.depth === depth) {
    if (!equalBytes(node.hash, emptyHash)) walk.slots.push(slotOf(walk, node))
    walk.next++
    return node.hash
  }
  if (depth === mapDepthMax) return 'too-deep'
  const left = readBelow(walk, depth + 1)
  if (typeof left === 'string') return left
  const byte = depth >> 3
  const bit = 0x80 >> (depth & 7)
  walk.prefix[byte] = (walk.prefix[byte] as number) | bit // the depth is below 256
  const right = readBelow(walk, depth + 1)
  walk.prefix[byte] = (walk.prefix[byte] as number) & ~bit
  if (typeof right === 'string') return right
  if (equalBytes(left, emptyHash) && equalBytes(right, emptyHash)) return 'empty-inner'
  return innerNodeHash({ left, right })
}

function slotOf({ manifest, next, prefix }: Walk, { depth, hash }: ManifestNode): ChunkSlot {
  // Next to a node of one depth stands its sibling, when that is on the cut itself.
  const isLeft = depth > 0 && bitAt(prefix, depth - 1) === 0
  const sibling = depth > 0 ? manifest[isLeft ? next + 1 : next - 1] : undefined
  const isBesideNothing = sibling?.depth === depth && equalBytes(sibling.hash, emptyHash)
  return { depth, hash, prefix: prefix.slice(), entriesMin: isBesideNothing ? 2 : 1 }
}

function faultOfEntries(
  { depth, prefix, entriesMin }: ChunkSlot,
  entries: readonly MapEntry[],
): ChunkFault | undefined {
  if (entries.length < entriesMin) return 'too-few-entries'
  let nodes = 0
  // Of the key before: with how many bits it begins like the one before it; of the first, one less than all have.
  let sharedBefore = depth - 1
  for (const [index, { key }] of entries.entries()) {
    if (key.length !== digestBytes) return 'wrong-key'
    if (sharedBits(key, prefix) < depth) return 'wrong-prefix'
    const before = entries[index - 1]?.key
    if (before === undefined) continue
    const shared = sharedBits(before, key)
    if (shared === mapDepthMax) return 'duplicate-key'
    if (bitAt(key, shared) === 0) return 'wrong-order'
    // Above two neighbours stand as many inner nodes as they share bits; those of the pair before are counted.
    nodes += Math.max(0, shared - sharedBefore)
    sharedBefore = shared
  }
  return nodes > mapChunkNodesMax ? 'too-many-nodes' : undefined
}

/** With how many bits two keys begin alike. */
function sharedBits(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < digestBytes; i++) {
    const difference = (a[i] as number) ^ (b[i] as number) // keys have 32 bytes
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24
  }
  return mapDepthMax
}
