/**
 * What people do when keys were stolen and when issuers fail or close: tell a theft, stand by batches, decide measures
 * together, recognise each other, act for an institution that closed.
 */
import { compareBytes, contentIdBytes, type EventId, toHex } from '@chirograph/codec'
import { faultsOf, quorumOf } from '@chirograph/consensus'
import {
  batchesMax,
  type CustodyBody,
  type EventBody,
  type MeasureBody,
  type OrgId,
  type RecordClass,
} from '@chirograph/event'
import {
  type Compromise,
  consensusKeyOf,
  type Grant,
  isBatchContested,
  measureOf,
  type NetworkState,
  type OrgRow,
  readBatch,
  readOrg,
  readProposal,
} from '@chirograph/status'
import { governanceRefused } from './node-errors.js'

interface PublishedEvent {
  readonly id: EventId
  readonly publishedAtMs: number
}

/** Each act resolves when its event is durable here; it counts when it is final. */
export interface Governance {
  /** Tells that somebody else had a key; what that key did first finalised above the height is contested. */
  tellTheft(theft: Theft): Promise<PublishedEvent>
  /**
   * Stands by batches of an earlier key: by those named, or by all that this node issued and that are
   * contested, at most 1,000 at a time.
   */
  reaffirm(batches?: readonly EventId[]): Promise<PublishedEvent>
  propose(measure: MeasureBody): Promise<PublishedEvent>
  approveMeasure(proposal: EventId): Promise<PublishedEvent>
  withdrawApproval(proposal: EventId): Promise<PublishedEvent>
  /** Once a quorum approved and the time lock is over. */
  carryOut(proposal: EventId): Promise<PublishedEvent>
  /** How a measure stands; undefined for one that is not final here. */
  measure(proposal: EventId): MeasureView | undefined
  recognise(recognition: Recognition): Promise<PublishedEvent>
  /** Takes back what this institution said for another. */
  endRecognition(org: OrgId): Promise<PublishedEvent>
  /** Acts on the credentials of an institution that closed and whose custodian this one is. */
  actAsCustodian(act: CustodyBody): Promise<PublishedEvent>
  /** How an institution stands; undefined for one that is not here. */
  standing(org: OrgId): StandingView | undefined
}

export interface Theft {
  /** This institution, or one that closed and whose custodian it is. */
  readonly org?: OrgId | undefined
  /** Whose log key: of which generation. */
  readonly generation: number
  /** The last height at which the key was its owner's alone. */
  readonly sinceHeight: number
}

export interface Recognition {
  readonly org: OrgId
  readonly recordClasses: readonly RecordClass[]
  /** Unix milliseconds; `untilMs` null has no end. */
  readonly fromMs: number
  readonly untilMs: number | null
}

export interface MeasureView {
  readonly measure: MeasureBody
  readonly proposer: OrgId
  readonly approvedBy: readonly OrgId[]
  /** How many approvals it takes. */
  readonly needed: number
  /** Null while too few approve. */
  readonly lockedUntilMs: number | null
  readonly executedHeight: number | null
}

export interface StandingView {
  readonly org: OrgId
  readonly name: string
  readonly state: OrgRow['state']
  readonly custodian: OrgId | null
  readonly logKeys: readonly {
    readonly generation: number
    /** Hex. */
    readonly key: string
    readonly fromHeight: number
    readonly untilHeight: number | null
    /** Null where nobody said that it was stolen. */
    readonly stolenSinceHeight: number | null
  }[]
  /** By the genesis or a quorum. */
  readonly recognitions: OrgRow['recognitions']
  /** By members. */
  readonly grants: readonly Grant[]
}

export function createGovernance(context: {
  readonly org: OrgId
  /** As it is final and on disk. */
  readonly state: () => NetworkState
  /** The batches that this node issued, each at least once. */
  readonly batches: () => AsyncIterable<EventId>
  readonly nowMs: () => number
  readonly publish: (body: EventBody) => Promise<PublishedEvent>
}): Governance {
  const { org: self, state, batches: ownBatches, nowMs, publish } = context

  const rowOf = (org: OrgId): OrgRow => {
    const row = readOrg(state(), org)
    if (row === undefined) throw governanceRefused('unknown-org')
    return row
  }
  const openMeasure = (proposal: EventId) => {
    const row = readProposal(state(), proposal)
    if (row === undefined) throw governanceRefused('proposal-unknown')
    if (row.executedHeight !== null) throw governanceRefused('already-executed')
    return row
  }
  const assertActsFor = (org: OrgId) => {
    const { state: standing, custodian } = rowOf(org)
    if (standing === 'active' ? org !== self : custodian !== self) throw governanceRefused('not-its-own')
  }

  return {
    async tellTheft({ org = self, generation, sinceHeight }) {
      assertActsFor(org)
      const row = rowOf(org)
      const period = row.logKeys.find((one) => one.generation === generation)
      if (period === undefined) throw governanceRefused('no-such-key')
      if (period.untilHeight === null && row.state === 'active') throw governanceRefused('current-key')
      if (period.untilHeight !== null && sinceHeight >= period.untilHeight)
        throw governanceRefused('without-effect')
      const known = theftOf(row, { org, generation })
      if (known !== undefined && known.sinceHeight <= sinceHeight) throw governanceRefused('already-told')
      return publish({ kind: 'key.compromised', org, key: period.key, sinceHeight })
    },
    async reaffirm(named) {
      const batches = named ?? (await contestedOf(ownBatches(), state()))
      if (batches.length === 0) throw governanceRefused('nothing-to-reaffirm')
      for (const id of batches) {
        const batch = readBatch(state(), id)
        if (batch === undefined) throw governanceRefused('batch-unknown')
        assertActsFor(batch.org)
      }
      return publish({ kind: 'credential.reaffirm', batches: inOrder(batches) })
    },
    async propose(measure) {
      rowOf(measure.org)
      return publish(measure)
    },
    async approveMeasure(proposal) {
      if (consensusKeyOf(state(), self) === undefined) throw governanceRefused('not-a-validator')
      const { approvals, lockedUntilMs } = openMeasure(proposal)
      if (approvals.includes(self) && lockedUntilMs !== null) throw governanceRefused('already-approved')
      return publish({ kind: 'quorum.approve', proposal })
    },
    async withdrawApproval(proposal) {
      if (!openMeasure(proposal).approvals.includes(self)) throw governanceRefused('not-approved')
      return publish({ kind: 'quorum.withdraw', proposal })
    },
    async carryOut(proposal) {
      const { lockedUntilMs } = openMeasure(proposal)
      if (lockedUntilMs === null) throw governanceRefused('too-few-approve')
      if (nowMs() < lockedUntilMs) throw governanceRefused('time-lock-running')
      return publish({ kind: 'quorum.execute', proposal })
    },
    measure(proposal) {
      const { validators } = state()
      const row = readProposal(state(), proposal)
      if (row === undefined) return undefined
      const { kind, proposer, approvals, lockedUntilMs, executedHeight } = row
      const needed = kind === 'quorum.suspend' ? faultsOf(validators) + 1 : quorumOf(validators)
      return {
        measure: measureOf(row),
        proposer,
        approvedBy: approvals,
        needed,
        lockedUntilMs,
        executedHeight,
      }
    },
    async recognise(recognition) {
      if (recognition.org === self) throw governanceRefused('recognises-itself')
      rowOf(recognition.org)
      return publish({ kind: 'recognition.grant', ...recognition })
    },
    async endRecognition(org) {
      const isRunning = ({ byOrg, untilMs }: Grant) =>
        byOrg === self && (untilMs === null || untilMs > nowMs())
      if (!rowOf(org).grants.some(isRunning)) throw governanceRefused('not-recognised')
      return publish({ kind: 'recognition.end', org })
    },
    async actAsCustodian(act) {
      const row = rowOf(act.org)
      if (row.state !== 'closed' || row.custodian !== self) throw governanceRefused('not-its-custodian')
      return publish(act)
    },
    standing(org) {
      const row = readOrg(state(), org)
      if (row === undefined) return undefined
      const { name, state: standing, custodian, recognitions, grants } = row
      const logKeys = row.logKeys.map(({ generation, key, fromHeight, untilHeight }) => ({
        generation,
        key: toHex(key),
        fromHeight,
        untilHeight,
        stolenSinceHeight: theftOf(row, { org, generation })?.sinceHeight ?? null,
      }))
      return { org, name, state: standing, custodian, logKeys, recognitions, grants }
    },
  }
}

function theftOf(
  { compromises }: OrgRow,
  { org, generation }: { readonly org: OrgId; readonly generation: number },
): Compromise | undefined {
  return compromises.find((one) => one.org === org && one.generation === generation)
}

async function contestedOf(batches: AsyncIterable<EventId>, state: NetworkState): Promise<EventId[]> {
  const contested = new Set<EventId>()
  for await (const id of batches) {
    const batch = readBatch(state, id)
    const compromises = (batch && readOrg(state, batch.org)?.compromises) ?? []
    if (batch !== undefined && isBatchContested(batch, compromises)) contested.add(id)
  }
  return [...contested].slice(0, batchesMax)
}

/** Each once, ascending as the body has them. */
function inOrder(batches: readonly EventId[]): EventId[] {
  return [...new Set(batches)].sort((a, b) => compareBytes(contentIdBytes(a), contentIdBytes(b)))
}
