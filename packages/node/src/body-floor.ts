/** Up to where in each chain bodies may have been pruned. */
import { decode, encode, uint } from '@chirograph/codec'
import { bodyFloorKey, type ChainPlace, type StoreOp } from '@chirograph/interface'

const floorShape = uint()

/** Bodies of kinds that may be pruned need not be here at sequences up to `sequence`. */
export function bodyFloorOp(chain: ChainPlace, sequence: number): StoreOp {
  return { kind: 'put', key: bodyFloorKey(chain), value: encode(floorShape, sequence) }
}

/** Undefined for bytes that `bodyFloorOp` does not make. */
export function readBodyFloor(value: Uint8Array): number | undefined {
  const decoded = decode(floorShape, value, { bytesMax: 16 })
  return decoded.ok ? decoded.value : undefined
}
