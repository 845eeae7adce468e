/**
 * The issuer's private data: the credentials it signed, whose they are, and their paths. It has a store of its own,
 * because nothing in it may ever be replicated, and an institution must be able to erase from it.
 */
import { type EventId, fromHex, fromUtf8, parseJson, toHex, utf8 } from '@chirograph/codec'
import type { IssuedCredential, JsonObject } from '@chirograph/credential'
import { batchBytesMax, ChirographError, type Store, type StoreOp } from '@chirograph/interface'
import { rowDigest } from './issued-rows.js'

export interface RegistrarEntry {
  readonly credential: JsonObject
  readonly credentialId: string
  readonly learnerId: string
  /** Hex of 32 bytes: its name on the log. */
  readonly handle: string
  readonly position: number
  readonly index: number
  /** Hex, from the leaf up. */
  readonly path: readonly string[]
  /** Hex of the Merkle root of its batch. */
  readonly root: string
  /** The batch event; null until it is published. */
  readonly batch: EventId | null
}

/** A batch that was prepared and signed for; `event` is null while its publication is not certain. */
export interface BatchEntry {
  readonly root: string
  readonly body: Readonly<Record<string, string | number>>
  readonly credentialCount: number
  readonly preparedAtMs: number
  readonly event: EventId | null
}

const entryBytesMax = 1_048_576

/** Bytes written at once: a batch of a hundred thousand credentials has half a gigabyte of them. */
const partBytesMaxDefault = batchBytesMax / 4

/** Keys erased at once. */
const dropKeysMax = 16_384

export interface Registrar {
  /**
   * Keeps credentials and their batch, synced before it resolves and before anything of them is published. All of them
   * count from the last write on, and none before: what a stop cuts short is nothing but `dropUnfinished` work.
   */
  prepare(
    batch: BatchEntry,
    credentials: readonly (IssuedCredential & { readonly root: string })[],
  ): Promise<void>
  /** Erases what was written of batches that were not kept whole; says of how many credentials. Not beside `prepare`. */
  dropUnfinished(): Promise<number>
  markPublished(root: string, event: EventId): Promise<void>
  batches(): AsyncIterable<BatchEntry>
  /** For digests of cohort rows, in their order: the batch in which each was issued last, by its root. */
  rootsOfRows(digests: readonly string[]): Promise<(string | undefined)[]>
  usedPositions(): Promise<Set<number>>
  /** By credential id, handle (hex) or learner id; a learner may hold several. Like `entries`, of batches kept whole. */
  find(key: string): Promise<RegistrarEntry[]>
  entries(): AsyncIterable<RegistrarEntry>
}

export function createRegistrar(store: Store, { partBytesMax = partBytesMaxDefault } = {}): Registrar {
  /** Undefined while not all of its batch is written. */
  async function entryOf(value: Uint8Array): Promise<RegistrarEntry | undefined> {
    const stored = read<Omit<RegistrarEntry, 'batch'>>(value)
    const batch = await store.get(key('b', stored.root))
    return batch && { ...stored, batch: read<BatchEntry>(batch).event }
  }

  async function* entries(): AsyncIterable<RegistrarEntry> {
    for await (const [, value] of store.range({ from: utf8('c/'), to: utf8('c0') })) {
      const entry = await entryOf(value)
      if (entry) yield entry
    }
  }

  async function byCredentialId(id: string): Promise<RegistrarEntry | undefined> {
    const value = await store.get(key('c', id))
    return value && entryOf(value)
  }

  return {
    async prepare(batch, credentials) {
      const unfinished = key('u', batch.root)
      let part: StoreOp[] = []
      let bytes = 0
      for (const issued of credentials) {
        const ops = entryOps(issued)
        const more = bytesOf(ops)
        if (part.length > 0 && bytes + more > partBytesMax) {
          part.push({ kind: 'put', key: unfinished, value: new Uint8Array() })
          // Each is synced: a later sync does not reach back over a log file that was rotated in between.
          await store.batch(part, { sync: true })
          part = []
          bytes = 0
        }
        part.push(...ops)
        bytes += more
      }
      // Rows count as issued with their batch, or one that was not kept would hide the batch before it.
      for (const { row } of credentials)
        part.push({ kind: 'put', key: key('r', rowDigest(row)), value: bytesOfHex(batch.root) })
      part.push({ kind: 'delete', key: unfinished }, putJson(key('b', batch.root), batch))
      await store.batch(part, { sync: true })
    },
    async dropUnfinished() {
      const notes: StoreOp[] = []
      const roots = new Set<string>()
      for await (const [place] of store.range({ from: utf8('u/'), to: utf8('u0') })) {
        notes.push({ kind: 'delete', key: place })
        roots.add((fromUtf8(place) ?? '').slice(2))
      }
      if (roots.size === 0) return 0
      let dropped = 0
      let ops: StoreOp[] = []
      for await (const [, value] of store.range({ from: utf8('c/'), to: utf8('c0') })) {
        const entry = read<Omit<RegistrarEntry, 'batch'>>(value)
        if (!roots.has(entry.root)) continue
        dropped++
        for (const place of entryKeys(entry)) ops.push({ kind: 'delete', key: place })
        if (ops.length < dropKeysMax) continue
        await store.batch(ops, { sync: true })
        ops = []
      }
      await store.batch([...ops, ...notes], { sync: true })
      return dropped
    },
    async markPublished(root, event) {
      const value = await store.get(key('b', root))
      if (!value) throw new Error(`no prepared batch has the root ${root}`)
      await store.batch([putJson(key('b', root), { ...read<BatchEntry>(value), event })], { sync: true })
    },
    async *batches() {
      for await (const [, value] of store.range({ from: utf8('b/'), to: utf8('b0') }))
        yield read<BatchEntry>(value)
    },
    async rootsOfRows(digests) {
      const roots = await store.getMany(digests.map((digest) => key('r', digest)))
      return roots.map((root) => root && toHex(root))
    },
    async usedPositions() {
      const used = new Set<number>()
      for await (const [place] of store.range({ from: utf8('p/'), to: utf8('p0') })) {
        used.add(Number(fromUtf8(place)?.slice(2)))
      }
      return used
    },
    async find(wanted) {
      const direct = await byCredentialId(wanted)
      if (direct) return [direct]
      const found: RegistrarEntry[] = []
      for (const space of ['h', 'l'] as const) {
        const from = key(space, `${wanted}/`)
        const to = key(space, `${wanted}0`)
        for await (const [, id] of store.range({ from, to })) {
          const entry = await byCredentialId(fromUtf8(id) ?? '')
          if (entry) found.push(entry)
        }
      }
      return found
    },
    entries,
  }
}

/** `/` (0x2f) ends a field and `0` (0x30) follows it, so a range over a prefix needs no other bound. */
function key(space: 'b' | 'c' | 'h' | 'l' | 'p' | 'r' | 'u', name: string): Uint8Array {
  const bytes = utf8(`${space}/${name}`)
  if (bytes.length <= 512) return bytes
  throw new ChirographError({
    code: 'NODE_NAME_TOO_LONG',
    what: `an id of ${bytes.length} bytes cannot be kept`,
    hint: 'use learner ids of at most 400 characters',
  })
}

function entryOps(issued: IssuedCredential & { readonly root: string }): StoreOp[] {
  const credentialId = String(issued.credential.id)
  const { learnerId } = issued.row
  const handle = toHex(issued.handle)
  const { credential, position, index, path, root } = issued
  const entry = { credential, credentialId, learnerId, handle, position, index, path: path.map(toHex), root }
  const [byId, byHandle, byLearner, byPosition] = entryKeys(entry)
  const id = utf8(credentialId)
  return [
    putJson(byId, entry),
    { kind: 'put', key: byHandle, value: id },
    { kind: 'put', key: byLearner, value: id },
    { kind: 'put', key: byPosition, value: new Uint8Array() },
  ]
}

function entryKeys({ credentialId, handle, learnerId, position }: Omit<RegistrarEntry, 'batch'>) {
  return [
    key('c', credentialId),
    key('h', `${handle}/${credentialId}`),
    key('l', `${learnerId}/${credentialId}`),
    key('p', String(position)),
  ] as const
}

function bytesOf(ops: readonly StoreOp[]): number {
  return ops.reduce((sum, op) => sum + op.key.length + (op.kind === 'put' ? op.value.length : 0), 0)
}

function putJson(place: Uint8Array, value: unknown): StoreOp {
  return { kind: 'put', key: place, value: utf8(JSON.stringify(value)) }
}

/** Reads what this package wrote; a damaged entry is an error, not a guess. */
function read<T>(value: Uint8Array): T {
  const text = fromUtf8(value)
  const parsed = text === undefined ? undefined : parseJson(text, { bytesMax: entryBytesMax })
  if (parsed?.ok) return parsed.value as T // written by putJson above, with this type
  throw new ChirographError({
    code: 'NODE_REGISTRAR_DAMAGED',
    what: 'an entry of the registrar store cannot be read',
    hint: 'restore the registrar folder from a backup',
  })
}

/** Path siblings as bytes. */
export function pathBytes(entry: RegistrarEntry): Uint8Array[] {
  return entry.path.map(bytesOfHex)
}

/** Of what this package wrote in hex. */
function bytesOfHex(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array()
}
