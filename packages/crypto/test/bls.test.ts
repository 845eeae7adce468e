/** The portable back end of BLS against the rule, and how a seed becomes a secret key. */
import { is, ok, suite } from '../../workspace/kit.ts'
import { blsSecretKeyOf, nobleBls } from '../src/index.ts'
import { blsClaims } from './bls-claims.ts'
import { keyGenCases } from './bls-vectors.ts'

blsClaims(nobleBls)

suite('a BLS secret key', (it) => {
  for (const [index, { seed, secretKey }] of keyGenCases.entries()) {
    it(`follows from the seed of EIP-2333 test case ${index}`, () => {
      is(BigInt(`0x${Buffer.from(blsSecretKeyOf(seed)).toString('hex')}`), secretKey)
      is(blsSecretKeyOf(seed).length, 32)
    })
  }

  it('follows from no seed below 32 bytes', () => {
    let thrown: unknown
    try {
      blsSecretKeyOf(new Uint8Array(31))
    } catch (error) {
      thrown = error
    }
    ok(thrown instanceof RangeError)
  })
})
