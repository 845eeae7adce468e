/** A store into which events of a few authors come, in any order in which they can come, and readers of it. */

import { digestOfContentId, type EventId, emptyLogTree, emptyMap, toHex } from '@chirograph/codec'
import { createHeader } from '@chirograph/consensus'
import {
  type Ancestor,
  createEvent,
  type EventBody,
  eventKinds,
  type OrgId,
  parseOrgId,
  type VerifiedEvent,
} from '@chirograph/event'
import { arrivalRange, type MemoryDisk, memoryDisk, readArrivalKey, type Store } from '@chirograph/interface'
import type { SnapshotFact } from '@chirograph/replica'
import { type AuthorTable, loadAuthors } from '../src/author-table.ts'
import { loadStoreTag } from '../src/event-cursor.ts'
import { createEventReader, type EventReader } from '../src/event-reader.ts'
import { createFactWriter, type FactWriter } from '../src/facts.ts'
import { nextOrdinalOf } from '../src/load.ts'
import { createPastPages } from '../src/past-pages.js'
import { createPageWriter } from '../src/state-pages.ts'

export const networkId = new Uint8Array(32).fill(0x11)

export function org(n: number): OrgId {
  const id = parseOrgId(n.toString(16).padStart(2, '0').repeat(32))
  if (id === undefined) throw new Error(`no organisation ${n}`)
  return id
}

export function handleOf(n: number): Uint8Array {
  return new Uint8Array(32).fill(n)
}

/** Bodies in turn: leases, and revocations of handle 0, 1, 2, … */
export function bodyOf(sequence: number): EventBody {
  if (sequence % 3 === 0) return { kind: 'status.lease', count: 1_024 }
  return {
    kind: 'status.revoke',
    reason: 'withdrawn',
    entries: [{ handle: handleOf(sequence % 5), position: null }],
  }
}

/** The first events of an author's chain; nobody here checks signatures. */
export function chainOf(
  author: OrgId,
  count: number,
  bodyAt: (sequence: number) => EventBody = bodyOf,
): VerifiedEvent[] {
  const events: VerifiedEvent[] = []
  for (let sequence = 0; sequence < count; sequence++) {
    const prev: EventId | null = events.at(-1)?.id ?? null
    const place = {
      networkId,
      author,
      generation: 0,
      sequence,
      prev,
      references: [],
      timeMs: 1_000 + sequence,
    }
    events.push(createEvent({ ...place, body: bodyAt(sequence) }, () => new Uint8Array(64)))
  }
  return events
}

export interface Arrivals {
  readonly store: Store
  readonly reader: EventReader
  readonly authors: AuthorTable
  /** An event that is admitted. */
  admit(event: VerifiedEvent): Promise<void>
  /** A stretch of final events that is brought from above. */
  bring(events: readonly VerifiedEvent[]): Promise<void>
  /** Goes on from a snapshot, which forgets these events. */
  dropBySnapshot(events: readonly VerifiedEvent[]): Promise<void>
}

/** Opens what is on a disk, as a start does. */
export async function openArrivals(
  disk: MemoryDisk = memoryDisk(),
  wrap = (store: Store) => store,
): Promise<Arrivals> {
  const store = wrap(await disk.open())
  const authors = await loadAuthors(store)
  const nextOrdinal = await nextOrdinalOf(store)
  const writer: FactWriter = createFactWriter({
    bodyFloors: [],
    authors,
    nextOrdinal,
    openVoteKeys: [],
    pages: createPageWriter({
      source: { page: () => undefined, damaged: (what) => new Error(what) },
      past: createPastPages(() => undefined),
      readFrom: () => 0,
    }),
  })
  const storeTag = await loadStoreTag(store, (length) =>
    globalThis.crypto.getRandomValues(new Uint8Array(length)),
  )
  const reader = createEventReader({
    store,
    authors,
    storeTag,
    isFinal: () => false,
    lastOrdinal: () => writer.nextOrdinal - 1,
    atRest: async (read) => read(),
  })
  const write = async (fact: Parameters<FactWriter['opsOf']>[0]) => {
    await store.batch(writer.opsOf(fact), { sync: true })
    reader.arrived()
  }
  return {
    store,
    reader,
    authors,
    admit: (event) => write({ kind: 'event', event, branch: 0, isStray: false }),
    async dropBySnapshot(events) {
      const dropped = events.map(({ id, header: { author, generation, sequence } }) => {
        return { id, author, generation, sequence, branch: 0 }
      })
      const ordinals = new Map<string, number>()
      for await (const [key, value] of store.range(arrivalRange({ fromOrdinal: 0 })))
        ordinals.set(toHex(value), readArrivalKey(key))
      writer.noteArrivals(ordinals)
      await write({ ...emptySnapshot, dropped })
    },
    bring(events) {
      const [first] = events
      if (first === undefined) throw new Error('nothing to bring')
      const { author, generation, sequence, prev } = first.header
      const rest = prev === null ? null : { lowest: sequence, before: prev }
      const whole = events.map((event): Ancestor => {
        const { id, header } = event
        return {
          ...event,
          digest: digestOfContentId(id),
          sequence: header.sequence,
          kindNumber: eventKinds[header.kind],
        }
      })
      const fact = { kind: 'history', author, generation, events: whole, rest, earlier: null } as const
      return write({ ...fact, holeFrom: null })
    },
  }
}

const zero = '00'.repeat(32)
const core = {
  networkId: zero,
  epoch: 0,
  view: 1,
  height: 1,
  timeMs: 1,
  setHash: zero,
  stateRoot: zero,
  nextSetHash: zero,
}

/** Of a network in which nothing became final. Of its state nothing but the rows is looked at, and there are none. */
const emptySnapshot: SnapshotFact = {
  kind: 'snapshot',
  checkpoint: {
    header: createHeader(core, { parent: zero, cutRoot: zero, logRoot: zero, logSize: 0 }),
    changes: new Uint8Array(),
    certificate: null,
    tail: null,
  },
  state: { map: emptyMap } as SnapshotFact['state'],
  cut: new Map(),
  logTree: emptyLogTree,
  tips: [],
  open: [],
  dropped: [],
  strays: [],
}
