/** Both back ends and the formats against the vectors of networks with BLS certificates. */
import { canonicalizeJson } from '@chirograph/codec'
import {
  checkCertificate,
  createValidatorSet,
  decodeCertificate,
  decodeVote,
  encodeCertificate,
  encodeVote,
  signersOf,
  signVote,
  verifyVote,
} from '@chirograph/consensus'
import {
  type Bls,
  blsMultikeyOf,
  blsSecretKeyOf,
  nobleBls,
  nobleEd25519,
  publicKeyOfBlsMultikey,
} from '@chirograph/crypto'
import { blstBls } from '@chirograph/crypto-native'
import { parseOrgId } from '@chirograph/event'
import { anchorOf, consensusKeyOfSeed, networkIdOf, parseGenesis, validatorSetOf } from '@chirograph/status'
import { equal, is, ok, suite } from '../../packages/workspace/kit.ts'
import { bytesOf, hexOf } from './notation.ts'
import { readVectors } from './read-vectors.ts'

type Bytes = { readonly bytes: string }
const ed25519 = nobleEd25519

function claims(bls: Bls): void {
  suite(`vectors: BLS on ${bls.name}`, (it) => {
    it('makes keys of seeds, and names them', () => {
      for (const { name, input, output } of readVectors('bls').keys) {
        const secretKey = blsSecretKeyOf(bytesOf(input.seed))
        is(hexOf(secretKey), output.secretKey, name)
        is(hexOf(bls.publicKey(secretKey)), output.publicKey, name)
        is(blsMultikeyOf(bytesOf(output.publicKey)), output.multikey)
        equal(publicKeyOfBlsMultikey(output.multikey), bytesOf(output.publicKey))
      }
    })

    it('signs, adds up and checks', () => {
      const { cases, sums, refused } = readVectors('bls')
      for (const { name, input, output } of cases) {
        const [secretKey, message] = [bytesOf(input.secretKey), bytesOf(input.message)]
        is(hexOf(bls.sign({ secretKey, message })), output.signature, name)
        const publicKeys = [bytesOf(output.publicKey)]
        is(bls.verify({ publicKeys, message, signature: bytesOf(output.signature) }), true, name)
      }
      for (const { name, input, output } of sums) {
        is(hexOf(bls.aggregate(input.signatures.map(bytesOf)) ?? new Uint8Array()), output.sum, name)
        const asked = { publicKeys: input.publicKeys.map(bytesOf), message: bytesOf(input.message) }
        is(bls.verify({ ...asked, signature: bytesOf(output.sum) }), true, name)
      }
      ok(refused.length > 25)
      for (const { name, input } of refused) {
        const asked = { publicKeys: input.publicKeys.map(bytesOf), message: bytesOf(input.message) }
        is(bls.verify({ ...asked, signature: bytesOf(input.signature) }), false, name)
      }
    })

    it('signs votes, believes certificates, and refuses them with their reasons', () => {
      const { set: given, votes, cases, refused } = readVectors('bls-certificates')
      const [networkId, epoch, validators] = given.input.fields as [Bytes, number, [Bytes, Bytes][]] // the positions of a set
      const members = validators.map(([org, key]) => ({ org: org.bytes, key: key.bytes }))
      const set = createValidatorSet({ networkId: networkId.bytes, epoch, validators: members.reverse() })
      is(set.setHash, given.output.setHash)
      for (const { name, input, output } of votes) {
        const vote = decodeVote(bytesOf(output.bytes))
        ok(vote.ok, name)
        is(hexOf(encodeVote(vote.value)), output.bytes)
        const secretKey = blsSecretKeyOf(bytesOf(input.seed))
        const sign = (message: Uint8Array) => bls.sign({ secretKey, message })
        is(hexOf(signVote(vote.value, { signer: input.signer, sign }).signature), output.signature)
        is(verifyVote(vote.value, { set, ed25519, bls }).kind, 'verified')
      }
      for (const { name, output } of cases) {
        const certificate = decodeCertificate(bytesOf(output.bytes))
        ok(certificate.ok, name)
        is(hexOf(encodeCertificate(certificate.value)), output.bytes)
        equal(signersOf(certificate.value), output.signerIndexes)
        is(checkCertificate(certificate.value, { set, ed25519, bls }).kind, 'valid', name)
      }
      for (const { name, input, reason } of refused) {
        const decoded = decodeCertificate(bytesOf(input.bytes))
        const checked = decoded.ok ? checkCertificate(decoded.value, { set, ed25519, bls }) : undefined
        is(decoded.ok ? checked?.kind === 'invalid' && checked.reason : decoded.code, reason, name)
      }
    })

    it('reads the genesis and proves possession, and refuses documents where they are wrong', () => {
      const { cases, possessions, refused } = readVectors('bls-genesis')
      for (const { input, output } of cases) {
        const parsed = parseGenesis(JSON.stringify(input.document), { bls })
        ok(parsed.kind === 'genesis')
        is(canonicalizeJson(parsed.genesis), output.canonical)
        is(hexOf(networkIdOf(parsed.genesis)), output.networkId)
        is(validatorSetOf(parsed.genesis).setHash, output.setHash)
        equal(anchorOf(parsed.genesis), output.anchor)
      }
      for (const { input, output } of possessions) {
        const org = parseOrgId(input.org)
        ok(org)
        const certificates = 'bls12-381'
        const made = consensusKeyOfSeed(bytesOf(input.seed), { org, certificates, ed25519, bls })
        equal(made, { consensusKey: blsMultikeyOf(bytesOf(output.publicKey)), possession: output.possession })
      }
      for (const { name, input, reason } of refused) {
        const parsed = parseGenesis(JSON.stringify(input.document), { bls })
        is(parsed.kind === 'invalid' ? parsed.path : 'accepted', reason, name)
      }
    })
  })
}

claims(nobleBls)
claims(blstBls)
