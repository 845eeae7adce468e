/** How credentials are tied to the log: handle, digest, leaf, and the batch tree. */

import * as fc from 'fast-check'
import { nodeHash, sha256, toHex, utf8 } from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import {
  buildBatch,
  credentialDigest,
  handleOf,
  isPaddedSize,
  leafOf,
  orgIdBytes,
  paddedSizeMax,
  paddedSizeOf,
  rootOfLeaf,
} from '../src/index.ts'
import { authorOf, bytes32 } from './author.ts'

const issuer = authorOf(1).org
const blind = (index: number): Uint8Array => sha256(utf8(`free ${index}`))
const leaves = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => sha256(utf8(`leaf ${index}`)))

function throws(body: () => unknown): boolean {
  try {
    body()
    return false
  } catch (thrown) {
    return thrown instanceof Error
  }
}

suite('handle', (it) => {
  it('is a domain-separated hash of issuer and nonce', () => {
    equal(handleOf({ issuer, nonce: bytes32(7) }), hashDomain('handle', orgIdBytes(issuer), bytes32(7)))
  })

  it('differs for another issuer or another nonce', () => {
    const others = [
      handleOf({ issuer, nonce: bytes32(7) }),
      handleOf({ issuer, nonce: bytes32(8) }),
      handleOf({ issuer: authorOf(9).org, nonce: bytes32(7) }),
    ]
    is(new Set(others.map(toHex)).size, 3)
  })

  it('takes no nonce that is not 32 bytes', () => {
    ok(throws(() => handleOf({ issuer, nonce: new Uint8Array(31) })))
  })
})

suite('credential digest', (it) => {
  it('is the hash of the canonical JSON: the order of members does not matter', () => {
    equal(
      credentialDigest({ b: [1, 'x'], a: null }),
      hashDomain('credential', utf8('{"a":null,"b":[1,"x"]}')),
    )
    equal(credentialDigest({ a: null, b: [1, 'x'] }), credentialDigest({ b: [1, 'x'], a: null }))
  })

  it('leaves out the proof, and nothing else', () => {
    equal(credentialDigest({ a: 1, proof: { type: 'DataIntegrityProof' } }), credentialDigest({ a: 1 }))
    is.not(toHex(credentialDigest({ a: { proof: 1 } })), toHex(credentialDigest({ a: {} })))
  })

  it('refuses what JSON cannot say', () => {
    failsWith('JCS_NUMBER', () => credentialDigest({ a: Number.NaN }))
  })
})

suite('leaf', (it) => {
  it('is SHA-256 of a zero byte, the handle and the digest', () => {
    const leaf = leafOf({ handle: bytes32(1), digest: bytes32(2) })
    equal(leaf, sha256(Uint8Array.of(0), bytes32(1), bytes32(2)))
    ok(throws(() => leafOf({ handle: bytes32(1), digest: new Uint8Array(33) })))
  })
})

suite('batch tree', (it) => {
  it('leads every leaf to the root, at any count', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), (count) => {
        const tree = buildBatch({ leaves: leaves(count), blind })
        is(tree.paddedSize, paddedSizeOf(count))
        leaves(count).forEach((leaf, index) => {
          const path = tree.pathOf(index)
          equal(rootOfLeaf({ leaf, index, path, paddedSize: tree.paddedSize }), tree.root)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('is the complete tree over leaves and blinds, hashed as SPEC.md says', () => {
    let level = [...leaves(3), ...Array.from({ length: 13 }, (_, index) => blind(index + 3))]
    while (level.length > 1)
      level = level.flatMap((left, i) => (i % 2 === 0 ? [nodeHash(left, level[i + 1] as Uint8Array)] : []))
    equal(buildBatch({ leaves: leaves(3), blind }).root, level[0])
  })

  it('pads to a power of two, at least 16', () => {
    equal([1, 15, 16, 17, 32, 10_000].map(paddedSizeOf), [16, 16, 16, 32, 32, 16_384])
    ok([16, 32, paddedSizeMax].every(isPaddedSize))
    equal([0, 1, 8, 17, 24, -16, 16.5, paddedSizeMax * 2, 2 ** 32].filter(isPaddedSize), [])
    ok(throws(() => paddedSizeOf(0)) && throws(() => paddedSizeOf(paddedSizeMax + 1)))
  })

  it('asks for a blind value for each free slot and no other', () => {
    const asked: number[] = []
    const noted = (index: number): Uint8Array => {
      asked.push(index)
      return blind(index)
    }
    buildBatch({ leaves: leaves(14), blind: noted })
    equal(asked, [14, 15])
  })

  it('gives no path to a blind value', () => {
    const tree = buildBatch({ leaves: leaves(3), blind })
    ok(throws(() => tree.pathOf(3)) && throws(() => tree.pathOf(-1)) && throws(() => tree.pathOf(0.5)))
  })

  it('leads to another root, or none, with another leaf, index, path or size', () => {
    const tree = buildBatch({ leaves: leaves(20), blind })
    const good = { leaf: leaves(20)[5] as Uint8Array, index: 5, path: tree.pathOf(5), paddedSize: 32 }
    const rootHex = toHex(tree.root)
    const hexOf = (change: Partial<typeof good>): string | undefined => {
      const root = rootOfLeaf({ ...good, ...change })
      return root === undefined ? undefined : toHex(root)
    }
    is(hexOf({}), rootHex)
    for (const change of [{ leaf: bytes32(0) }, { index: 4 }, { index: 31 }, { path: tree.pathOf(6) }])
      is.not(hexOf(change), rootHex)
    const broken: Partial<typeof good>[] = [
      { index: 32 },
      { index: -1 },
      { index: 0.5 },
      { paddedSize: 16 },
      { paddedSize: 64 },
      { paddedSize: 31 },
      { path: good.path.slice(1) },
      { path: [...good.path, bytes32(0)] },
      { path: good.path.map(() => new Uint8Array(31)) },
      { leaf: new Uint8Array(31) },
    ]
    for (const change of broken) is(hexOf(change), undefined, Object.keys(change).join())
  })
})
