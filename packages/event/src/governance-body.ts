/**
 * What is said when keys were stolen, when issuers fail or close, and of who recognises whom: mostly acts of many. A
 * measure is proposed by one event and approved by others. SPEC.md, "Bodies".
 */
import {
  bytes,
  contentIdBytes,
  field,
  type Infer,
  link,
  list,
  nullable,
  oneOf,
  type Shape,
  struct,
  uint,
} from '@chirograph/codec'
import { batchesMax, measureEntriesMax } from './limits.js'
import { type OrgId, orgId } from './organisation.js'
import { statusEntriesUpTo } from './status-entry.js'
import { type EventKind, type RecordClass, recordClasses, statusReasons } from './vocabulary.js'

const reason = oneOf(statusReasons)
const handles = list(bytes(32), { min: 1, max: measureEntriesMax, sortedUniqueBy: (handle) => handle })
const batches = list(link(), { min: 1, max: batchesMax, sortedUniqueBy: contentIdBytes })

// Ascending by number, so that one set has one encoding.
const classes: Shape<readonly RecordClass[]> = list(oneOf(recordClasses), {
  min: 1,
  max: Object.keys(recordClasses).length,
  sortedUniqueBy: (name) => Uint8Array.of(recordClasses[name]),
})

const compromised = struct('key.compromised', [
  field('org', orgId()),
  field('key', bytes(32)),
  field('sinceHeight', uint()),
])
const reaffirm = struct('credential.reaffirm', [field('batches', batches)])
const revokeMeasure = struct('quorum.revoke', [
  field('org', orgId()),
  field('entries', statusEntriesUpTo(measureEntriesMax)),
  field('reason', reason),
])
const suspendMeasure = struct('quorum.suspend', [
  field('org', orgId()),
  field('entries', statusEntriesUpTo(measureEntriesMax)),
  field('reason', reason),
  field('untilMs', uint()),
])
const annulMeasure = struct('quorum.annul', [field('org', orgId()), field('handles', handles)])
const closeMeasure = struct('quorum.close', [field('org', orgId()), field('custodian', nullable(orgId()))])
const recognition = [
  field('org', orgId()),
  field('recordClasses', classes),
  field('fromMs', uint()),
  field('untilMs', nullable(uint())),
] as const
const recogniseMeasure = struct('quorum.recognise', recognition)
const ofOrg = struct('an organisation', [field('org', orgId())])
const ofProposal = struct('a proposal', [field('proposal', link())])
const grant = struct('recognition.grant', recognition)
const custodyRevoke = struct('custody.revoke', [
  field('org', orgId()),
  field('entries', statusEntriesUpTo()),
  field('reason', reason),
])
const custodySuspend = struct('custody.suspend', [
  field('org', orgId()),
  field('entries', statusEntriesUpTo()),
  field('reason', reason),
  field('untilMs', uint()),
])
const custodyReinstate = struct('custody.reinstate', [
  field('org', orgId()),
  field('entries', statusEntriesUpTo()),
])

/** What a quorum is asked to do, or f+1 for a suspension. It has an effect when they have approved it. */
export type MeasureBody =
  | ({ readonly kind: 'quorum.revoke' } & Readonly<Infer<typeof revokeMeasure>>)
  | ({ readonly kind: 'quorum.suspend' } & Readonly<Infer<typeof suspendMeasure>>)
  | ({ readonly kind: 'quorum.annul' } & Readonly<Infer<typeof annulMeasure>>)
  | ({ readonly kind: 'quorum.close' } & Readonly<Infer<typeof closeMeasure>>)
  | ({ readonly kind: 'quorum.recognise' } & Readonly<Infer<typeof recogniseMeasure>>)
  | { readonly kind: 'quorum.endRecognition'; readonly org: OrgId }

/** What a custodian does for the institution that closed, as that one would have done it. */
export type CustodyBody =
  | ({ readonly kind: 'custody.revoke' } & Readonly<Infer<typeof custodyRevoke>>)
  | ({ readonly kind: 'custody.suspend' } & Readonly<Infer<typeof custodySuspend>>)
  | ({ readonly kind: 'custody.reinstate' } & Readonly<Infer<typeof custodyReinstate>>)

export type GovernanceBody =
  | ({ readonly kind: 'key.compromised' } & Readonly<Infer<typeof compromised>>)
  | ({ readonly kind: 'credential.reaffirm' } & Readonly<Infer<typeof reaffirm>>)
  | MeasureBody
  | ({ readonly kind: 'quorum.approve' } & Readonly<Infer<typeof ofProposal>>)
  | ({ readonly kind: 'quorum.withdraw' } & Readonly<Infer<typeof ofProposal>>)
  | ({ readonly kind: 'quorum.execute' } & Readonly<Infer<typeof ofProposal>>)
  | ({ readonly kind: 'recognition.grant' } & Readonly<Infer<typeof grant>>)
  | { readonly kind: 'recognition.end'; readonly org: OrgId }
  | CustodyBody

/** The shape of each of these bodies, by kind. */
export const governanceShapes = {
  'key.compromised': compromised,
  'credential.reaffirm': reaffirm,
  'quorum.revoke': revokeMeasure,
  'quorum.suspend': suspendMeasure,
  'quorum.annul': annulMeasure,
  'quorum.close': closeMeasure,
  'quorum.recognise': recogniseMeasure,
  'quorum.endRecognition': ofOrg,
  'quorum.approve': ofProposal,
  'quorum.withdraw': ofProposal,
  'quorum.execute': ofProposal,
  'recognition.grant': grant,
  'recognition.end': ofOrg,
  'custody.revoke': custodyRevoke,
  'custody.suspend': custodySuspend,
  'custody.reinstate': custodyReinstate,
} as const satisfies Readonly<Record<GovernanceBody['kind'], unknown>>

const measures = [
  'quorum.revoke',
  'quorum.suspend',
  'quorum.annul',
  'quorum.close',
  'quorum.recognise',
  'quorum.endRecognition',
] as const satisfies readonly MeasureBody['kind'][]

/** Whether events of this kind propose a measure. */
export function isMeasureKind(kind: EventKind): kind is MeasureBody['kind'] {
  return (measures as readonly EventKind[]).includes(kind)
}

export function isGovernanceKind(kind: EventKind): kind is GovernanceBody['kind'] {
  return Object.hasOwn(governanceShapes, kind)
}

/** The rules a shape cannot express: what is wrong with the body, or undefined. */
export function faultOfGovernance(body: GovernanceBody): string | undefined {
  switch (body.kind) {
    case 'quorum.close':
      return body.custodian === body.org ? 'nobody is its own custodian' : undefined
    case 'quorum.recognise':
    case 'recognition.grant':
      return body.untilMs !== null && body.untilMs <= body.fromMs
        ? 'the recognition ends before it begins'
        : undefined
    default:
      return undefined
  }
}
