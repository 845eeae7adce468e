/** Which back end a node gets, and what makes it refuse one. */
import { nobleEd25519 } from '@chirograph/crypto'
import { isTorsionFree, verifyCofactored } from '../../crypto/test/craft.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { firstSound } from '../src/fastest.ts'
import {
  type BackEndRefusal,
  createSodiumEd25519,
  fastestEd25519,
  loadSodium,
  nodeEd25519,
  type Sodium,
  sodiumEd25519,
} from '../src/index.ts'
import { keepsPinnedRule } from '../src/known-answers.ts'

suite('fastest back end', (it) => {
  it('is libsodium where it loads', () => {
    const refusals: BackEndRefusal[] = []
    is(fastestEd25519({ onRefused: (refusal) => refusals.push(refusal) }).name, 'libsodium')
    equal(refusals, [])
  })

  it('is node:crypto where libsodium has no binary, and the caller hears why', () => {
    const cause = new Error('ADDON_NOT_FOUND')
    const refusals: BackEndRefusal[] = []
    const ed25519 = fastestEd25519({
      loadSodium: () => {
        throw cause
      },
      onRefused: (refusal) => refusals.push(refusal),
    })
    is(ed25519, nodeEd25519)
    equal(refusals, [{ name: 'libsodium', reason: 'unusable', cause }])
  })

  it('passes over a libsodium that decides the cofactored equation', () => {
    const refusals: BackEndRefusal[] = []
    const ed25519 = fastestEd25519({
      loadSodium: () => ({
        ...loadSodium(),
        crypto_sign_verify_detached: (signature, message, publicKey) =>
          verifyCofactored({ signature, message, publicKey }),
      }),
      onRefused: (refusal) => refusals.push(refusal),
    })
    is(ed25519, nodeEd25519)
    equal(refusals, [{ name: 'libsodium', reason: 'breaks-pinned-rule' }])
  })

  it('passes over one that refuses keys of mixed order, accepts all, refuses all, or signs otherwise', () => {
    const sodium = loadSodium()
    const broken: Record<string, Partial<Sodium>> = {
      'refuses mixed order': {
        crypto_sign_verify_detached: (signature, message, publicKey) =>
          isTorsionFree(publicKey) && sodium.crypto_sign_verify_detached(signature, message, publicKey),
      },
      'accepts all': { crypto_sign_verify_detached: () => true },
      'refuses all': { crypto_sign_verify_detached: () => false },
      'fills no signature': { crypto_sign_detached: () => {} },
      'fills no key': { crypto_sign_seed_keypair: () => {} },
    }
    for (const [what, members] of Object.entries(broken)) {
      is(keepsPinnedRule(createSodiumEd25519(() => ({ ...sodium, ...members }))), false, what)
    }
  })

  it('knows each back end for sound', () => {
    for (const ed25519 of [nobleEd25519, nodeEd25519, sodiumEd25519])
      ok(keepsPinnedRule(ed25519), ed25519.name)
  })

  it('is noble where nothing native is sound', () => {
    is(firstSound([]), nobleEd25519)
    is(firstSound([{ ...nodeEd25519, verify: () => true }]), nobleEd25519)
  })
})

suite('libsodium', (it) => {
  it('loads once, and not before it is needed', () => {
    let loads = 0
    const ed25519 = createSodiumEd25519(() => {
      loads++
      return loadSodium()
    })
    is(loads, 0)
    ed25519.publicKey(new Uint8Array(32))
    ed25519.publicKey(new Uint8Array(32))
    is(loads, 1)
  })

  it('wipes its secret keys', () => {
    const wiped: Uint8Array[] = []
    const sodium = loadSodium()
    const ed25519 = createSodiumEd25519(() => ({
      ...sodium,
      sodium_memzero: (bytes) => {
        sodium.sodium_memzero(bytes)
        wiped.push(bytes)
      },
    }))
    const seed = new Uint8Array(32).fill(9)
    ed25519.publicKey(seed)
    ed25519.sign({ seed, message: seed })
    equal(wiped, [new Uint8Array(64), new Uint8Array(64)])
    equal(seed, new Uint8Array(32).fill(9))
  })
})
