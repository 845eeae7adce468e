/** BLS on native code: the same claims as the portable back end, the same answers, and when it is chosen. */
import fc from 'fast-check'
import { type Bls, blsSecretKeyOf, nobleBls } from '@chirograph/crypto'
import { blsClaims } from '../../crypto/test/bls-claims.ts'
import { blsKeys, refusedKeys, refusedSignatures } from '../../crypto/test/bls-vectors.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { type BackEndRefusal, type Blst, blstBls, createBlstBls, fastestBls, loadBlst } from '../src/index.ts'
import { keepsBlsRule } from '../src/known-bls-answers.ts'

blsClaims(blstBls)

suite('BLS back ends agree', (it) => {
  it('on keys, signatures and sums, byte for byte, and each accepts what the other made', () => {
    const seeds = fc.array(fc.uint8Array({ minLength: 32, maxLength: 64 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(seeds, fc.uint8Array({ maxLength: 200 }), (seeds, message) => {
        const made = [nobleBls, blstBls].map((bls) => {
          const secretKeys = seeds.map(blsSecretKeyOf)
          const publicKeys = secretKeys.map((secretKey) => bls.publicKey(secretKey))
          const signatures = secretKeys.map((secretKey) => bls.sign({ secretKey, message }))
          return { publicKeys, signatures, sum: bls.aggregate(signatures) }
        })
        equal(made[0], made[1])
        for (const { publicKeys, sum } of made) {
          ok(sum)
          for (const bls of [nobleBls, blstBls])
            is(bls.verify({ publicKeys, message, signature: sum }), true, bls.name)
        }
      }),
      { numRuns: 10 },
    )
  })

  it('on the secret key of a seed', () => {
    // Only of the binding itself: a node makes keys in one way, without it.
    const { SecretKey } = loadBlst() as Blst & {
      SecretKey: { fromKeygen(ikm: Uint8Array): { toBytes(): Uint8Array } }
    }
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 80 }), (seed) =>
        equal(blsSecretKeyOf(seed), Uint8Array.from(SecretKey.fromKeygen(seed).toBytes())),
      ),
    )
  })

  it('on bytes with one or some bits changed: both refuse, and neither throws', () => {
    const message = new Uint8Array(32).fill(1)
    const { secretKey, publicKey } = blsKeys.a
    const signature = nobleBls.sign({ secretKey, message })
    const bits = fc.array(fc.nat(), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(bits, fc.boolean(), (bits, isKeyChanged) => {
        const changed = (isKeyChanged ? publicKey : signature).slice()
        for (const bit of bits) {
          const at = (bit >> 3) % changed.length
          changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7))
        }
        const asked = isKeyChanged
          ? { publicKeys: [changed], message, signature }
          : { publicKeys: [publicKey], message, signature: changed }
        is(blstBls.verify(asked), nobleBls.verify(asked))
        equal(blstBls.aggregate([signature, changed]), nobleBls.aggregate([signature, changed]))
      }),
      { numRuns: 60 },
    )
  })

  it('on keys and signatures that lie on the curve and out of the subgroup', () => {
    const message = new Uint8Array(32)
    const outOfG1 = refusedKeys.not_in_G1 as Uint8Array // a vector of that name
    const outOfG2 = refusedSignatures.not_in_G2 as Uint8Array // a vector of that name
    const signature = blstBls.sign({ secretKey: blsKeys.b.secretKey, message })
    for (const bls of [nobleBls, blstBls]) {
      is(bls.verify({ publicKeys: [outOfG1], message, signature }), false)
      is(bls.verify({ publicKeys: [blsKeys.b.publicKey], message, signature: outOfG2 }), false)
      is(bls.aggregate([outOfG2, outOfG2]), undefined)
    }
  })
})

suite('fastest BLS back end', (it) => {
  it('is blst where it loads', () => {
    const refusals: BackEndRefusal[] = []
    is(fastestBls({ onRefused: (refusal) => refusals.push(refusal) }).name, 'blst')
    equal(refusals, [])
  })

  it('is noble where blst has no binary, and the caller hears why', () => {
    const cause = new Error('Cannot find native binding')
    const refusals: BackEndRefusal[] = []
    const bls = fastestBls({
      loadBlst: () => {
        throw cause
      },
      onRefused: (refusal) => refusals.push(refusal),
    })
    is(bls, nobleBls)
    equal(refusals, [{ name: 'blst', reason: 'unusable', cause }])
  })

  it('is not one that lets points out of the subgroup pass, accepts all, refuses all, or adds up nothing', () => {
    const blst = loadBlst()
    const broken: Record<string, Partial<Blst>> = {
      'checks no key': { PublicKey: { fromBytes: (bytes) => blst.PublicKey.fromBytes(bytes, false) } },
      'checks no signature': {
        Signature: { fromBytes: (bytes) => blst.Signature.fromBytes(bytes, false, false) },
      },
      'accepts all': { fastAggregateVerify: () => true },
      'refuses all': { fastAggregateVerify: () => false },
      'adds up the first alone': { aggregateSignatures: ([first]) => first as typeof first & object },
    }
    for (const [what, members] of Object.entries(broken)) {
      const refusals: BackEndRefusal[] = []
      const chosen = fastestBls({
        loadBlst: () => Object.assign(Object.create(blst), members),
        onRefused: (refusal) => refusals.push(refusal),
      })
      is(chosen, nobleBls, what)
      equal(refusals, [{ name: 'blst', reason: 'breaks-bls-rule' }], what)
    }
  })

  it('knows both for sound', () => {
    for (const bls of [nobleBls, blstBls]) ok(keepsBlsRule(bls), bls.name)
  })

  it('loads once, and not before it is needed; what is no fault of the bytes is thrown', () => {
    let loads = 0
    const bls: Bls = createBlstBls(() => {
      loads++
      return loadBlst()
    })
    is(loads, 0)
    bls.publicKey(blsKeys.a.secretKey)
    bls.publicKey(blsKeys.b.secretKey)
    is(loads, 1)
    const failing = createBlstBls(() => {
      throw new Error('no binary')
    })
    const { publicKey } = blsKeys.a
    const signature = bls.sign({ secretKey: blsKeys.a.secretKey, message: publicKey })
    let thrown: unknown
    try {
      failing.verify({ publicKeys: [publicKey], message: publicKey, signature })
    } catch (error) {
      thrown = error
    }
    ok(thrown instanceof Error && thrown.message === 'no binary')
  })
})
