/**
 * What every back end is held to: the vectors, and signatures crafted around each point of the pinned rule.
 */
import fc from 'fast-check'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import type { Ed25519 } from '../src/index.ts'
import { type Crafted, craft, craftCancelling, type Recipe } from './craft.ts'
import { rfc8032Vectors, speccheckCases } from './ed25519-vectors.ts'

const L = 2n ** 252n + 27742317777372353535851937790883648493n

/** One suite of claims about one back end. */
export function ed25519Claims(ed25519: Ed25519): void {
  const verdicts = ({ publicKey, message, signature }: Crafted): boolean =>
    ed25519.verify({ publicKey, message, signature })

  suite(`ed25519 on ${ed25519.name}`, (it) => {
    for (const { name, seed, publicKey, message, signature } of rfc8032Vectors) {
      it(`makes the key and the signature of RFC 8032 ${name} and accepts it`, () => {
        equal(ed25519.publicKey(seed), publicKey)
        equal(ed25519.sign({ seed, message }), signature)
        is(ed25519.verify({ publicKey, message, signature }), true)
      })
    }

    for (const { name, accepted, because, ...signed } of speccheckCases) {
      it(`${accepted ? 'accepts' : 'refuses'} speccheck ${name}: ${because}`, () => {
        is(ed25519.verify(signed), accepted)
      })
    }

    it('accepts what it signed, and refuses it with any one bit changed', () => {
      const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
      const message = fc.uint8Array({ minLength: 1, maxLength: 100 })
      fc.assert(
        fc.property(seed, message, fc.nat(), (seed, message, bit) => {
          const publicKey = ed25519.publicKey(seed)
          const signature = ed25519.sign({ seed, message })
          is(ed25519.verify({ publicKey, message, signature }), true)
          is(ed25519.verify({ publicKey: flip(publicKey, bit), message, signature }), false, 'key')
          is(ed25519.verify({ publicKey, message: flip(message, bit), signature }), false, 'message')
          is(ed25519.verify({ publicKey, message, signature: flip(signature, bit) }), false, 'signature')
        }),
        { numRuns: 40 },
      )
    })

    it('judges mixed and small orders, odd encodings and S + L as the rule does', () => {
      fc.assert(
        fc.property(recipes, (recipe) => {
          const crafted = craft(recipe)
          is(verdicts(crafted), crafted.accepted)
        }),
        { numRuns: 120 },
      )
    })

    it('accepts A and R of mixed order where their torsion parts cancel', () => {
      let accepted = 0
      for (let torsionA = 1; torsionA < 8; torsionA++) {
        for (const torsionR of [0, torsionA]) {
          const crafted = craftCancelling({ ...plain, torsionA, torsionR })
          ok(crafted, `no message cancels ${torsionA}, ${torsionR}`)
          is(verdicts(crafted), true)
          accepted++
        }
      }
      is(accepted, 14)
    })

    it('refuses R + T for every torsion point T, which the cofactored equation accepts', () => {
      is(verdicts(craft(plain)), true)
      for (let torsionR = 1; torsionR < 8; torsionR++) is(verdicts(craft({ ...plain, torsionR })), false)
    })

    it('refuses S + n·L, which gives the same point', () => {
      for (let addedL = 1; addedL <= 15; addedL++) is(verdicts(craft({ ...plain, addedL })), false)
    })

    it('refuses the largest S that 32 bytes hold', () => {
      // With a = 0 the S of the recipe is r: S + 15·L does not fit for this one, and does for the one below.
      for (const r of [L - 1n, 2n ** 256n - 1n - 15n * L]) {
        is(verdicts(craft({ ...plain, a: 0n, r, addedL: 15 })), false)
        is(verdicts(craft({ ...plain, r, addedL: 15 })), false)
      }
    })

    it('refuses a key of small order in every encoding, whatever the message', () => {
      for (let torsionA = 0; torsionA < 8; torsionA++) {
        for (let encodingA = 0; encodingA < 4; encodingA++) {
          is(verdicts(craft({ ...plain, a: 0n, torsionA, encodingA })), false)
        }
      }
    })

    it('refuses R of small order in every encoding', () => {
      for (let torsionR = 0; torsionR < 8; torsionR++) {
        for (let encodingR = 0; encodingR < 4; encodingR++) {
          is(verdicts(craft({ ...plain, r: 0n, torsionR, encodingR })), false)
        }
      }
    })

    it('answers false to bytes of any content and length', () => {
      const bytes = fc.uint8Array({ maxLength: 100 })
      fc.assert(
        fc.property(bytes, bytes, bytes, (publicKey, message, signature) => {
          is(ed25519.verify({ publicKey, message, signature }), false)
        }),
        { numRuns: 100 },
      )
    })

    it('answers false to random keys, half of them off the curve, and random signatures in range', () => {
      const publicKeys = fc.uint8Array({ minLength: 32, maxLength: 32 })
      const signatures = fc.uint8Array({ minLength: 64, maxLength: 64 }).map((bytes) => bytes.with(63, 0x0f))
      fc.assert(
        fc.property(publicKeys, signatures, (publicKey, signature) => {
          is(ed25519.verify({ publicKey, message: signature, signature }), false)
        }),
        { numRuns: 100 },
      )
    })

    it('answers false to a right signature that is one byte too long or too short', () => {
      const { publicKey, message, signature } = craft(plain)
      const longer = Uint8Array.of(...signature, 0)
      is(ed25519.verify({ publicKey, message, signature: longer }), false)
      is(ed25519.verify({ publicKey, message, signature: signature.subarray(0, 63) }), false)
      is(ed25519.verify({ publicKey: Uint8Array.of(...publicKey, 0), message, signature }), false)
      is(ed25519.verify({ publicKey: publicKey.subarray(0, 31), message, signature }), false)
    })

    it('reads Buffers of Node, in which every second key and R has a sign bit', () => {
      for (let fill = 0; fill < 20; fill++) {
        const seed = new Uint8Array(32).fill(fill)
        const signature = Buffer.from(ed25519.sign({ seed, message: seed }))
        const publicKey = Buffer.from(ed25519.publicKey(seed))
        is(ed25519.verify({ publicKey, message: Buffer.from(seed), signature }), true)
      }
    })

    it('reads views into larger and into shared buffers', () => {
      const { publicKey, message, signature } = craft(plain)
      is(
        ed25519.verify({
          publicKey: within(publicKey),
          message: within(message),
          signature: within(signature),
        }),
        true,
      )
      is(
        ed25519.verify({
          publicKey: shared(publicKey),
          message: shared(message),
          signature: shared(signature),
        }),
        true,
      )
    })

    it('throws a RangeError on a seed that is not 32 bytes', () => {
      for (const length of [0, 31, 33, 64]) {
        const seed = new Uint8Array(length)
        ok(thrownBy(() => ed25519.publicKey(seed)) instanceof RangeError)
        ok(thrownBy(() => ed25519.sign({ seed, message: seed })) instanceof RangeError)
      }
    })
  })
}

/** An ordinary signature, from which the others differ in one thing. */
export const plain: Recipe = {
  a: 1234567890123456789012345678901234567890n,
  torsionA: 0,
  r: 9876543210987654321098765432109876543210n,
  torsionR: 0,
  addedL: 0,
  encodingA: 0,
  encodingR: 0,
  message: Uint8Array.of(1, 2, 3),
}

/** One scalar in five is zero, and about half of the torsion parts. */
export const recipes: fc.Arbitrary<Recipe> = fc.record({
  a: fc.oneof({ weight: 4, arbitrary: fc.bigInt(1n, L - 1n) }, { weight: 1, arbitrary: fc.constant(0n) }),
  torsionA: fc.oneof(fc.constant(0), fc.nat(7)),
  r: fc.oneof({ weight: 4, arbitrary: fc.bigInt(1n, L - 1n) }, { weight: 1, arbitrary: fc.constant(0n) }),
  torsionR: fc.oneof(fc.constant(0), fc.nat(7)),
  addedL: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 15 }) },
  ),
  encodingA: fc.nat(3),
  encodingR: fc.nat(3),
  message: fc.uint8Array({ maxLength: 64 }),
})

export function flip(bytes: Uint8Array, bit: number): Uint8Array {
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
