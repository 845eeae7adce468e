/**
 * The Merkle tree of a batch: complete, of 2^k ≥ 16 leaves, so that neither root nor path tells how many
 * credentials were issued. Free slots hold random values that nobody can tell from leaves.
 */
import { nodeHash, parentLevel } from '@chirograph/codec'
import { isPaddedSize } from './body.js'
import { paddedSizeMax, paddedSizeMin } from './limits.js'

export interface BatchTree {
  readonly root: Uint8Array
  readonly paddedSize: number
  /** The siblings (32 bytes each) of leaf `index` from the leaf up; log2(paddedSize) of them. */
  pathOf(index: number): Uint8Array[]
}

/**
 * Builds the tree over leaves made by `leafOf`. `blind(index)` gives 32 fresh random bytes for each free slot.
 * Throws on an empty batch, more than 2²⁴ leaves, or a leaf that has not 32 bytes.
 */
export function buildBatch(args: {
  readonly leaves: readonly Uint8Array[]
  readonly blind: (index: number) => Uint8Array
}): BatchTree {
  const { leaves, blind } = args
  const paddedSize = paddedSizeOf(leaves.length)
  const bottom = new Uint8Array(paddedSize * nodeBytes)
  for (let index = 0; index < paddedSize; index++) {
    const leaf = leaves[index] ?? blind(index)
    if (leaf.length !== nodeBytes) throw new Error('a leaf has 32 bytes')
    bottom.set(leaf, index * nodeBytes)
  }

  const levels: Uint8Array[] = [bottom]
  for (let level: Uint8Array = bottom; level.length > nodeBytes; ) {
    level = parentLevel(level)
    levels.push(level)
  }
  const pathOf = (index: number): Uint8Array[] => {
    if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new Error(`no leaf ${index}`)
    return levels.slice(0, -1).map((level, height) => nodeAt(level, Math.floor(index / 2 ** height) ^ 1))
  }
  return { root: nodeAt(levels.at(-1) ?? bottom, 0), paddedSize, pathOf }
}

/**
 * The root that a leaf and its path lead to, to be compared with the root on the log. Undefined when the padded
 * size is none, the index lies outside it, or the path has another length than the tree's height.
 */
export function rootOfLeaf(args: {
  readonly leaf: Uint8Array
  readonly index: number
  readonly path: readonly Uint8Array[]
  readonly paddedSize: number
}): Uint8Array | undefined {
  const { leaf, index, path, paddedSize } = args
  if (!isPaddedSize(paddedSize) || !Number.isInteger(index) || index < 0 || index >= paddedSize)
    return undefined
  if (path.length !== Math.log2(paddedSize)) return undefined
  if (leaf.length !== 32 || path.some((sibling) => sibling.length !== 32)) return undefined
  return path.reduce(
    (node, sibling, height) => ((index >> height) & 1 ? nodeHash(sibling, node) : nodeHash(node, sibling)),
    leaf,
  )
}

/** The padded size of a batch of `count` credentials: the next power of two, at least 16. */
export function paddedSizeOf(count: number): number {
  if (!Number.isInteger(count) || count < 1 || count > paddedSizeMax)
    throw new Error(`a batch has 1 to ${paddedSizeMax} leaves, not ${count}`)
  let size = paddedSizeMin
  while (size < count) size *= 2
  return size
}

const nodeBytes = 32

function nodeAt(level: Uint8Array, index: number): Uint8Array {
  return level.slice(index * nodeBytes, (index + 1) * nodeBytes)
}
