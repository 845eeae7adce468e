/** What the writing process writes: one batch a counter, in two places that must agree. */

import type { StoreOp } from '@chirograph/interface'
import { arrivalKey, checkpointHeightKey } from '@chirograph/interface'

export function counterOps(counter: number): StoreOp[] {
  const value = counterValue(counter)
  return [
    { kind: 'put', key: arrivalKey(counter), value },
    { kind: 'put', key: checkpointHeightKey(counter), value },
  ]
}

/** Long enough that logs roll over and tables are written within a run. */
export function counterValue(counter: number): Uint8Array {
  return new Uint8Array(2048).fill(counter & 255)
}
