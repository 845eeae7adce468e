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
  /** Whose custodian each organisation is, from when it is first asked for until that changes. */
  wards: ReadonlyMap<OrgId, readonly OrgId[]> | null
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
    wards: null,
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

/** The organisations whose custodian this one is. Reads the row of every organisation: once for many thefts of a header. */
export function draftWards(draft: Draft, org: OrgId): readonly OrgId[] {
  draft.wards ??= wardsIn(draft)
  return draft.wards.get(org) ?? []
}

function wardsIn(draft: Draft): Map<OrgId, OrgId[]> {
  const wards = new Map<OrgId, OrgId[]>()
  for (const org of draft.organisations) {
    const keeper = draftOrg(draft, org)?.custodian
    if (keeper != null) wards.set(keeper, [...(wards.get(keeper) ?? []), org])
  }
  return wards
}

export function draftWrite<T>(
  draft: Draft,
  { key, shape, row }: { key: Uint8Array; shape: Shape<T>; row: T },
): void {
  if (draft.isTrial) return
  draft.map = mapSet(draft.map, key, encode(shape, row))
}
