/** What every back end of BLS is held to: the published vectors, and what the rule refuses. */
import fc from 'fast-check'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { type Bls, blsSecretKeyOf } from '../src/index.ts'
import { keyWithPart, signatureWithPart, smallOrdersG1, smallOrdersG2 } from './bls-small-order.ts'
import {
  aggregateCases,
  blsKeys,
  fastAggregateCases,
  infinityG1,
  infinityG2,
  mixedKey,
  oneCase,
  refusedKeys,
  refusedSignatures,
  signCases,
} from './bls-vectors.ts'
import { bytesOf } from './hex.ts'

const { a, b, c } = blsKeys
const filledWith = (byte: number) => new Uint8Array(32).fill(byte)

/** One suite of claims about one back end. */
export function blsClaims(bls: Bls): void {
  suite(`BLS on ${bls.name}`, (it) => {
    for (const { name, verifyName, key, byte, signature, tampered, wrongKey } of signCases) {
      const { secretKey, publicKey } = blsKeys[key]
      const message = filledWith(byte)
      it(`makes the signature of sign_case_${name}, accepts it, and not verify_tampered or verify_wrong_pubkey ${verifyName}`, () => {
        equal(bls.publicKey(secretKey), publicKey)
        equal(bls.sign({ secretKey, message }), signature)
        is(bls.verify({ publicKeys: [publicKey], message, signature }), true)
        is(bls.verify({ publicKeys: [publicKey], message, signature: tampered }), false)
        const others = signCases.find((one) => one.key === wrongKey && one.byte === byte)
        ok(others)
        is(bls.verify({ publicKeys: [publicKey], message, signature: others.signature }), false)
      })
    }

    it('signs with the secret key 1 as verifycase_one_privkey_47117849458281be', () => {
      const { secretKey, publicKey, byte, signature } = oneCase
      const message = filledWith(byte)
      equal(bls.publicKey(secretKey), publicKey)
      equal(bls.sign({ secretKey, message }), signature)
      is(bls.verify({ publicKeys: [publicKey], message, signature }), true)
    })

    for (const { byte, sum } of aggregateCases) {
      it(`adds up the three signatures of aggregate_0x${byte.toString(16).padStart(2, '0')}…, in any order`, () => {
        const parts = signCases.filter((one) => one.byte === byte).map((one) => one.signature)
        is(parts.length, 3)
        equal(bls.aggregate(parts), sum)
        equal(bls.aggregate([...parts].reverse()), sum)
      })
    }

    for (const { name, publicKeys, byte, signature, isValid } of fastAggregateCases) {
      it(`${isValid ? 'accepts' : 'refuses'} fast_aggregate_verify_${name}`, () => {
        is(bls.verify({ publicKeys, message: filledWith(byte), signature }), isValid)
      })
    }

    it('adds up one signature to itself, and none to nothing', () => {
      const { signature } = signCases[0] as (typeof signCases)[number] // there are nine
      equal(bls.aggregate([signature]), signature)
      is(bls.aggregate([]), undefined)
    })

    for (const [name, key] of Object.entries({ ...refusedKeys, infinity: infinityG1 })) {
      it(`refuses the key of deserialization_G1 ${name}, alone and among good ones`, () => {
        const message = filledWith(1)
        const signature = bls.sign({ secretKey: a.secretKey, message })
        is(bls.verify({ publicKeys: [key], message, signature }), false)
        is(bls.verify({ publicKeys: [a.publicKey, key], message, signature }), false)
        is(bls.verify({ publicKeys: [key, a.publicKey], message, signature }), false)
      })
    }

    for (const [name, signature] of Object.entries({ ...refusedSignatures, infinity: infinityG2 })) {
      it(`refuses the signature of deserialization_G2 ${name}, and adds it to nothing`, () => {
        is(bls.verify({ publicKeys: [a.publicKey], message: filledWith(1), signature }), false)
        is(bls.aggregate([signature]), undefined)
        const good = bls.sign({ secretKey: a.secretKey, message: filledWith(1) })
        is(bls.aggregate([good, signature]), undefined)
        is(bls.aggregate([signature, good]), undefined)
      })
    }

    it('refuses a key that differs from the signer’s by a point of another order', () => {
      const message = filledWith(2)
      const signature = bls.sign({ secretKey: a.secretKey, message })
      is(bls.verify({ publicKeys: [a.publicKey], message, signature }), true)
      is(bls.verify({ publicKeys: [mixedKey], message, signature }), false)
    })

    it('refuses keys and signatures with a part of each small order that there is', () => {
      const message = filledWith(6)
      const signature = bls.sign({ secretKey: a.secretKey, message })
      for (const order of smallOrdersG1) {
        const mixed = keyWithPart(a.publicKey, order)
        is(bls.verify({ publicKeys: [mixed], message, signature }), false, `key, ${order}`)
      }
      for (const order of smallOrdersG2) {
        const mixed = signatureWithPart(signature, order)
        is(bls.verify({ publicKeys: [a.publicKey], message, signature: mixed }), false, `signature, ${order}`)
        is(bls.aggregate([mixed]), undefined, `signature, ${order}`)
      }
    })

    it('refuses keys that cancel out, with any signature: their sum says nothing', () => {
      const message = filledWith(7)
      const [secretKey, negated] = [5n, order - 5n].map(bytesOfNumber) as [Uint8Array, Uint8Array] // two numbers
      const publicKeys = [secretKey, negated].map((one) => bls.publicKey(one))
      const signatures = [secretKey, negated].map((one) => bls.sign({ secretKey: one, message }))
      is(bls.aggregate(signatures), undefined)
      for (const signature of [...signatures, infinityG2])
        is(bls.verify({ publicKeys, message, signature }), false)
      // Beside others they cancel out as well: what is left is the others' sum, and only a proof of possession helps.
      const byA = bls.sign({ secretKey: a.secretKey, message })
      is(bls.verify({ publicKeys: [a.publicKey, ...publicKeys], message, signature: byA }), true)
    })

    it('counts a key as often as it is given', () => {
      const message = filledWith(9)
      const signature = bls.sign({ secretKey: a.secretKey, message })
      const twice = bls.aggregate([signature, signature])
      ok(twice)
      is(bls.verify({ publicKeys: [a.publicKey, a.publicKey], message, signature: twice }), true)
      is(bls.verify({ publicKeys: [a.publicKey], message, signature: twice }), false)
    })

    it('accepts what some keys signed together, and refuses it with any one bit changed or one key more or less', () => {
      const seeds = fc.uniqueArray(fc.nat(255), { minLength: 2, maxLength: 6 })
      fc.assert(
        fc.property(
          seeds,
          fc.uint8Array({ minLength: 1, maxLength: 100 }),
          fc.nat(),
          (fills, message, bit) => {
            const secretKeys = fills.map((fill) => blsSecretKeyOf(filledWith(fill)))
            const publicKeys = secretKeys.map((secretKey) => bls.publicKey(secretKey))
            const signature = bls.aggregate(secretKeys.map((secretKey) => bls.sign({ secretKey, message })))
            ok(signature)
            is(bls.verify({ publicKeys, message, signature }), true)
            is(bls.verify({ publicKeys: [...publicKeys].reverse(), message, signature }), true)
            is(bls.verify({ publicKeys: publicKeys.slice(1), message, signature }), false)
            is(bls.verify({ publicKeys: [...publicKeys, c.publicKey], message, signature }), false)
            is(bls.verify({ publicKeys, message: flipped(message, bit), signature }), false)
            is(bls.verify({ publicKeys, message, signature: flipped(signature, bit) }), false)
            const [first = b.publicKey, ...others] = publicKeys
            is(bls.verify({ publicKeys: [flipped(first, bit), ...others], message, signature }), false)
          },
        ),
        { numRuns: 6 },
      )
    })

    it('answers false to bytes of any content and length', () => {
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 120 }),
        fc
          .uint8Array({ minLength: 48, maxLength: 48 })
          .map((one) => one.with(0, 0x80 | ((one[0] ?? 0) & 0x1f))),
        fc
          .uint8Array({ minLength: 96, maxLength: 96 })
          .map((one) => one.with(0, 0x80 | ((one[0] ?? 0) & 0x1f))),
      )
      fc.assert(
        fc.property(fc.array(bytes, { maxLength: 3 }), bytes, bytes, (publicKeys, message, signature) => {
          is(bls.verify({ publicKeys, message, signature }), false)
          is(bls.aggregate([signature]), undefined)
        }),
        { numRuns: 100 },
      )
    })

    it('signs and checks a message without bytes, and a long one', () => {
      for (const message of [new Uint8Array(), new Uint8Array(100_000).fill(3)]) {
        const signature = bls.sign({ secretKey: b.secretKey, message })
        is(bls.verify({ publicKeys: [b.publicKey], message, signature }), true)
        is(bls.verify({ publicKeys: [a.publicKey], message, signature }), false)
      }
    })

    it('reads Buffers, views into larger arrays and shared memory', () => {
      const message = filledWith(4)
      const signature = bls.sign({ secretKey: a.secretKey, message })
      for (const given of [Buffer.from, within, shared]) {
        const asked = {
          publicKeys: [given(a.publicKey)],
          message: given(message),
          signature: given(signature),
        }
        is(bls.verify(asked), true)
        equal(bls.aggregate([given(signature)]), signature)
      }
    })

    it('gives plain arrays of bytes, never a Buffer', () => {
      const message = filledWith(4)
      const signature = bls.sign({ secretKey: a.secretKey, message })
      for (const bytes of [bls.publicKey(a.secretKey), signature, bls.aggregate([signature])])
        is(Object.getPrototypeOf(bytes), Uint8Array.prototype)
    })

    it('throws a RangeError on what is no secret key: 0, r, beyond it, another length', () => {
      const wrong = [0n, order, 2n ** 256n - 1n].map(bytesOfNumber)
      for (const secretKey of [
        ...wrong,
        new Uint8Array(31).fill(1),
        new Uint8Array(33).fill(1),
        new Uint8Array(),
      ]) {
        ok(thrownBy(() => bls.publicKey(secretKey)) instanceof RangeError)
        ok(thrownBy(() => bls.sign({ secretKey, message: filledWith(0) })) instanceof RangeError)
      }
      is(bls.publicKey(bytesOfNumber(order - 1n)).length, 48)
    })
  })
}

/** r */
const order = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001n

function bytesOfNumber(number: bigint): Uint8Array {
  return bytesOf(number.toString(16).padStart(64, '0'))
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  const at = bit % (bytes.length * 8)
  copy[at >> 3] = (copy[at >> 3] ?? 0) ^ (1 << (at & 7))
  return copy
}

function within(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 7).fill(0xaa)
  larger.set(bytes, 5)
  return larger.subarray(5, 5 + bytes.length)
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

function thrownBy(body: () => unknown): unknown {
  try {
    body()
    return undefined
  } catch (thrown) {
    return thrown
  }
}
