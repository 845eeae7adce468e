/** What a rogue key could do, and the proof that keeps it out. SPEC C6. */
import { concatBytes, toHex } from '@chirograph/codec'
import {
  checkCertificate,
  createValidatorSet,
  provePossession,
  provesPossession,
} from '@chirograph/consensus'
import { nobleBls, signingBytes } from '@chirograph/crypto'
import { infinityG1, infinityG2, refusedKeys } from '../../crypto/test/bls-vectors.ts'
import { rogueKey } from '../../crypto/test/rogue-key.ts'
import { equal, is, suite } from '../../workspace/kit.ts'
import { bls, blsCertificate, blsSetOf, blsVote, secretKeyOf, verifiers } from './bls-world.ts'
import { filled } from './cluster.ts'

const org = new Uint8Array(32).fill(1)
const secretKey = secretKeyOf(0)
const key = bls.publicKey(secretKey)
const proof = provePossession({ org, secretKey, bls })

suite('proof of possession', (it) => {
  it('C6: holds for its organisation and its key, by both back ends, and is the same from both', () => {
    equal(provePossession({ org, secretKey, bls: nobleBls }), proof)
    for (const backEnd of [bls, nobleBls]) is(provesPossession({ org, key, proof, bls: backEnd }), true)
    is(provesPossession({ org, key, proof }), true)
  })

  it('C6: holds for no other organisation and no other key', () => {
    is(provesPossession({ org: new Uint8Array(32).fill(2), key, proof, bls }), false)
    is(provesPossession({ org, key: bls.publicKey(secretKeyOf(1)), proof, bls }), false)
    is(
      provesPossession({ org, key, proof: provePossession({ org, secretKey: secretKeyOf(1), bls }), bls }),
      false,
    )
  })

  it('C6: is no signature of anything else: not of the key alone, not of a vote', () => {
    for (const message of [key, concatBytes(org, key), signingBytes('vote', concatBytes(org, key))])
      is(provesPossession({ org, key, proof: bls.sign({ secretKey, message }), bls }), false)
    const vote = blsVote(blsSetOf(1), { type: 'final', view: 1, digest: filled(1), signer: 0 })
    is(provesPossession({ org, key, proof: vote.signature, bls }), false)
  })

  it('C6: refuses keys and proofs of any bytes, without throwing', () => {
    for (const backEnd of [bls, nobleBls]) {
      for (const hostile of [...Object.values(refusedKeys), infinityG1, new Uint8Array(), new Uint8Array(32)])
        is(provesPossession({ org, key: hostile, proof, bls: backEnd }), false)
      for (const hostile of [infinityG2, new Uint8Array(), new Uint8Array(96), proof.subarray(1), key])
        is(provesPossession({ org, key, proof: hostile, bls: backEnd }), false)
      is(provesPossession({ org, key: infinityG1, proof: infinityG2, bls: backEnd }), false)
    }
  })

  it('C6: keeps a rogue key out, which would make certificates in the name of others alone', () => {
    const { networkId, epoch, validators, keys } = blsSetOf(4)
    const rogue = rogueKey(77n, keys.slice(0, 2))
    const set = createValidatorSet({
      networkId,
      epoch,
      validators: validators.map((one, index) => (index === 2 ? { ...one, key: toHex(rogue) } : one)),
    })
    const what = { type: 'final', view: 3, digest: filled(9) } as const
    const alone = new Uint8Array(32)
    alone[31] = 77
    const { signature } = blsVote(set, { ...what, signer: 2, secretKey: alone })
    // So far it goes without a proof: validators 0 and 1 signed nothing, and the sum checks.
    const forged = { ...blsCertificate(set, what), signatures: [signature] }
    is(checkCertificate(forged, { set, ...verifiers }).kind, 'valid')
    // The proof would be by the rogue key itself, whose secret nobody has: what its maker can sign with does not do.
    const rogueOrg = new Uint8Array(32).fill(3)
    const message = signingBytes('possession', concatBytes(rogueOrg, rogue))
    for (const attempt of [
      bls.sign({ secretKey: alone, message }),
      provePossession({ org: rogueOrg, secretKey: alone, bls }),
      bls.aggregate([bls.sign({ secretKey: alone, message }), proof]) ?? new Uint8Array(),
      proof,
    ])
      is(provesPossession({ org: rogueOrg, key: rogue, proof: attempt, bls }), false)
  })
})
