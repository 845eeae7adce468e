/** The row of a measure that many are asked for. Format: SPEC.md, "Rows". Its first field is the number of the row. */
import {
  bytesUpTo,
  constant,
  contentIdBytes,
  type EventId,
  field,
  type Infer,
  list,
  nullable,
  oneOf,
  struct,
  uint,
} from '@chirograph/codec'
import { hashDomain } from '@chirograph/crypto'
import { decodeBody, eventKinds, type MeasureBody, orgId, orgIdBytes } from '@chirograph/event'
import { proposalBodyBytesMax, validatorsMax } from './limits.js'
import { type NetworkState, readRow } from './state.js'

const measureKinds = {
  'quorum.revoke': eventKinds['quorum.revoke'],
  'quorum.suspend': eventKinds['quorum.suspend'],
  'quorum.annul': eventKinds['quorum.annul'],
  'quorum.close': eventKinds['quorum.close'],
  'quorum.recognise': eventKinds['quorum.recognise'],
  'quorum.endRecognition': eventKinds['quorum.endRecognition'],
} as const satisfies Record<MeasureBody['kind'], number>

/** A measure as it was logged, who approved it, since when it is locked, and where it took effect. */
export const proposalRowShape = struct('proposal row', [
  field('row', constant(6)),
  field('kind', oneOf(measureKinds)),
  field('bodyBytes', bytesUpTo(proposalBodyBytesMax)),
  field('proposer', orgId()),
  field('height', uint()),
  field('approvals', list(orgId(), { max: validatorsMax, sortedUniqueBy: orgIdBytes })),
  /** Set while a quorum approves, by the header that completed it: it may be carried out from then on. */
  field('lockedUntilMs', nullable(uint())),
  field('executedHeight', nullable(uint())),
])

export type ProposalRow = Infer<typeof proposalRowShape>

export function proposalRowKey(proposal: EventId): Uint8Array {
  return hashDomain('state-proposal', contentIdBytes(proposal))
}

/** How a measure stands; undefined for one that is not final here. */
export function readProposal({ map }: Pick<NetworkState, 'map'>, proposal: EventId): ProposalRow | undefined {
  return readRow(map, proposalRowKey(proposal), proposalRowShape)
}

/** What the proposal asks for. */
export function measureOf({ kind, bodyBytes }: ProposalRow): MeasureBody {
  const decoded = decodeBody(kind, bodyBytes)
  if (decoded.kind === 'reject') throw new Error(`a proposal row holds no ${kind}: ${decoded.detail}`)
  return decoded.body as MeasureBody // a body of a measure's kind
}
