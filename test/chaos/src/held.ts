/**
 * What a node holds, read back from its store and checked on the way. This file alone knows how a store is laid out;
 * everything else in the crash tests speaks of `Held`.
 */
import { type EventId, toHex } from '@chirograph/codec'
import { decodeHeader, type OrgId, restoreEvent, signatureBytes } from '@chirograph/event'
import {
  type KeySpace,
  readAuthorKey,
  readAuthorValue,
  readCheckpointHeightKey,
  readEventKey,
  readHistoryKey,
  type Store,
  type StoreEntry,
  spaceRange,
} from '@chirograph/interface'
import type { ChirographNode } from '@chirograph/node'
import { decodeCheckpoint } from '@chirograph/replica'

/** Plain data, so that it travels between processes as JSON. */
export interface Held {
  /** The ids of each author's chain, by sequence; null where a snapshot went ahead of the history. */
  readonly chains: Readonly<Record<OrgId, readonly (EventId | null)[]>>
  /** Authors whose history is not whole here: a snapshot may have dropped what it will bring again. */
  readonly open: readonly OrgId[]
  /** Of those events that a snapshot brought by their headers alone: they have not arrived until the history brings them. */
  readonly bare: readonly EventId[]
  /** The digests of the checkpoints, by height, from 1 on; null where a snapshot went ahead of them. */
  readonly checkpoints: readonly (string | null)[]
  /** What the registrar keeps. */
  readonly credentials: readonly HeldCredential[]
  /** What a subscriber was told that goes on from where an earlier one stopped, and where it stands now. */
  readonly told: { readonly ids: readonly EventId[]; readonly cursor: string | undefined }
  /** Why it is no sound log: gaps, forks, damage. Empty when it is one. */
  readonly faults: readonly string[]
}

export interface HeldCredential {
  readonly id: string
  readonly position: number
  /** The event that put it on the log; null while that is not certain. */
  readonly batch: EventId | null
}

export async function readHeld({
  node,
  store,
  cursor,
}: {
  readonly node: ChirographNode
  readonly store: Store
  /** Where an earlier subscriber stood. */
  readonly cursor: string | undefined
}): Promise<Held> {
  const { faults, chains, checkpoints } = await readLog(store, node.org)
  const credentials: HeldCredential[] = []
  for await (const { credentialId, position, batch } of node.credentials())
    credentials.push({ id: credentialId, position, batch })
  for (const id of (chains.chains[node.org] ?? []).slice(-askedMax)) {
    if (id !== null && (await node.eventState(id)).state === 'unknown')
      faults.push(`event ${id} is in the store, and the node does not know it`)
  }
  return { ...chains, checkpoints, credentials, told: await readTold(node, cursor), faults }
}

/** What is damaged stays so: what is not found again was a mixture, of before and after something that was written. */
async function readLog(store: Store, self: OrgId) {
  for (let looks = 1; ; looks++) {
    const faults: string[] = []
    const spaces = await readSpaces(store)
    const chains = readChains(spaces, { self, faults })
    const checkpoints = readCheckpoints(spaces, faults)
    if (faults.length === 0 || looks === looksMax) return { faults, chains, checkpoints }
  }
}

const looksMax = 8

async function readTold(node: ChirographNode, from: string | undefined): Promise<Held['told']> {
  const ids: EventId[] = []
  let cursor = from
  for await (const event of node.events({ from, live: false })) {
    ids.push(event.id)
    cursor = event.cursor
  }
  return { ids, cursor }
}

/** The node is asked for its own latest events only: for each it may look into the store. */
const askedMax = 20

type Spaces = (space: (typeof readInOrder)[number]) => readonly StoreEntry[]

/**
 * The node goes on meanwhile, so what an event needs is read after it. Whose history is open is read before and after: a
 * snapshot may come, or the last of a history, while events are read.
 */
const readInOrder = [
  'history',
  'checkpointHeight',
  'event',
  'body',
  'author',
  'history',
] as const satisfies KeySpace[]

async function readSpaces(store: Store): Promise<Spaces> {
  const entries = new Map<KeySpace, StoreEntry[]>(readInOrder.map((space) => [space, []]))
  for (const space of readInOrder)
    for await (const page of store.pages(spaceRange(space))) entries.get(space)?.push(...page)
  return (space) => entries.get(space) ?? []
}

function readChains(
  spaces: Spaces,
  { self, faults }: { readonly self: OrgId; readonly faults: string[] },
): Pick<Held, 'chains' | 'open' | 'bare'> {
  const authors = new Map<number, OrgId>()
  for (const [key, value] of spaces('author'))
    authors.set(readAuthorValue(value), readAuthorKey(key) as OrgId) // written from an id
  const bodies = new Map(spaces('body').map(([key, value]) => [toHex(key.subarray(1)), value]))
  const open = new Set(spaces('history').flatMap(([key]) => authors.get(readHistoryKey(key).author) ?? []))
  const chains: Record<OrgId, (EventId | null)[]> = {}
  const bare: EventId[] = []
  const roots = new Set<string>()
  for (const [key, value] of spaces('event')) {
    const place = readEventKey(key)
    const author = authors.get(place.author)
    const where = `sequence ${place.sequence} of ${author?.slice(0, 8)}`
    const isOpen = author !== undefined && author !== self && open.has(author)
    const read = readEvent(value, { body: bodies.get(toHex(key.subarray(1))), isOpen })
    if (read.kind === 'reject' || author === undefined) {
      faults.push(
        `the event at ${where} cannot be read: ${read.kind === 'reject' ? read.detail : 'no author'}`,
      )
      continue
    }
    const { header, id, root } = read
    if (read.isBare) bare.push(id)
    chains[author] ??= []
    const chain = chains[author] ?? []
    const before = chain.at(-1) ?? null
    const isGap = place.sequence > chain.length
    const isHere = header.author === author && header.sequence === place.sequence && header.generation === 0
    if (!isHere) faults.push(`the event at ${where} belongs elsewhere`)
    else if (place.sequence < chain.length) faults.push(`two events at ${where}`)
    else if (isGap && !isOpen) faults.push(`a gap below ${where}`)
    else if (!isGap && header.prev !== before && (before !== null || place.sequence === 0))
      faults.push(`the event at ${where} does not follow the one before it`)
    if (root !== null && roots.has(root)) faults.push(`the batch at ${where} was issued before`)
    if (root !== null) roots.add(root)
    while (chain.length < place.sequence) chain.push(null)
    chain.push(id)
  }
  return { chains, open: [...open], bare }
}

/** A flag, the header, and behind it the signature where one was checked. */
function readEvent(
  value: Uint8Array,
  { body, isOpen }: { readonly body: Uint8Array | undefined; readonly isOpen: boolean },
) {
  const [isSigned] = value
  const end = isSigned ? value.length - signatureBytes : value.length
  const headerBytes = value.slice(1, end)
  if (body === undefined && isOpen) {
    // A snapshot brings the headers at a chain's tip; the bodies come with the history.
    const alone = decodeHeader(headerBytes)
    return alone.kind === 'reject' ? alone : { ...alone, root: null, isBare: true }
  }
  const signature = isSigned ? value.slice(end) : null
  const read = restoreEvent({ headerBytes, signature, bodyBytes: body ?? new Uint8Array() })
  if (read.kind === 'reject') return read
  const { event } = read
  const root = event.body.kind === 'credential.issueBatch' ? toHex(event.body.root) : null
  return { kind: 'decoded' as const, id: event.id, header: event.header, root, isBare: false }
}

/** The digests of the checkpoints that a store holds, by height. */
export async function readCheckpointsOf(store: Store): Promise<ReadonlyMap<number, string>> {
  const faults: string[] = []
  const digests = readCheckpoints(await readSpaces(store), faults)
  if (faults.length > 0) throw new Error(faults.join('; '))
  return new Map(digests.flatMap((digest, index) => (digest === null ? [] : [[index + 1, digest] as const])))
}

function readCheckpoints(spaces: Spaces, faults: string[]): (string | null)[] {
  const digests: (string | null)[] = []
  for (const [key, value] of spaces('checkpointHeight')) {
    const height = readCheckpointHeightKey(key)
    const checkpoint = decodeCheckpoint(value)
    while (digests.length < height - 1) digests.push(null)
    if (!checkpoint.ok) faults.push(`checkpoint ${height} cannot be read: ${checkpoint.detail}`)
    digests.push(checkpoint.ok ? checkpoint.value.header.digest : null)
  }
  return digests
}
