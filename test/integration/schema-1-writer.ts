/**
 * Writes stores as schema 1 had them. Frozen: it shows that what was written then is read now, so it makes its own
 * bytes and shares nothing with the code that moves them.
 */
import {
  concatBytes,
  decode,
  digestOfContentId,
  type EventId,
  fromHex,
  type PagePlace,
  uint,
  utf8,
} from '@chirograph/codec'
import {
  checkpointHeightKey,
  type MemoryDisk,
  metaKey,
  type Store,
  type StoreOp,
  statePageKey,
} from '@chirograph/interface'
import { decodeCheckpoint } from '@chirograph/replica'
import { changedRows, type Genesis, genesisState, openState } from '@chirograph/status'

export interface OldEvent {
  readonly id: EventId
  readonly author: string
  readonly generation: number
  readonly sequence: number
  readonly headerBytes: Uint8Array
  readonly signature: Uint8Array
  readonly bodyBytes: Uint8Array
}

/** The four entries that schema 1 wrote of an event. */
export function oldEventOps(event: OldEvent, ordinal: number): StoreOp[] {
  const position = new Uint8Array(44)
  position.set(fromHex(event.author) ?? [])
  new DataView(position.buffer).setUint32(32, event.generation)
  new DataView(position.buffer).setBigUint64(36, BigInt(event.sequence))
  const arrival = new Uint8Array(8)
  new DataView(arrival.buffer).setBigUint64(0, BigInt(ordinal))
  const digest = digestOfContentId(event.id)
  return [
    put([0x01, position, digest], concatBytes(event.headerBytes, event.signature)),
    put([0x02, position, digest], event.bodyBytes),
    put([0x03, digest], position),
    put([0x04, arrival], digest),
  ]
}

/** Copies what schema 1 laid out as it is today: frontier, evidence, checkpoints, votes and most of meta. */
export async function copyUnchanged(from: Store, to: Store): Promise<void> {
  const ops: StoreOp[] = []
  for await (const [key, value] of from.range({ from: Uint8Array.of(0x05), to: Uint8Array.of(0x0c) }))
    if (!newNames.has(nameOf(key))) ops.push({ kind: 'put', key, value })
  ops.push(put([0x0b, utf8('schema')], utf8('1')))
  await to.batch(ops, { sync: true })
}

/** The rows of the state as schemas 1 and 2 had them: those that are not as the genesis says, by their keys. */
export async function oldRowOps(from: Store, genesis: Genesis, space = 0x09): Promise<StoreOp[]> {
  const source = {
    page: (place: PagePlace) => from.getSync(statePageKey(place)),
    damaged: (what: string) => new Error(what),
  }
  const height = decode(uint(), (await from.get(metaKey('final-height'))) ?? new Uint8Array(), {
    bytesMax: 16,
  })
  const bytes = height.ok ? await from.get(checkpointHeightKey(height.value)) : undefined
  const checkpoint = bytes && decodeCheckpoint(bytes)
  if (!checkpoint?.ok) throw new Error('a checkpoint')
  const root = fromHex(checkpoint.value.header.core.stateRoot) ?? new Uint8Array()
  const state = openState({ genesis, root, version: checkpoint.value.header.core.height, source })
  if (state === undefined) throw new Error('a state')
  const rows = [...changedRows({ before: genesisState(genesis), after: state })]
  return rows.map(({ key, value }) => put([space, key], value))
}

/** Every key space byte of which the disk holds something. */
export async function spacesOn(disk: MemoryDisk): Promise<number[]> {
  const spaces = new Set<number>()
  const store = await disk.open()
  for await (const [key] of store.range({ from: Uint8Array.of(0), to: Uint8Array.of(0xff) }))
    spaces.add(key[0] ?? 0)
  return [...spaces]
}

/** Names in meta that schema 1 did not know. */
const newNames = new Set(['started', 'place', 'row-space'])

function nameOf(key: Uint8Array): string {
  return key[0] === 0x0b ? new TextDecoder().decode(key.subarray(1)) : ''
}

function put([space, ...parts]: [number, ...Uint8Array[]], value: Uint8Array): StoreOp {
  return { kind: 'put', key: concatBytes(Uint8Array.of(space), ...parts), value }
}
