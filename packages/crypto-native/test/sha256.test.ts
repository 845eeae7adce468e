/** SHA-256 on native code: the same bytes as noble, or noble itself. */
import fc from 'fast-check'
import { isSha256, nobleSha256, sha256, toHex, useSha256, utf8 } from '@chirograph/codec'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { type BackEndRefusal, fastestSha256, nodeSha256 } from '../src/index.ts'

suite('fastest SHA-256', (it) => {
  it('is node:crypto, and nothing is refused', () => {
    const refusals: BackEndRefusal[] = []
    is(fastestSha256({ onRefused: (refusal) => refusals.push(refusal) }), nodeSha256)
    equal(refusals, [])
  })

  it('is noble where node:crypto cannot be used or gives other bytes, and the caller hears why', () => {
    const cause = new Error('digital envelope routines::unsupported')
    const unusable = {
      name: 'unusable',
      digest: () => {
        throw cause
      },
    }
    const wrong = { name: 'wrong', digest: () => new Uint8Array(32) }
    const refusals: BackEndRefusal[] = []
    const chosen = fastestSha256({
      candidates: [unusable, wrong],
      onRefused: (refusal) => refusals.push(refusal),
    })
    is(chosen, nobleSha256)
    equal(refusals, [
      { name: 'unusable', reason: 'unusable', cause },
      { name: 'wrong', reason: 'computes-another-hash' },
    ])
  })

  it('works for every package once it is put to work', () => {
    const before = sha256(utf8('chirograph'))
    useSha256(fastestSha256())
    equal(sha256(utf8('chirograph')), before)
    equal(sha256(utf8('chiro'), utf8('graph')), before)
    useSha256(nobleSha256)
  })
})

suite('SHA-256 on node:crypto', (it) => {
  it('agrees with noble on messages of any length, views and shared memory included', () => {
    ok(isSha256(nodeSha256))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (message) => {
        const expected = toHex(nobleSha256.digest(message))
        const within = new Uint8Array(message.length + 9)
        within.set(message, 7)
        const shared = new Uint8Array(new SharedArrayBuffer(message.length))
        shared.set(message)
        for (const one of [message, within.subarray(7, 7 + message.length), shared, Buffer.from(message)])
          is(toHex(nodeSha256.digest(one)), expected)
        nodeSha256.digestInto?.(message, within, 3)
        if (within.length >= 35) is(toHex(within.subarray(3, 35)), expected)
      }),
      { numRuns: 300 },
    )
  })
})
