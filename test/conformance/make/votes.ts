/** validator-sets.json, votes.json, certificates.json: who decides, and how it shows. */
import {
  type Certificate,
  encodeCertificate,
  encodeVote,
  faultsOf,
  quorumOf,
  type SignedVote,
  signersOf,
  voteSigningBytes,
} from '@chirograph/consensus'
import { domain, nobleEd25519 } from '@chirograph/crypto'
import { byteString, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { bytes32 } from '../world.ts'
import { certificateOf, four, headerOf, seedOf, validatorsOf, voteBy } from './consensus-world.ts'

const typeNumbers = { notarize: 1, skip: 2, final: 3 } as const
const sizes = [1, 4, 7, 16] as const

export function makeValidatorSets() {
  return {
    description:
      'Validator sets, in byte order of the organisations. `setHash` is SHA-256(domain("validator-set") ‖ bytes), bytes being the encoded fields. `leaders` is the permutation that view v picks from at v mod n: start with 0 … n - 1; for last = n - 1 down to 1 swap places last and w mod (last + 1). Words w are the first four bytes, big-endian, of SHA-256(domain("validator-set") ‖ setHash ‖ cbor(counter)) for counter 0, 1, 2, …; a word that is not below the largest multiple of last + 1 in 2^32 is passed over. quorum = ⌊2n/3⌋ + 1, faults = ⌈n/3⌉ - 1.',
    positions: { set: ['networkId', 'epoch', 'validators'], validator: ['org', 'key'] },
    cases: sizes.map((size) => {
      const { set, seeds } = validatorsOf(size)
      const validators = set.validators.map(({ org, key }): Notation => [byteString(org), byteString(key)])
      const fields: Notation = [byteString(set.networkId), set.epoch, validators]
      const { setHash, leaders } = set
      return {
        name: `${size} validators`,
        input: { seeds: seeds.map(hexOf), fields },
        output: {
          bytes: hexOf(encodeNotation(fields)),
          setHash,
          leaders,
          quorum: quorumOf(set),
          faults: faultsOf(set),
        },
      }
    }),
  }
}

const header = headerOf({ view: 5, height: 3 })
const { digest } = header

export function makeVotes() {
  const votes = [
    voteBy(0, { type: 'notarize', view: 5, digest }),
    voteBy(1, { type: 'skip', view: 6, digest: null }),
    voteBy(3, { type: 'final', view: 5, digest }),
    voteBy(2, { type: 'skip', view: Number.MAX_SAFE_INTEGER, digest: null }),
  ]
  return {
    description:
      'Votes of the four validators of validator-sets.json. The signature covers domain("vote") ‖ `message`, the encoding of the first five positions; `bytes` is the signed vote as it is sent. `reason` is a decoding code, or what checking the vote against the set answers.',
    positions: ['type', 'epoch', 'setHash', 'view', 'digest', 'signer', 'signature'],
    types: typeNumbers,
    cases: votes.map((vote) => {
      const { type, view, signer, signature } = vote
      const fields = voteFields(vote)
      const message = encodeNotation(fields.slice(0, 5))
      const prefix = hexOf(domain('vote'))
      if (hexOf(voteSigningBytes(vote)) !== prefix + hexOf(message))
        throw new Error('another message is signed')
      const name = `${type} in view ${view}`
      const { output } = wireCase(name, fields, encodeVote(vote))
      const input = { seed: hexOf(seedOf(four.seeds, signer)), fields: fields.slice(0, 5), signer }
      return { name, input, output: { message: hexOf(message), signature: hexOf(signature), ...output } }
    }),
    refused: voteRefusals(),
  }
}

export function voteFields({
  type,
  epoch,
  setHash,
  view,
  digest: of,
  signer,
  signature,
}: SignedVote): Notation[] {
  const subject = of === null ? null : byteString(of)
  return [typeNumbers[type], epoch, byteString(setHash), view, subject, signer, byteString(signature)]
}

function voteRefusals(): Refusal<{ readonly bytes: string }>[] {
  const vote = voteBy(0, { type: 'notarize', view: 5, digest })
  const skip = voteBy(0, { type: 'skip', view: 5, digest: null })
  const fields = voteFields(vote)
  const at = (index: number, value: Notation, of = fields) =>
    of.map((field, i) => (i === index ? value : field))
  const good = hexOf(encodeNotation(fields))
  const rows: [string, string, Notation[] | string][] = [
    ['type 0', 'SHAPE', at(0, 0)],
    ['type 4', 'SHAPE', at(0, 4)],
    ['a notarize vote for nothing', 'SHAPE', at(4, null)],
    ['a skip that names a header', 'SHAPE', at(4, byteString(digest), voteFields(skip))],
    ['signer 200', 'SHAPE', at(5, 200)],
    ['a signature of 63 bytes', 'SHAPE', at(6, byteString('00'.repeat(63)))],
    ['six positions', 'SHAPE', fields.slice(0, 6)],
    ['a byte behind', 'MALFORMED', `${good}00`],
    ['a type in two bytes', 'NON_CANONICAL', `871801${good.slice(4)}`],
    ['another set', 'wrong-set', at(2, byteString(bytes32('another set')))],
    ['another epoch', 'wrong-set', at(1, 1)],
    ['signer 4 of 4', 'unknown-signer', at(5, 4)],
    ['the signature of another signer', 'bad-signature', at(5, 1)],
    ['the signature of another type', 'bad-signature', at(0, 3)],
    ['the signature of another view', 'bad-signature', at(3, 6)],
    ['R is the neutral point, S is 0', 'bad-signature', at(6, byteString(`01${'00'.repeat(63)}`))],
    ['zeros for a signature', 'bad-signature', at(6, byteString('00'.repeat(64)))],
  ]
  return rows.map(([name, reason, wire]) => {
    return { name, input: { bytes: typeof wire === 'string' ? wire : hexOf(encodeNotation(wire)) }, reason }
  })
}

export function makeCertificates() {
  const seven = validatorsOf(7)
  const sixteen = validatorsOf(16)
  const certificates = [
    ['notarize, three of four', four, certificateOf({ type: 'notarize', view: 5, digest, height: 3 })],
    ['skip, three of four', four, certificateOf({ type: 'skip', view: 6, digest: null, height: 0 })],
    [
      'final, four of four',
      four,
      certificateOf({ type: 'final', view: 5, digest, height: 3 }, four, [2, 0, 3, 1]),
    ],
    ['final, five of seven', seven, certificateOf({ type: 'final', view: 5, digest, height: 3 }, seven)],
    [
      'final, eleven of sixteen',
      sixteen,
      certificateOf({ type: 'final', view: 5, digest, height: 3 }, sixteen),
    ],
  ] as const
  return {
    description:
      'Certificates: a quorum of votes of one type, view and digest, by a set of validator-sets.json (`validators` says of which size). Bit i of `signers` is bit i mod 8, least significant first, of byte ⌊i / 8⌋; the bitmap has ⌈n / 8⌉ bytes, and signatures stand in the order of its bits, so nobody can sign twice. Each signature is over the vote that the fields spell out, as in votes.json. `height` is not signed; a skip has 0. `reason` is a decoding code, or what checking the certificate against the set answers.',
    positions: ['scheme', 'type', 'epoch', 'view', 'height', 'digest', 'signers', 'signatures'],
    types: typeNumbers,
    cases: certificates.map(([name, { set }, certificate]) => {
      const { input, output } = wireCase(name, certificateFields(certificate), encodeCertificate(certificate))
      const { setHash } = set
      return {
        name,
        input: { validators: set.keys.length, setHash, ...input },
        output: { ...output, signerIndexes: signersOf(certificate) },
      }
    }),
    refused: certificateRefusals(),
  }
}

export function certificateFields(certificate: Certificate): Notation[] {
  const { scheme, type, epoch, view, height, digest: of, signers, signatures } = certificate
  const subject = of === null ? null : byteString(of)
  const list = signatures.map((signature) => byteString(signature))
  return [scheme, typeNumbers[type], epoch, view, height, subject, byteString(signers), list]
}

function certificateRefusals(): Refusal<{ readonly validators: number; readonly bytes: string }>[] {
  const certificate = certificateOf({ type: 'final', view: 5, digest, height: 3 }, four, [0, 1, 2])
  const fields = certificateFields(certificate)
  const signatures = certificate.signatures.map((signature) => byteString(signature))
  const [a, b, c] = signatures as [Notation, Notation, Notation] // three signed
  const good = hexOf(encodeNotation(fields))
  const with_ = (changes: Readonly<Record<number, Notation>>) => fields.map((field, i) => changes[i] ?? field)
  const bits = (hex: string) => byteString(hex)
  const outsider = nobleEd25519.sign({
    seed: bytes32('outsider'),
    message: voteSigningBytes(voteBy(0, { type: 'final', view: 5, digest })),
  })
  const rows: [string, string, Notation[] | string][] = [
    ['scheme 2', 'SHAPE', with_({ 0: 2 })],
    ['type 4', 'SHAPE', with_({ 1: 4 })],
    ['no signatures', 'SHAPE', with_({ 7: [] })],
    ['a signature of 63 bytes', 'SHAPE', with_({ 7: [a, b, byteString('00'.repeat(63))] })],
    ['a bitmap of 26 bytes', 'SHAPE', with_({ 6: bits('00'.repeat(26)) })],
    ['seven positions', 'SHAPE', fields.slice(0, 7)],
    ['a byte behind', 'MALFORMED', `${good}00`],
    ['a scheme in two bytes', 'NON_CANONICAL', `881801${good.slice(4)}`],
    ['another epoch', 'wrong-epoch', with_({ 2: 1 })],
    ['a final certificate for nothing', 'malformed', fields.map((field, i) => (i === 5 ? null : field))],
    ['a skip certificate that names a header', 'malformed', with_({ 1: 2 })],
    ['a bitmap of two bytes', 'wrong-bitmap', with_({ 6: bits('0700') })],
    ['no bitmap', 'wrong-bitmap', with_({ 6: bits('') })],
    ['a fifth signer', 'unknown-signer', with_({ 6: bits('13') })],
    ['two of four: one below the quorum', 'below-quorum', with_({ 6: bits('03'), 7: [a, b] })],
    ['two signers, three signatures', 'below-quorum', with_({ 6: bits('03') })],
    ['one signature twice for one signer', 'below-quorum', with_({ 6: bits('03'), 7: [a, b, b] })],
    ['three signers, two signatures', 'signature-count', with_({ 7: [a, b] })],
    ['three signers, four signatures', 'signature-count', with_({ 7: [a, b, c, c] })],
    ['one signature twice for two signers', 'bad-signature', with_({ 7: [a, b, b] })],
    ['signatures out of order', 'bad-signature', with_({ 7: [b, a, c] })],
    ['signers of another quorum', 'bad-signature', with_({ 6: bits('0e') })],
    ['the signature of a stranger', 'bad-signature', with_({ 7: [a, b, byteString(outsider)] })],
    ['votes of another type', 'bad-signature', with_({ 1: 1 })],
    ['votes of another view', 'bad-signature', with_({ 3: 6 })],
    ['votes for another header', 'bad-signature', with_({ 5: byteString(bytes32('another header')) })],
    [
      'R is the neutral point, S is 0',
      'bad-signature',
      with_({ 7: [a, b, byteString(`01${'00'.repeat(63)}`)] }),
    ],
  ]
  const ofFour = rows.map(([name, reason, wire]) => {
    return {
      name,
      input: { validators: 4, bytes: typeof wire === 'string' ? wire : hexOf(encodeNotation(wire)) },
      reason,
    }
  })
  return [...ofFour, ...belowQuorum()]
}

/** q - 1 genuine signatures, for each size. */
function belowQuorum() {
  return [7, 16].map((size) => {
    const by = validatorsOf(size)
    const full = certificateOf({ type: 'final', view: 5, digest, height: 3 }, by)
    const [dropped = 0] = signersOf(full)
    const signers = full.signers.map((byte, at) =>
      at === dropped >> 3 ? byte & ~(1 << (dropped & 7)) : byte,
    )
    const bytes = encodeCertificate({ ...full, signers, signatures: full.signatures.slice(1) })
    return {
      name: `${quorumOf(by.set) - 1} of ${size}: one below the quorum`,
      input: { validators: size, bytes: hexOf(bytes) },
      reason: 'below-quorum',
    }
  })
}
