/** ed25519.json: the pinned rule of verification, on published and on hostile signatures. */
import { createHash } from 'node:crypto'
import { nobleEd25519 } from '@chirograph/crypto'
import { rfc8032Vectors, speccheckCases } from '../../../packages/crypto/test/ed25519-vectors.ts'
import { bytesOf, hexOf } from '../notation.ts'
import { bytes32 } from '../world.ts'

export function makeSignatures() {
  return {
    description:
      'ed25519 under one pinned rule: A, R and S are canonical, neither A nor R is of small order, and S·B = R + k·A holds as it stands (cofactorless). `signing` gives key and signature of a seed; `verification` gives the answer of the rule.',
    source:
      'RFC 8032 section 7.1 (TEST …); ed25519-speccheck cases.txt, Apache-2.0, of Chalkias, Garillot and Nikolaenko, "Taming the many EdDSAs", 2020 (case …). The others were made for this file.',
    signing: rfc8032Vectors.map(({ name, seed, publicKey, message, signature }) => ({
      name,
      input: { seed: hexOf(seed), message: hexOf(message) },
      output: { publicKey: hexOf(publicKey), signature: hexOf(signature) },
    })),
    verification: [
      ...speccheckCases.map((one) => caseOf(one.name, one, one.accepted, one.because)),
      ...smallOrderKeys(),
      ...smallOrderR(),
      ...tampered(),
    ],
  }
}

interface Signed {
  readonly publicKey: Uint8Array
  readonly message: Uint8Array
  readonly signature: Uint8Array
}

function caseOf(name: string, { publicKey, message, signature }: Signed, accepted: boolean, because: string) {
  const input = { publicKey: hexOf(publicKey), message: hexOf(message), signature: hexOf(signature) }
  return { name, input, output: { accepted }, because }
}

/** L, the order of the base point (RFC 8032, 5.1). */
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n

/** Canonical encodings of the eight points of small order, then the six that only a lax decoder takes for them. */
const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]

const seed = bytes32('small order seed')
const honestKey = nobleEd25519.publicKey(seed)

/** The scalar a of the honest key, A = a·B (RFC 8032, 5.1.5). */
function honestScalar(): bigint {
  const half = createHash('sha512').update(seed).digest().subarray(0, 32)
  half[0] = (half[0] ?? 0) & 248
  half[31] = ((half[31] ?? 0) & 127) | 64
  return numberOf(half) % groupOrder
}

/**
 * R = a·B and S = a, so the equation holds where k·A is the neutral point: for a k that 8 divides, found by trying
 * messages. Whoever looks at the equation alone accepts these for messages that nobody signed.
 */
function smallOrderKeys() {
  const S = bytesOfNumber(honestScalar())
  return smallOrder.map((hex, index) => {
    const publicKey = bytesOf(hex)
    const message = firstMessage((one) => challenge(honestKey, publicKey, one) % 8n === 0n)
    const signed = { publicKey, message, signature: Uint8Array.from([...honestKey, ...S]) }
    const form = index < 8 ? 'canonical' : 'not canonical'
    return caseOf(`A of small order, encoding ${index}`, signed, false, `A of small order, ${form}`)
  })
}

/** R is the neutral point and S = k·a: the equation holds, and the signature tells a. */
function smallOrderR() {
  return ['neutral point', 'neutral point with the sign bit', 'neutral point plus p'].map((name, index) => {
    const R = bytesOf([smallOrder[0], smallOrder[8], smallOrder[12]][index] ?? '')
    const message = Uint8Array.of(index)
    const S = bytesOfNumber((challenge(R, honestKey, message) * honestScalar()) % groupOrder)
    const signed = { publicKey: honestKey, message, signature: Uint8Array.from([...R, ...S]) }
    return caseOf(`R is the ${name}`, signed, false, 'R of small order')
  })
}

function tampered() {
  const message = bytes32('message')
  const good = { publicKey: honestKey, message, signature: nobleEd25519.sign({ seed, message }) }
  const withByte = (bytes: Uint8Array, index: number, change: number) =>
    bytes.map((byte, at) => (at === index ? byte ^ change : byte))
  const beyond = bytesOfNumber(numberOf(good.signature.subarray(32)) + groupOrder)
  const rows: [string, Signed, boolean, string][] = [
    ['an honest signature', good, true, 'all of the rule is met'],
    [
      'S plus L',
      { ...good, signature: Uint8Array.from([...good.signature.subarray(0, 32), ...beyond]) },
      false,
      'S ≥ L',
    ],
    ['a bit of R', { ...good, signature: withByte(good.signature, 0, 1) }, false, 'the equation'],
    ['a bit of S', { ...good, signature: withByte(good.signature, 32, 1) }, false, 'the equation'],
    ['a bit of the message', { ...good, message: withByte(message, 0, 1) }, false, 'the equation'],
    ['the sign of A', { ...good, publicKey: withByte(honestKey, 31, 0x80) }, false, 'the equation'],
    ['63 bytes', { ...good, signature: good.signature.subarray(0, 63) }, false, 'not 64 bytes'],
    ['65 bytes', { ...good, signature: Uint8Array.from([...good.signature, 0]) }, false, 'not 64 bytes'],
    ['a key of 31 bytes', { ...good, publicKey: honestKey.subarray(0, 31) }, false, 'not 32 bytes'],
    ['zeros', { ...good, signature: new Uint8Array(64) }, false, 'R of small order'],
  ]
  return rows.map(([name, signed, accepted, because]) => caseOf(name, signed, accepted, because))
}

/** k = SHA-512(R ‖ A ‖ message) mod L (RFC 8032, 5.1.7). */
function challenge(R: Uint8Array, A: Uint8Array, message: Uint8Array): bigint {
  return numberOf(createHash('sha512').update(R).update(A).update(message).digest()) % groupOrder
}

function firstMessage(fits: (message: Uint8Array) => boolean): Uint8Array {
  for (let i = 0; i < 256; i++) if (fits(Uint8Array.of(i))) return Uint8Array.of(i)
  throw new Error('one message in eight fits')
}

function numberOf(littleEndian: Uint8Array): bigint {
  return BigInt(`0x${hexOf(littleEndian.slice().reverse())}`)
}

function bytesOfNumber(number: bigint): Uint8Array {
  return bytesOf(number.toString(16).padStart(64, '0')).reverse()
}
