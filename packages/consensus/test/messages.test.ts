import { bytesUpTo, encode, field, struct, uint } from '@chirograph/codec'
import {
  decodeHeader,
  decodeMessage,
  decodeProposal,
  decodeVote,
  encodeMessage,
  encodeProposal,
  encodeVote,
  type Message,
  messageBytesMax,
  type Proposal,
  verifyProposal,
  verifyVote,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import { equal, is, not, ok, seeded, suite } from '../../workspace/kit.ts'
import { certificate, createSeat, genesisOf, headerOf, proposalOf, setOf, vote } from './seat.ts'

const ed25519 = nobleEd25519
const set = setOf(4)
const genesis = genesisOf(set)
const genesisDigest = genesis.digest
const first = headerOf(set, { view: 1, height: 1, parent: genesisDigest })
const notarized = certificate(set, { type: 'notarize', view: 1, digest: first.digest })
const skipOf = (view: number) => certificate(set, { type: 'skip', view, digest: null })
const onFirst = (view: number) => headerOf(set, { view, height: 2, parent: first.digest })

function verdictOf(proposal: Proposal, context = set): string {
  const checked = verifyProposal(proposal, {
    set: context,
    ed25519,
    base: { digest: genesisDigest, view: 0 },
  })
  return checked.kind === 'verified' ? 'verified' : checked.reason
}

suite('proposals', (it) => {
  it('H3: are verified with the notarization of the parent and a skip for each view between', () => {
    const options = { parentCertificate: notarized, skips: [skipOf(2), skipOf(3)] }
    is(verdictOf(proposalOf(set, onFirst(4), options)), 'verified')
    is(verdictOf(proposalOf(set, first)), 'verified')
  })

  it('H3: not signed by the leader of the view: bad-signature', () => {
    for (let signer = 0; signer < 4; signer++) {
      const isLeader = signer === set.leaders[1]
      is(verdictOf(proposalOf(set, first, { signer })), isLeader ? 'verified' : 'bad-signature')
    }
  })

  it('H3: with a certificate of another header, of no vote for it, or of a later view: unjustified-parent', () => {
    const other = certificate(set, { type: 'notarize', view: 1, digest: 'ab'.repeat(32) })
    const later = certificate(set, { type: 'notarize', view: 2, digest: first.digest })
    for (const parentCertificate of [other, later, skipOf(1), null])
      is(verdictOf(proposalOf(set, onFirst(2), { parentCertificate })), 'unjustified-parent')
    is(verdictOf(proposalOf(set, first, { parentCertificate: notarized })), 'unjustified-parent')
  })

  it('H3: with a skip missing, doubled, in the wrong order or of the wrong type: unjustified-skip', () => {
    const faulty = [
      [],
      [skipOf(2)],
      [skipOf(2), skipOf(2)],
      [skipOf(3), skipOf(2)],
      [skipOf(2), skipOf(3), skipOf(4)],
      [skipOf(2), certificate(set, { type: 'final', view: 3, digest: first.digest })],
    ]
    for (const skips of faulty) {
      const proposal = proposalOf(set, onFirst(4), { parentCertificate: notarized, skips })
      is(verdictOf(proposal), 'unjustified-skip')
    }
  })

  it('H3: with a certificate that a quorum did not sign: bad-certificate', () => {
    const forged = { ...skipOf(2), signatures: skipOf(3).signatures }
    const proposal = proposalOf(set, onFirst(3), { parentCertificate: notarized, skips: [forged] })
    is(verdictOf(proposal), 'bad-certificate')
    const parentCertificate = { ...notarized, signatures: skipOf(1).signatures }
    is(verdictOf(proposalOf(set, onFirst(2), { parentCertificate })), 'bad-certificate')
  })

  it('of another network: wrong-network; of another set: wrong-set', () => {
    is(verdictOf(proposalOf(set, first), { ...set, networkId: 'ab'.repeat(32) }), 'wrong-network')
    is(verdictOf(proposalOf(set, first), { ...set, setHash: 'ab'.repeat(32) }), 'wrong-set')
    is(verdictOf(proposalOf(set, first), { ...set, epoch: 1 }), 'wrong-set')
  })

  it('survive their bytes', () => {
    const proposal = proposalOf(set, onFirst(3), { parentCertificate: notarized, skips: [skipOf(2)] })
    const decoded = decodeProposal(encodeProposal(proposal))
    ok(decoded.ok)
    equal(decoded.value.header.digest, proposal.header.digest)
    is(verdictOf(decoded.value), 'verified')
  })

  it('whose rest does not hash to what the core says are not read', () => {
    const other = headerOf(set, { view: 1, height: 1, parent: 'ab'.repeat(32) })
    const decoded = decodeHeader(first.coreBytes, other.restBytes)
    ok(!decoded.ok)
    is(decoded.detail, 'the rest of the header does not hash to what its core says')
  })
})

suite('votes', (it) => {
  const good = vote(set, { signer: 2, type: 'notarize', view: 5, digest: first.digest })
  const verdict = (change: Partial<typeof good>) => {
    const checked = verifyVote({ ...good, ...change }, { set, ed25519 })
    return checked.kind === 'verified' ? 'verified' : checked.reason
  }

  it('sign their type, view and digest: any other does not verify', () => {
    is(verdict({}), 'verified')
    for (const change of [
      { type: 'final' },
      { view: 6 },
      { digest: 'ab'.repeat(32) },
      { signer: 1 },
    ] as const)
      is(verdict(change), 'bad-signature')
  })

  it('of another set or epoch, or of nobody in the set, are told apart', () => {
    is(verdict({ setHash: 'ab'.repeat(32) }), 'wrong-set')
    is(verdict({ epoch: 1 }), 'wrong-set')
    is(verdict({ signer: 4 }), 'unknown-signer')
  })

  it('that skip and name a header, or do neither, are not read', () => {
    not(decodeVote(encodeVote({ ...good, type: 'skip' })).ok)
    not(decodeVote(encodeVote({ ...good, digest: null })).ok)
    ok(decodeVote(encodeVote(good)).ok)
  })
})

suite('messages', (it) => {
  const messages: Message[] = [
    {
      kind: 'proposal',
      proposal: proposalOf(set, onFirst(3), { parentCertificate: notarized, skips: [skipOf(2)] }),
    },
    { kind: 'vote', vote: vote(set, { signer: 1, type: 'skip', view: 9, digest: null }) },
    { kind: 'certificate', certificate: notarized },
    { kind: 'standing', standing: { view: 3, finalView: 1, finalHeight: 1 } },
  ]

  it('of each kind survive their bytes', () => {
    for (const message of messages) {
      const decoded = decodeMessage(encodeMessage(message))
      ok(decoded.ok)
      is(decoded.value.kind, message.kind)
      equal(encodeMessage(decoded.value), encodeMessage(message))
    }
  })

  it('with any one byte changed are refused or say something else, and never throw', () => {
    const random = seeded(77)
    for (const message of messages) {
      const bytes = encodeMessage(message)
      for (let time = 0; time < 300; time++) {
        const hostile = bytes.with(random.int(bytes.length), random.int(256))
        const decoded = decodeMessage(hostile)
        if (decoded.ok) equal(encodeMessage(decoded.value), hostile)
      }
    }
  })

  it('of random or truncated bytes are refused, and never throw', () => {
    const random = seeded(78)
    for (let time = 0; time < 2_000; time++) not(decodeMessage(random.bytes(random.int(200))).ok)
    for (const message of messages) {
      const bytes = encodeMessage(message)
      for (let length = 0; length < bytes.length; length += 7) not(decodeMessage(bytes.slice(0, length)).ok)
    }
  })

  it('of an unknown type, or larger than a message may be, are refused', () => {
    const envelope = struct('message', [
      field('type', uint()),
      field('payload', bytesUpTo(2 * messageBytesMax)),
    ])
    for (const type of [0, 5]) not(decodeMessage(encode(envelope, { type, payload: new Uint8Array() })).ok)
    const oversize = decodeMessage(encode(envelope, { type: 2, payload: new Uint8Array(messageBytesMax) }))
    ok(!oversize.ok)
    is(oversize.code, 'OVERSIZE')
  })

  it('of views far ahead are not held, so nobody fills the memory with them', () => {
    const seat = createSeat()
    for (let view = 66; view < 400; view++)
      seat.take({ kind: 'vote', vote: vote(set, { signer: 1, type: 'skip', view, digest: null }) })
    is(seat.state.views.size, 0)
    seat.take({ kind: 'vote', vote: vote(set, { signer: 1, type: 'skip', view: 65, digest: null }) })
    is(seat.state.views.size, 1)
  })
})
