/** Who takes part and who votes, read from the state: rows where there are any, else the genesis. */
import { type EventId, type MerkleMap, mapGet } from '@chirograph/codec'
import { createValidatorSet, type ValidatorSet } from '@chirograph/consensus'
import type { OrgId } from '@chirograph/event'
import type { Genesis } from './genesis.js'
import { validatorSetOf } from './genesis.js'
import { joinedChunk, organisationsMax } from './limits.js'
import {
  type ApplicationRow,
  applicationRowKey,
  applicationRowShape,
  evictionRowKey,
  evictionRowShape,
  joinedRowKey,
  joinedRowShape,
  type MemberRow,
  memberRowKey,
  memberRowShape,
  validatorsRowKey,
  validatorsRowShape,
} from './membership-rows.js'
import { decodeRow } from './rows.js'
import type { NetworkState } from './state.js'

/** The validators of the epoch of the header after this state's. */
export function validatorsIn(map: MerkleMap, genesis: Genesis): ValidatorSet {
  const value = mapGet(map, validatorsRowKey())
  const first = validatorSetOf(genesis)
  if (value === undefined) return first
  const row = decodeRow(validatorsRowShape, value)
  if (row === undefined) throw new Error('the row of the validators is none')
  const { epoch, validators } = row
  return createValidatorSet({ networkId: first.networkId, epoch, validators })
}

/** Organisations that joined after the genesis, in that order. */
export function joinedIn(map: MerkleMap): OrgId[] {
  const joined: OrgId[] = []
  for (let chunk = 0; chunk * joinedChunk < organisationsMax; chunk++) {
    const value = mapGet(map, joinedRowKey(chunk))
    if (value === undefined) break
    joined.push(...(decodeRow(joinedRowShape, value)?.organisations ?? []))
  }
  return joined
}

/** What is known of an organisation's vote; undefined for one of the genesis of which nothing was said since. */
export function readMember({ map }: { readonly map: MerkleMap }, org: OrgId): MemberRow | undefined {
  const value = mapGet(map, memberRowKey(org))
  return value && decodeRow(memberRowShape, value)
}

export function readApplication(
  { map }: { readonly map: MerkleMap },
  application: EventId,
): ApplicationRow | undefined {
  const value = mapGet(map, applicationRowKey(application))
  return value && decodeRow(applicationRowShape, value)
}

/** Which validators want this one to leave. */
export function readEviction({ map }: { readonly map: MerkleMap }, org: OrgId): readonly OrgId[] {
  const value = mapGet(map, evictionRowKey(org))
  return (value && decodeRow(evictionRowShape, value)?.approvals) ?? []
}

/** The peer id under which an organisation is reached. */
export function peerIdOf(
  { map }: { readonly map: MerkleMap },
  { genesis, org }: { readonly genesis: Genesis; readonly org: string },
): string | undefined {
  const first = genesis.organisations.find(({ id }) => id === org)
  if (first !== undefined) return first.peerId
  return readMember({ map }, org as OrgId)?.peerId ?? undefined // a key that is no id's finds no row
}

/** The organisation that is reached under a peer id. */
export function orgOfPeer(state: Pick<NetworkState, 'map' | 'genesis' | 'organisations'>, peer: string) {
  const { genesis, organisations } = state
  return organisations.find((org) => peerIdOf(state, { genesis, org }) === peer)
}

/** The consensus key of an organisation in the current epoch, as hex; undefined for one that does not vote. */
export function consensusKeyOf({ validators }: { readonly validators: ValidatorSet }, org: OrgId) {
  return validators.validators.find((one) => one.org === org)?.key
}

/** Whether these are the validators that a row names, whatever the epoch. */
export function isSameElectorate(a: ValidatorSet['validators'], b: ValidatorSet['validators']): boolean {
  const keyOf = new Map(b.map(({ org, key }) => [org, key]))
  return a.length === b.length && a.every(({ org, key }) => keyOf.get(org) === key)
}
