/** What the state map holds of organisations and credentials: rows, their keys and their bytes. Format: SPEC.md, "Rows". */
import {
  bytes,
  CodecError,
  compareBytes,
  contentIdBytes,
  decode,
  type EventId,
  field,
  type Infer,
  link,
  list,
  nullable,
  oneOf,
  type Shape,
  struct,
  text,
  uint,
  utf8,
} from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import {
  credentialTypes,
  generationMax,
  type OrgId,
  orgId,
  orgIdBytes,
  recordClasses,
  statusReasons,
} from '@chirograph/event'
import {
  assertionKeyPeriodsMax,
  compromisesMax,
  didLengthMax,
  didsMax,
  generationsMax,
  grantsMax,
  leasesMax,
  nameBytesMax,
  recognitionsMax,
  rowBytesMax,
  validatorsMax,
} from './limits.js'
import { type MembershipRowKind, membershipRowKindOf } from './membership-rows.js'
import { organisationTypeShape } from './organisation-type.js'

/** A log key with the heights from and until which it held; `untilHeight` null is the current generation. */
const logKeyPeriodShape = struct('log key period', [
  field('generation', uint()),
  field('key', bytes(32)),
  field('fromHeight', uint()),
  field('untilHeight', nullable(uint())),
])

const assertionKeyPeriodShape = struct('assertion key period', [
  field('key', bytes(32)),
  field('fromHeight', uint()),
  field('untilHeight', nullable(uint())),
])

// Ascending by number, so that two replicas write the same bytes for the same set.
const recordClassList = list(oneOf(recordClasses), {
  min: 1,
  max: Object.keys(recordClasses).length,
  sortedUniqueBy: (name) => Uint8Array.of(recordClasses[name]),
})

export const recognitionShape = struct('recognition', [
  field('recordClasses', recordClassList),
  field('fromMs', uint()),
  field('untilMs', nullable(uint())),
  field('grantedHeight', uint()),
])

/** `sequence` is the last final one of that generation; null when none of its events was final. */
const frozenShape = struct('frozen', [
  field('generation', uint()),
  field('sequence', nullable(uint())),
  field('height', uint()),
])

/**
 * Since which height somebody else had the key of a closed generation: the organisation's own, or that of the custodian
 * who acts for it. What the key did first finalised above that height is contested.
 */
const compromiseShape = struct('compromise', [
  field('org', orgId()),
  field('generation', uint({ max: generationMax })),
  field('sinceHeight', uint()),
])

/** A recognition by another member; one that a quorum or the genesis gave names nobody. */
export const grantShape = struct('grant', [
  field('byOrg', orgId()),
  field('recordClasses', recordClassList),
  field('fromMs', uint()),
  field('untilMs', nullable(uint())),
  field('grantedHeight', uint()),
])

const orgFields = [
  field('name', text({ max: nameBytesMax })),
  field('type', organisationTypeShape),
  field('logKeys', list(logKeyPeriodShape, { min: 1, max: generationsMax })),
  field('nextKeyHash', bytes(32)),
  field('assertionKeys', list(assertionKeyPeriodShape, { max: assertionKeyPeriodsMax })),
  field('dids', list(text({ max: didLengthMax }), { max: didsMax })),
  field('recognitions', list(recognitionShape, { max: recognitionsMax })),
  field('custodian', nullable(orgId())),
  field('state', oneOf({ active: 1, closed: 2 })),
  field('frozen', nullable(frozenShape)),
  field('issuedPadded', uint()),
  field('restricted', uint()),
] as const

/** Without compromises and grants; the row of most organisations. */
const plainOrgRowShape = struct('organisation row', orgFields)

const fullOrgRowShape = struct('organisation row', [
  ...orgFields,
  field('compromises', list(compromiseShape, { max: compromisesMax, sortedUniqueBy: compromiseKey })),
  field('grants', list(grantShape, { max: grantsMax })),
])

/**
 * An organisation: who it is, which keys were its own and when, what it may issue, and what it has issued. Compromises
 * and grants are written only where there are any, so a reader that knows of neither refuses the row and does not take
 * for good what they make void.
 */
export const orgRowShape: Shape<Infer<typeof fullOrgRowShape>> = {
  name: fullOrgRowShape.name,
  toWire: (row, path) => (isPlain(row) ? plainOrgRowShape : fullOrgRowShape).toWire(row, path),
  fromWire(value, path) {
    if (Array.isArray(value) && value.length === orgFields.length)
      return { ...plainOrgRowShape.fromWire(value, path), ...nothingSince }
    const row = fullOrgRowShape.fromWire(value, path)
    if (isPlain(row)) throw new CodecError('SHAPE', `${path}: no compromise and no grant, but room for them`)
    return row
  },
}

const nothingSince = { compromises: [], grants: [] } as const

function isPlain({ compromises, grants }: Pick<OrgRow, 'compromises' | 'grants'>): boolean {
  return compromises.length + grants.length === 0
}

/** Compromises ascend by organisation and generation. */
function compromiseKey({ org, generation }: Infer<typeof compromiseShape>): Uint8Array {
  const key = new Uint8Array(36)
  key.set(orgIdBytes(org))
  new DataView(key.buffer).setUint32(32, generation)
  return key
}

/** Compromises in the order of the row. */
export function inCompromiseOrder(compromises: readonly Compromise[]): Compromise[] {
  return [...compromises].sort((a, b) => compareBytes(compromiseKey(a), compromiseKey(b)))
}

/** Who said again, with which key, that a batch is its own. */
const reaffirmedShape = struct('reaffirmed', [
  field('height', uint()),
  field('byOrg', orgId()),
  field('generation', uint({ max: generationMax })),
])

/** A batch of credentials: its root, and when it became final under which key generation. */
export const batchRowShape = struct('batch row', [
  field('org', orgId()),
  field('root', bytes(32)),
  field('paddedSize', uint()),
  field('recordClass', oneOf(recordClasses)),
  field('credentialType', oneOf(credentialTypes)),
  field('height', uint()),
  field('timeMs', uint()),
  field('generation', uint()),
  field('reaffirmed', nullable(reaffirmedShape)),
])

const restrictionShape = struct('restriction', [
  field('kind', oneOf({ revoked: 1, suspended: 2 })),
  field('reason', oneOf(statusReasons)),
  field('height', uint()),
  field('timeMs', uint()),
  field('untilMs', nullable(uint())),
  field('byOrg', orgId()),
  field('generation', uint()),
])

const liftedShape = struct('lifted', [
  field('height', uint()),
  field('timeMs', uint()),
  field('byOrg', orgId()),
  field('generation', uint()),
])

/** A credential that was ever restricted. `position` is its bit in the status lists, null outside the issuer's lease. */
export const credentialRowShape = struct('credential row', [
  field('restriction', restrictionShape),
  field('lifted', nullable(liftedShape)),
  field('position', nullable(uint())),
])

const leaseShape = struct('lease', [field('start', uint()), field('count', uint()), field('height', uint())])

/** The blocks of status list positions that an organisation may use, in the order in which it leased them. */
export const leaseRowShape = list(leaseShape, { min: 1, max: leasesMax })

/** The first status list position that nobody has leased. */
export const networkRowShape = struct('network row', [field('nextPosition', uint())])

/**
 * Which rotation each validator approved for the recovery of a frozen organisation. The list belongs to the freeze of
 * one generation; a validator has one approval in it, so the list is never longer than the validators are many.
 */
export const recoveryRowShape = struct('recovery row', [
  field('generation', uint({ max: generationMax })),
  field(
    'approvals',
    list(struct('approval', [field('org', orgId()), field('rotation', link())]), {
      min: 1,
      max: validatorsMax,
      sortedUniqueBy: (approval) => orgIdBytes(approval.org),
    }),
  ),
])

/**
 * Where each closed generation ended: its last final event, or null where none was. A rotation may follow an earlier
 * one, so nothing else tells where a chain ends below it.
 */
export const generationsRowShape = list(
  struct('closed generation', [
    field('generation', uint({ max: generationMax })),
    field('last', nullable(struct('last event', [field('sequence', uint()), field('id', link())]))),
  ]),
  { min: 1, max: generationsMax },
)

export type OrgRow = Infer<typeof orgRowShape>
export type Compromise = OrgRow['compromises'][number]
export type Grant = OrgRow['grants'][number]
export type BatchRow = Infer<typeof batchRowShape>
export type CredentialRow = Infer<typeof credentialRowShape>
export type Restriction = CredentialRow['restriction']
export type Lease = Infer<typeof leaseShape>
export type ClosedGeneration = Infer<typeof generationsRowShape>[number]
export type RecoveryRow = Infer<typeof recoveryRowShape>
export type NetworkRow = Infer<typeof networkRowShape>

export function orgRowKey(org: OrgId): Uint8Array {
  return hashDomain('state-org', orgIdBytes(org))
}

export function batchRowKey(batch: EventId): Uint8Array {
  return hashDomain('state-batch', contentIdBytes(batch))
}

/** Keyed by the issuer, so that nobody can occupy another issuer's handle. `handle` is 32 bytes. */
export function credentialRowKey({ org, handle }: { org: OrgId; handle: Uint8Array }): Uint8Array {
  return hashDomain('state-credential', orgIdBytes(org), handle)
}

export function leaseRowKey(org: OrgId): Uint8Array {
  return hashDomain('state-lease', orgIdBytes(org))
}

export function recoveryRowKey(org: OrgId): Uint8Array {
  return hashDomain('state-recovery', orgIdBytes(org))
}

export function generationsRowKey(org: OrgId): Uint8Array {
  return hashDomain('state-generations', orgIdBytes(org))
}

export function networkRowKey(): Uint8Array {
  return hashDomain('state-network', utf8('positions'))
}

export type RowKind =
  | 'organisation'
  | 'batch'
  | 'credential'
  | 'lease'
  | 'network'
  | 'recovery'
  | 'generations'
  | MembershipRowKind
  | 'proposal'

/**
 * What kind of row the bytes hold. Keys are hashes and tell nothing, but the second byte of the canonical encoding
 * differs: it opens a text (organisation), 32 bytes (batch), seven fields (credential), three (lease), two
 * (generations), or is a number, of one field (network) or the first of two (recovery).
 */
export function rowKindOf(row: Uint8Array): RowKind | undefined {
  const first = row[0]
  const second = row[1]
  if (first === undefined || second === undefined) return undefined
  if ((first === 0x8c || first === 0x8e) && second >= 0x60 && second < 0x80) return 'organisation'
  if (first === 0x89 && second === 0x58) return 'batch'
  if (first === 0x83 && second === 0x87) return 'credential'
  if (first === 0x81 && second < 0x20) return 'network'
  if (first === 0x82 && second < 0x20) return 'recovery'
  // A list of more than 23 has its length in the bytes between.
  const item = first === 0x98 ? row[2] : first === 0x99 ? row[3] : second
  if (item === 0x83) return 'lease'
  if (item === 0x82) return 'generations'
  return first === 0x88 && second === 0x06 ? 'proposal' : membershipRowKindOf(first, second)
}

/** Decodes a row that this replica wrote, or that a checked proof reaches: undefined when it is not of that shape. */
export function decodeRow<T>(shape: Shape<T>, row: Uint8Array): T | undefined {
  const decoded = decode(shape, row, { bytesMax: rowBytesMax })
  return decoded.ok ? decoded.value : undefined
}
