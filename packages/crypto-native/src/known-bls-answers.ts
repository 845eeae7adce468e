/**
 * What a back end of BLS must answer before a node trusts it. It guards against a library that changes under us; the
 * tests, not this, show that a back end is right.
 */
import { equalBytes, fromHex } from '@chirograph/codec'
import type { Bls } from '@chirograph/crypto'

/** Whether the back end signs, adds up and checks as the ciphersuite says. */
export function keepsBlsRule(bls: Bls): boolean {
  const { secretKey, publicKey, message, signature, otherKey, sum } = published
  const isBothSigned = { publicKeys: [publicKey, otherKey], message, signature: sum }
  const added = bls.aggregate([signature, published.otherSignature])
  return (
    equalBytes(bls.publicKey(secretKey), publicKey) &&
    equalBytes(bls.sign({ secretKey, message }), signature) &&
    added !== undefined &&
    equalBytes(added, sum) &&
    bls.verify({ publicKeys: [publicKey], message, signature }) &&
    bls.verify(isBothSigned) &&
    !bls.verify({ publicKeys: [otherKey], message, signature }) &&
    !bls.verify({ ...isBothSigned, publicKeys: [publicKey] }) &&
    !bls.verify({ publicKeys: [mixedKey], message, signature }) &&
    bls.aggregate([signature, outOfG2]) === undefined
  )
}

/** ethereum/bls12-381-tests v0.1.2: sign_case_d0e28d7e76eb6e9c and fast_aggregate_verify_valid_652ce62f09290811. */
const published = {
  secretKey: bytes('263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3'),
  publicKey: bytes(
    'a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a',
  ),
  message: new Uint8Array(32).fill(0x56),
  signature: bytes(
    '882730e5d03f6b42c3abc26d3372625034e1d871b65a8a6b900a56dae22da98abbe1b68f85e49fe7652a55ec3d0591c2' +
      '0767677e33e5cbb1207315c41a9ac03be39c2e7668edc043d6cb1d9fd93033caa8a1c5b0e84bedaeb6c64972503a43eb',
  ),
  otherKey: bytes(
    'b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81',
  ),
  otherSignature: bytes(
    'af1390c3c47acdb37131a51216da683c509fce0e954328a59f93aebda7e4ff974ba208d9a4a2a2389f892a9d418d6184' +
      '18dd7f7a6bc7aa0da999a9d3a5b815bc085e14fd001f6a1948768a3f4afefc8b8240dda329f984cb345c6363272ba4fe',
  ),
  sum: bytes(
    '912c3615f69575407db9392eb21fee18fff797eeb2fbe1816366ca2a08ae574d8824dbfafb4c9eaa1cf61b63c6f9b699' +
      '11f269b664c42947dd1b53ef1081926c1e82bb2a465f927124b08391a5249036146d6f3f1e17ff5f162f779746d830d1',
  ),
}

/**
 * `publicKey` and a point of another order together: whoever does not look at the subgroup takes it for the same key. The
 * point is r times deserialization_fails_not_in_G1 of the same tests.
 */
const mixedKey = bytes(
  '8abf7556148922497dbf395cc5ba96e2bd149a315589eb47bbbb8877cbd6c8628849985e75f0050ca566479b9604315f',
)

/** On the curve, and of another order: deserialization_fails_not_in_G2. */
const outOfG2 = bytes(`8123456789abcdef${'0123456789abcdef'.repeat(11)}`)

function bytes(hex: string): Uint8Array {
  const read = fromHex(hex)
  if (read === undefined) throw new Error(`not hex: ${hex}`)
  return read
}
