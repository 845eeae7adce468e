/** Up to where in each chain bodies may have been pruned: here, or by the member that the history came from. */
import { decode, encode, uint } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import {
  bodyFloorKey,
  type ChainPlace,
  readBodyFloorKey,
  type Store,
  type StoreOp,
  spaceRange,
} from '@chirograph/interface'
import { isAtOrBefore } from '@chirograph/log'
import type { HeldFrom } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { storeDamaged } from './node-errors.js'

const floorShape = uint()

export interface BodyFloor extends ChainPlace {
  /** Bodies of kinds that may be pruned need not be here at sequences up to this one. */
  readonly sequence: number
}

export function bodyFloorOp({ sequence, ...chain }: BodyFloor): StoreOp {
  return { kind: 'put', key: bodyFloorKey(chain), value: encode(floorShape, sequence) }
}

/** Undefined for bytes that `bodyFloorOp` does not make. */
export function readBodyFloor(value: Uint8Array): number | undefined {
  const decoded = decode(floorShape, value, { bytesMax: 16 })
  return decoded.ok ? decoded.value : undefined
}

export async function loadBodyFloors(store: Store): Promise<BodyFloor[]> {
  const floors: BodyFloor[] = []
  for await (const [key, value] of store.range(spaceRange('bodyFloor'))) {
    const sequence = readBodyFloor(value)
    if (sequence === undefined) throw storeDamaged('the note of up to where bodies were pruned')
    floors.push({ ...readBodyFloorKey(key), sequence })
  }
  return floors
}

/** From where on every body of an author is here. */
export function bodiesFromOf(floors: readonly BodyFloor[], authors: AuthorTable): Map<OrgId, HeldFrom> {
  const bodiesFrom = new Map<OrgId, HeldFrom>()
  for (const { author, generation, sequence } of floors) {
    const org = authors.orgOf(author)
    if (org !== undefined) raiseBodiesFrom(bodiesFrom, org, { generation, sequence: sequence + 1 })
  }
  return bodiesFrom
}

export function raiseBodiesFrom(bodiesFrom: Map<OrgId, HeldFrom>, org: OrgId, place: HeldFrom): void {
  const known = bodiesFrom.get(org)
  if (known === undefined || isAtOrBefore(known, place)) bodiesFrom.set(org, place)
}
