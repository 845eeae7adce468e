/** The working copy of a state while the events of one header are folded into it. */
import { encode, type MerkleMap, mapSet, type Shape } from '@chirograph/codec'
import type { ValidatorSet } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import type { Genesis } from './genesis.js'
import { type OrgRow, orgRowKey, orgRowShape } from './rows.js'
import { type NetworkState, readRow } from './state.js'

/** Lives inside one `applyEvents`; each write replaces the map, so the state it came from stays as it was. */
export interface Draft {
  readonly networkId: Uint8Array
  readonly genesis: Genesis
  /** Of this header's epoch. */
  readonly validators: ValidatorSet
  /** Who votes in the next one, as far as the events up to now say. */
  electorate: ValidatorSet['validators']
  /** Every organisation with a row. */
  organisations: readonly OrgId[]
  /** Their keys, DIDs and peer ids, from when they are first asked for: each has one owner (G7). */
  taken: Set<string> | null
  map: MerkleMap
  /** As it was before the header, for what must not depend on the order of events in it. */
  readonly base: MerkleMap
  /** What would come of an event is asked, and nothing is written. */
  readonly isTrial?: true
}

/** A working copy of a state. */
export function draftOf(state: NetworkState, { isTrial = false } = {}): Draft {
  const { networkId, validators, organisations, genesis, map } = state
  return {
    networkId,
    genesis,
    validators,
    electorate: validators.validators,
    organisations,
    taken: null,
    map,
    base: map,
    ...(isTrial && { isTrial }),
  }
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
