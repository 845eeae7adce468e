/**
 * later-bodies.json: what events of the kinds from 8 on say. governance-state.json: what becomes of a stolen key, of
 * measures of many, of an institution that closes, and of recognitions.
 */
import { contentIdBytes, type EventId, toHex } from '@chirograph/codec'
import { didKeyOf, nobleEd25519 } from '@chirograph/crypto'
import {
  type Application,
  applicationSigningBytes,
  type ConsensusKey,
  createEvent,
  type EventBody,
  type EventKind,
  encodeEvent,
  eventKinds,
  nextKeyHashOf,
  type OrgId,
  orgIdOf,
  type Profile,
  possessionSigningBytes,
  runOf,
  type VerifiedEvent,
} from '@chirograph/event'
import { orderEvents } from '@chirograph/log'
import {
  applyEvents,
  type EventOutcome,
  genesisState,
  type NetworkState,
  rowsOf,
  stateRoot,
} from '@chirograph/status'
import { byteString, encodeNotation, hexOf, type Notation } from '../notation.ts'
import { batchEvent, forked, handles, leaseEvent, revokeEvent } from '../story.ts'
import {
  accreditor,
  bytes32,
  dayMs,
  eventBy,
  forker,
  genesis,
  genesisTimeMs,
  handle,
  issuer,
  type Member,
  networkId,
  observer,
  position,
  signer,
  witness,
} from '../world.ts'
import { bodyCase } from './event-bodies.ts'
import { rowText } from './status.ts'

const laterKinds = Object.fromEntries(Object.entries(eventKinds).filter(([, number]) => number > 6))
const publicKeyOf = (name: string) => nobleEd25519.publicKey(bytes32(name))
const [lowHandle, highHandle] = handles as [Uint8Array, Uint8Array] // two of the story

function consensusKeyOf(org: OrgId, name: string): ConsensusKey {
  const seed = bytes32(`consensus seed of ${name}`)
  const key = nobleEd25519.publicKey(seed)
  const nextKeyHash = nextKeyHashOf(publicKeyOf(`next consensus seed of ${name}`))
  const message = possessionSigningBytes({ networkId, org, key, nextKeyHash })
  return { key, nextKeyHash, possession: nobleEd25519.sign({ seed, message }) }
}

function applicationOf(name: string, { votes }: { readonly votes: boolean }): Application {
  const seed = bytes32(`log seed of ${name}`)
  const logKey = nobleEd25519.publicKey(seed)
  const nextKeyHash = nextKeyHashOf(publicKeyOf(`next log seed of ${name}`))
  const org = orgIdOf({ logKey, nextKeyHash })
  const assertionKey = publicKeyOf(`assertion seed of ${name}`)
  const profile: Profile = {
    name: `Écoles de ${name}`,
    type: 'secondary-school',
    logKey,
    nextKeyHash,
    assertionKeys: votes ? [assertionKey] : [],
    dids: votes ? [`did:web:${name}.example`, didKeyOf(assertionKey)] : [],
    peerId: `12D3KooW${name}`,
    consensusKey: votes ? consensusKeyOf(org, name) : null,
  }
  return { profile, signature: signer(seed)(applicationSigningBytes(networkId, profile)) }
}

const rotation = (key: string, next: string): EventBody => ({
  kind: 'key.rotate',
  logKey: publicKeyOf(key),
  nextKeyHash: nextKeyHashOf(publicKeyOf(next)),
})

export function makeLaterBodies() {
  const org = issuer.id
  const one = [{ handle: lowHandle, position: 0 }]
  const both = handles.map((each) => ({ handle: each, position: null }))
  const [first, second] = forked
    .map(({ headerBytes, signature }) => runOf([headerBytes], signature))
    .sort((a, b) => Buffer.compare(a.headerBytes, b.headerBytes))
  if (first === undefined || second === undefined) throw new Error('two events were made')
  const behind = forked.find(({ headerBytes }) => headerBytes === second.headerBytes) ?? forked[1]
  const later = eventBy(forker, { kind: 'status.lease', count: 1_024 }, { sequence: 1, prev: behind.id })
  const term = { org, recordClasses: ['degree', 'licence'], fromMs: 0 } as const
  const batches = [batchEvent.id, leaseEvent.id].sort((a, b) =>
    Buffer.compare(contentIdBytes(a), contentIdBytes(b)),
  )
  const bodies: readonly (readonly [name: string, body: EventBody])[] = [
    ['the next key', rotation('log seed one', 'log seed two')],
    ['a first event', { kind: 'recovery.approve', author: org, rotation: batchEvent.id }],
    [
      'a revocation',
      {
        kind: 'fork.salvage',
        run: runOf([revokeEvent.headerBytes], revokeEvent.signature),
        bodyBytes: revokeEvent.bodyBytes,
      },
    ],
    [
      'one signed a step later',
      {
        kind: 'evidence.branches',
        first,
        second: runOf([second.headerBytes, later.headerBytes], later.signature),
      },
    ],
    [
      'with a vote',
      { kind: 'member.apply', application: applicationOf('lyon', { votes: true }), probationMs: 30 * dayMs },
    ],
    [
      'without one',
      { kind: 'member.apply', application: applicationOf('nice', { votes: false }), probationMs: 0 },
    ],
    ['an event', { kind: 'member.approve', application: batchEvent.id }],
    ['a member', { kind: 'member.evict', org: forker.id }],
    ['nothing', { kind: 'validator.join' }],
    ['nothing', { kind: 'validator.leave' }],
    ['a hash', { kind: 'validator.commit', nextKeyHash: bytes32('next consensus key') }],
    ['a key', { kind: 'validator.rotate', ...consensusKeyOf(org, 'rotation') }],
    [
      'from the beginning',
      { kind: 'key.compromised', org, key: publicKeyOf('log seed one'), sinceHeight: 0 },
    ],
    [
      'from the last height',
      {
        kind: 'key.compromised',
        org,
        key: publicKeyOf('log seed one'),
        sinceHeight: Number.MAX_SAFE_INTEGER,
      },
    ],
    ['one batch', { kind: 'credential.reaffirm', batches: [batchEvent.id] }],
    ['two', { kind: 'credential.reaffirm', batches }],
    ['one credential', { kind: 'quorum.revoke', org, entries: one, reason: 'issued-in-error' }],
    [
      'two credentials',
      { kind: 'quorum.suspend', org, entries: both, reason: 'under-review', untilMs: genesisTimeMs },
    ],
    ['two credentials', { kind: 'quorum.annul', org, handles }],
    ['with a custodian', { kind: 'quorum.close', org, custodian: witness.id }],
    ['without one', { kind: 'quorum.close', org, custodian: null }],
    ['for ever', { kind: 'quorum.recognise', ...term, untilMs: null }],
    ['for a time', { kind: 'quorum.recognise', ...term, untilMs: genesisTimeMs }],
    ['a member', { kind: 'quorum.endRecognition', org }],
    ['a proposal', { kind: 'quorum.approve', proposal: batchEvent.id }],
    ['a proposal', { kind: 'quorum.withdraw', proposal: batchEvent.id }],
    ['a proposal', { kind: 'quorum.execute', proposal: batchEvent.id }],
    ['for a time', { kind: 'recognition.grant', ...term, untilMs: genesisTimeMs }],
    ['a member', { kind: 'recognition.end', org }],
    ['one credential', { kind: 'custody.revoke', org, entries: one, reason: 'superseded' }],
    [
      'one credential',
      { kind: 'custody.suspend', org, entries: one, reason: 'under-review', untilMs: genesisTimeMs },
    ],
    ['two credentials', { kind: 'custody.reinstate', org, entries: both }],
  ]
  return {
    description:
      'Event bodies of the kinds from 8 on, in the form of event-bodies.json. Signatures inside of them hold on the network of genesis.json.',
    vocabularies: { kinds: laterKinds },
    cases: bodies.map(([name, body]) => bodyCase(body, name)),
    refused: refusals(),
  }
}

function refusals() {
  const org = byteString(issuer.id)
  const [low, high] = [byteString(lowHandle), byteString(highHandle)]
  const hash = byteString(bytes32('hash'))
  const link = { link: batchEvent.id }
  const many = (count: number): Notation[] =>
    Array.from({ length: count }, (_, index) => byteString(index.toString(16).padStart(64, '0')))
  const nextKeyHash = byteString(nextKeyHashOf(publicKeyOf('log seed one')))
  const rows: readonly (readonly [name: string, kind: EventKind, fields: Notation])[] = [
    ['its own key for the next', 'key.rotate', [byteString(publicKeyOf('log seed one')), nextKeyHash]],
    ['no rotation', 'recovery.approve', [org, null]],
    ['a probation of 367 days', 'member.apply', [[], 367 * dayMs]],
    ['an application in bytes', 'member.approve', [hash]],
    ['nobody', 'member.evict', [byteString('00')]],
    ['a word', 'validator.join', ['yes']],
    ['a hash of 31 bytes', 'validator.commit', [byteString('00'.repeat(31))]],
    ['a key that proves nothing', 'validator.rotate', [hash, hash, byteString('')]],
    ['a height below zero', 'key.compromised', [org, hash, -1]],
    ['a batch twice', 'credential.reaffirm', [[link, link]]],
    ['no batch', 'credential.reaffirm', [[]]],
    ['257 credentials', 'quorum.revoke', [org, many(257).map((each) => [each, null]), 1]],
    ['no end', 'quorum.suspend', [org, [[low, null]], 7]],
    ['handles out of order', 'quorum.annul', [org, [high, low]]],
    ['257 handles', 'quorum.annul', [org, many(257)]],
    ['its own custodian', 'quorum.close', [org, org]],
    ['record class 11', 'quorum.recognise', [org, [11], 0, null]],
    ['classes out of order', 'quorum.recognise', [org, [5, 1], 0, null]],
    ['an end at its beginning', 'recognition.grant', [org, [1], 5, 5]],
    ['a proposal in text', 'quorum.approve', [batchEvent.id]],
    ['no issuer', 'custody.revoke', [[[low, null]], 1]],
  ]
  return rows.map(([name, kind, fields]) => ({
    name: `${kind}: ${name}`,
    input: { kind, bytes: hexOf(encodeNotation(fields)) },
    reason: 'malformed-body',
  }))
}

interface Chapter {
  readonly height: number
  readonly timeMs: number
  readonly events: readonly VerifiedEvent[]
  /** Where a generation ended that this header closes. */
  readonly closed: readonly { readonly org: OrgId; readonly sequence: number; readonly id: EventId }[]
  readonly outcomes: readonly EventOutcome[]
  readonly state: NetworkState
}

/** Chains of members that a rotation continues with the next key. */
function createChains() {
  const tips = new Map<Member, VerifiedEvent>()
  const next = (member: Member, body: EventBody): VerifiedEvent => {
    const before = tips.get(member)
    const isRotation = body.kind === 'key.rotate'
    const generation = (before?.header.generation ?? 0) + (isRotation ? 1 : 0)
    const sequence = isRotation || before === undefined ? 0 : before.header.sequence + 1
    const place = { networkId, author: member.id, generation, sequence, prev: before?.id ?? null }
    const seed = generation === 0 ? member.seeds.log : member.seeds.nextLog
    const event = createEvent({ ...place, references: [], timeMs: genesisTimeMs + 1_000, body }, signer(seed))
    tips.set(member, event)
    return event
  }
  return { next, tipOf: (member: Member) => tips.get(member) }
}

function tellGovernance(): readonly Chapter[] {
  const { next, tipOf } = createChains()
  const issue: EventBody = {
    kind: 'credential.issueBatch',
    root: bytes32('root'),
    paddedSize: 16,
    recordClass: 'degree',
    credentialType: 'open-badge-3',
    schemaDigest: bytes32('schema'),
  }
  const org = issuer.id
  const entries = [{ handle, position }]
  const untilMs = genesisTimeMs + 60 * dayMs
  const chapters: Chapter[] = []
  let state = genesisState(genesis)
  const final = new Set<EventId>()
  const tell = (said: readonly VerifiedEvent[], closing: VerifiedEvent | undefined = undefined) => {
    const events = orderEvents(said)
    const height = chapters.length + 1
    const timeMs = genesisTimeMs + height * dayMs
    for (const { id } of events) final.add(id)
    const last = closing && { org: closing.header.author, sequence: closing.header.sequence, id: closing.id }
    const applied = applyEvents(state, {
      events,
      height,
      timeMs,
      cutEntryOf: () => undefined,
      closedAt: (one) => (last?.org === one ? last : null),
      isFinalOrInCut: (id) => final.has(id),
      ed25519: nobleEd25519,
    })
    state = applied.state
    const closed = last === undefined ? [] : [last]
    chapters.push({ height, timeMs, events, closed, outcomes: applied.outcomes, state })
  }
  const approve = (member: Member, { id }: VerifiedEvent) =>
    next(member, { kind: 'quorum.approve', proposal: id })

  const batch = next(issuer, issue)
  tell([batch, next(forker, issue)])
  tell([next(issuer, { kind: 'status.suspend', entries, reason: 'under-review', untilMs })])
  // The thief lifts it; the owner rotates.
  const lifting = next(issuer, { kind: 'status.reinstate', entries })
  const committed = nextKeyHashOf(publicKeyOf('log key after the next one'))
  const logKey = nobleEd25519.publicKey(issuer.seeds.nextLog)
  tell([lifting, next(issuer, { kind: 'key.rotate', logKey, nextKeyHash: committed })], lifting)
  const key = nobleEd25519.publicKey(issuer.seeds.log)
  tell([
    next(issuer, { kind: 'key.compromised', org, key, sinceHeight: 0 }),
    next(issuer, { kind: 'credential.reaffirm', batches: [batch.id] }),
  ])
  // Some suspend what the issuer may not lift; many revoke, close and recognise.
  const suspension = next(witness, {
    kind: 'quorum.suspend',
    org,
    entries: [{ handle: lowHandle, position: null }],
    reason: 'under-review',
    untilMs: genesisTimeMs + 20 * dayMs,
  })
  const proposals = [
    next(witness, {
      kind: 'quorum.revoke',
      org,
      entries: [{ handle: highHandle, position: null }],
      reason: 'issued-in-error',
    }),
    next(witness, { kind: 'quorum.close', org: forker.id, custodian: witness.id }),
    next(accreditor, {
      kind: 'quorum.recognise',
      org: witness.id,
      recordClasses: ['degree', 'licence'],
      fromMs: genesisTimeMs,
      untilMs: null,
    }),
  ]
  const grant: EventBody = {
    kind: 'recognition.grant',
    org: observer.id,
    recordClasses: ['apprenticeship'],
    fromMs: genesisTimeMs,
    untilMs: null,
  }
  tell([suspension, ...proposals, next(accreditor, grant)])
  const those = [issuer, witness, accreditor]
  tell([
    approve(witness, suspension),
    approve(accreditor, suspension),
    ...those.flatMap((member) => proposals.map((proposal) => approve(member, proposal))),
    approve(forker, proposals[0] as VerifiedEvent),
    next(issuer, { kind: 'status.reinstate', entries: [{ handle: lowHandle, position: null }] }),
  ])
  tell([
    ...proposals.map(({ id }) => next(observer, { kind: 'quorum.execute', proposal: id })),
    next(accreditor, { kind: 'quorum.withdraw', proposal: suspension.id }),
    next(accreditor, { kind: 'recognition.end', org: observer.id }),
  ])
  const wards = [{ handle: lowHandle, position: null }]
  tell([
    next(witness, { kind: 'custody.revoke', org: forker.id, entries: wards, reason: 'withdrawn' }),
    next(accreditor, { kind: 'custody.reinstate', org: forker.id, entries: wards }),
    next(forker, { kind: 'status.lease', count: 1_024 }),
  ])
  if (tipOf(issuer)?.header.generation !== 1) throw new Error('the issuer has not rotated its key')
  return chapters
}

export function makeGovernanceState() {
  return {
    description:
      'The fold of stolen keys, measures, recognitions and custody, in the form of state.json and upon the state of genesis.json. `closed` says where a generation ended that the header closes. Rows of proposals, members and validators begin with their numbers; their keys are SHA-256(domain("state-proposal") ‖ 36 bytes of the event id), SHA-256(domain("state-member") ‖ org) and SHA-256(domain("state-validators")), that of closed generations SHA-256(domain("state-generations") ‖ org).',
    positions: {
      organisation:
        '12 positions as in state.json, and behind them, where one is not empty, compromises and grants',
      compromise: ['org', 'generation', 'sinceHeight'],
      grant: ['byOrg', 'recordClasses', 'fromMs', 'untilMs', 'grantedHeight'],
      reaffirmed: ['height', 'byOrg', 'generation'],
      proposal: ['6', 'kind', 'body', 'proposer', 'height', 'approvals', 'lockedUntilMs', 'executedHeight'],
    },
    genesis: genesis.name,
    headers: tellGovernance().map(({ height, timeMs, events, closed, outcomes, state }) => ({
      name: `height ${height}`,
      input: { height, timeMs, events: events.map((event) => hexOf(encodeEvent(event))), closed },
      output: { outcomes, rows: [...rowsOf(state)].map(rowText), stateRoot: toHex(stateRoot(state)) },
    })),
  }
}
