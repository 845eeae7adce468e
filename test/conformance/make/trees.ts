/** merkle-trees.json, merkle-maps.json, batch-trees.json: everything that is a root, and the paths to it. */
import {
  checkMapProof,
  encode,
  inclusionPath,
  leafHash,
  type MapProof,
  mapFromEntries,
  mapProofShape,
  mapRoot,
  merkleRoot,
  proveKey,
  sha256,
} from '@chirograph/codec'
import { buildBatch } from '@chirograph/event'
import { byteString, bytesOf, hexOf, type Notation } from '../notation.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { bytes32 } from '../world.ts'

/** The leaves of the reference tree of Certificate Transparency. */
const referenceLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]

/** Index, size, and the number of siblings. */
const impossiblePaths: readonly (readonly [name: string, index: number, size: number, length: number])[] = [
  ['index beyond the size', 5, 5, 3],
  ['no leaves', 0, 0, 0],
  ['a path too short', 0, 8, 2],
  ['a path too long', 0, 8, 4],
  ['a path for the last leaf of five', 4, 5, 3],
]

export function makeMerkleTrees() {
  const hashes = referenceLeaves.map((leaf) => leafHash(bytesOf(leaf)))
  const sizes = [1, 2, 3, 5, 7, 8]
  return {
    description:
      'Merkle trees of RFC 6962 section 2.1 over a list: a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), no leaves SHA-256 of nothing. `leaves` is the data; paths run from the leaf up. Refused paths do not belong to index and size, whatever the root.',
    source:
      'Leaves and roots: the reference tree of the Certificate Transparency project (merkle_tree_test).',
    roots: Array.from({ length: hashes.length + 1 }, (_, size) => ({
      name: `the first ${size} leaves`,
      input: { leaves: referenceLeaves.slice(0, size) },
      output: { root: hexOf(merkleRoot(hashes.slice(0, size))) },
    })),
    paths: sizes.flatMap((size) =>
      Array.from({ length: size }, (_, index) => {
        const leafHashes = hashes.slice(0, size)
        return {
          name: `leaf ${index} of ${size}`,
          input: { leaves: referenceLeaves.slice(0, size), index },
          output: { path: inclusionPath({ leafHashes, index }).map(hexOf) },
        }
      }),
    ),
    refused: impossiblePaths.map(([name, index, size, length]) => ({
      name,
      input: {
        leafHash: hexOf(hashes[0] ?? bytesOf('')),
        index,
        size,
        path: hashes.slice(0, length).map(hexOf),
      },
      reason: 'no-such-path',
    })),
  }
}

export interface MapInput {
  readonly entries: readonly (readonly [key: string, value: string])[] | { readonly count: number }
}

/** Key i is SHA-256 of i in four bytes, big-endian, and its value is those four bytes. */
function counted(count: number): [Uint8Array, Uint8Array][] {
  return Array.from({ length: count }, (_, index) => {
    const number = Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index)
    return [sha256(number), number]
  })
}

export function makeMerkleMaps() {
  const zero = new Uint8Array(32)
  const twin = Uint8Array.from([...zero.subarray(0, 31), 1])
  const deep: [Uint8Array, Uint8Array][] = [
    [zero, Uint8Array.of(1)],
    [twin, Uint8Array.of(2)],
  ]
  const absent = [bytes32('absent key 0'), bytes32('absent key 1')]
  return {
    description:
      'Sparse Merkle maps of 32-byte keys. Empty subtree: 32 zero bytes; a subtree with one leaf is that leaf: SHA-256(0x00 ‖ key ‖ SHA-256(value)); inner node: SHA-256(0x01 ‖ left ‖ right); left is bit 0, most significant bit first. Where `entries` is {"count": n}, key i is SHA-256 of i in four bytes, big-endian, and its value those four bytes, for i from 0 to n - 1. `fields` is the proof on the wire; bit i of the bitmap (most significant first) says whether sibling i, from the root down, is there or an empty subtree. The terminal is the leaf that the way ends at, or null.',
    positions: { proof: ['depth', 'bitmap', 'siblings', 'terminal'], terminal: ['key', 'valueHash'] },
    cases: [
      mapCase('no entry', [], { absent }),
      mapCase('one entry', counted(1), { absent }),
      mapCase('two entries', counted(2), { absent }),
      mapCase('three entries', counted(3), { absent }),
      mapCase('two keys that differ in their last bit', deep, {
        absent: [Uint8Array.from([...zero.subarray(0, 31), 2]), new Uint8Array(32).fill(0xff)],
      }),
      {
        ...mapCase('1,000 entries', counted(1_000), { absent, present: [0, 1, 500, 999] }),
        input: { entries: { count: 1_000 } },
      },
    ],
    refused: refusedProofs(),
  }
}

function mapCase(
  name: string,
  entries: [Uint8Array, Uint8Array][],
  {
    absent,
    present = entries.map((_, index) => index),
  }: { absent: readonly Uint8Array[]; present?: readonly number[] },
): { name: string; input: MapInput; output: { root: string; proofs: ReturnType<typeof proofCase>[] } } {
  const map = mapFromEntries(entries)
  const keys = [...present.map((index) => entries[index]?.[0] ?? bytesOf('')), ...absent]
  return {
    name,
    input: { entries: entries.map(([key, value]) => [hexOf(key), hexOf(value)] as const) },
    output: {
      root: hexOf(mapRoot(map)),
      proofs: keys.map((key) => proofCase(mapRoot(map), key, proveKey(map, key))),
    },
  }
}

function proofCase(root: Uint8Array, key: Uint8Array, proof: MapProof) {
  const shown = checkMapProof({ root, key, proof })
  const { input, output } = wireCase('proof', proofFields(proof), encode(mapProofShape, proof))
  const valueHash = shown.kind === 'present' ? hexOf(shown.valueHash) : null
  return { key: hexOf(key), shows: shown.kind, valueHash, ...input, ...output }
}

function proofFields({ siblings, terminal }: MapProof): Notation {
  const isThere = siblings.map((sibling) => sibling.some((byte) => byte !== 0))
  const bitmap = new Uint8Array(Math.ceil(siblings.length / 8))
  isThere.forEach((there, i) => {
    if (there) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (0x80 >> (i & 7))
  })
  const sent = siblings.filter((_, i) => isThere[i]).map((sibling) => byteString(sibling))
  const leaf = terminal && [byteString(terminal.key), byteString(terminal.valueHash)]
  return [siblings.length, byteString(bitmap), sent, leaf]
}

type ProofRefusal = Refusal<{ readonly root: string; readonly key: string; readonly bytes: string }>

/** `SHAPE` and the like: not a proof. `invalid`: a proof, but not of this key under this root. */
function refusedProofs(): ProofRefusal[] {
  const entries = counted(8)
  const map = mapFromEntries(entries)
  const root = mapRoot(map)
  const key = entries[0]?.[0] ?? bytesOf('')
  const proof = proveKey(map, key)
  const [top = bytesOf(''), ...rest] = proof.siblings
  const { terminal } = proof
  if (terminal === null) throw new Error('the key is there')
  const other = entries[1]?.[0] ?? bytesOf('')
  const wire = (changed: MapProof) => hexOf(encode(mapProofShape, changed))
  const rows: [string, string, Uint8Array, Uint8Array, string][] = [
    ['another root', 'invalid', bytes32('root'), key, wire(proof)],
    ['another key', 'invalid', root, other, wire(proof)],
    [
      'another value',
      'invalid',
      root,
      key,
      wire({ ...proof, terminal: { ...terminal, valueHash: bytes32('value') } }),
    ],
    ['a present key as an empty subtree', 'invalid', root, key, wire({ ...proof, terminal: null })],
    ['siblings in another order', 'invalid', root, key, wire({ ...proof, siblings: [...rest, top] })],
    ['one sibling less', 'invalid', root, key, wire({ ...proof, siblings: rest })],
    [
      'an empty sibling at the end',
      'invalid',
      root,
      key,
      wire({ ...proof, siblings: [...proof.siblings, new Uint8Array(32)] }),
    ],
    [
      'a terminal that is not on the way',
      'invalid',
      root,
      other,
      wire(proveKey(map, entries[2]?.[0] ?? key)),
    ],
    ['a bitmap too long', 'SHAPE', root, key, `840142800081${cborOf(top)}f6`],
    ['a bit of the bitmap beyond the depth', 'NON_CANONICAL', root, key, `840141c081${cborOf(top)}f6`],
    ['a depth of 257', 'SHAPE', root, key, `841901015821${'00'.repeat(33)}80f6`],
    ['a missing sibling', 'SHAPE', root, key, '8401418080f6'],
    ['a sibling too many', 'SHAPE', root, key, `84004081${cborOf(top)}f6`],
    ['an empty sibling written out', 'NON_CANONICAL', root, key, `8401418081${cborOf(new Uint8Array(32))}f6`],
  ]
  return rows.map(([name, reason, at, of, bytes]) => ({
    name,
    input: { root: hexOf(at), key: hexOf(of), bytes },
    reason,
  }))
}

function cborOf(digest: Uint8Array): string {
  return `5820${hexOf(digest)}`
}

export function makeBatchTrees() {
  return {
    description:
      'The tree of a batch of credentials: complete, of 2^k ≥ 16 slots, nodes SHA-256(0x01 ‖ left ‖ right). `leaves` take the slots from 0; the free slots hold `blinds`, in order. Paths run from the leaf up and have log2(paddedSize) siblings.',
    cases: [1, 2, 16, 17].map((count) => {
      const leaves = Array.from({ length: count }, (_, index) => bytes32(`leaf ${index}`))
      const tree = buildBatch({ leaves, blind: (index) => bytes32(`blind ${index}`) })
      const blinds = Array.from({ length: tree.paddedSize - count }, (_, index) =>
        bytes32(`blind ${count + index}`),
      )
      const indexes = [...new Set([0, count - 1])]
      return {
        name: `${count} of ${tree.paddedSize}`,
        input: { leaves: leaves.map(hexOf), blinds: blinds.map(hexOf) },
        output: {
          paddedSize: tree.paddedSize,
          root: hexOf(tree.root),
          paths: indexes.map((index) => ({ index, path: tree.pathOf(index).map(hexOf) })),
        },
      }
    }),
    refused: [
      { name: 'a padded size of 8', index: 0, paddedSize: 8, length: 3 },
      { name: 'a padded size of 24', index: 0, paddedSize: 24, length: 5 },
      { name: 'an index outside the tree', index: 16, paddedSize: 16, length: 4 },
      { name: 'a path too short', index: 0, paddedSize: 16, length: 3 },
      { name: 'a path too long', index: 0, paddedSize: 16, length: 5 },
    ].map(({ name, index, paddedSize, length }) => ({
      name,
      input: {
        leaf: hexOf(bytes32('leaf 0')),
        index,
        paddedSize,
        path: Array.from({ length }, (_, i) => hexOf(bytes32(`sibling ${i}`))),
      },
      reason: 'no-such-path',
    })),
  }
}
