/** Small facts about a store: whose it is, of which network, and whether its vote record is whole. */
import {
  decode,
  encode,
  equalBytes,
  field,
  fromHex,
  nullable,
  struct,
  toHex,
  uint,
  utf8,
} from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { ChirographError, metaKey, type Store, type StoreOp } from '@chirograph/interface'
import type { VoteGate } from '@chirograph/replica'
import { storeDamaged } from './node-errors.js'

/** Raised when what lies under a key changes its meaning. An older store is brought up to it, a newer one is not opened. */
export const schemaVersion = '3'
/** While events move: no version opens a store that says so, and `migrateStore` goes on with it. */
export const eventsMoving = '1 to 2'
/** While rows are cleared away of which the pages are written. */
export const stateMoving = '2 to 3'

/** The note of the checkpoint up to which bodies may have been pruned. */
export const prunedHeightName = 'pruned-height'

/** Undefined for a store that nobody has used. */
export async function readSchema(store: Store): Promise<string | undefined> {
  const schema = await store.get(metaKey('schema'))
  return schema && new TextDecoder().decode(schema)
}

export function schemaOps(schema: string = schemaVersion): StoreOp[] {
  return [put('schema', utf8(schema))]
}

export interface StoreIdentity {
  /** False when this store did not exist when the keys were made: votes may have been cast that it knows nothing of. */
  readonly hasVoteRecord: boolean
  /** No node ran on this store before, so nothing was signed with it. */
  readonly isFirstStart: boolean
  /** It is not where it was at the last start: a backup that was restored, or a copy. */
  readonly isCopy: boolean
}

/** Marks a new store as belonging to keys that were made with it. `NODE_STORE_NOT_EMPTY` when it is not new. */
export async function initialiseStore(store: Store, { org }: { org: OrgId }): Promise<void> {
  if (await store.get(metaKey('schema'))) {
    throw new ChirographError({
      code: 'NODE_STORE_NOT_EMPTY',
      what: 'the data directory already holds a log',
      hint: 'use it as it is, or choose an empty directory with --data-dir',
    })
  }
  await store.batch([...identityOps(org), put('vote-record', bytesOf(org))], { sync: true })
}

/** Checks that a store is this organisation's and this network's; claims an empty one, without a vote record. */
export async function claimStore(
  store: Store,
  {
    org,
    networkId,
    storePlace,
    wasMoved = false,
    onOldSchema,
  }: {
    readonly org: OrgId
    readonly networkId: string
    readonly storePlace?: string | undefined
    /** Whoever moved the store says that nothing has run on another copy of it since. */
    readonly wasMoved?: boolean | undefined
    /** Brings an older store up to this version. Called once it is known that the store is ours. */
    readonly onOldSchema: (found: string) => Promise<void>
  },
): Promise<StoreIdentity> {
  await assertOurs(store, { org, networkId })
  const schema = await readSchema(store)
  if (schema === undefined) await store.batch(identityOps(org), { sync: true })
  else if (schema !== schemaVersion) await onOldSchema(schema)
  const [network, votes, started, place] = await store.getMany(
    ['network', 'vote-record', 'started', 'place'].map(metaKey),
  )
  if (network === undefined) await store.batch([put('network', bytesOf(networkId))], { sync: true })
  const isElsewhere = place !== undefined && storePlace !== undefined && !equalBytes(place, utf8(storePlace))
  // A copy stays one until it has been told what it lacks: then `notePlace` is called.
  const isCopy = isElsewhere && !wasMoved
  const isPlaceNew = storePlace !== undefined && (place === undefined || (isElsewhere && wasMoved))
  const ops = [
    ...(started === undefined ? [put('started', new Uint8Array())] : []),
    ...(isPlaceNew ? [put('place', utf8(storePlace))] : []),
  ]
  if (ops.length > 0) await store.batch(ops, { sync: true })
  return { hasVoteRecord: votes !== undefined, isFirstStart: started === undefined, isCopy }
}

/** `NODE_OTHER_ORG` or `NODE_OTHER_NETWORK` where the store says that it is another's; what it does not say is no fault. */
export async function assertOurs(
  store: Store,
  { org, networkId }: { readonly org: OrgId; readonly networkId: string },
): Promise<void> {
  const [owner, network] = await store.getMany(['org', 'network'].map(metaKey))
  if (owner !== undefined && !equalBytes(owner, bytesOf(org))) throw otherOrganisation(toHex(owner), org)
  if (network !== undefined && !equalBytes(network, bytesOf(networkId)))
    throw otherNetwork(toHex(network), networkId)
}

/** From now on the store belongs where it is. Whether its votes are known is to be on disk by then. */
export async function notePlace(
  store: Store,
  { place, areVotesKnown }: { readonly place: string; readonly areVotesKnown: boolean },
): Promise<void> {
  const doubt = areVotesKnown ? [] : [voteGateOp({ epoch: 0, view: null })]
  await store.batch([...doubt, put('place', utf8(place))], { sync: true })
}

const voteGateName = 'votes-from'
const voteGateShape = struct('vote gate', [field('epoch', uint()), field('view', nullable(uint()))])

export function voteGateOp(gate: VoteGate): StoreOp {
  return put(voteGateName, encode(voteGateShape, gate))
}

/** Null where nothing was ever to be found out. `NODE_STORE_DAMAGED` when it cannot be read. */
export async function readVoteGate(store: Store): Promise<VoteGate | null> {
  const bytes = await store.get(metaKey(voteGateName))
  if (bytes === undefined) return null
  const gate = decodeVoteGate(bytes)
  if (gate === undefined) throw storeDamaged('the note from which view on this member votes cannot be read')
  return gate
}

export function decodeVoteGate(bytes: Uint8Array): VoteGate | undefined {
  const decoded = decode(voteGateShape, bytes, { bytesMax: 32 })
  return decoded.ok ? decoded.value : undefined
}

/** Whether every vote that was cast is in the store, or is of a view in which none is cast any more. */
export async function areVotesKnown(store: Store): Promise<boolean> {
  const gate = await readVoteGate(store)
  if (gate !== null) return gate.view !== null
  return (await store.get(metaKey('vote-record'))) !== undefined
}

function identityOps(org: OrgId): StoreOp[] {
  return [...schemaOps(), put('org', bytesOf(org))]
}

export function put(name: string, value: Uint8Array): StoreOp {
  return { kind: 'put', key: metaKey(name), value }
}

function bytesOf(hex: string): Uint8Array {
  const bytes = fromHex(hex)
  if (bytes === undefined) throw new TypeError(`not hex: ${hex}`)
  return bytes
}

/** Whether any version may have written it: else the note is damaged. */
export function isSchemaText(text: string): boolean {
  return /^\d+( to \d+)?$/.test(text)
}

export function wrongSchema(found: string): ChirographError {
  if (!isSchemaText(found)) return storeDamaged(`the note of its format says ${JSON.stringify(found)}`)
  const isNewer = Number(found) > Number(schemaVersion)
  return new ChirographError({
    code: 'NODE_STORE_SCHEMA',
    what: `the data directory has format ${found}, this version reads ${schemaVersion} and what is older`,
    hint: isNewer
      ? 'a newer version of chirograph wrote it: run that one; or the note of its format is damaged: then start from an empty directory'
      : 'start from an empty directory and let it fill from the other members',
    facts: { found, reads: schemaVersion },
  })
}

/** For whoever reads a store and does not change it. */
function oldSchema(found: string): ChirographError {
  return new ChirographError({
    code: 'NODE_STORE_SCHEMA',
    what:
      found === eventsMoving || found === stateMoving
        ? `the data directory is on its way from format ${found.replace(' to ', ' to format ')}`
        : `the data directory has format ${found}, this version works on ${schemaVersion}`,
    hint: 'run chirograph store migrate, or start the node, which does the same',
    facts: { found, reads: schemaVersion },
  })
}

/** Whether `migrateStore` brings a store of this format up to date. */
export function isMigratable(schema: string): boolean {
  return ['1', eventsMoving, '2', stateMoving].includes(schema)
}

/** `NODE_STORE_SCHEMA` unless the store is laid out as this version does it; `NODE_STORE_DAMAGED` if its note says no format. */
export async function assertSchema(store: Store): Promise<void> {
  const schema = await readSchema(store)
  if (schema === undefined || schema === schemaVersion) return
  throw isMigratable(schema) ? oldSchema(schema) : wrongSchema(schema)
}

function otherOrganisation(owner: string, org: string): ChirographError {
  return new ChirographError({
    code: 'NODE_OTHER_ORG',
    what: `the data directory belongs to organisation ${owner.slice(0, 16)}…, the keys to ${org.slice(0, 16)}…`,
    hint: 'put the keys and the log of one institution together, or choose another --data-dir',
    facts: { owner, org },
  })
}

function otherNetwork(found: string, expected: string): ChirographError {
  return new ChirographError({
    code: 'NODE_OTHER_NETWORK',
    what: `the data directory belongs to network ${found.slice(0, 16)}…, not to ${expected.slice(0, 16)}…`,
    hint: 'start with the network file it was made for, or choose another --data-dir',
    facts: { found, expected },
  })
}
