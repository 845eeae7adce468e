/** The native back ends against the pinned rule: the claims that noble is held to, word for word. */
import { nobleEd25519 } from '@chirograph/crypto'
import { ed25519Claims } from '../../crypto/test/ed25519-claims.ts'
import { equal, seeded, suite } from '../../workspace/kit.ts'
import { nodeEd25519, sodiumEd25519 } from '../src/index.ts'

ed25519Claims(sodiumEd25519)
ed25519Claims(nodeEd25519)

suite('signing with many keys in turn', (it) => {
  it('is with the key of the seed in hand, whatever its array held before', () => {
    const random = seeded(25519)
    const seeds = Array.from({ length: 70 }, () => random.bytes(32))
    const reused = new Uint8Array(32)
    for (let round = 0; round < 300; round++) {
      const seed = random.pick(seeds)
      reused.set(seed)
      const message = random.bytes(random.int(80))
      const expected = nobleEd25519.sign({ seed, message })
      for (const array of [seed, reused]) equal(sodiumEd25519.sign({ seed: array, message }), expected)
      equal(sodiumEd25519.publicKey(reused), nobleEd25519.publicKey(seed))
    }
  })

  it('gives away no public key that a caller could write to', () => {
    const seed = new Uint8Array(32).fill(3)
    const message = new Uint8Array(8)
    const before = sodiumEd25519.sign({ seed, message })
    sodiumEd25519.publicKey(seed).fill(0)
    equal(sodiumEd25519.sign({ seed, message }), before)
  })
})
