/** What the replica has let go of from memory, looked up in the store for it. */
import {
  eventRange,
  getManyKeysMax,
  positionKey,
  readEventKey,
  readPlace,
  type Store,
} from '@chirograph/interface'
import { isAtOrBefore } from '@chirograph/log'
import type { Replica, ReplicaEffect, ReplicaInput, StoredEntry } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { headerOfValue, placeOfEvent, readHeader } from './stored-event.js'

type Load = Extract<ReplicaEffect, { kind: 'load' }>
type LookUp = Extract<ReplicaEffect, { kind: 'look-up' }>
type Found = Extract<ReplicaInput, { kind: 'loaded' | 'looked-up' }>
type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export interface StoreLookUps {
  /** Headers by their place or id. */
  load(asked: Load): void
  /** Whether events are final that are not in the index. */
  lookUp(asked: LookUp): void
}

export function createStoreLookUps(args: {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
  readonly dispatch: (found: Bare<Found>) => void
  readonly whenHistoryIsWhole: (run: () => void) => void
  readonly onFailure: (error: unknown) => void
}): StoreLookUps {
  const { replica, store, authors, dispatch, onFailure } = args

  async function load({ slots, id, retry, jumps }: Load): Promise<void> {
    const stored: StoredEntry[] = []
    const sought = id === null ? undefined : await placeOfEvent(store, id)
    const found = sought && (await readHeader(store, sought))
    if (sought && found) stored.push({ ...found, branch: sought.branch })
    for (const { author: org, generation, sequence } of slots) {
      const author = authors.numberOf(org)
      if (author === undefined) continue
      const range = eventRange({ author, generation, fromSequence: sequence, toSequence: sequence })
      for await (const [key, value] of store.range(range)) {
        const place = readEventKey(key)
        stored.push({ ...headerOfValue(value, place), branch: place.branch })
      }
    }
    dispatch({ kind: 'loaded', stored, retry, jumps })
  }

  /** While history is not whole, what is not in the store may yet be final: it is asked for again when it is. */
  async function lookUp({ ids, jumps }: LookUp): Promise<void> {
    for (let at = 0; at < ids.length; at += getManyKeysMax) {
      const wanted = ids.slice(at, at + getManyKeysMax)
      const values = await store.getMany(wanted.map(positionKey))
      const found = wanted.filter((_, index) => isFinalPlace(values[index]))
      const absent = wanted.filter((id) => !found.includes(id))
      if (absent.length > 0 && !replica.isHistoryWhole) {
        args.whenHistoryIsWhole(() => void lookUp({ kind: 'look-up', ids: absent, jumps }).catch(onFailure))
        dispatch({ kind: 'looked-up', found, absent: [], jumps })
      } else dispatch({ kind: 'looked-up', found, absent, jumps })
    }
  }

  /** Whether an event whose place this is is final, if it is not in the index. */
  function isFinalPlace(value: Uint8Array | undefined): boolean {
    const place = value && readPlace(value)
    const org = place && authors.orgOf(place.author)
    const tip = org && replica.final.cut.get(org)
    return place !== undefined && tip !== undefined && isAtOrBefore(place, tip)
  }

  return {
    load: (asked) => void load(asked).catch(onFailure),
    lookUp: (asked) => void lookUp(asked).catch(onFailure),
  }
}
