/** What a store holds, counted: by key space, and against the bytes that would have to be kept in any case. */
import { type KeySpace, keySpaces, type Store, spaceRange } from '@chirograph/interface'
import { assertSchema, readSchema } from './meta.js'

export interface SpaceStat {
  readonly space: KeySpace
  readonly entries: number
  readonly keyBytes: number
  readonly valueBytes: number
}

export interface StoreStat {
  /** Null for a store that nobody has used. */
  readonly schema: string | null
  readonly events: number
  readonly authors: number
  /** Headers, signatures and bodies alone. */
  readonly rawBytes: number
  /** Those with an entry, in the order of their keys. */
  readonly spaces: readonly SpaceStat[]
}

/** Reads the whole store. `NODE_STORE_SCHEMA` unless it is laid out as this version does it. */
export async function storeStat(store: Store, { signal }: { signal?: AbortSignal } = {}): Promise<StoreStat> {
  await assertSchema(store)
  const spaces: SpaceStat[] = []
  for (const space of spacesInOrder()) {
    let [entries, keyBytes, valueBytes] = [0, 0, 0]
    for await (const page of store.pages(spaceRange(space))) {
      signal?.throwIfAborted()
      entries += page.length
      for (const [key, value] of page) {
        keyBytes += key.length
        valueBytes += value.length
      }
    }
    if (entries > 0) spaces.push({ space, entries, keyBytes, valueBytes })
  }
  const statOf = (wanted: KeySpace) => spaces.find(({ space }) => space === wanted)
  const events = statOf('event')
  return {
    schema: (await readSchema(store)) ?? null,
    events: events?.entries ?? 0,
    authors: statOf('author')?.entries ?? 0,
    // The value of an event is one byte of flags before its header and signature.
    rawBytes: (events?.valueBytes ?? 0) - (events?.entries ?? 0) + (statOf('body')?.valueBytes ?? 0),
    spaces,
  }
}

function spacesInOrder(): KeySpace[] {
  const spaces = Object.keys(keySpaces) as KeySpace[] // the keys of a frozen literal
  return spaces.sort((a, b) => keySpaces[a] - keySpaces[b])
}
