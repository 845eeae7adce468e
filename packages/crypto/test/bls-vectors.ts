/**
 * Published vectors of BLS signatures, with the names that they have there. Values carried over from
 * ethereum/bls12-381-tests v0.1.2 (CC0 1.0), whose ciphersuite is the one of `blsSuite`, and from EIP-2333, whose master
 * keys are made by the draft's KeyGen.
 */
import { bytesOf } from './hex.ts'

/** Three secret keys and their public keys. */
export const blsKeys = {
  a: {
    secretKey: bytesOf('263dbd792f5b1be47ed85f8938c0f29586af0d3ac7b977f21c278fe1462040e3'),
    publicKey: bytesOf(
      'a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a',
    ),
  },
  b: {
    secretKey: bytesOf('47b8192d77bf871b62e87859d653922725724a5c031afeabc60bcef5ff665138'),
    publicKey: bytesOf(
      'b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81',
    ),
  },
  c: {
    secretKey: bytesOf('328388aff0d4a5b7dc9205abd374e7e98f3cd9f3418edb4eafda5fb16473d216'),
    publicKey: bytesOf(
      'b53d21a4cfd562c469cc81514d4ce5a6b577d8403d32a394dc265dd190b47fa9f829fdd7963afdf972e5e77854051f6f',
    ),
  },
} as const

export type BlsKeyName = keyof typeof blsKeys

export interface SignCase {
  /** As in `sign_case_<name>`. */
  readonly name: string
  /** As in `verify_valid_case_<name>`, `verify_tampered_signature_case_<name>` and `verify_wrong_pubkey_case_<name>`. */
  readonly verifyName: string
  readonly key: BlsKeyName
  /** 32 of these bytes are the message. */
  readonly byte: number
  readonly signature: Uint8Array
  /** The last four bytes replaced by ff, as in the tampered case. */
  readonly tampered: Uint8Array
  /** Who really signed in the wrong_pubkey case. */
  readonly wrongKey: BlsKeyName
}

function signCase(given: Omit<SignCase, 'tampered'>): SignCase {
  const tampered = given.signature.slice()
  tampered.fill(0xff, 92)
  return { ...given, tampered }
}

export const signCases: readonly SignCase[] = [
  signCase({
    name: 'c82df61aa3ee60fb',
    verifyName: 'e8a50c445c855360',
    key: 'a',
    byte: 0x00,
    signature: bytesOf(
      'b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb515809' +
        '0352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55',
    ),
    wrongKey: 'c',
  }),
  signCase({
    name: 'd0e28d7e76eb6e9c',
    verifyName: '2ea479adf8c40300',
    key: 'a',
    byte: 0x56,
    signature: bytesOf(
      '882730e5d03f6b42c3abc26d3372625034e1d871b65a8a6b900a56dae22da98abbe1b68f85e49fe7652a55ec3d0591c2' +
        '0767677e33e5cbb1207315c41a9ac03be39c2e7668edc043d6cb1d9fd93033caa8a1c5b0e84bedaeb6c64972503a43eb',
    ),
    wrongKey: 'c',
  }),
  signCase({
    name: 'f2ae1097e7d0e18b',
    verifyName: '8761a0b7e920c323',
    key: 'a',
    byte: 0xab,
    signature: bytesOf(
      '91347bccf740d859038fcdcaf233eeceb2a436bcaaee9b2aa3bfb70efe29dfb2677562ccbea1c8e061fb9971b0753c24' +
        '0622fab78489ce96768259fc01360346da5b9f579e5da0d941e4c6ba18a0e64906082375394f337fa1af2b7127b0d121',
    ),
    wrongKey: 'c',
  }),
  signCase({
    name: '11b8c7cad5238946',
    verifyName: '2f09d443ab8a3ac2',
    key: 'b',
    byte: 0x00,
    signature: bytesOf(
      'b23c46be3a001c63ca711f87a005c200cc550b9429d5f4eb38d74322144f1b63926da3388979e5321012fb1a0526bcd1' +
        '00b5ef5fe72628ce4cd5e904aeaa3279527843fae5ca9ca675f4f51ed8f83bbf7155da9ecc9663100a885d5dc6df96d9',
    ),
    wrongKey: 'a',
  }),
  signCase({
    name: '142f678a8d05fcd1',
    verifyName: '3208262581c8fc09',
    key: 'b',
    byte: 0x56,
    signature: bytesOf(
      'af1390c3c47acdb37131a51216da683c509fce0e954328a59f93aebda7e4ff974ba208d9a4a2a2389f892a9d418d6184' +
        '18dd7f7a6bc7aa0da999a9d3a5b815bc085e14fd001f6a1948768a3f4afefc8b8240dda329f984cb345c6363272ba4fe',
    ),
    wrongKey: 'a',
  }),
  signCase({
    name: '37286e1a6d1f6eb3',
    verifyName: '6eeb7c52dfd9baf0',
    key: 'b',
    byte: 0xab,
    signature: bytesOf(
      '9674e2228034527f4c083206032b020310face156d4a4685e2fcaec2f6f3665aa635d90347b6ce124eb879266b1e801d' +
        '185de36a0a289b85e9039662634f2eea1e02e670bc7ab849d006a70b2f93b84597558a05b879c8d445f387a5d5b653df',
    ),
    wrongKey: 'a',
  }),
  signCase({
    name: '7055381f640f2c1d',
    verifyName: 'd34885d766d5f705',
    key: 'c',
    byte: 0x00,
    signature: bytesOf(
      '948a7cb99f76d616c2c564ce9bf4a519f1bea6b0a624a02276443c245854219fabb8d4ce061d255af5330b078d538068' +
        '1751aa7053da2c98bae898edc218c75f07e24d8802a17cd1f6833b71e58f5eb5b94208b4d0bb3848cecb075ea21be115',
    ),
    wrongKey: 'b',
  }),
  signCase({
    name: '8cd3d4d0d9a5b265',
    verifyName: '6b3b17f6962a490c',
    key: 'c',
    byte: 0x56,
    signature: bytesOf(
      'a4efa926610b8bd1c8330c918b7a5e9bf374e53435ef8b7ec186abf62e1b1f65aeaaeb365677ac1d1172a1f5b44b4e6d' +
        '022c252c58486c0a759fbdc7de15a756acc4d343064035667a594b4c2a6f0b0b421975977f297dba63ee2f63ffe47bb6',
    ),
    wrongKey: 'b',
  }),
  signCase({
    name: '84d45c9c7cca6b92',
    verifyName: '195246ee3bd3b6ec',
    key: 'c',
    byte: 0xab,
    signature: bytesOf(
      'ae82747ddeefe4fd64cf9cedb9b04ae3e8a43420cd255e3c7cd06a8d88b7c7f8638543719981c5d16fa3527c468c25f0' +
        '026704a6951bde891360c7e8d12ddee0559004ccdbe6046b55bae1b257ee97f7cdb955773d7cf29adf3ccbb9975e4eb9',
    ),
    wrongKey: 'b',
  }),
]

/** `aggregate_0x<byte repeated>`: the sum of what a, b and c signed. */
export const aggregateCases: readonly { readonly byte: number; readonly sum: Uint8Array }[] = [
  {
    byte: 0x00,
    sum: bytesOf(
      '9683b3e6701f9a4b706709577963110043af78a5b41991b998475a3d3fd62abf35ce03b33908418efc95a058494a8ae5' +
        '04354b9f626231f6b3f3c849dfdeaf5017c4780e2aee1850ceaf4b4d9ce70971a3d2cfcd97b7e5ecf6759f8da5f76d31',
    ),
  },
  {
    byte: 0x56,
    sum: bytesOf(
      'ad38fc73846583b08d110d16ab1d026c6ea77ac2071e8ae832f56ac0cbcdeb9f5678ba5ce42bd8dce334cc47b5abcba4' +
        '0a58f7f1f80ab304193eb98836cc14d8183ec14cc77de0f80c4ffd49e168927a968b5cdaa4cf46b9805be84ad7efa77b',
    ),
  },
  {
    byte: 0xab,
    sum: bytesOf(
      '9712c3edd73a209c742b8250759db12549b3eaf43b5ca61376d9f30e2747dbcf842d8b2ac0901d2a093713e20284a767' +
        '0fcf6954e9ab93de991bb9b313e664785a075fc285806fa5224c82bde146561b446ccfc706a64b8579513cfc4ff1d930',
    ),
  },
]

export interface FastAggregateCase {
  readonly name: string
  readonly publicKeys: readonly Uint8Array[]
  readonly byte: number
  readonly signature: Uint8Array
  readonly isValid: boolean
}

const { a, b, c } = blsKeys
/** Compressed infinity: the flags, and nothing else. */
export const infinityG1: Uint8Array = bytesOf(`c0${'00'.repeat(47)}`)
export const infinityG2: Uint8Array = bytesOf(`c0${'00'.repeat(95)}`)

/** Of a alone over 00…, of a and b over 56…, of all three over ab… */
const byA = bytesOf(
  'b6ed936746e01f8ecf281f020953fbf1f01debd5657c4a383940b020b26507f6076334f91e2366c96e9ab279fb515809' +
    '0352ea1c5b0c9274504f4f0e7053af24802e51e4568d164fe986834f41e55c8e850ce1f98458c0cfc9ab380b55285a55',
)
const byAB = bytesOf(
  '912c3615f69575407db9392eb21fee18fff797eeb2fbe1816366ca2a08ae574d8824dbfafb4c9eaa1cf61b63c6f9b699' +
    '11f269b664c42947dd1b53ef1081926c1e82bb2a465f927124b08391a5249036146d6f3f1e17ff5f162f779746d830d1',
)
const byABC = bytesOf(
  '9712c3edd73a209c742b8250759db12549b3eaf43b5ca61376d9f30e2747dbcf842d8b2ac0901d2a093713e20284a767' +
    '0fcf6954e9ab93de991bb9b313e664785a075fc285806fa5224c82bde146561b446ccfc706a64b8579513cfc4ff1d930',
)
const tampered = (signature: Uint8Array) => signature.slice().fill(0xff, 92)

/** `fast_aggregate_verify_<name>` */
export const fastAggregateCases: readonly FastAggregateCase[] = [
  { name: 'valid_5e745ad0c6199a6c', publicKeys: [a.publicKey], byte: 0x00, signature: byA, isValid: true },
  {
    name: 'valid_652ce62f09290811',
    publicKeys: [a.publicKey, b.publicKey],
    byte: 0x56,
    signature: byAB,
    isValid: true,
  },
  {
    name: 'valid_3d7576f3c0e3570a',
    publicKeys: [a.publicKey, b.publicKey, c.publicKey],
    byte: 0xab,
    signature: byABC,
    isValid: true,
  },
  {
    name: 'extra_pubkey_a698ea45b109f303',
    publicKeys: [a.publicKey, c.publicKey],
    byte: 0x00,
    signature: byA,
    isValid: false,
  },
  {
    name: 'extra_pubkey_4f079f946446fabf',
    publicKeys: [a.publicKey, b.publicKey, c.publicKey],
    byte: 0x56,
    signature: byAB,
    isValid: false,
  },
  {
    name: 'extra_pubkey_5a38e6b4017fe4dd',
    publicKeys: [a.publicKey, b.publicKey, c.publicKey, c.publicKey],
    byte: 0xab,
    signature: byABC,
    isValid: false,
  },
  {
    name: 'tampered_signature_5e745ad0c6199a6c',
    publicKeys: [a.publicKey],
    byte: 0x00,
    signature: tampered(byA),
    isValid: false,
  },
  {
    name: 'tampered_signature_652ce62f09290811',
    publicKeys: [a.publicKey, b.publicKey],
    byte: 0x56,
    signature: tampered(byAB),
    isValid: false,
  },
  {
    name: 'tampered_signature_3d7576f3c0e3570a',
    publicKeys: [a.publicKey, b.publicKey, c.publicKey],
    byte: 0xab,
    signature: tampered(byABC),
    isValid: false,
  },
  {
    name: 'infinity_pubkey',
    publicKeys: [a.publicKey, b.publicKey, c.publicKey, infinityG1],
    byte: 0x12,
    signature: bytesOf(
      'afcb4d980f079265caa61aee3e26bf48bebc5dc3e7f2d7346834d76cbc812f636c937b6b44a9323d8bc4b1cdf71d6811' +
        '035ddc2634017faab2845308f568f2b9a0356140727356eae9eded8b87fd8cb8024b440c57aee06076128bb32921f584',
    ),
    isValid: false,
  },
  {
    name: 'na_pubkeys_and_infinity_signature',
    publicKeys: [],
    byte: 0xab,
    signature: infinityG2,
    isValid: false,
  },
  {
    name: 'na_pubkeys_and_na_signature',
    publicKeys: [],
    byte: 0xab,
    signature: new Uint8Array(96),
    isValid: false,
  },
]

/** `verifycase_one_privkey_47117849458281be`: the secret key 1, whose public key is the generator of G1. */
export const oneCase = {
  secretKey: bytesOf('01'.padStart(64, '0')),
  publicKey: bytesOf(
    '97f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb',
  ),
  byte: 0x12,
  signature: bytesOf(
    'a42ae16f1c2a5fa69c04cb5998d2add790764ce8dd45bf25b29b4700829232052b52352dcff1cf255b3a7810ad726960' +
      '1810f03b2bc8b68cf289cf295b206770605a190b6842583e47c3d1c0f73c54907bfb2a602157d46a4353a20283018763',
  ),
}

const digits = '0123456789abcdef'
const modulus =
  '9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab'
const aboveModulus = modulus.replace(/b$/, 'c')
const zeros = (count: number) => '00'.repeat(count)

/** `deserialization_G1/deserialization_fails_<name>`: no public key, whatever it is held against. */
export const refusedKeys: Readonly<Record<string, Uint8Array>> = {
  infinity_with_false_b_flag: bytesOf(`80${zeros(47)}`),
  infinity_with_true_b_flag: bytesOf(`c010${zeros(46)}`),
  not_in_G1: bytesOf(`8${digits.repeat(6).slice(1)}`),
  not_in_curve: bytesOf(`8${digits.repeat(6).slice(1, -1)}0`),
  too_few_bytes: bytesOf(modulus.slice(0, -2)),
  too_many_bytes: bytesOf(`${modulus.slice(0, -1)}900`),
  with_b_flag_and_a_flag_true: bytesOf(`e0${zeros(47)}`),
  with_b_flag_and_x_nonzero: bytesOf(`c${digits.repeat(6).slice(1)}`),
  with_wrong_c_flag: bytesOf(digits.repeat(6)),
  x_equal_to_modulus: bytesOf(modulus),
  x_greater_than_modulus: bytesOf(aboveModulus),
}

/**
 * The key a and a point of another order together (r times the point of not_in_G1), made for these tests: what a signed
 * fits the pairing equation under it, so that only a look at the subgroup tells it from a.
 */
export const mixedKey: Uint8Array = bytesOf(
  '8abf7556148922497dbf395cc5ba96e2bd149a315589eb47bbbb8877cbd6c8628849985e75f0050ca566479b9604315f',
)

/** `deserialization_G2/deserialization_fails_<name>`: no signature, whatever it is held against. */
export const refusedSignatures: Readonly<Record<string, Uint8Array>> = {
  infinity_with_false_b_flag: bytesOf(`80${zeros(95)}`),
  infinity_with_true_b_flag: bytesOf(`c010${zeros(94)}`),
  not_in_G2: bytesOf(`8${digits.repeat(12).slice(1)}`),
  not_in_curve: bytesOf(`8${digits.repeat(12).slice(1, -1)}0`),
  too_few_bytes: bytesOf(`8${digits.repeat(12).slice(1, -2)}`),
  too_many_bytes: bytesOf(`8${digits.repeat(12).slice(1)}ff`),
  with_b_flag_and_a_flag_true: bytesOf(`e0${zeros(95)}`),
  with_b_flag_and_x_nonzero: bytesOf(`c${digits.repeat(12).slice(1)}`),
  with_wrong_c_flag: bytesOf(digits.repeat(12)),
  xim_equal_to_modulus: bytesOf(modulus + zeros(48)),
  xim_greater_than_modulus: bytesOf(aboveModulus + zeros(48)),
  xre_equal_to_modulus: bytesOf(`80${zeros(47)}1${modulus.slice(1)}`),
  xre_greater_than_modulus: bytesOf(`80${zeros(47)}1${aboveModulus.slice(1)}`),
}

/** EIP-2333, test cases 0 to 3: a seed and the master secret key, in decimal. */
export const keyGenCases: readonly { readonly seed: Uint8Array; readonly secretKey: bigint }[] = [
  {
    seed: bytesOf(
      'c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141' +
        '630c7a3c4ab7c81b2f001698e7463b04',
    ),
    secretKey: 6083874454709270928345386274498605044986640685124978867557563392430687146096n,
  },
  {
    seed: bytesOf('3141592653589793238462643383279502884197169399375105820974944592'),
    secretKey: 29757020647961307431480504535336562678282505419141012933316116377660817309383n,
  },
  {
    seed: bytesOf('0099ff991111002299dd7744ee3355bbdd8844115566cc55663355668888cc00'),
    secretKey: 27580842291869792442942448775674722299803720648445448686099262467207037398656n,
  },
  {
    seed: bytesOf('d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3'),
    secretKey: 19022158461524446591288038168518313374041767046816487870552872741050760015818n,
  },
]
