/**
 * The rows that say who takes part and who votes. There are none of them at height 0: what they do not say is as in the
 * genesis. Format: SPEC.md, "Rows". Each begins with a number that tells which it is.
 */
import {
  bytes,
  constant,
  contentIdBytes,
  type EventId,
  encode,
  field,
  hexBytes,
  type Infer,
  list,
  nullable,
  oneOf,
  struct,
  text,
  uint,
} from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import { applicationShape, type OrgId, orgId, orgIdBytes } from '@chirograph/event'
import { joinedChunk, peerIdLengthMax, validatorsMax } from './limits.js'

/** Who votes from the header after `height` on, until another epoch begins. */
export const validatorsRowShape = struct('validators row', [
  field('row', constant(1)),
  field('epoch', uint()),
  field('height', uint()),
  field(
    'validators',
    list(struct('validator', [field('org', hexBytes(32)), field('key', hexBytes(32, 48))]), {
      min: 1,
      max: validatorsMax,
    }),
  ),
])

/**
 * Of an organisation that joined, or that said something of its consensus key: the key, the hash of the next one where it
 * has committed to it, and whether it may vote. Times are those of headers.
 */
export const memberRowShape = struct('member row', [
  field('row', constant(2)),
  field('standing', oneOf({ probation: 1, voting: 2, left: 3, evicted: 4, observing: 5 })),
  field('consensusKey', nullable(bytes(32, 48))),
  field('nextConsensusKeyHash', nullable(bytes(32))),
  /** Null for an organisation of the genesis, which says where it is reached. */
  field('peerId', nullable(text({ max: peerIdLengthMax }))),
  field('admittedHeight', uint()),
  field('probationUntilMs', uint()),
])

const approvalsShape = list(orgId(), { max: validatorsMax, sortedUniqueBy: orgIdBytes })

/** An application as it was logged, and who approved it. */
export const applicationRowShape = struct('application row', [
  field('row', constant(3)),
  field('sponsor', orgId()),
  field('application', applicationShape),
  field('probationMs', uint()),
  field('height', uint()),
  field('approvals', approvalsShape),
  field('admittedHeight', nullable(uint())),
])

/** Who wants a validator to leave. */
export const evictionRowShape = struct('eviction row', [
  field('row', constant(4)),
  field('org', orgId()),
  field('approvals', approvalsShape),
])

/** Organisations that joined after the genesis, in that order, so many in a row. */
export const joinedRowShape = struct('joined row', [
  field('row', constant(5)),
  field('chunk', uint()),
  field('organisations', list(orgId(), { min: 1, max: joinedChunk })),
])

export type ValidatorsRow = Infer<typeof validatorsRowShape>
export type MemberRow = Infer<typeof memberRowShape>
export type ApplicationRow = Infer<typeof applicationRowShape>
export type EvictionRow = Infer<typeof evictionRowShape>

const counted = (index: number) => encode(uint(), index)

export function validatorsRowKey(): Uint8Array {
  return hashDomain('state-validators')
}

export function memberRowKey(org: OrgId): Uint8Array {
  return hashDomain('state-member', orgIdBytes(org))
}

export function applicationRowKey(application: EventId): Uint8Array {
  return hashDomain('state-application', contentIdBytes(application))
}

export function evictionRowKey(org: OrgId): Uint8Array {
  return hashDomain('state-eviction', orgIdBytes(org))
}

/** Of the chunk with this number, from 0. */
export function joinedRowKey(chunk: number): Uint8Array {
  return hashDomain('state-joined', counted(chunk))
}

export type MembershipRowKind = 'validators' | 'member' | 'application' | 'eviction' | 'joined'

/** By the first two bytes: the number of fields, and the number of the row. No list of leases or generations begins so. */
export function membershipRowKindOf(first: number, second: number): MembershipRowKind | undefined {
  const kinds = {
    '132/1': 'validators',
    '135/2': 'member',
    '135/3': 'application',
    '131/4': 'eviction',
    '131/5': 'joined',
  } as const
  return kinds[`${first}/${second}` as keyof typeof kinds] // any other text finds nothing
}
