/** One chain of events under a check: what its parts share, and what they met on the way. */
import { type EventId, equalBytes, fromHex } from '@chirograph/codec'
import { decodeBody, nextKeyHashOf, type OrgId, type SignedHeader } from '@chirograph/event'
import { bodyKey, type ChainPlace, chainRange, eventRange, readEventKey } from '@chirograph/interface'
import type { CutEntry } from '@chirograph/log'
import { logKeyOfGeneration, readOrg } from '@chirograph/status'
import type { Check } from './fsck.js'
import type { ChainNotes } from './fsck-chain-notes.js'
import { placeName } from './fsck-chain-rows.js'
import type { Head } from './fsck-head.js'
import type { PlaceSet } from './place-set.js'

/** What was met on the way, for the checks of what points at events. */
export interface Walked {
  /** Places with a header, damaged or not. */
  readonly held: PlaceSet
  /** Places of which an arrival has to tell. */
  readonly arrived: PlaceSet
  /** Places that are damaged, or must be: what points at them is no damage of its own. */
  readonly gone: PlaceSet
  readonly missing: Set<EventId>
  /** Places that the index by id leads to. */
  readonly indexed: PlaceSet
  readonly forks: FoundFork[]
  /** Authors whose history is on its way, and nothing further down is here. */
  readonly open: Set<OrgId>
  readonly events: { count: number; pruned: number; toFetch: number }
}

/** Two signed events at one place. */
export interface FoundFork {
  readonly org: OrgId
  readonly generation: number
  readonly sequence: number
  readonly headers: readonly SignedHeader[]
}

/** The log keys of a generation; several where its rotation is not certain yet, none where that is not known. */
export type Keys = readonly Uint8Array[]

export interface ChainCheck {
  readonly check: Check
  readonly head: Head
  readonly org: OrgId
  readonly place: ChainPlace
  readonly walked: Walked
  readonly notes: ChainNotes
  /** The last final event; null where nothing of it is final, undefined where that is not known. */
  readonly tip: CutEntry | null | undefined
  readonly keys: Keys
  /** Places that are marked as passed over. */
  readonly strays: ReadonlySet<string>
  /** Whose chain, which, and where in it, for a person. */
  readonly nameOf: (sequence: number) => string
}

export async function chainCheckOf(
  given: Pick<ChainCheck, 'check' | 'head' | 'org' | 'place' | 'walked' | 'notes'>,
): Promise<ChainCheck> {
  const { check, org, place } = given
  const chain = `${check.known.nameOf(org)}, key period ${place.generation}`
  return {
    ...given,
    tip: finalTip(given),
    keys: await logKeysOf(given),
    strays: await straysIn(check, place),
    nameOf: (sequence) => `${chain}, place ${sequence}`,
  }
}

export function isClosedGeneration({ head, org, place }: ChainCheck): boolean {
  return place.generation < (head.cut.get(org)?.generation ?? 0)
}

function finalTip({ head, org, place }: Pick<ChainCheck, 'head' | 'org' | 'place'>): ChainCheck['tip'] {
  const current = head.cut.get(org)
  if (current === undefined || place.generation > current.generation) return null
  if (place.generation === current.generation) return current
  return head.closedEnd(org, place.generation)
}

async function logKeysOf({
  check,
  head,
  org,
  place,
}: Pick<ChainCheck, 'check' | 'head' | 'org' | 'place'>): Promise<Keys> {
  const { known, store } = check
  const row = readOrg(head.state, org)
  const settled = row && logKeyOfGeneration(row, place.generation)
  if (settled !== undefined) return [settled]
  const first = known.genesis.organisations.find(({ id }) => id === org)?.nextKeyHash
  let hash = first === undefined ? undefined : fromHex(first)
  let keys: Uint8Array[] = []
  for (let generation = 1; generation <= place.generation && hash !== undefined; generation++) {
    keys = []
    let nextHash: Uint8Array | undefined
    const at = eventRange({ author: place.author, generation, fromSequence: 0, toSequence: 0 })
    for await (const [key] of store.range(at)) {
      if (key.length !== 18) continue
      const bytes = await store.get(bodyKey(readEventKey(key)))
      const body = bytes && decodeBody('key.rotate', bytes)
      if (body?.kind !== 'decoded' || body.body.kind !== 'key.rotate') continue
      if (!equalBytes(nextKeyHashOf(body.body.logKey), hash)) continue
      keys.push(body.body.logKey)
      nextHash = body.body.nextKeyHash
    }
    hash = nextHash
  }
  return keys
}

async function straysIn(check: Check, place: ChainPlace): Promise<Set<string>> {
  const strays = new Set<string>()
  for await (const [key] of check.store.range(chainRange('stray', place)))
    if (key.length === 18) strays.add(placeName(readEventKey(key)))
  return strays
}
