/** The implementation against the vectors of the lowest layer: encodings, names, keys, signatures, trees. */
import {
  appendLeaf,
  checkMapProof,
  contentId,
  contentIdBytes,
  contentIdOfDigest,
  decode,
  emptyLogTree,
  emptyMap,
  encode,
  inclusionPath,
  leafHash,
  mapFromEntries,
  mapProofShape,
  mapRoot,
  mapSet,
  merkleRoot,
  parseContentId,
  proveKey,
  rootOfInclusion,
  type Shape,
  sha256,
  treeRoot,
} from '@chirograph/codec'
import {
  didKeyOf,
  didKeyVerificationMethod,
  domain,
  domains,
  hashDomain,
  multikeyOf,
  nobleEd25519,
  publicKeyOfDidKey,
  publicKeyOfMultikey,
  signingBytes,
} from '@chirograph/crypto'
import { nodeEd25519, sodiumEd25519 } from '@chirograph/crypto-native'
import { buildBatch, nextKeyHashOf, orgIdOf, rootOfLeaf } from '@chirograph/event'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { encodingShapes } from './encoding-shapes.ts'
import { bytesOf, hexOf } from './notation.ts'
import { readVectors } from './read-vectors.ts'

suite('vectors: encoding', (it) => {
  const { cases, refused } = readVectors('encoding')
  /** Decoded and encoded again, or the code of the refusal. */
  const again = <T>(shape: Shape<T>, hex: string): string => {
    const decoded = decode(shape, bytesOf(hex), { bytesMax: 1_000 })
    return decoded.ok ? hexOf(encode(shape, decoded.value)) : decoded.code
  }
  const read = (as: (typeof cases)[number]['input']['as'], hex: string): string => {
    // A union of shapes is no shape; what is read with one is written with the same one.
    return again(encodingShapes[as] as Shape<unknown>, hex)
  }

  it('reads what is canonical, and writes it back', () => {
    for (const { name, input, output } of cases) is(read(input.as, output.bytes), output.bytes, name)
  })

  it('refuses everything else with its code', () => {
    for (const { name, input, reason } of refused) is(read(input.as, input.bytes), reason, name)
  })
})

suite('vectors: names', (it) => {
  it('makes content ids and reads no other text for one', () => {
    const { cases, digests, refused } = readVectors('content-ids')
    for (const { input, output } of cases) {
      const id = contentId(bytesOf(input.bytes))
      is(id, output.text)
      is(hexOf(contentIdBytes(id)), output.binary)
      is(parseContentId(output.text), id)
    }
    for (const { input, output } of digests) is(contentIdOfDigest(bytesOf(input.digest)), output.text)
    for (const { name, input } of refused) is(parseContentId(input.text), undefined, name)
  })

  it('separates domains', () => {
    const { cases } = readVectors('domains')
    equal(
      cases.map(({ name }) => name),
      domains.slice(0, 15),
    )
    for (const { name, input, output } of cases) {
      const [seed, message] = [bytesOf(input.seed), bytesOf(input.message)]
      is(hexOf(domain(name)), output.domain)
      is(hexOf(hashDomain(name, message)), output.hash)
      is(hexOf(signingBytes(name, message)), output.signingBytes)
      is(hexOf(nobleEd25519.sign({ seed, message: signingBytes(name, message) })), output.signature)
    }
  })

  it('names organisations and keys', () => {
    const { cases, refused } = readVectors('organisations')
    for (const { input, output } of cases) {
      const logKey = nobleEd25519.publicKey(bytesOf(input.logSeed))
      const nextKeyHash = nextKeyHashOf(nobleEd25519.publicKey(bytesOf(input.nextLogSeed)))
      is(orgIdOf({ logKey, nextKeyHash }), output.id)
      is(multikeyOf(logKey), output.multikey)
      is(didKeyOf(logKey), output.didKey)
      is(didKeyVerificationMethod(logKey), output.verificationMethod)
      equal(publicKeyOfMultikey(output.multikey), logKey)
      equal(publicKeyOfDidKey(output.didKey), logKey)
    }
    for (const { name, input } of refused) is(publicKeyOfMultikey(input.multikey ?? ''), undefined, name)
  })
})

suite('vectors: ed25519', (it) => {
  const { signing, verification } = readVectors('ed25519')
  for (const ed25519 of [nobleEd25519, sodiumEd25519, nodeEd25519]) {
    it(`${ed25519.name} signs and judges alike`, () => {
      for (const { input, output } of signing) {
        const [seed, message] = [bytesOf(input.seed), bytesOf(input.message)]
        is(hexOf(ed25519.publicKey(seed)), output.publicKey)
        is(hexOf(ed25519.sign({ seed, message })), output.signature)
      }
      for (const { name, input, output } of verification) {
        const [publicKey, message, signature] = [input.publicKey, input.message, input.signature].map(
          bytesOf,
        ) as [Uint8Array, Uint8Array, Uint8Array] // three in, three out
        is(ed25519.verify({ publicKey, message, signature }), output.accepted, name)
      }
    })
  }
})

suite('vectors: trees', (it) => {
  it('computes RFC 6962 roots at once and leaf by leaf', () => {
    for (const { input, output } of readVectors('merkle-trees').roots) {
      const hashes = input.leaves.map((leaf) => leafHash(bytesOf(leaf)))
      is(hexOf(merkleRoot(hashes)), output.root)
      is(hexOf(treeRoot(hashes.reduce(appendLeaf, emptyLogTree))), output.root)
    }
  })

  it('makes and follows audit paths, and no path that cannot be', () => {
    const { paths, refused } = readVectors('merkle-trees')
    for (const { input, output } of paths) {
      const leafHashes = input.leaves.map((leaf) => leafHash(bytesOf(leaf)))
      const { index } = input
      equal(inclusionPath({ leafHashes, index }).map(hexOf), output.path)
      const root = rootOfInclusion({
        leafHash: leafHashes[index] ?? sha256(),
        index,
        size: leafHashes.length,
        path: output.path.map(bytesOf),
      })
      is(root && hexOf(root), hexOf(merkleRoot(leafHashes)))
    }
    for (const { name, input } of refused) {
      const { index, size } = input
      is(
        rootOfInclusion({
          leafHash: bytesOf(input.leafHash),
          index,
          size,
          path: input.path.map(bytesOf),
        }),
        undefined,
        name,
      )
    }
  })

  it('computes map roots in any order of insertion, and proves presence and absence', () => {
    for (const { input, output } of readVectors('merkle-maps').cases) {
      const entries = entriesOf(input.entries)
      const map = mapFromEntries(entries)
      is(hexOf(mapRoot(map)), output.root)
      is(
        hexOf(mapRoot(entries.reduceRight((made, [key, value]) => mapSet(made, key, value), emptyMap))),
        output.root,
      )
      for (const { key, bytes, shows, valueHash } of output.proofs) {
        is(hexOf(encode(mapProofShape, proveKey(map, bytesOf(key)))), bytes)
        const shown = judge(output.root, key, bytes)
        equal(shown, shows === 'present' ? `present ${valueHash}` : shows)
      }
    }
  })

  it('refuses map proofs with their codes', () => {
    for (const { name, input, reason } of readVectors('merkle-maps').refused)
      is(judge(input.root, input.key, input.bytes), reason, name)
  })

  it('builds batches and follows their paths, and no path that cannot be', () => {
    const { cases, refused } = readVectors('batch-trees')
    for (const { input, output } of cases) {
      const leaves = input.leaves.map(bytesOf)
      const tree = buildBatch({
        leaves,
        blind: (index) => bytesOf(input.blinds[index - leaves.length] ?? ''),
      })
      is(hexOf(tree.root), output.root)
      is(tree.paddedSize, output.paddedSize)
      for (const { index, path } of output.paths) {
        equal(tree.pathOf(index).map(hexOf), path)
        const leaf = leaves[index]
        ok(leaf)
        equal(rootOfLeaf({ leaf, index, path: path.map(bytesOf), paddedSize: tree.paddedSize }), tree.root)
      }
    }
    for (const { name, input } of refused) {
      const { index, paddedSize } = input
      is(
        rootOfLeaf({ leaf: bytesOf(input.leaf), index, paddedSize, path: input.path.map(bytesOf) }),
        undefined,
        name,
      )
    }
  })
})

type MapEntries = ReturnType<typeof readVectors<'merkle-maps'>>['cases'][number]['input']['entries']

function entriesOf(entries: MapEntries): [Uint8Array, Uint8Array][] {
  if (!('count' in entries)) return entries.map(([key, value]) => [bytesOf(key), bytesOf(value)])
  return Array.from({ length: entries.count }, (_, i) => {
    const number = bytesOf(i.toString(16).padStart(8, '0'))
    return [sha256(number), number]
  })
}

/** What a proof on the wire shows, or the code of its refusal. */
function judge(root: string, key: string, bytes: string): string {
  const proof = decode(mapProofShape, bytesOf(bytes), { bytesMax: 10_000 })
  if (!proof.ok) return proof.code
  const shown = checkMapProof({ root: bytesOf(root), key: bytesOf(key), proof: proof.value })
  return shown.kind === 'present' ? `present ${hexOf(shown.valueHash)}` : shown.kind
}
