import fc from 'fast-check'
import { equal, is, ok, seeded, suite } from '../../workspace/kit.ts'
import {
  checkMapProof,
  concatBytes,
  decode,
  emptyMap,
  encode,
  type MapProof,
  type MerkleMap,
  mapFromEntries,
  mapProofShape,
  mapRoot,
  mapSet,
  proveKey,
  sha256,
  utf8,
} from '../src/index.js'

const limits = { bytesMax: 16_384 }
const hashedKey = (i: number) => sha256(utf8(`key ${i}`))
const value = (i: number) => utf8(`value ${i}`)

function mapOf(size: number): MerkleMap {
  return mapFromEntries(Array.from({ length: size }, (_, i) => [hashedKey(i), value(i)] as const))
}

/** Two keys that differ in their last bit alone. */
const zeroKey = new Uint8Array(32)
const twinKey = Uint8Array.from(zeroKey, (byte, i) => (i === 31 ? byte | 1 : byte))

function changedBit(bytes: Uint8Array, bit: number): Uint8Array {
  const changed = bytes.slice()
  changed[bit >> 3] = (changed[bit >> 3] as number) ^ (0x80 >> (bit & 7))
  return changed
}

/** Every proof that differs from this one in a single bit of a sibling or of the terminal leaf. */
function* changedProofs(proof: MapProof): Generator<MapProof> {
  for (let i = 0; i < proof.siblings.length; i++) {
    for (let bit = 0; bit < 256; bit++) {
      yield { ...proof, siblings: proof.siblings.map((one, j) => (i === j ? changedBit(one, bit) : one)) }
    }
  }
  if (proof.terminal === null) return
  const { key, valueHash } = proof.terminal
  for (let bit = 0; bit < 256; bit++) {
    yield { ...proof, terminal: { key: changedBit(key, bit), valueHash } }
    yield { ...proof, terminal: { key, valueHash: changedBit(valueHash, bit) } }
  }
}

suite('map proofs', (it) => {
  it('show every key that is there with the hash of its value, and every other one absent', () => {
    for (const size of [0, 1, 2, 3, 10, 100]) {
      const map = mapOf(size)
      const root = mapRoot(map)
      for (let i = 0; i < size + 20; i++) {
        const key = hashedKey(i)
        const result = checkMapProof({ root, key, proof: proveKey(map, key) })
        equal(result, i < size ? { kind: 'present', valueHash: sha256(value(i)) } : { kind: 'absent' })
      }
    }
  })

  it('need no sibling in a map of one leaf', () => {
    const map = mapOf(1)
    equal(proveKey(map, hashedKey(0)), {
      siblings: [],
      terminal: { key: hashedKey(0), valueHash: sha256(value(0)) },
    })
    equal(proveKey(map, hashedKey(1)), proveKey(map, hashedKey(0)))
    equal(proveKey(emptyMap, hashedKey(0)), { siblings: [], terminal: null })
  })

  it('show a key absent in both ways: by an empty subtree and by the leaf of another key', () => {
    const map = mapSet(mapSet(emptyMap, zeroKey, value(0)), twinKey, value(1))
    const root = mapRoot(map)
    const far = changedBit(zeroKey, 0)
    const byEmpty = proveKey(map, far)
    is(byEmpty.terminal, null)
    equal(checkMapProof({ root, key: far, proof: byEmpty }), { kind: 'absent' })
    const single = mapSet(emptyMap, zeroKey, value(0))
    const byOther = proveKey(single, twinKey)
    equal(byOther.terminal?.key, zeroKey)
    equal(checkMapProof({ root: mapRoot(single), key: twinKey, proof: byOther }), { kind: 'absent' })
  })

  it('have 256 siblings at most: between keys that differ in their last bit', () => {
    const map = mapSet(mapSet(emptyMap, zeroKey, value(0)), twinKey, value(1))
    const proof = proveKey(map, twinKey)
    is(proof.siblings.length, 256)
    const result = checkMapProof({ root: mapRoot(map), key: twinKey, proof })
    equal(result, { kind: 'present', valueHash: sha256(value(1)) })
    const encoded = encode(mapProofShape, proof)
    ok(encoded.length < 200, `${encoded.length} bytes`)
    equal(decode(mapProofShape, encoded, limits), { ok: true, value: proof })
  })

  it('share no memory with the map', () => {
    const map = mapOf(10)
    const root = mapRoot(map)
    const proof = proveKey(map, hashedKey(0))
    for (const sibling of proof.siblings) sibling.fill(0xff)
    proof.terminal?.key.fill(0xff)
    equal(mapRoot(map), root)
    equal(mapRoot(mapOf(10)), root)
    is(checkMapProof({ root, key: hashedKey(0), proof: proveKey(map, hashedKey(0)) }).kind, 'present')
  })
})

suite('map proofs are invalid', (it) => {
  it('with any single bit changed', () => {
    const sizes = [1, 2, 5, 9]
    let checked = 0
    for (const size of sizes) {
      const map = mapOf(size)
      const root = mapRoot(map)
      for (const key of [hashedKey(0), hashedKey(size - 1), hashedKey(size), hashedKey(size + 1)]) {
        for (const proof of changedProofs(proveKey(map, key))) {
          checked++
          is(checkMapProof({ root, key, proof }).kind, 'invalid')
        }
      }
    }
    ok(checked > 5000, `${checked} proofs`)
  })

  it('on the wire with any bits changed, unless they are refused there', () => {
    const random = seeded(21)
    const map = mapSet(mapSet(mapOf(12), zeroKey, value(1)), changedBit(zeroKey, 20), value(2))
    const root = mapRoot(map)
    let decoded = 0
    for (let round = 0; round < 6000; round++) {
      const key = random.pick([zeroKey, hashedKey(3), hashedKey(99), changedBit(zeroKey, 10)])
      const encoded = encode(mapProofShape, proveKey(map, key))
      let changed = encoded
      for (let i = random.int(3); i >= 0; i--) changed = changedBit(changed, random.int(encoded.length * 8))
      if (Buffer.compare(changed, encoded) === 0) continue
      const result = decode(mapProofShape, changed, limits)
      if (!result.ok) continue
      decoded++
      is(checkMapProof({ root, key, proof: result.value }).kind, 'invalid')
    }
    ok(decoded > 1000, `${decoded} were decoded`)
  })

  it('with a sibling more, less, or in another order', () => {
    const map = mapOf(50)
    const root = mapRoot(map)
    const key = hashedKey(7)
    const { siblings, terminal } = proveKey(map, key)
    const [first, second, ...rest] = siblings
    ok(first && second)
    const others = [
      siblings.slice(1),
      siblings.slice(0, -1),
      [...siblings, sha256()],
      [...siblings, new Uint8Array(32)],
      [new Uint8Array(32), ...siblings],
      [second, first, ...rest],
    ]
    for (const other of others)
      is(checkMapProof({ root, key, proof: { siblings: other, terminal } }).kind, 'invalid')
  })

  it('for another key, root or map', () => {
    const map = mapOf(30)
    const root = mapRoot(map)
    const proof = proveKey(map, hashedKey(1))
    for (let i = 2; i < 30; i++) is(checkMapProof({ root, key: hashedKey(i), proof }).kind, 'invalid')
    is(checkMapProof({ root: mapRoot(mapOf(31)), key: hashedKey(1), proof }).kind, 'invalid')
    is(checkMapProof({ root: root.subarray(1), key: hashedKey(1), proof }).kind, 'invalid')
    is(checkMapProof({ root: new Uint8Array(0), key: hashedKey(1), proof }).kind, 'invalid')
  })

  it('when they hide a key that is there: by an empty subtree, or by a leaf that is not in its way', () => {
    const map = mapOf(30)
    const root = mapRoot(map)
    for (let i = 0; i < 30; i++) {
      const key = hashedKey(i)
      const { siblings } = proveKey(map, key)
      is(checkMapProof({ root, key, proof: { siblings, terminal: null } }).kind, 'invalid')
      for (let j = 0; j < 30; j++) {
        if (i === j) continue
        is(checkMapProof({ root, key, proof: proveKey(map, hashedKey(j)) }).kind, 'invalid')
      }
    }
  })

  it('when a leaf stands lower than it would, under an empty sibling, even where the root agrees', () => {
    const leaf = { key: zeroKey, valueHash: sha256(value(0)) }
    const leafHash = sha256(Uint8Array.of(0), leaf.key, leaf.valueHash)
    const empty = new Uint8Array(32)
    const root = sha256(Uint8Array.of(1), leafHash, empty)
    const proof = { siblings: [empty], terminal: leaf }
    is(checkMapProof({ root, key: zeroKey, proof }).kind, 'invalid')
    const none = { siblings: [empty], terminal: null }
    is(
      checkMapProof({ root: sha256(Uint8Array.of(1), empty, empty), key: zeroKey, proof: none }).kind,
      'invalid',
    )
  })

  it('when another leaf, or a path, stands where no honest tree has one, even where the root agrees', () => {
    const farKey = changedBit(zeroKey, 0)
    const leaf = { key: farKey, valueHash: sha256(value(0)) }
    const leafHash = sha256(Uint8Array.of(0), leaf.key, leaf.valueHash)
    const sibling = sha256(utf8('sibling'))
    // The far key begins with bit 1, and here its leaf is on the left.
    const misplaced = sha256(Uint8Array.of(1), leafHash, sibling)
    const proof = { siblings: [sibling], terminal: leaf }
    is(checkMapProof({ root: misplaced, key: zeroKey, proof }).kind, 'invalid')
    const short = sibling.subarray(1)
    const ofShort = sha256(Uint8Array.of(1), new Uint8Array(32), short)
    const none = { siblings: [short], terminal: null }
    is(checkMapProof({ root: ofShort, key: zeroKey, proof: none }).kind, 'invalid')
    const tooDeep = { siblings: Array.from({ length: 257 }, () => sibling), terminal: null }
    const bottom: Uint8Array = new Uint8Array(32)
    const root = tooDeep.siblings.reduce((hash, one) => sha256(Uint8Array.of(1), hash, one), bottom)
    is(checkMapProof({ root, key: zeroKey, proof: tooDeep }).kind, 'invalid')
    const deepest = { siblings: tooDeep.siblings.slice(1), terminal: null }
    const rootOfDeepest = deepest.siblings.reduce((hash, one) => sha256(Uint8Array.of(1), hash, one), bottom)
    is(checkMapProof({ root: rootOfDeepest, key: zeroKey, proof: deepest }).kind, 'absent')
  })

  it('when an inner node is passed off as a leaf', () => {
    const map = mapOf(2)
    const root = mapRoot(map)
    const proof = proveKey(map, hashedKey(0))
    const sibling = proof.siblings.at(-1)
    ok(sibling && proof.terminal)
    const own = sha256(Uint8Array.of(0), proof.terminal.key, proof.terminal.valueHash)
    const forged = { siblings: proof.siblings.slice(0, -1), terminal: { key: own, valueHash: sibling } }
    is(checkMapProof({ root, key: own, proof: forged }).kind, 'invalid')
  })

  it('with parts of another length, which a hash over them all would not notice', () => {
    const map = mapOf(1)
    const root = mapRoot(map)
    const key = hashedKey(0)
    const joined = concatBytes(key, sha256(value(0)))
    for (const cut of [31, 33]) {
      const terminal = { key: joined.slice(0, cut), valueHash: joined.slice(cut) }
      is(checkMapProof({ root, key, proof: { siblings: [], terminal } }).kind, 'invalid')
      is(checkMapProof({ root, key: terminal.key, proof: { siblings: [], terminal } }).kind, 'invalid')
    }
    const long = { siblings: Array.from({ length: 257 }, () => sha256()), terminal: null }
    is(checkMapProof({ root, key, proof: long }).kind, 'invalid')
    const short = { siblings: [new Uint8Array(31)], terminal: null }
    is(checkMapProof({ root, key, proof: short }).kind, 'invalid')
  })
})

suite('map proofs on the wire', (it) => {
  it('are read back, with the empty siblings left out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.nat(60), fc.nat(255), (size, i, bit) => {
        const map = mapSet(mapOf(size), changedBit(hashedKey(i), bit), value(i))
        const proof = proveKey(map, hashedKey(i))
        const encoded = encode(mapProofShape, proof)
        equal(decode(mapProofShape, encoded, limits), { ok: true, value: proof })
      }),
    )
  })

  it('are [depth, bitmap, siblings, terminal]', () => {
    const map = mapSet(mapSet(emptyMap, zeroKey, value(0)), changedBit(zeroKey, 2), value(1))
    const sibling = sha256(Uint8Array.of(0), changedBit(zeroKey, 2), sha256(value(1)))
    const proof = proveKey(map, zeroKey)
    equal(proof.siblings, [new Uint8Array(32), new Uint8Array(32), sibling])
    const expected = concatBytes(
      Uint8Array.of(0x84, 3, 0x41, 0b0010_0000, 0x81, 0x58, 32),
      sibling,
      Uint8Array.of(0x82, 0x58, 32),
      zeroKey,
      Uint8Array.of(0x58, 32),
      sha256(value(0)),
    )
    equal(encode(mapProofShape, proof), expected)
  })

  it('are refused with a bitmap that does not fit the depth or the siblings', () => {
    const sibling = concatBytes(Uint8Array.of(0x58, 32), sha256())
    const wire = (head: number[], siblings: number) =>
      concatBytes(
        Uint8Array.of(0x84, ...head, 0x80 + siblings),
        ...Array(siblings).fill(sibling),
        Uint8Array.of(0xf6),
      )
    const codeOf = (bytes: Uint8Array) => {
      const result = decode(mapProofShape, bytes, limits)
      return result.ok ? 'ok' : result.code
    }
    is(codeOf(wire([2, 0x41, 0b0100_0000], 1)), 'ok')
    is(codeOf(wire([2, 0x41, 0b0100_0000], 0)), 'SHAPE', 'a sibling too few')
    is(codeOf(wire([2, 0x41, 0b0100_0000], 2)), 'SHAPE', 'a sibling too many')
    is(codeOf(wire([2, 0x40], 0)), 'SHAPE', 'no bitmap')
    is(codeOf(wire([2, 0x42, 0b0100_0000, 0], 1)), 'SHAPE', 'a long bitmap')
    is(codeOf(wire([2, 0x41, 0b0110_0000], 1)), 'NON_CANONICAL', 'a bit beyond the depth')
    is(codeOf(wire([0x19, 0x01, 0x01, 0x40], 0)), 'SHAPE', 'depth 257')
    const explicitZero = concatBytes(
      Uint8Array.of(0x84, 1, 0x41, 0x80, 0x81, 0x58, 32),
      new Uint8Array(32),
      Uint8Array.of(0xf6),
    )
    is(codeOf(explicitZero), 'NON_CANONICAL', 'an empty sibling that is not left out')
  })
})
