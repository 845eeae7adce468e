import fc from 'fast-check'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import {
  appendLeaf,
  emptyLogTree,
  fromHex,
  inclusionPath,
  type LogTree,
  leafHash,
  merkleRoot,
  nodeHash,
  rootOfInclusion,
  sha256,
  toHex,
  treeRoot,
  utf8,
} from '../src/index.js'

/**
 * The reference tree of the Certificate Transparency project, whose log RFC 6962 describes: its leaves, the roots of
 * its first n leaves, and audit paths in it. https://github.com/google/certificate-transparency (merkle_tree_test),
 * also in https://github.com/transparency-dev/merkle (testonly).
 */
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
const referenceRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const referencePaths = [
  { index: 0, size: 1, path: [] },
  {
    index: 0,
    size: 8,
    path: [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  },
  {
    index: 5,
    size: 8,
    path: [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  },
  { index: 2, size: 3, path: ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'] },
  {
    index: 1,
    size: 5,
    path: [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  },
]

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  ok(bytes)
  return bytes
}

const referenceHashes = referenceLeaves.map((leaf) => leafHash(bytesOf(leaf)))

function leavesOf(size: number): Uint8Array[] {
  return Array.from({ length: size }, (_, i) => leafHash(utf8(`leaf ${i}`)))
}

const sizes = fc.integer({ min: 1, max: 70 })
const placed = sizes.chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)))

suite('RFC 6962 tree', (it) => {
  it('has the published roots of the first 0 to 8 leaves', () => {
    for (const [size, root] of referenceRoots.entries()) {
      is(toHex(merkleRoot(referenceHashes.slice(0, size))), root)
    }
  })

  it('has the published audit paths', () => {
    for (const { index, size, path } of referencePaths) {
      const leafHashes = referenceHashes.slice(0, size)
      equal(inclusionPath({ leafHashes, index }).map(toHex), path)
      const leaf = referenceHashes[index]
      ok(leaf)
      const root = rootOfInclusion({ leafHash: leaf, index, size, path: path.map(bytesOf) })
      equal(root, merkleRoot(leafHashes))
    }
  })

  it('tells a leaf from an inner node with the same content', () => {
    const [left, right] = [sha256(utf8('l')), sha256(utf8('r'))]
    is.not(toHex(leafHash(Uint8Array.of(...left, ...right))), toHex(nodeHash(left, right)))
    equal(leafHash(utf8('l')), sha256(Uint8Array.of(0x00), utf8('l')))
    equal(nodeHash(left, right), sha256(Uint8Array.of(0x01), left, right))
  })

  it('has nodes of 32 bytes, each hashed into an array of its own', () => {
    const [left, right] = [sha256(utf8('l')), sha256(utf8('r'))]
    for (const length of [0, 31, 33]) {
      failsWith('TREE', () => nodeHash(left, new Uint8Array(length)))
      failsWith('TREE', () => nodeHash(new Uint8Array(length), right))
    }
    const first = nodeHash(left, right)
    nodeHash(right, left)
    equal(first, sha256(Uint8Array.of(0x01), left, right))
  })
})

suite('inclusion', (it) => {
  it('is shown for every leaf of every size up to 33', () => {
    for (let size = 1; size <= 33; size++) {
      const leafHashes = leavesOf(size)
      const root = merkleRoot(leafHashes)
      leafHashes.forEach((leaf, index) => {
        const path = inclusionPath({ leafHashes, index })
        equal(rootOfInclusion({ leafHash: leaf, index, size, path }), root)
      })
    }
  })

  it('is not shown by a path with any bit changed, or for another leaf', () => {
    fc.assert(
      fc.property(placed, fc.nat(), ([size, index], at) => {
        const leafHashes = leavesOf(size)
        const root = toHex(merkleRoot(leafHashes))
        const path = inclusionPath({ leafHashes, index })
        const nodes = [leafHashes[index] as Uint8Array, ...path].map((node) => node.slice())
        const bit = at % (nodes.length * 256)
        const node = nodes[bit >> 8] as Uint8Array
        node[(bit & 255) >> 3] = (node[(bit & 255) >> 3] as number) ^ (1 << (bit & 7))
        const [leaf, ...changed] = nodes
        const found = rootOfInclusion({ leafHash: leaf as Uint8Array, index, size, path: changed })
        ok(found)
        is.not(toHex(found), root)
      }),
    )
  })

  it('is not shown for another index of the same tree', () => {
    fc.assert(
      fc.property(placed, fc.nat(), ([size, index], other) => {
        fc.pre(other % size !== index)
        const leafHashes = leavesOf(size)
        const path = inclusionPath({ leafHashes, index })
        const leaf = leafHashes[index] as Uint8Array
        const found = rootOfInclusion({ leafHash: leaf, index: other % size, size, path })
        is.not(found && toHex(found), toHex(merkleRoot(leafHashes)))
      }),
    )
  })

  it('takes no path that is too short, too long, or of other lengths', () => {
    fc.assert(
      fc.property(placed, ([size, index]) => {
        const leafHashes = leavesOf(size)
        const leaf = leafHashes[index] as Uint8Array
        const path = inclusionPath({ leafHashes, index })
        is(rootOfInclusion({ leafHash: leaf, index, size, path: [...path, leaf] }), undefined)
        if (path.length === 0) return
        is(rootOfInclusion({ leafHash: leaf, index, size, path: path.slice(1) }), undefined)
        is(
          rootOfInclusion({ leafHash: leaf, index, size, path: [new Uint8Array(33), ...path.slice(1)] }),
          undefined,
        )
        is(rootOfInclusion({ leafHash: leaf.subarray(1), index, size, path }), undefined)
      }),
    )
  })

  it('takes no index outside the tree and no size that is not one', () => {
    const leaf = leafHash(utf8('a'))
    for (const [index, size] of [
      [0, 0],
      [1, 1],
      [-1, 2],
      [0.5, 2],
      [0, 1.5],
      [0, 2 ** 53],
      [Number.NaN, 1],
    ] as const) {
      is(rootOfInclusion({ leafHash: leaf, index, size, path: [] }), undefined)
    }
  })

  it('works at sizes beyond 32 bits', () => {
    const leaf = leafHash(utf8('last'))
    const peak = leafHash(utf8('the 2^40 before it'))
    const root = rootOfInclusion({ leafHash: leaf, index: 2 ** 40, size: 2 ** 40 + 1, path: [peak] })
    equal(root, nodeHash(peak, leaf))
  })

  it('has no path for a leaf that is not there', () => {
    failsWith('TREE', () => inclusionPath({ leafHashes: leavesOf(3), index: 3 }))
    failsWith('TREE', () => inclusionPath({ leafHashes: [], index: 0 }))
    failsWith('TREE', () => inclusionPath({ leafHashes: leavesOf(3), index: -1 }))
  })
})

suite('log tree', (it) => {
  it('has at every size the root of all the leaves appended, and one peak for each 1 bit of the size', () => {
    let tree: LogTree = emptyLogTree
    const leafHashes = leavesOf(130)
    leafHashes.forEach((leaf, i) => {
      equal(treeRoot(tree), merkleRoot(leafHashes.slice(0, i)))
      tree = appendLeaf(tree, leaf)
      is(tree.size, i + 1)
      is(tree.peaks.length, tree.size.toString(2).replaceAll('0', '').length)
    })
  })

  it('leaves the tree it grew from as it was', () => {
    const one = appendLeaf(emptyLogTree, leafHash(utf8('a')))
    const before = toHex(treeRoot(one))
    appendLeaf(one, leafHash(utf8('b')))
    is(toHex(treeRoot(one)), before)
    is(emptyLogTree.size, 0)
  })

  it('refuses to grow a tree whose peaks do not fit its size', () => {
    failsWith('TREE', () => appendLeaf({ size: 1, peaks: [] }, leafHash(utf8('a'))))
  })
})
