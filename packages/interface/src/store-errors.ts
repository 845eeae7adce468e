/** The Store port's own failures and limits, so that every adapter says the same words. */

import { ChirographError } from './errors.js'
import { batchBytesMax, batchOpsMax, getManyKeysMax, keyBytesMax } from './limits.js'
import type { StoreOp } from './store.js'

export function storeClosed(cause?: unknown): ChirographError {
  return new ChirographError({
    code: 'STORE_CLOSED',
    what: 'the store has been closed',
    hint: 'finish all work before closing, or open it again',
    cause,
  })
}

/** Throws `STORE_BATCH_TOO_LARGE` above the limits of one batch. */
export function assertBatchFits(ops: readonly StoreOp[]): void {
  let byteCount = 0
  for (const op of ops) {
    if (op.key.length === 0 || op.key.length > keyBytesMax)
      throw new RangeError(`a key of ${op.key.length} bytes`)
    byteCount += op.key.length + (op.kind === 'put' ? op.value.length : 0)
  }
  if (ops.length <= batchOpsMax && byteCount <= batchBytesMax) return
  throw new ChirographError({
    code: 'STORE_BATCH_TOO_LARGE',
    what: `a batch of ${ops.length} operations and ${byteCount} bytes is above ${batchOpsMax} and ${batchBytesMax}`,
    hint: 'split it where half of it may be seen',
    facts: { ops: ops.length, bytes: byteCount },
  })
}

/** Throws `STORE_READ_TOO_LARGE` above the limit of one `getMany`. */
export function assertReadFits(keys: readonly Uint8Array[]): void {
  if (keys.length <= getManyKeysMax) return
  throw new ChirographError({
    code: 'STORE_READ_TOO_LARGE',
    what: `${keys.length} keys in one read are above ${getManyKeysMax}`,
    hint: 'read them in parts',
    facts: { keys: keys.length },
  })
}
