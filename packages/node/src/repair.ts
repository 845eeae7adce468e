/**
 * Puts right what a check found, as far as the store itself or other members can supply it. What to write is decided by
 * looking, each time anew: a repair that was killed is gone on with by repairing again. Each finding is put right in a
 * batch of its own or with others, never in part; nothing that this institution is bound by is ever written.
 */
import { batchOpsMax, type Store, type StoreOp } from '@chirograph/interface'
import { type CheckOptions, examine, type StoreCheck } from './fsck.js'
import type { Finding } from './fsck-findings.js'

export interface StoreRepair {
  /** What was found and put right, in the order in which that was done. */
  readonly repaired: readonly Finding[]
  /** What a last look found: nothing, or what no repair can put right. */
  readonly left: StoreCheck
}

/** What one look finds is put right before the next; what that leaves behind is found by it. */
const roundsMax = 16

/** Operations in one batch: a few milliseconds, far below what a batch may hold. */
const opsPerBatch = 4_096

export async function repairStore(store: Store, options: CheckOptions): Promise<StoreRepair> {
  const repaired: Finding[] = []
  for (let round = 1; ; round++) {
    const { result, followUps } = await examine(store, options)
    const fixable = result.findings.filter(({ fix }) => fix !== null)
    if (round > roundsMax || (fixable.length === 0 && followUps.length === 0))
      return { repaired, left: result }
    await apply(store, { fixes: fixesOf(fixable), followUps, signal: options.signal })
    repaired.push(...fixable)
  }
}

/** Findings of one stretch share their operations. */
function fixesOf(findings: readonly Finding[]): Set<readonly StoreOp[]> {
  return new Set(findings.flatMap(({ fix }) => (fix === null ? [] : [fix])))
}

async function apply(
  store: Store,
  {
    fixes,
    followUps,
    signal,
  }: {
    readonly fixes: Iterable<readonly StoreOp[]>
    readonly followUps: readonly StoreOp[]
    readonly signal: AbortSignal | undefined
  },
): Promise<void> {
  let ops: StoreOp[] = []
  const flush = async () => {
    signal?.throwIfAborted()
    await store.batch(ops, { sync: true })
    ops = []
  }
  for (const fix of fixes) {
    if (ops.length + fix.length > opsPerBatch && ops.length > 0) await flush()
    // A stretch longer than a batch: its hole is noted last, and until then what lacks is found again.
    for (let at = 0; at < fix.length; at += batchOpsMax) {
      if (ops.length > 0 && ops.length + fix.length > batchOpsMax) await flush()
      ops.push(...fix.slice(at, at + batchOpsMax))
    }
  }
  // Last, so that what hangs on damage is never gone before the damage is put right: it would be damage of its own.
  for (const op of followUps) {
    if (ops.length >= opsPerBatch) await flush()
    ops.push(op)
  }
  await flush()
}
