/** Domain separation. */
import { concatBytes, sha256, utf8 } from '@chirograph/codec'
import { equal, is, suite } from '../../workspace/kit.ts'
import { domain, domains, hashDomain, nobleEd25519, signingBytes } from '../src/index.ts'
import { hex } from './ed25519-vectors.ts'

suite('domains', (it) => {
  it('writes a domain as its name in UTF-8 and a zero byte', () => {
    equal(domain('event'), hex('6368', '69726f67726170683a313a', '6576656e74', '00'))
  })

  it('has no domain that is a prefix of another', () => {
    for (const one of domains) {
      for (const other of domains) {
        const isPrefix = Buffer.from(domain(other)).subarray(0, domain(one).length).equals(domain(one))
        is(isPrefix, one === other, `${one}, ${other}`)
      }
    }
  })

  it('hashes the domain and the parts in order', () => {
    const [a, b] = [Uint8Array.of(1), Uint8Array.of(2, 3)]
    equal(hashDomain('cut', a, b), sha256(utf8('chirograph:1:cut\0'), Uint8Array.of(1, 2, 3)))
    equal(hashDomain('handle'), sha256(domain('handle')))
  })

  it('makes a signature of one domain worthless in another', () => {
    const seed = new Uint8Array(32).fill(7)
    const publicKey = nobleEd25519.publicKey(seed)
    const message = utf8('the same bytes')
    equal(signingBytes('vote', message), concatBytes(domain('vote'), message))
    const signature = nobleEd25519.sign({ seed, message: signingBytes('vote', message) })
    for (const name of domains) {
      is(
        nobleEd25519.verify({ publicKey, message: signingBytes(name, message), signature }),
        name === 'vote',
        name,
      )
    }
    is(nobleEd25519.verify({ publicKey, message, signature }), false)
  })
})
