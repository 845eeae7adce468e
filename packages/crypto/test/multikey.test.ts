/** Multikey and did:key against published keys. */
import fc from 'fast-check'
import { base58btc } from 'multiformats/bases/base58'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import {
  blsMultikeyOf,
  didKeyOf,
  didKeyVerificationMethod,
  multikeyOf,
  nobleEd25519,
  publicKeyOfBlsMultikey,
  publicKeyOfDidKey,
  publicKeyOfMultikey,
} from '../src/index.ts'
import { hex } from './ed25519-vectors.ts'

/** w3c-ccg/did-method-key, test-vectors/ed25519-x25519.json: the seed and the DID that its key has. */
const didKeyVectors = [
  ['00', 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'],
  ['01', 'did:key:z6MkjchhfUsD6mmvni8mCdXHw216Xrm9bQe2mBH1P5RDjVJG'],
  ['02', 'did:key:z6MknGc3ocHs3zdPiJbnaaqDi58NGb4pk1Sp9WxWufuXSdxf'],
  ['03', 'did:key:z6MkvqoYXQfDDJRv8L4wKzxYeuKyVZBfi9Qo6Ro8MiLH3kDQ'],
  ['04', 'did:key:z6MkwW6aqMnjgrhJXFUko3NnZPGzVpkNzhYK7yEhnsibmLwL'],
] as const

/**
 * W3C vc-di-eddsa, TestVectors/keyPair.json and proof-set-chain/multiKeyPairs.json: public and secret
 * Multikey.
 */
const multikeyVectors = [
  ['z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2', 'z3u2en7t5LR2WtQH5PfFqMqwVHBeXouLzo6haApm8XHqvjxq'],
  ['z6MktgKTsu1QhX6QPbyqG6geXdw6FQCZBPq7uQpieWbiQiG7', 'z3u2W4YnTstS1nSSBAgZcYSJF43JuZ9uLV6bF38B1Bf8NugW'],
  ['z6MkhWqdDBPojHA7cprTGTt5yHv5yUi1B8cnXn8ReLumkw6E', 'z3u2cfp4Q17kMGhNCh348a3yw3cUBiWK6RXRzyJE54sixMFn'],
  ['z6MkmEq87wkHCYnWnNZkigeDMGTN7oUw1upkhzd77KuXERS1', 'z3u2Zr3tcDLBDQKGxVa9SRDFNLqNqPWsa8p9rWPvCEH6bADB'],
  ['z6Mkm1S51iPHJvDEkJ9MRtxJmT8Pqo6wHipAFwBAjN83vntT', 'z3u2ZTWiFwM17veUR7sXniY66Gf14SqMdpMLy7SW9x4EDdmw'],
] as const

const [, firstDid] = didKeyVectors[0]
const [firstMultikey] = multikeyVectors[0]

suite('keys as text', (it) => {
  it('names the keys of the did:key test vectors as they do', () => {
    for (const [lastByte, did] of didKeyVectors) {
      const publicKey = nobleEd25519.publicKey(hex('00'.repeat(31), lastByte))
      is(didKeyOf(publicKey), did)
      equal(publicKeyOfDidKey(did), publicKey)
      is(didKeyVerificationMethod(publicKey), `${did}#${did.slice('did:key:'.length)}`)
    }
  })

  it('names the keys of the vc-di-eddsa test vectors as they do', () => {
    for (const [multikey, secret] of multikeyVectors) {
      const seed = base58btc.decode(secret).slice(2) // after 0x8026, the multicodec of an ed25519 secret key
      const publicKey = nobleEd25519.publicKey(seed)
      is(multikeyOf(publicKey), multikey)
      equal(publicKeyOfMultikey(multikey), publicKey)
    }
  })

  it('reads back any 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (publicKey) => {
        const multikey = multikeyOf(publicKey)
        is(multikey.length, 48)
        ok(multikey.startsWith('z6Mk'))
        equal(publicKeyOfMultikey(multikey), publicKey)
        equal(publicKeyOfDidKey(didKeyOf(publicKey)), publicKey)
      }),
    )
    for (const byte of [0x00, 0xff]) {
      const publicKey = new Uint8Array(32).fill(byte)
      equal(publicKeyOfMultikey(multikeyOf(publicKey)), publicKey)
    }
  })

  it('writes a text that it reads in one way only', () => {
    const text = fc
      .array(fc.constantFrom(...'123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'), {
        minLength: 44,
        maxLength: 44,
      })
      .map((digits) => `z6Mk${digits.join('')}`)
    fc.assert(
      fc.property(text, (candidate) => {
        const publicKey = publicKeyOfMultikey(candidate)
        if (publicKey !== undefined) is(multikeyOf(publicKey), candidate)
      }),
    )
  })

  it('refuses any other text', () => {
    const bytes = base58btc.decode(firstMultikey)
    const otherCodec = (first: number, second: number) =>
      base58btc.encode(Uint8Array.of(first, second, ...bytes.slice(2)))
    const refused = {
      empty: '',
      'no multibase prefix': firstMultikey.slice(1),
      'base58flickr prefix': `Z${firstMultikey.slice(1)}`,
      'a digit outside base58': `${firstMultikey.slice(0, -1)}0`,
      'a space before': ` ${firstMultikey}`,
      'a newline after': `${firstMultikey}\n`,
      'one digit too few': firstMultikey.slice(0, -1),
      'one digit too many': `${firstMultikey}2`,
      'a leading zero byte': `z1${firstMultikey.slice(1)}`,
      'very long': `z6Mk${'1'.repeat(1_000_000)}`,
      'an x25519 key': otherCodec(0xec, 0x01),
      'codec 0x00ed': otherCodec(0xed, 0x00),
      'codec 0x016d': otherCodec(0xed, 0x02),
      'a secret key': multikeyVectors[0][1],
    }
    for (const [what, text] of Object.entries(refused)) is(publicKeyOfMultikey(text), undefined, what)
  })

  it('refuses a did:key with a fragment, of another case, or of another method', () => {
    for (const text of [
      `${firstDid}#${firstDid.slice(8)}`,
      firstDid.slice(8),
      firstDid.replace('did:key', 'did:web'),
      firstDid.replace('did:key', 'DID:key'),
      firstDid.replace('did:key:', 'did:key:1.1:'),
      'did:key:',
    ]) {
      is(publicKeyOfDidKey(text), undefined, text)
    }
  })

  it('throws on a key that is not 32 bytes', () => {
    for (const length of [0, 31, 33]) {
      let thrown: unknown
      try {
        multikeyOf(new Uint8Array(length))
      } catch (caught) {
        thrown = caught
      }
      ok(thrown instanceof RangeError)
    }
  })
})

suite('BLS keys as text', (it) => {
  it('reads back any 48 bytes, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 48, maxLength: 48 }), (publicKey) => {
        const text = blsMultikeyOf(publicKey)
        is(text.length, 70)
        ok(text.startsWith('z3tE'))
        equal(publicKeyOfBlsMultikey(text), publicKey)
        is(publicKeyOfMultikey(text), undefined)
        for (const other of [
          text.slice(0, -1),
          `${text}1`,
          ` ${text}`,
          text.toUpperCase(),
          text.replace('z3tE', 'z3tZ'),
        ])
          is(publicKeyOfBlsMultikey(other), undefined)
      }),
    )
  })

  it('are not those of ed25519', () => {
    const publicKey = nobleEd25519.publicKey(new Uint8Array(32))
    is(publicKeyOfBlsMultikey(multikeyOf(publicKey)), undefined)
    let thrown: unknown
    try {
      blsMultikeyOf(publicKey)
    } catch (error) {
      thrown = error
    }
    ok(thrown instanceof RangeError)
  })
})
