/**
 * Proofs over a sparse Merkle map: that a key holds a value, or that it is absent. A proof is the way from the root
 * down towards the key, to where it ends: at an empty subtree, at the key's own leaf, or at the leaf of another key.
 */
import { equalBytes } from './bytes.js'
import { sha256 } from './hash.js'
import { digestBytes, mapDepthMax } from './limits.js'
import {
  bitAt,
  checkKey,
  emptyHash,
  hashOf,
  innerNodeHash,
  leafNodeHash,
  type MerkleMap,
  opened,
} from './map.js'
import { bytes, bytesUpTo, field, list, mapped, nullable, type Shape, struct, uint } from './shape.js'

export interface MapProof {
  /** The other child of each inner node on the way, from the root down; 32 bytes each, zero for an empty subtree. */
  readonly siblings: readonly Uint8Array[]
  /** The leaf at the end of the way, of this key or another one; null for an empty subtree. */
  readonly terminal: { readonly key: Uint8Array; readonly valueHash: Uint8Array } | null
}

/** `valueHash` is the SHA-256 of the value: 32 bytes. */
export type MapProofResult =
  | { readonly kind: 'present'; readonly valueHash: Uint8Array }
  | { readonly kind: 'absent' }
  | { readonly kind: 'invalid' }

/** The proof of what `map` holds under `key`, 32 bytes, be it a value or nothing. */
export function proveKey(map: MerkleMap, key: Uint8Array): MapProof {
  checkKey(key)
  const siblings: Uint8Array[] = []
  let node = opened(map.top)
  while (node?.kind === 'inner') {
    const isLeft = bitAt(key, siblings.length) === 0
    siblings.push(hashOf(isLeft ? node.right : node.left).slice())
    node = opened(isLeft ? node.left : node.right)
  }
  const terminal = node === undefined ? null : { key: node.key.slice(), valueHash: sha256(node.value) }
  return { siblings, terminal }
}

/** What the proof shows about `key` in the map with this root. Never throws, whatever the proof holds. */
export function checkMapProof(args: {
  readonly root: Uint8Array
  readonly key: Uint8Array
  readonly proof: MapProof
}): MapProofResult {
  const { key, root } = args
  const { siblings, terminal } = args.proof
  if (!isProofFor(key, args.proof)) return invalid
  let hash = terminal === null ? emptyHash : leafNodeHash(terminal)
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const sibling = siblings[depth] as Uint8Array // the index is below the length
    hash = innerNodeHash(
      bitAt(key, depth) === 0 ? { left: hash, right: sibling } : { left: sibling, right: hash },
    )
  }
  if (!equalBytes(hash, root)) return invalid
  if (terminal === null || !equalBytes(terminal.key, key)) return { kind: 'absent' }
  return { kind: 'present', valueHash: terminal.valueHash }
}

const invalid: MapProofResult = { kind: 'invalid' }

function isProofFor(key: Uint8Array, { siblings, terminal }: MapProof): boolean {
  if (key.length !== digestBytes || siblings.length > mapDepthMax) return false
  if (siblings.some((sibling) => sibling.length !== digestBytes)) return false
  // The last inner node has two leaves or more, so with at most one on this side the other side is not empty.
  const last = siblings.at(-1)
  if (last !== undefined && equalBytes(last, emptyHash)) return false
  if (terminal === null) return true
  if (terminal.key.length !== digestBytes || terminal.valueHash.length !== digestBytes) return false
  // Another key's leaf says something about this key only when it stands in this key's way.
  return siblings.every((_, depth) => bitAt(terminal.key, depth) === bitAt(key, depth))
}

const digest = bytes(digestBytes)

const wireProof = struct('map-proof', [
  field('depth', uint({ max: mapDepthMax })),
  field('bitmap', bytesUpTo(mapDepthMax / 8)),
  field('siblings', list(digest, { max: mapDepthMax })),
  field('terminal', nullable(struct('terminal', [field('key', digest), field('valueHash', digest)]))),
])

/**
 * On the wire [depth, bitmap, siblings, terminal]: bit i of the bitmap, most significant first, says whether
 * sibling i is there; those that are not are empty subtrees. ⌈depth / 8⌉ bytes, unused bits zero.
 */
export const mapProofShape: Shape<MapProof> = mapped(wireProof, {
  to({ depth, bitmap, siblings, terminal }) {
    if (bitmap.length !== Math.ceil(depth / 8)) return undefined
    const waiting = siblings.slice().reverse()
    const all: Uint8Array[] = []
    for (let i = 0; i < depth; i++) {
      const sibling = bitAt(bitmap, i) === 1 ? waiting.pop() : emptyHash.slice()
      if (sibling === undefined) return undefined
      all.push(sibling)
    }
    return waiting.length === 0 ? { siblings: all, terminal } : undefined
  },
  from({ siblings, terminal }) {
    const bitmap = new Uint8Array(Math.ceil(siblings.length / 8))
    const present = siblings.filter((sibling, i) => {
      const isEmpty = equalBytes(sibling, emptyHash)
      if (!isEmpty) bitmap[i >> 3] = (bitmap[i >> 3] as number) | (0x80 >> (i & 7)) // i is below the length
      return !isEmpty
    })
    return { depth: siblings.length, bitmap, siblings: present, terminal }
  },
})
