/** What the oracles of what is on disk, of certificates and of restrictions find, and what they let pass. */
import type { EventId } from '@chirograph/codec'
import {
  createCertificate,
  createHeader,
  encodeMessage,
  leaderOf,
  type Proposal,
  quorumOf,
  signVote,
} from '@chirograph/consensus'
import { nobleEd25519 } from '@chirograph/crypto'
import { type AuthenticEvent, createEvent, type EventBody } from '@chirograph/event'
import { encodeChanges, forkEvidenceOf } from '@chirograph/log'
import {
  flawOfCertificate,
  genesisTimeMs,
  judgeRestrictions,
  judgeVouching,
  OracleBreach,
  quorumAmong,
  type SimulatedMember,
  simulatedGenesis,
} from '@chirograph/simulator'
import { applyEvents, genesisState, type NetworkState, networkIdOf, validatorSetOf } from '@chirograph/status'
import { is, match, ok, suite } from '../../workspace/kit.ts'

const ed25519 = nobleEd25519
const { genesis, members } = simulatedGenesis({ size: 4, seed: 1, ed25519 })
const set = validatorSetOf(genesis)
const book = { setOf: () => set, nodeOf: ({ signer }: { signer: number }) => signer }
const zeros = '00'.repeat(32)
const [author] = members
ok(author)
const { org } = author

const signAs = (member: number) => (message: Uint8Array) =>
  ed25519.sign({ seed: members[member]?.voteSeed ?? new Uint8Array(32), message })

function eventOf(
  body: EventBody,
  at: { readonly sequence: number; readonly prev: EventId | null },
  by: SimulatedMember | undefined = author,
): AuthenticEvent {
  ok(by)
  const place = { networkId: networkIdOf(genesis), author: by.org, generation: 0, references: [], ...at }
  const seed = by.logSeeds[0] ?? new Uint8Array(32)
  return createEvent({ ...place, timeMs: genesisTimeMs, body }, (message) => ed25519.sign({ seed, message }))
}

function eventAt(sequence: number, prev: EventId | null): AuthenticEvent {
  return eventOf({ kind: 'status.lease', count: 1_024 }, { sequence, prev })
}

const first = eventAt(0, null)
const second = eventAt(1, first.id)

function proposalOf(view: number): Proposal {
  const { networkId, epoch, setHash } = set
  const header = createHeader(
    {
      networkId,
      epoch,
      view,
      height: 1,
      setHash,
      nextSetHash: setHash,
      timeMs: genesisTimeMs + 1,
      stateRoot: zeros,
    },
    { parent: zeros, cutRoot: zeros, logRoot: zeros, logSize: 2 },
  )
  const changes = encodeChanges([{ author: org, generation: 0, sequence: 1, id: second.id }])
  return { header, changes, parentCertificate: null, skips: [], signature: new Uint8Array(64) }
}

const proposal = proposalOf(1)
const { digest } = proposal.header
const leader = leaderOf(set, 1)

/** Which rule is broken by a message where no more than this is on disk. */
function brokenBy(
  message: Parameters<typeof encodeMessage>[0],
  held: {
    readonly proposals?: readonly Proposal[]
    readonly events?: readonly AuthenticEvent[]
    readonly isPast?: boolean
  },
): string {
  const { proposals = [], events = [], isPast = false } = held
  const disk = {
    durableProposal: (named: string) => proposals.find((one) => one.header.digest === named),
    durableEvent: (id: EventId) => events.find((one) => one.id === id),
    isPast: () => isPast,
  }
  return ruleOf(() => judgeVouching(leader, encodeMessage(message), { book, disk }))
}

function ruleOf(run: () => void): string {
  try {
    run()
  } catch (error) {
    ok(error instanceof OracleBreach)
    return error.message.split(':')[0] ?? ''
  }
  return 'none'
}

suite('the oracle of what is on disk', (it) => {
  const sent = { kind: 'proposal', proposal } as const
  const unsigned = { type: 'notarize', epoch: set.epoch, setHash: set.setHash, view: 1, digest } as const
  const voted = { kind: 'vote', vote: signVote(unsigned, { signer: leader, sign: signAs(leader) }) } as const

  it('finds H0 broken by an own proposal that is not, and nothing wrong with one that is or is final', () => {
    is(brokenBy(sent, {}), 'H0')
    is(brokenBy(sent, { proposals: [proposal] }), 'none')
    is(brokenBy(sent, { isPast: true }), 'none')
  })

  it('finds H5 broken by a NOTARIZE whose proposal is not', () => {
    is(brokenBy(voted, { events: [first, second] }), 'H5')
  })

  it('finds H3 broken by a NOTARIZE of an event that is not, or whose prev is not', () => {
    is(brokenBy(voted, { proposals: [proposal], events: [first] }), 'H3')
    is(brokenBy(voted, { proposals: [proposal], events: [second] }), 'H3')
    is(brokenBy(voted, { proposals: [proposal], events: [first, second] }), 'none')
  })
})

suite('a certificate, checked once more', (it) => {
  const votes = members.map((_, signer) =>
    signVote(
      { type: 'final', epoch: set.epoch, setHash: set.setHash, view: 1, digest },
      { signer, sign: signAs(signer) },
    ),
  )
  const certificate = createCertificate(votes.slice(0, quorumOf(set)), { set, height: 1 })

  it('needs a quorum, which is counted here by itself', () => {
    for (let size = 1; size <= 200; size++) is(quorumAmong(size), Math.floor((2 * size) / 3) + 1)
    is(flawOfCertificate(certificate, { set, ed25519 }), undefined)
    const signers = certificate.signers.map((byte) => byte & 1)
    match(flawOfCertificate({ ...certificate, signers }, { set, ed25519 }) ?? '', '1 of 4')
  })

  it('needs the signature of each whom it names', () => {
    const [one = new Uint8Array(), ...others] = certificate.signatures
    const twice = { ...certificate, signatures: [one, one, ...others.slice(1)] }
    is(flawOfCertificate(twice, { set, ed25519 }), 'bad-signature')
    is(flawOfCertificate({ ...certificate, view: 2 }, { set, ed25519 }), 'bad-signature')
  })
})

suite('the audit of restrictions', (it) => {
  const handle = new Uint8Array(32).fill(7)
  const entries = [{ handle, position: null }]
  const [root, schemaDigest] = [new Uint8Array(32), new Uint8Array(32)]
  const batch = {
    paddedSize: 16,
    recordClass: 'certificate-noncredit',
    credentialType: 'open-badge-3',
  } as const
  const issued = eventOf(
    { kind: 'credential.issueBatch', root, schemaDigest, ...batch },
    { sequence: 0, prev: null },
  )
  const revoked = eventOf(
    { kind: 'status.revoke', entries, reason: 'withdrawn' },
    { sequence: 1, prev: issued.id },
  )
  const reinstated = eventOf({ kind: 'status.reinstate', entries }, { sequence: 2, prev: revoked.id })
  const start = genesisState(genesis)
  const fold = (events: readonly AuthenticEvent[], cutEntryOf: () => undefined) =>
    applyEvents(start, {
      events,
      height: 1,
      timeMs: genesisTimeMs + 1,
      cutEntryOf,
      closedAt: () => null,
      isFinalOrInCut: () => true,
      ed25519,
    }).state
  const entryOf = () => undefined

  it('finds a revocation that is gone, and none that stays', () => {
    const after = fold([issued, revoked], entryOf)
    const judge = (is: NetworkState) =>
      ruleOf(() => judgeRestrictions({ before: after, after: is, events: [reinstated], entryOf }))
    is(judge(after), 'none')
    is(judge(start), 'revocation')
  })

  it('finds an author that is frozen elsewhere than where it is final, and one that goes on', () => {
    const rival = eventAt(0, null)
    const proof = forkEvidenceOf(signed(issued), signed(rival))
    ok(proof)
    const [, witness] = members
    ok(witness)
    const accusing = eventOf(proof, { sequence: 0, prev: null }, witness)
    const frozen = fold([accusing], entryOf)
    const judge = (events: readonly AuthenticEvent[], before: NetworkState, sequence?: number) =>
      ruleOf(() =>
        judgeRestrictions({
          before,
          after: frozen,
          events,
          entryOf: () => (sequence === undefined ? undefined : { generation: 0, sequence }),
        }),
      )
    is(judge([accusing], start), 'none')
    is(judge([accusing], start, 0), 'frozen')
    is(judge([revoked], frozen), 'frozen')
  })
})

function signed({ headerBytes, signature }: AuthenticEvent) {
  ok(signature)
  return { headerBytes, signature }
}
