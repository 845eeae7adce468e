/** The working copy of a state while the events of one header are folded into it. */
import { encode, type MerkleMap, mapSet, type Shape } from '@chirograph/codec'
import type { ValidatorSet } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import { type OrgRow, orgRowKey, orgRowShape } from './rows.js'
import { readRow } from './state.js'

/** Lives inside one `applyEvents`; each write replaces the map, so the state it came from stays as it was. */
export interface Draft {
  readonly networkId: Uint8Array
  readonly validators: ValidatorSet
  map: MerkleMap
  /** What would come of an event is asked, and nothing is written. */
  readonly isTrial?: true
}

export function draftRead<T>(draft: Draft, key: Uint8Array, shape: Shape<T>): T | undefined {
  return readRow(draft.map, key, shape)
}

export function draftOrg(draft: Draft, org: OrgId): OrgRow | undefined {
  return draftRead(draft, orgRowKey(org), orgRowShape)
}

export function draftWrite<T>(
  draft: Draft,
  { key, shape, row }: { key: Uint8Array; shape: Shape<T>; row: T },
): void {
  if (draft.isTrial) return
  draft.map = mapSet(draft.map, key, encode(shape, row))
}
