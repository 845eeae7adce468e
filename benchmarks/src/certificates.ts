/** How large a certificate is, and how long it takes to check, by the number of validators and by the scheme. */
import { toHex } from '@chirograph/codec'
import {
  checkCertificate,
  createCertificate,
  createValidatorSet,
  encodeCertificate,
  quorumOf,
  type Scheme,
  signVote,
  type VoteVerifiers,
} from '@chirograph/consensus'
import { blsSecretKeyOf, nobleBls, nobleEd25519 } from '@chirograph/crypto'
import { fastestBls, fastestEd25519 } from '@chirograph/crypto-native'
import type { Limits } from './limits.js'
import { percentile, type Report, type Row } from './measure.js'

const sizes = [4, 7, 16, 32, 64, 100, 200] as const
const schemes: readonly Scheme[] = ['ed25519', 'bls12-381']
const native = { ed25519: fastestEd25519(), bls: fastestBls() }
const portable = { ed25519: nobleEd25519, bls: nobleBls }

/** Signed by a quorum; `portable` is noble on this machine, what a browser runs. */
export function benchCertificates(limits: Limits): Report {
  const rows = sizes.flatMap((size) => schemes.flatMap((scheme) => rowsOf(size, scheme, limits)))
  return {
    name: 'certificates',
    workload: `signed by a quorum of n validators; the median of ${checks.native} checks natively (${native.ed25519.name}, ${native.bls.name}), of ${checks.portable} with noble`,
    rows,
  }
}

const checks = { native: 15, portable: 3 } as const

function rowsOf(size: number, scheme: Scheme, limits: Limits): Row[] {
  const { set, certificate } = certificateOf(size, scheme)
  const medianMs = (verifiers: VoteVerifiers, times: number) => {
    // The first one decodes the keys, which a node does once.
    const samples = Array.from({ length: times + 1 }, () => {
      const begin = performance.now()
      if (checkCertificate(certificate, { set, ...verifiers }).kind !== 'valid')
        throw new Error('it is valid')
      return performance.now() - begin
    })
    return percentile(samples.slice(1), 0.5)
  }
  const of = `n = ${size}, ${scheme}`
  const limit = { name: 'q / V1', value: (quorumOf(set) * 1_000) / limits.v1 }
  return [
    { what: `${of}: size`, value: encodeCertificate(certificate).length, unit: 'bytes' },
    { what: `${of}: checked natively`, value: medianMs(native, checks.native), unit: 'ms', limit },
    { what: `${of}: checked portably`, value: medianMs(portable, checks.portable), unit: 'ms' },
  ]
}

function certificateOf(size: number, scheme: Scheme) {
  const seeds = Array.from({ length: size }, (_, index) => new Uint8Array(32).fill(index + 1))
  const secretKeys = seeds.map(blsSecretKeyOf)
  const keyOf = (index: number) =>
    scheme === 'ed25519'
      ? native.ed25519.publicKey(seedAt(seeds, index))
      : native.bls.publicKey(seedAt(secretKeys, index))
  const validators = seeds.map((seed, index) => ({ org: toHex(seed), key: toHex(keyOf(index)) }))
  const set = createValidatorSet({ networkId: 'ff'.repeat(32), epoch: 0, validators })
  const vote = {
    type: 'final',
    epoch: 0,
    setHash: set.setHash,
    view: 100_000,
    digest: 'ab'.repeat(32),
  } as const
  const votes = Array.from({ length: quorumOf(set) }, (_, signer) =>
    signVote(vote, {
      signer,
      sign: (message) =>
        scheme === 'ed25519'
          ? native.ed25519.sign({ seed: seedAt(seeds, signer), message })
          : native.bls.sign({ secretKey: seedAt(secretKeys, signer), message }),
    }),
  )
  return { set, certificate: createCertificate(votes, { set, height: 100_000, bls: native.bls }) }
}

function seedAt(seeds: readonly Uint8Array[], index: number): Uint8Array {
  const seed = seeds[index]
  if (seed === undefined) throw new Error(`no validator ${index}`)
  return seed
}
