/** Three libraries, one answer: a disagreement on one signature would split a network. */

import fc from 'fast-check'
import { type Ed25519, nobleEd25519 } from '@chirograph/crypto'
import { type Crafted, craft, craftCancelling } from '../../crypto/test/craft.ts'
import { flip, recipes } from '../../crypto/test/ed25519-claims.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { nodeEd25519, sodiumEd25519 } from '../src/index.ts'

const backEnds: readonly Ed25519[] = [nobleEd25519, sodiumEd25519, nodeEd25519]
const everywhere = (verdict: boolean) => backEnds.map(() => verdict)
const verdicts = ({ publicKey, message, signature }: Omit<Crafted, 'accepted'>) =>
  backEnds.map((ed25519) => ed25519.verify({ publicKey, message, signature }))

suite('back ends agree', (it) => {
  it('on keys and signatures, byte for byte', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 300 }),
        (seed, message) => {
          for (const ed25519 of backEnds) {
            equal(ed25519.publicKey(seed), nobleEd25519.publicKey(seed))
            equal(ed25519.sign({ seed, message }), nobleEd25519.sign({ seed, message }))
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('on crafted signatures, and with the rule', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const crafted = craft(recipe)
        equal(verdicts(crafted), everywhere(crafted.accepted))
      }),
      { numRuns: 150 },
    )
  })

  it('on crafted signatures whose torsion parts cancel, and on each with one bit changed', () => {
    let cancelled = 0
    fc.assert(
      fc.property(recipes, fc.nat(), (recipe, bit) => {
        const crafted = craftCancelling({ ...recipe, addedL: 0 })
        if (crafted === undefined) return
        cancelled++
        const { publicKey, message, signature } = crafted
        equal(verdicts(crafted), everywhere(true))
        equal(verdicts({ publicKey: flip(publicKey, bit), message, signature }), everywhere(false))
        equal(verdicts({ publicKey, message: flip(message, bit), signature }), everywhere(false))
        equal(verdicts({ publicKey, message, signature: flip(signature, bit) }), everywhere(false))
      }),
      { numRuns: 60 },
    )
    ok(cancelled > 0)
  })
})

suite('plain buffers', (it) => {
  it('come out of every back end, never a Buffer', () => {
    const seed = new Uint8Array(32).fill(5)
    for (const ed25519 of backEnds) {
      for (const bytes of [ed25519.publicKey(seed), ed25519.sign({ seed, message: seed })]) {
        is(Object.getPrototypeOf(bytes), Uint8Array.prototype, ed25519.name)
        is(bytes.buffer.byteLength, bytes.length, ed25519.name)
      }
    }
  })
})
