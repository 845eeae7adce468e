/** bls.json, bls-certificates.json: networks whose certificates are sums of BLS signatures. */
import { toHex } from '@chirograph/codec'
import {
  type Certificate,
  createCertificate,
  createValidatorSet,
  encodeCertificate,
  encodeVote,
  quorumOf,
  type SignedVote,
  signersOf,
  signVote,
  type Verified,
  voteSigningBytes,
} from '@chirograph/consensus'
import { blsMultikeyOf, blsSecretKeyOf, blsSuite, domain, nobleBls } from '@chirograph/crypto'
import {
  blsKeys,
  infinityG1,
  infinityG2,
  keyGenCases,
  mixedKey,
  refusedKeys,
  refusedSignatures,
  signCases,
} from '../../../packages/crypto/test/bls-vectors.ts'
import { byteString, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { wireCase } from '../vector-file.ts'
import { bytes32 } from '../world.ts'
import { headerOf } from './consensus-world.ts'
import { certificateFields, voteFields } from './votes.ts'

const bls = nobleBls
const source = 'ethereum/bls12-381-tests v0.1.2 (CC0 1.0), and EIP-2333 for the published seeds'

/** Of four validators whose seeds follow from their numbers. */
const four = (() => {
  const made = [0, 1, 2, 3].map((index) => {
    const seed = bytes32(`BLS consensus seed ${index}`)
    const secretKey = blsSecretKeyOf(seed)
    return {
      org: toHex(bytes32(`organisation ${index}`)),
      key: toHex(bls.publicKey(secretKey)),
      seed,
      secretKey,
    }
  })
  made.sort((a, b) => (a.org < b.org ? -1 : 1))
  const validators = made.map(({ org, key }) => ({ org, key }))
  const set = createValidatorSet({ networkId: toHex(bytes32('network')), epoch: 0, validators })
  return { set, seeds: made.map(({ seed }) => seed), secretKeys: made.map(({ secretKey }) => secretKey) }
})()

const { digest } = headerOf({ view: 5, height: 3 })
const final = { type: 'final', view: 5, digest } as const

export function makeBls() {
  const own = four.seeds.map((seed, index) => ({ name: `validator ${index}`, seed }))
  const published = keyGenCases.map(({ seed }, index) => ({ name: `EIP-2333 test case ${index}`, seed }))
  const [a, b, c] = [blsKeys.a, blsKeys.b, blsKeys.c]
  const message = new Uint8Array(32).fill(0x56)
  const over = signCases.filter(({ byte }) => byte === 0x56)
  const parts = over.map(({ signature }) => signature)
  const sum = bls.aggregate(parts) ?? new Uint8Array()
  const [first = new Uint8Array()] = parts
  const all = [a.publicKey, b.publicKey, c.publicKey]
  const refusals: [string, readonly Uint8Array[], Uint8Array][] = [
    ['no key', [], sum],
    ['a key too few', all.slice(1), sum],
    ['a key twice', [...all, a.publicKey], sum],
    ['one signature for three', all, first],
    ['infinity among the keys', [...all, infinityG1], sum],
    ['infinity as the signature', all, infinityG2],
    ['a key and a point of another order together', [mixedKey], first],
    ...Object.entries(refusedKeys).map(([name, key]): [string, readonly Uint8Array[], Uint8Array] => [
      `key: ${name}`,
      [key],
      first,
    ]),
    ...Object.entries(refusedSignatures).map(
      ([name, signature]): [string, readonly Uint8Array[], Uint8Array] => [
        `signature: ${name}`,
        all,
        signature,
      ],
    ),
  ]
  return {
    description: `BLS signatures, keys in G1 and signatures in G2, ciphersuite ${blsSuite} (draft-irtf-cfrg-bls-signature-05). \`keys\` are made from seeds by KeyGen without key_info; \`multikey\` has the multicodec 0xea. \`sum\` is the signature that stands for all \`signatures\`, checked by FastAggregateVerify. \`refused\` signatures over \`message\` check under no circumstances.`,
    source,
    keys: [...published, ...own].map(({ name, seed }) => {
      const secretKey = blsSecretKeyOf(seed)
      const publicKey = bls.publicKey(secretKey)
      const output = {
        secretKey: hexOf(secretKey),
        publicKey: hexOf(publicKey),
        multikey: blsMultikeyOf(publicKey),
      }
      return { name, input: { seed: hexOf(seed) }, output }
    }),
    cases: signCases.map(({ name, key, byte, signature }) => {
      const input = {
        secretKey: hexOf(blsKeys[key].secretKey),
        message: hexOf(new Uint8Array(32).fill(byte)),
      }
      const output = { publicKey: hexOf(blsKeys[key].publicKey), signature: hexOf(signature) }
      return { name: `sign_case_${name}`, input, output }
    }),
    sums: [
      {
        name: 'a, b and c over 5656…',
        input: { publicKeys: all.map(hexOf), message: hexOf(message), signatures: parts.map(hexOf) },
        output: { sum: hexOf(sum) },
      },
    ],
    refused: refusals.map(([name, publicKeys, signature]) => ({
      name,
      input: { publicKeys: publicKeys.map(hexOf), message: hexOf(message), signature: hexOf(signature) },
      reason: 'bad-signature',
    })),
  }
}

export function makeBlsCertificates() {
  const { set, seeds } = four
  const validators = set.validators.map(({ org, key }): Notation => [byteString(org), byteString(key)])
  const setFields: Notation = [byteString(set.networkId), set.epoch, validators]
  const votes = [
    voteBy(0, { type: 'notarize', view: 5, digest }),
    voteBy(1, { type: 'skip', view: 6, digest: null }),
    voteBy(3, final),
  ]
  const certificates = [
    ['notarize, three of four', certificateBy([3, 1, 0], { type: 'notarize', view: 5, digest }, 3)],
    ['skip, three of four', certificateBy([0, 1, 2], { type: 'skip', view: 6, digest: null }, 0)],
    ['final, four of four', certificateBy([0, 1, 2, 3], final, 3)],
  ] as const
  return {
    description:
      'A validator set with BLS keys, and votes and certificates of it: scheme 2. Hashes and what votes sign are as in validator-sets.json and votes.json; a key has 48 bytes, a signature 96. A certificate has one signature, the sum of those of the signers that its bitmap names, over the vote that its fields spell out. `reason` is a decoding code, or what checking the certificate against the set answers.',
    positions: ['scheme', 'type', 'epoch', 'view', 'height', 'digest', 'signers', 'signatures'],
    set: {
      input: { seeds: seeds.map(hexOf), fields: setFields },
      output: { bytes: hexOf(encodeNotation(setFields)), setHash: set.setHash, quorum: quorumOf(set) },
    },
    votes: votes.map((vote) => {
      const fields = voteFields(vote)
      const { output } = wireCase('vote', fields, encodeVote(vote))
      const message = encodeNotation(fields.slice(0, 5))
      if (hexOf(voteSigningBytes(vote)) !== hexOf(domain('vote')) + hexOf(message))
        throw new Error('another message is signed')
      const input = {
        seed: hexOf(seeds[vote.signer] ?? new Uint8Array()),
        fields: fields.slice(0, 5),
        signer: vote.signer,
      }
      return {
        name: `${vote.type} in view ${vote.view}`,
        input,
        output: { message: hexOf(message), signature: hexOf(vote.signature), ...output },
      }
    }),
    cases: certificates.map(([name, certificate]) => {
      const { input, output } = wireCase(name, certificateFields(certificate), encodeCertificate(certificate))
      return { name, input, output: { ...output, signerIndexes: signersOf(certificate) } }
    }),
    refused: certificateRefusals(),
  }
}

function voteBy(signer: number, what: Pick<SignedVote, 'type' | 'view' | 'digest'>): Verified<SignedVote> {
  const { epoch, setHash } = four.set
  const secretKey = four.secretKeys[signer] ?? new Uint8Array()
  return signVote(
    { ...what, epoch, setHash },
    { signer, sign: (message) => bls.sign({ secretKey, message }) },
  )
}

function certificateBy(
  signers: readonly number[],
  what: Pick<SignedVote, 'type' | 'view' | 'digest'>,
  height: number,
): Certificate {
  return createCertificate(
    signers.map((signer) => voteBy(signer, what)),
    { set: four.set, height, bls },
  )
}

function certificateRefusals() {
  const good = certificateFields(certificateBy([0, 1, 2], final, 3))
  const with_ = (changes: Readonly<Record<number, Notation>>) => good.map((field, i) => changes[i] ?? field)
  const summed = (votes: readonly SignedVote[]) =>
    bls.aggregate(votes.map(({ signature }) => signature)) ?? new Uint8Array()
  const signatureOf = (signer: number) => byteString(voteBy(signer, final).signature)
  const [sum = null] = good[7] as Notation[] // a list of one
  const stranger = bls.sign({ secretKey: blsKeys.a.secretKey, message: voteSigningBytes(voteBy(0, final)) })
  const rows: [string, string, Notation[]][] = [
    ['scheme 1', 'SHAPE', with_({ 0: 1 })],
    ['scheme 3', 'SHAPE', with_({ 0: 3 })],
    ['no signature', 'SHAPE', with_({ 7: [] })],
    ['two sums', 'SHAPE', with_({ 7: [sum, sum] })],
    [
      'three signatures that were not added up',
      'SHAPE',
      with_({ 7: [signatureOf(0), signatureOf(1), signatureOf(2)] }),
    ],
    ['a sum of 95 bytes', 'SHAPE', with_({ 7: [byteString('00'.repeat(95))] })],
    [
      'a list of ed25519 signatures under scheme 1',
      'wrong-scheme',
      with_({ 0: 1, 7: [1, 2, 3].map(() => byteString('00'.repeat(64))) }),
    ],
    ['another epoch', 'wrong-epoch', with_({ 2: 1 })],
    ['a bitmap of two bytes', 'wrong-bitmap', with_({ 6: byteString('0700') })],
    ['a fifth signer', 'unknown-signer', with_({ 6: byteString('17') })],
    [
      'two of four: one below the quorum',
      'below-quorum',
      with_({ 6: byteString('03'), 7: [byteString(summed([voteBy(0, final), voteBy(1, final)]))] }),
    ],
    ['a signer more than signed', 'bad-signature', with_({ 6: byteString('0f') })],
    ['signers of another quorum', 'bad-signature', with_({ 6: byteString('0e') })],
    ['one signature for three', 'bad-signature', with_({ 7: [signatureOf(0)] })],
    [
      'one signature twice in the sum',
      'bad-signature',
      with_({ 7: [byteString(summed([voteBy(0, final), voteBy(1, final), voteBy(1, final)]))] }),
    ],
    [
      'a stranger’s signature in the sum',
      'bad-signature',
      with_({
        7: [
          byteString(bls.aggregate([stranger, voteBy(0, final).signature, voteBy(1, final).signature]) ?? ''),
        ],
      }),
    ],
    [
      'a NOTARIZE in a sum of FINAL',
      'bad-signature',
      with_({
        7: [
          byteString(summed([voteBy(0, final), voteBy(1, final), voteBy(2, { ...final, type: 'notarize' })])),
        ],
      }),
    ],
    ['votes of another type', 'bad-signature', with_({ 1: 1 })],
    ['votes of another view', 'bad-signature', with_({ 3: 6 })],
    ['votes for another header', 'bad-signature', with_({ 5: byteString(bytes32('another header')) })],
    ['infinity for a sum', 'bad-signature', with_({ 7: [byteString(infinityG2)] })],
    ...Object.entries(refusedSignatures)
      .filter(([, one]) => one.length === 96)
      .map(([name, one]): [string, string, Notation[]] => [
        `sum: ${name}`,
        'bad-signature',
        with_({ 7: [byteString(one)] }),
      ]),
  ]
  return rows.map(([name, reason, fields]) => ({
    name,
    input: { bytes: hexOf(encodeNotation(fields)) },
    reason,
  }))
}
