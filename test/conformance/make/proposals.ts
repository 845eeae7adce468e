/** checkpoint-headers.json, proposals.json, messages.json: what a leader proposes and validators say. */
import {
  createHeader,
  encodeCertificate,
  encodeMessage,
  encodeProposal,
  encodeVote,
  type Header,
  leaderOf,
  type Message,
  type Proposal,
  proposalSigningBytes,
} from '@chirograph/consensus'
import { domain } from '@chirograph/crypto'
import { byteString, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { type Refusal, wireCase } from '../vector-file.ts'
import { bytes32, signer } from '../world.ts'
import { certificateOf, four, headerOf, seedOf, voteBy } from './consensus-world.ts'
import { certificateFields } from './votes.ts'

const corePositions = [
  'version',
  'networkId',
  'epoch',
  'view',
  'height',
  'timeMs',
  'setHash',
  'stateRoot',
  'nextSetHash',
  'restHash',
]
const restPositions = ['parent', 'cutRoot', 'logRoot', 'logSize']

export function coreFields({ core }: Header): Notation[] {
  const hashes = [core.setHash, core.stateRoot, core.nextSetHash, core.restHash].map((hex) => byteString(hex))
  return [
    core.version,
    byteString(core.networkId),
    core.epoch,
    core.view,
    core.height,
    core.timeMs,
    ...hashes,
  ]
}

export function restFields({ rest }: Header): Notation[] {
  return [byteString(rest.parent), byteString(rest.cutRoot), byteString(rest.logRoot), rest.logSize]
}

export function makeCheckpointHeaders() {
  const max = Number.MAX_SAFE_INTEGER
  const largest = createHeader(
    { ...headerOf({ view: 1, height: 1 }).core, epoch: max, view: max, height: max, timeMs: max },
    { ...headerOf({ view: 1, height: 1 }).rest, logSize: max },
  )
  const headers: [string, Header][] = [
    ['the first after the genesis', headerOf({ view: 1, height: 1 })],
    ['a later one', headerOf({ view: 70_000, height: 65_536 })],
    ['the largest of all numbers', largest],
  ]
  return {
    description:
      'Checkpoint headers: `rest` is hashed with SHA-256 into the last position of `core`, and `digest` is SHA-256(domain("header") ‖ core bytes). Refusals are of the pair.',
    positions: { core: corePositions, rest: restPositions },
    cases: headers.map(([name, header]) => ({
      name,
      input: { core: coreFields(header), rest: restFields(header) },
      output: {
        restBytes: wireCase(name, restFields(header), header.restBytes).output.bytes,
        coreBytes: wireCase(name, coreFields(header), header.coreBytes).output.bytes,
        digest: header.digest,
      },
    })),
    refused: headerRefusals(),
  }
}

function headerRefusals(): Refusal<{ readonly coreBytes: string; readonly restBytes: string }>[] {
  const header = headerOf({ view: 1, height: 1 })
  const core = coreFields(header)
  const rest = restFields(header)
  const [coreBytes, restBytes] = [hexOf(header.coreBytes), hexOf(header.restBytes)]
  const at = (fields: Notation[], index: number, value: Notation) => {
    return hexOf(encodeNotation(fields.map((field, i) => (i === index ? value : field))))
  }
  const rows: [string, string, string, string][] = [
    ['version 2', 'SHAPE', at(core, 0, 2), restBytes],
    ['version 1 in two bytes', 'NON_CANONICAL', `8a1801${coreBytes.slice(4)}`, restBytes],
    ['nine positions', 'SHAPE', hexOf(encodeNotation(core.slice(0, 9))), restBytes],
    ['a root of 31 bytes', 'SHAPE', at(core, 7, byteString('00'.repeat(31))), restBytes],
    ['a height of null', 'SHAPE', at(core, 4, null), restBytes],
    ['a byte behind', 'MALFORMED', `${coreBytes}00`, restBytes],
    ['513 bytes', 'OVERSIZE', '00'.repeat(513), restBytes],
    ['a rest of three positions', 'SHAPE', coreBytes, hexOf(encodeNotation(rest.slice(0, 3)))],
    ['another rest', 'SHAPE', coreBytes, at(rest, 3, 11)],
  ]
  return rows.map(([name, reason, of, with_]) => ({
    name,
    input: { coreBytes: of, restBytes: with_ },
    reason,
  }))
}

const genesisDigest = hexOf(bytes32('genesis header'))

function sealed(
  header: Header,
  rest: Omit<Proposal, 'header' | 'signature'>,
  by = leaderOf(four.set, header.core.view),
): Proposal {
  return { header, ...rest, signature: signer(seedOf(four.seeds, by))(proposalSigningBytes(header)) }
}

const parent = headerOf({ view: 2, height: 1, parent: genesisDigest })
const parentCertificate = certificateOf({ type: 'notarize', view: 2, digest: parent.digest, height: 1 })
const skipOf = (view: number) => certificateOf({ type: 'skip', view, digest: null, height: 0 })
const noChanges = Uint8Array.of(0x80)

const onGenesis = sealed(headerOf({ view: 1, height: 1, parent: genesisDigest }), {
  changes: noChanges,
  parentCertificate: null,
  skips: [],
})
const childHeader = headerOf({ view: 5, height: 2, parent: parent.digest })
const child = sealed(childHeader, { changes: noChanges, parentCertificate, skips: [skipOf(3), skipOf(4)] })

function proposalFields({ header, changes, parentCertificate: of, skips, signature }: Proposal): Notation[] {
  const parts = [header.coreBytes, header.restBytes, changes].map((part) => byteString(part))
  return [...parts, of && certificateFields(of), skips.map(certificateFields), byteString(signature)]
}

export function makeProposals() {
  const proposals: [string, Proposal][] = [
    ['on the genesis', onGenesis],
    ['after two skipped views', child],
    [
      'on the genesis, after a skipped view',
      sealed(headerOf({ view: 2, height: 1, parent: genesisDigest }), {
        changes: noChanges,
        parentCertificate: null,
        skips: [skipOf(1)],
      }),
    ],
  ]
  return {
    description:
      'Proposals by the leaders of the four validators of validator-sets.json. The signature, by the leader of the view, covers domain("proposal") ‖ `message`, the encoding of [setHash, view, digest]. The parent is the genesis header (certificate null, its view counting as 0) or has a notarize or final certificate; `skips` are skip certificates of every view between, ascending. `reason` is a decoding code, or what checking the proposal answers.',
    positions: {
      proposal: ['coreBytes', 'restBytes', 'changes', 'parentCertificate', 'skips', 'signature'],
      message: ['setHash', 'view', 'digest'],
    },
    genesisDigest,
    setHash: four.set.setHash,
    cases: proposals.map(([name, proposal]) => {
      const { view, setHash } = proposal.header.core
      const { digest } = proposal.header
      const leader = leaderOf(four.set, view)
      const message = hexOf(encodeNotation([byteString(setHash), view, byteString(digest)]))
      if (hexOf(proposalSigningBytes(proposal.header)) !== hexOf(domain('proposal')) + message)
        throw new Error(name)
      const { input, output } = wireCase(name, proposalFields(proposal), encodeProposal(proposal))
      const seed = hexOf(seedOf(four.seeds, leader))
      return {
        name,
        input: { seed, ...input },
        output: { leader, digest, message, signature: hexOf(proposal.signature), ...output },
      }
    }),
    refused: proposalRefusals(),
  }
}

function proposalRefusals(): Refusal<{ readonly bytes: string }>[] {
  const { view } = childHeader.core
  const follower = (leaderOf(four.set, view) + 1) % 4
  const skips = [skipOf(3), skipOf(4)]
  const rest = { changes: noChanges, parentCertificate, skips }
  const wrongNetwork = createHeader(
    { ...childHeader.core, networkId: hexOf(bytes32('another network')) },
    childHeader.rest,
  )
  const wrongSet = createHeader(
    { ...childHeader.core, setHash: hexOf(bytes32('another set')) },
    childHeader.rest,
  )
  const weak = { ...parentCertificate, signatures: [...parentCertificate.signatures].reverse() }
  const bytes = hexOf(encodeProposal(child))
  const fields = proposalFields(child)
  const rows: [string, string, Proposal | string][] = [
    ['five positions', 'SHAPE', hexOf(encodeNotation(fields.slice(0, 5)))],
    ['a byte behind', 'MALFORMED', `${bytes}00`],
    ['an array length in two bytes', 'NON_CANONICAL', `9806${bytes.slice(2)}`],
    [
      'a rest that its core does not name',
      'SHAPE',
      hexOf(encodeNotation(fields.with(1, byteString(parent.restBytes)))),
    ],
    ['another network', 'wrong-network', sealed(wrongNetwork, rest)],
    ['another set', 'wrong-set', sealed(wrongSet, rest)],
    ['signed by a validator that does not lead', 'bad-signature', sealed(childHeader, rest, follower)],
    [
      'R is the neutral point, S is 0',
      'bad-signature',
      { ...child, signature: Uint8Array.from([1, ...new Uint8Array(63)]) },
    ],
    [
      'no certificate of the parent',
      'unjustified-parent',
      sealed(childHeader, { ...rest, parentCertificate: null }),
    ],
    [
      'a certificate of another header',
      'unjustified-parent',
      sealed(childHeader, {
        ...rest,
        parentCertificate: certificateOf({ type: 'final', view: 2, digest: childHeader.digest, height: 1 }),
      }),
    ],
    [
      'a skip certificate for the parent',
      'unjustified-parent',
      sealed(childHeader, { ...rest, parentCertificate: skipOf(2) }),
    ],
    [
      'a certificate where the parent is the genesis',
      'unjustified-parent',
      sealed(onGenesis.header, { ...rest, skips: [] }),
    ],
    ['a skip missing', 'unjustified-skip', sealed(childHeader, { ...rest, skips: [skipOf(3)] })],
    [
      'skips out of order',
      'unjustified-skip',
      sealed(childHeader, { ...rest, skips: [skipOf(4), skipOf(3)] }),
    ],
    [
      'a parent certificate with signatures out of order',
      'bad-certificate',
      sealed(childHeader, { ...rest, parentCertificate: weak }),
    ],
  ]
  return rows.map(([name, reason, proposal]) => {
    return {
      name,
      input: { bytes: typeof proposal === 'string' ? proposal : hexOf(encodeProposal(proposal)) },
      reason,
    }
  })
}

export function makeMessages() {
  const vote = voteBy(0, { type: 'final', view: 5, digest: childHeader.digest })
  const standing = { view: 6, finalView: 5, finalHeight: 2 }
  const messages: [Message, number, Uint8Array][] = [
    [{ kind: 'proposal', proposal: onGenesis }, 1, encodeProposal(onGenesis)],
    [{ kind: 'vote', vote }, 2, encodeVote(vote)],
    [{ kind: 'certificate', certificate: parentCertificate }, 3, encodeCertificate(parentCertificate)],
    [{ kind: 'standing', standing }, 4, encodeNotation(Object.values(standing))],
  ]
  const good = hexOf(encodeMessage({ kind: 'standing', standing }))
  const refused: [string, string, Notation | string][] = [
    ['type 0', 'SHAPE', [0, byteString('83060502')]],
    ['type 5', 'SHAPE', [5, byteString('83060502')]],
    ['one position', 'SHAPE', [4]],
    ['a payload that is no byte string', 'SHAPE', [4, [6, 5, 2]]],
    ['a vote sent as a standing', 'OVERSIZE', [4, byteString(encodeVote(vote))]],
    ['a standing sent as a vote', 'SHAPE', [2, byteString('83060502')]],
    ['a standing of two positions', 'SHAPE', [4, byteString('820605')]],
    ['a byte behind the payload', 'MALFORMED', [4, byteString('8306050200')]],
    ['a byte behind', 'MALFORMED', `${good}00`],
    ['a type in two bytes', 'NON_CANONICAL', `821804${good.slice(4)}`],
  ]
  return {
    description:
      'Messages on the direct streams between validators: [type, payload], the payload being the encoding of a proposal (1), a signed vote (2), a certificate (3) or a standing (4), as in the files for those.',
    positions: { message: ['type', 'payload'], standing: ['view', 'finalView', 'finalHeight'] },
    cases: messages.map(([message, type, payload]) => {
      const { input, output } = wireCase(message.kind, [type, byteString(payload)], encodeMessage(message))
      return { name: message.kind, input: { kind: message.kind, ...input }, output }
    }),
    refused: refused.map(([name, reason, wire]) => {
      return { name, input: { bytes: typeof wire === 'string' ? wire : hexOf(encodeNotation(wire)) }, reason }
    }),
  }
}
