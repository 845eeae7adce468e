/**
 * The vectors of BLS against the small second implementation and blst by itself: hashes, encodings and what is signed are
 * made anew, and only points are added and paired by the library.
 */
import { type Blst, loadBlst } from '@chirograph/crypto-native'
import { is, ok, suite } from '../../packages/workspace/kit.ts'
import { bytesOf, encodeNotation, hexOf } from './notation.ts'
import { readVectors } from './read-vectors.ts'
import { canonicalJson, domain, hashDomain } from './second-implementation.ts'

type Bytes = { readonly bytes: string }
const { SecretKey, PublicKey, Signature, fastAggregateVerify, aggregateSignatures } = loadBlst() as Blst & {
  SecretKey: { fromKeygen(seed: Uint8Array): ReturnType<Blst['SecretKey']['fromBytes']> }
}

function isSignedByAll(keys: readonly string[], message: Uint8Array, signature: string): boolean {
  const points = keys.map((key) => PublicKey.fromBytes(bytesOf(key), true))
  return fastAggregateVerify(message, points, Signature.fromBytes(bytesOf(signature), true, true), true)
}

suite('a second opinion on BLS', (it) => {
  it('makes the same keys of the same seeds', () => {
    for (const { input, output } of readVectors('bls').keys)
      is(hexOf(SecretKey.fromKeygen(bytesOf(input.seed)).toPublicKey().toBytes()), output.publicKey)
  })

  it('hashes the set, signs the votes, and adds them up to the certificates', () => {
    const { set, votes, cases } = readVectors('bls-certificates')
    is(hexOf(encodeNotation(set.input.fields)), set.output.bytes)
    is(hexOf(hashDomain('validator-set', bytesOf(set.output.bytes))), set.output.setHash)
    for (const { input, output } of votes) {
      const message = Uint8Array.from([...domain('vote'), ...encodeNotation(input.fields)])
      const signature = SecretKey.fromKeygen(bytesOf(input.seed)).sign(message).toBytes()
      is(hexOf(signature), output.signature)
    }
    const [, epoch, validators] = set.input.fields as [Bytes, number, [Bytes, Bytes][]] // the positions of a set
    const { setHash } = set.output
    for (const { input, output } of cases) {
      const [scheme, type, of, view, , digest, bitmap, [sum]] = input.fields as [
        number,
        number,
        number,
        number,
        number,
        Bytes | null,
        Bytes,
        [Bytes],
      ] // the positions of a certificate
      is(scheme, 2)
      is(of, epoch)
      const [bits = 0] = bytesOf(bitmap.bytes)
      const signers = validators.flatMap((one, index) =>
        (bits >> index) & 1 ? [{ index, key: one[1].bytes }] : [],
      )
      const vote = encodeNotation([type, epoch, { bytes: setHash }, view, digest])
      const message = Uint8Array.from([...domain('vote'), ...vote])
      ok(
        isSignedByAll(
          signers.map(({ key }) => key),
          message,
          sum.bytes,
        ),
      )
      const parts = signers.map(({ index }) =>
        SecretKey.fromKeygen(bytesOf(set.input.seeds[index] ?? '')).sign(message),
      )
      is(hexOf(aggregateSignatures(parts, true).toBytes()), sum.bytes)
      is(output.signerIndexes.length, signers.length)
    }
  })

  it('names the network, and finds each possession to be signed over organisation and key', () => {
    const { cases, possessions } = readVectors('bls-genesis')
    for (const { input, output } of cases) {
      const text = canonicalJson(input.document)
      is(text, output.canonical)
      is(hexOf(hashDomain('genesis', Buffer.from(text))), output.networkId)
    }
    for (const { input, output } of possessions) {
      const message = Uint8Array.from([
        ...domain('possession'),
        ...bytesOf(input.org),
        ...bytesOf(output.publicKey),
      ])
      is(hexOf(message), output.message)
      ok(isSignedByAll([output.publicKey], message, output.possession))
    }
  })
})
