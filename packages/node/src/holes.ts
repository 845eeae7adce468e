/**
 * Stretches of final chains that were damaged here and removed. What lies above a hole names its highest event by hash,
 * so a hole is filled like the history before a snapshot, from any member, with nothing to believe.
 */
import { contentIdOfDigest, decode, type EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import {
  type HolePlace,
  holeKey,
  readHoleKey,
  type Store,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import type { AuthorTable } from './author-table.js'
import { historyShape, historyValue } from './facts.js'
import { storeDamaged } from './node-errors.js'

/** Sequences from `fromSequence` to below `lowest` are not held; `before` is the highest of them. */
export interface Hole extends HolePlace {
  readonly lowest: number
  readonly before: EventId
}

export function holeOp({ lowest, before, ...place }: Hole): StoreOp {
  return { kind: 'put', key: holeKey(place), value: historyValue({ lowest, before }) }
}

/** Undefined for bytes that `holeOp` does not make. */
export function readHole(key: Uint8Array, value: Uint8Array): Hole | undefined {
  if (key.length !== 17) return undefined
  const place = readHoleKey(key)
  const decoded = decode(historyShape, value, { bytesMax: 128 })
  if (!decoded.ok || decoded.value.lowest === null || decoded.value.lowest <= place.fromSequence)
    return undefined
  return { ...place, lowest: decoded.value.lowest, before: contentIdOfDigest(decoded.value.before) }
}

export async function loadHoles(
  store: Store,
  authors: AuthorTable,
): Promise<(Hole & { readonly org: OrgId })[]> {
  const holes: (Hole & { org: OrgId })[] = []
  for await (const [key, value] of store.range(spaceRange('hole'))) {
    const hole = readHole(key, value)
    const org = hole && authors.orgOf(hole.author)
    if (hole === undefined || org === undefined) throw storeDamaged('the note of a hole in a chain')
    holes.push({ ...hole, org })
  }
  return holes
}
