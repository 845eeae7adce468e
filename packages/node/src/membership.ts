/** What people do about who takes part and who votes: bring applications, approve, join, leave, evict, change consensus keys. */
import { type EventId, toHex } from '@chirograph/codec'
import { quorumOf } from '@chirograph/consensus'
import type { Bls, Ed25519 } from '@chirograph/crypto'
import {
  type Application,
  applicantOf,
  type EventBody,
  isApplicationSigned,
  type OrgId,
} from '@chirograph/event'
import {
  consensusKeyOf,
  type MemberRow,
  type NetworkState,
  readApplication,
  readEviction,
  readMember,
  readOrg,
} from '@chirograph/status'
import type { ConsensusKeyring } from './consensus-keyring.js'
import { membershipRefused } from './node-errors.js'

interface PublishedEvent {
  readonly id: EventId
  readonly publishedAtMs: number
}

/** Each resolves when the event is durable here; it counts when it is final. */
export interface Membership {
  /** Brings the application of an institution that is not a member. */
  applyFor(application: Application, options?: { readonly probationMs?: number }): Promise<PublishedEvent>
  /** Lets an applicant take part; `application` is the event that brought it. */
  approveMember(application: EventId): Promise<PublishedEvent>
  /** Wants a validator to vote no more. */
  evict(org: OrgId): Promise<PublishedEvent>
  /** Takes up the vote of this institution, once its probation is over. */
  joinValidators(): Promise<PublishedEvent>
  leaveValidators(): Promise<PublishedEvent>
  /** Commits to the next consensus key, which is made and stored first. */
  commitConsensusKey(): Promise<PublishedEvent>
  /** Takes the committed consensus key into use, from the next epoch on. */
  rotateConsensusKey(): Promise<PublishedEvent>
  /** Who takes part and who votes, as it is final here. */
  membership(): MembershipView
  /** How an application stands; undefined for one that is not final here. */
  application(id: EventId): ApplicationView | undefined
  /** Whether an institution with this peer id takes part. */
  isMemberPeer(peerId: string): boolean
}

export interface MembershipView {
  readonly epoch: number
  /** Votes that decide. */
  readonly quorum: number
  readonly members: readonly MemberView[]
}

export interface MemberView {
  readonly org: OrgId
  readonly name: string
  readonly votes: boolean
  readonly standing: MemberRow['standing']
  /** Null for an institution that has no probation behind it or before it. */
  readonly probationUntilMs: number | null
  readonly hasCommittedKey: boolean
  /** Validators that want it to vote no more. */
  readonly evictedBy: readonly OrgId[]
}

export interface ApplicationView {
  readonly org: OrgId
  readonly name: string
  readonly sponsor: OrgId
  readonly probationMs: number
  readonly approvedBy: readonly OrgId[]
  readonly admittedHeight: number | null
}

export function createMembership(context: {
  readonly org: OrgId
  /** As it is final and on disk. */
  readonly state: () => NetworkState
  readonly votes: ConsensusKeyring
  readonly ed25519: Ed25519
  readonly bls: Bls | undefined
  readonly peerIdsOf: (state: NetworkState) => ReadonlySet<string>
  readonly nowMs: () => number
  readonly publish: (body: EventBody) => Promise<PublishedEvent>
}): Membership {
  const { org: self, state, votes, ed25519, bls, peerIdsOf, nowMs, publish } = context
  const isValidator = (org: OrgId) => consensusKeyOf(state(), org) !== undefined

  return {
    applyFor(application, { probationMs = 0 } = {}) {
      const { networkId } = state()
      if (!isApplicationSigned(application, { networkId, ed25519, bls }))
        throw membershipRefused('application-invalid')
      if (readOrg(state(), applicantOf(application.profile))) throw membershipRefused('already-member')
      return publish({ kind: 'member.apply', application, probationMs })
    },
    approveMember(id) {
      const row = readApplication(state(), id)
      if (!isValidator(self)) throw membershipRefused('not-a-validator')
      if (row === undefined) throw membershipRefused('application-unknown')
      if (row.admittedHeight !== null) throw membershipRefused('already-admitted')
      return publish({ kind: 'member.approve', application: id })
    },
    evict(org) {
      if (!isValidator(self)) throw membershipRefused('not-a-validator')
      if (org === self) throw membershipRefused('evicts-itself')
      if (!isValidator(org)) throw membershipRefused('not-evictable')
      return publish({ kind: 'member.evict', org })
    },
    joinValidators() {
      const member = readMember(state(), self)
      if (isValidator(self)) throw membershipRefused('already-validator')
      if (member?.standing !== 'probation') throw membershipRefused('not-on-probation')
      if (nowMs() < member.probationUntilMs) throw membershipRefused('probation-not-over')
      return publish({ kind: 'validator.join' })
    },
    leaveValidators() {
      if (!isValidator(self)) throw membershipRefused('not-a-validator')
      if (state().validators.validators.length === 1) throw membershipRefused('last-validator')
      return publish({ kind: 'validator.leave' })
    },
    async commitConsensusKey() {
      if (!isValidator(self) && !readMember(state(), self)?.consensusKey)
        throw membershipRefused('no-consensus-key')
      if (readMember(state(), self)?.nextConsensusKeyHash) throw membershipRefused('already-committed')
      return publish({ kind: 'validator.commit', nextKeyHash: await votes.prepareNext() })
    },
    async rotateConsensusKey() {
      const committed = readMember(state(), self)?.nextConsensusKeyHash
      if (!committed) throw membershipRefused('not-committed')
      if (toHex(await votes.prepareNext()) !== toHex(committed)) throw membershipRefused('rotation-key')
      return publish({ kind: 'validator.rotate', ...(await votes.prepareRotation()) })
    },
    membership() {
      const { validators, organisations } = state()
      const members = organisations.flatMap((org) => viewOf(state(), org) ?? [])
      return { epoch: validators.epoch, quorum: quorumOf(validators), members }
    },
    application(id) {
      const row = readApplication(state(), id)
      if (row === undefined) return undefined
      const { application, sponsor, probationMs, approvals, admittedHeight } = row
      const { name } = application.profile
      const org = applicantOf(application.profile)
      return { org, name, sponsor, probationMs, approvedBy: approvals, admittedHeight }
    },
    isMemberPeer: (peerId) => peerIdsOf(state()).has(peerId),
  }
}

function viewOf(state: NetworkState, org: OrgId): MemberView | undefined {
  const row = readOrg(state, org)
  if (row === undefined) return undefined
  const member = readMember(state, org)
  const isVoting = consensusKeyOf(state, org) !== undefined
  return {
    org,
    name: row.name,
    votes: isVoting,
    standing: member?.standing ?? (isVoting ? 'voting' : 'observing'),
    probationUntilMs: member && member.probationUntilMs > 0 ? member.probationUntilMs : null,
    hasCommittedKey: member?.nextConsensusKeyHash != null,
    evictedBy: isVoting ? readEviction(state, org) : [],
  }
}
