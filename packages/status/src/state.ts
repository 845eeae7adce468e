/** The network's state: one immutable Merkle map of rows, and typed access to them. */
import {
  type EventId,
  encode,
  fromHex,
  type MapSource,
  type MerkleMap,
  mapChanges,
  mapEntries,
  mapFromEntries,
  mapGet,
  mapRoot,
  mapSet,
  openMap,
  type Shape,
  toHex,
} from '@chirograph/codec'
import { quorumOf, type ValidatorSet } from '@chirograph/consensus'
import { type OrgId, parseOrgId, type RecordClass, recordClasses } from '@chirograph/event'
import { type Genesis, type GenesisOrganisation, keyOfMultikey, networkIdOf } from './genesis.js'
import { joinedIn, validatorsIn } from './membership.js'
import {
  type BatchRow,
  batchRowKey,
  batchRowShape,
  type ClosedGeneration,
  type CredentialRow,
  credentialRowKey,
  credentialRowShape,
  decodeRow,
  generationsRowKey,
  generationsRowShape,
  type Lease,
  leaseRowKey,
  leaseRowShape,
  networkRowKey,
  networkRowShape,
  type OrgRow,
  orgRowKey,
  orgRowShape,
  type RecoveryRow,
  recoveryRowKey,
  recoveryRowShape,
  rowKindOf,
} from './rows.js'

/** An immutable state. Two replicas with the same finalised events have states with the same root. */
export interface NetworkState {
  readonly networkId: Uint8Array
  readonly genesis: Genesis
  /** Every organisation with a row: those of the genesis in its order, then those that joined, in theirs. */
  readonly organisations: readonly OrgId[]
  /** Who votes on the header after this state, and whose approvals count in it. */
  readonly validators: ValidatorSet
  readonly map: MerkleMap
}

/** What reading the rows of approvals takes: a state, or one in the making. */
type Rows = Pick<NetworkState, 'map' | 'validators'>

/** One row as it is stored: a 32-byte key and canonical bytes. */
export interface StateRow {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

/** The state at height 0. */
export function genesisState(genesis: Genesis): NetworkState {
  const rows = genesis.organisations.map((organisation): StateRow => {
    const key = orgRowKey(idOf(organisation))
    return { key, value: encode(orgRowShape, orgRowOf(organisation)) }
  })
  rows.push({ key: networkRowKey(), value: encode(networkRowShape, { nextPosition: 0 }) })
  return stateOfMap({ genesis, map: mapOfRows(rows) })
}

/**
 * Rebuilds a state from the rows that a store or a snapshot kept, in any order. The caller compares `stateRoot` with
 * the checkpoint's before it believes them.
 */
export function restoreState({
  genesis,
  rows,
}: {
  genesis: Genesis
  rows: Iterable<StateRow>
}): NetworkState {
  return stateOfMap({ genesis, map: mapOfRows(rows) })
}

/** The state that is this map of rows: of one that was checked against a checkpoint's root. */
export function stateOfMap({ genesis, map }: { genesis: Genesis; map: MerkleMap }): NetworkState {
  return {
    networkId: networkIdOf(genesis),
    genesis,
    organisations: [...genesis.organisations.map(idOf), ...joinedIn(map)],
    validators: validatorsIn(map, genesis),
    map,
  }
}

/**
 * The state with this root as it lies in a source; undefined where that has no such state. Its rows are read and
 * checked when they are asked for: what then does not hold throws the source's error.
 */
export function openState({
  genesis,
  ...stored
}: {
  genesis: Genesis
  root: Uint8Array
  /** The height at which it became final. */
  version: number
  source: MapSource
}): NetworkState | undefined {
  const map = openMap(stored)
  return map && stateOfMap({ genesis, map })
}

/** The same state with none of its rows in memory: the source has them all, and throws its error where it has not. */
export function sealState(
  state: NetworkState,
  { version, source }: { readonly version: number; readonly source: MapSource },
): NetworkState {
  const map = openMap({ root: mapRoot(state.map), version, source })
  if (map === undefined) throw source.damaged('the page at the root is missing, or not of this height')
  return { ...state, map }
}

/** The same rows over another map of what they were changed in, which holds what `from` does. */
export function rebaseState(
  state: NetworkState,
  { from, onto }: { readonly from: NetworkState; readonly onto: NetworkState },
): NetworkState {
  let { map } = onto
  for (const { key, value } of changedRows({ before: from, after: state })) map = mapSet(map, key, value)
  return { ...state, map }
}

/** The 32 bytes that a checkpoint header commits to. */
export function stateRoot(state: NetworkState): Uint8Array {
  return mapRoot(state.map)
}

/** All rows in the byte order of their keys. */
export function* rowsOf(state: NetworkState): IterableIterator<StateRow> {
  for (const [key, value] of mapEntries(state.map)) yield { key, value }
}

/** The rows of `after` that are new or differ, in the byte order of their keys: what to write to persist `after`. */
export function* changedRows(states: {
  before: NetworkState
  after: NetworkState
}): IterableIterator<StateRow> {
  for (const [key, value] of mapChanges({ before: states.before.map, after: states.after.map }))
    yield { key, value }
}

/** The same object each time for one state and organisation: to be read only. */
export function readOrg(state: NetworkState, org: OrgId): OrgRow | undefined {
  const known = orgRows.get(state)?.get(org)
  if (known !== undefined) return known
  const row = readRow(state.map, orgRowKey(org), orgRowShape)
  if (row !== undefined) remember(state, org, row)
  return row
}

/**
 * Rows that were decoded, by state, which never changes. Every event that arrives asks for its author's row; found and
 * decoded anew, that is a fifth of what admitting an event costs beside its signature.
 */
const orgRows = new WeakMap<NetworkState, Map<OrgId, OrgRow>>()

/** Only what has a row, of which there are as many as members. */
function remember(state: NetworkState, org: OrgId, row: OrgRow): void {
  const rows = orgRows.get(state) ?? new Map<OrgId, OrgRow>()
  orgRows.set(state, rows.set(org, row))
}

export function readBatch(state: NetworkState, batch: EventId): BatchRow | undefined {
  return readRow(state.map, batchRowKey(batch), batchRowShape)
}

/** The restriction of one credential; undefined when it was never restricted. */
export function readCredential(
  state: NetworkState,
  { org, handle }: { org: OrgId; handle: Uint8Array },
): CredentialRow | undefined {
  return readRow(state.map, credentialRowKey({ org, handle }), credentialRowShape)
}

/** The status list positions that an organisation leased, oldest first. */
export function readLeases(state: NetworkState, org: OrgId): readonly Lease[] {
  return readRow(state.map, leaseRowKey(org), leaseRowShape) ?? []
}

/** The first status list position that nobody has leased: lists below it are worth building. */
export function nextPositionOf(state: NetworkState): number {
  const row = readRow(state.map, networkRowKey(), networkRowShape)
  if (row === undefined) throw new Error('the state has no network row')
  return row.nextPosition
}

/** The organisation that lists a DID as its own. Reads every organisation's row. */
export function orgOfDid(state: NetworkState, did: string): OrgId | undefined {
  return state.organisations.find((org) => readOrg(state, org)?.dids.includes(did))
}

/** The log key with which an organisation signs now, and its generation. */
export function currentLogKey(row: OrgRow): { readonly generation: number; readonly key: Uint8Array } {
  const current = row.logKeys.find((period) => period.untilHeight === null)
  if (current === undefined) throw new Error('an organisation row has no current log key')
  return current
}

/** The log key of one generation, past or current; undefined when the organisation has not reached it. */
export function logKeyOfGeneration(row: OrgRow, generation: number): Uint8Array | undefined {
  return row.logKeys.find((period) => period.generation === generation)?.key
}

/** Where an organisation's closed generations ended, from the first on. */
export function readClosedGenerations(state: NetworkState, org: OrgId): readonly ClosedGeneration[] {
  return readRow(state.map, generationsRowKey(org), generationsRowShape) ?? []
}

/** Who approved which rotation of an organisation that is frozen now; empty for one that is not. */
export function readApprovals(state: Rows, org: OrgId): RecoveryRow['approvals'] {
  const frozen = readRow(state.map, orgRowKey(org), orgRowShape)?.frozen
  const row = readRow(state.map, recoveryRowKey(org), recoveryRowShape)
  return frozen && row?.generation === frozen.generation ? row.approvals : []
}

/** The rotation by which a frozen organisation may go on: a quorum approved it. Two quorums overlap, so it is one. */
export function approvedRotation(state: Rows, org: OrgId): EventId | undefined {
  const approvals = readApprovals(state, org)
  const votesFor = (id: EventId) => approvals.filter(({ rotation }) => rotation === id).length
  return approvals.find(({ rotation }) => votesFor(rotation) >= quorumOf(state.validators))?.rotation
}

/** By whom rows name what a quorum did: the network itself, whose id is no organisation's. */
export function quorumOrgOf({ networkId }: Pick<NetworkState, 'networkId'>): OrgId {
  return idOf({ id: toHex(networkId) })
}

/** Every credential row; the map does not say whose they are. */
export function* credentialRowsOf(state: NetworkState): IterableIterator<CredentialRow> {
  for (const [, value] of mapEntries(state.map)) {
    if (rowKindOf(value) === 'credential') yield decodeOwn(credentialRowShape, value)
  }
}

/** Reads a row of a map by its key. Asserts the shape: a root that a quorum signed covers no other bytes. */
export function readRow<T>(map: MerkleMap, key: Uint8Array, shape: Shape<T>): T | undefined {
  const value = mapGet(map, key)
  return value === undefined ? undefined : decodeOwn(shape, value)
}

function decodeOwn<T>(shape: Shape<T>, value: Uint8Array): T {
  const row = decodeRow(shape, value)
  if (row === undefined) throw new Error(`a state row is no ${shape.name}`)
  return row
}

function mapOfRows(rows: Iterable<StateRow>): MerkleMap {
  return mapFromEntries([...rows].map(({ key, value }) => [key, value]))
}

function idOf({ id }: Pick<GenesisOrganisation, 'id'>): OrgId {
  const org = parseOrgId(id)
  if (org === undefined) throw new Error(`not an organisation id: ${id}`)
  return org
}

function orgRowOf(organisation: GenesisOrganisation): OrgRow {
  const always = { fromHeight: 0, untilHeight: null }
  return {
    name: organisation.name,
    type: organisation.type,
    logKeys: [{ generation: 0, key: keyOfMultikey(organisation.logKey), ...always }],
    nextKeyHash: hashOfHex(organisation.nextKeyHash),
    assertionKeys: organisation.assertionKeys.map((key) => ({ key: keyOfMultikey(key), ...always })),
    dids: organisation.dids,
    recognitions: organisation.recognitions.map(({ recordClasses: classes, fromMs, untilMs }) => ({
      recordClasses: inOrder(classes),
      fromMs,
      untilMs,
      grantedHeight: 0,
    })),
    custodian: null,
    state: 'active',
    frozen: null,
    issuedPadded: 0,
    restricted: 0,
    compromises: [],
    grants: [],
  }
}

function inOrder(classes: readonly RecordClass[]): RecordClass[] {
  return [...classes].sort((a, b) => recordClasses[a] - recordClasses[b])
}

function hashOfHex(hex: string): Uint8Array {
  const hash = fromHex(hex)
  if (hash === undefined) throw new Error(`not hex: ${hex}`)
  return hash
}
