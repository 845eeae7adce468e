/**
 * Puts right what a check found, as far as the store itself or other members can supply it. What to write is decided by
 * looking, each time anew: a repair that was killed is gone on with by repairing again. Each finding is put right in a
 * batch of its own or with others, never in part; nothing that this institution is bound by is ever written.
 */
import { batchOpsMax, type Store, type StoreOp } from '@chirograph/interface'
import { type CheckOptions, examine, type StoreCheck } from './fsck.js'
import { type Finding, isComputable, whyNotComputable } from './fsck-findings.js'
import { replayStore } from './replay.js'

export interface StoreRepair {
  /** What was found and put right, in the order in which that was done. */
  readonly repaired: readonly Finding[]
  /** What a last look found: nothing, or what no repair can put right. */
  readonly left: StoreCheck
  /** Why what is left of what follows from the log could not be computed anew; null where nothing of it is left. */
  readonly whyNotComputed: string | null
}

export interface RepairOptions extends CheckOptions {
  /** Operations in one batch, if no finding takes more: 4,096. */
  readonly opsPerBatch?: number
}

/** Looks in a row that find no less than one before: what a repair leaves behind may take some. */
const idleRoundsMax = 16

/** Operations in one batch: a few milliseconds, far below what a batch may hold. */
const opsPerBatchDefault = 4_096

export async function repairStore(store: Store, options: RepairOptions): Promise<StoreRepair> {
  const { signal, opsPerBatch = opsPerBatchDefault } = options
  const repaired: Finding[] = []
  let isReplayed = false
  let whyNotComputed: string | null = null
  let leastWork = Number.POSITIVE_INFINITY
  for (let idleRounds = 0; ; ) {
    const { result, followUps, work } = await examine(store, options)
    idleRounds = work < leastWork ? 0 : idleRounds + 1
    leastWork = Math.min(work, leastWork)
    const isStuck = idleRounds >= idleRoundsMax
    const fixable = result.findings.filter(({ fix }) => fix !== null)
    const isSettled = fixable.length === 0 && followUps.length === 0
    if (isSettled && !isReplayed && !isStuck) {
      isReplayed = true
      const computed = await computeAnew(store, { result, options })
      whyNotComputed = computed.whyNot
      if (computed.findings.length > 0) {
        repaired.push(...computed.findings)
        continue
      }
    }
    if (isSettled || isStuck) return { repaired, left: result, whyNotComputed }
    await apply(store, { fixes: fixesOf(fixable), followUps, signal, opsPerBatch })
    // Without the operations, which may be many.
    repaired.push(...fixable.map((one) => ({ ...one, fix: [] })))
  }
}

/** What follows from the log alone, once nothing else of it is in disorder and all of it is here. */
async function computeAnew(
  store: Store,
  { result, options }: { readonly result: StoreCheck; readonly options: RepairOptions },
): Promise<{ readonly findings: readonly Finding[]; readonly whyNot: string | null }> {
  const computable = result.findings.filter(({ code }) => isComputable(code))
  if (computable.length === 0) return { findings: [], whyNot: null }
  const whyNot = whyNotComputable(result)
  if (whyNot !== null) return { findings: [], whyNot }
  const replay = await replayStore(store, options)
  if (replay.kind === 'impossible') return { findings: [], whyNot: replay.why }
  const { signal, opsPerBatch = opsPerBatchDefault } = options
  await apply(store, { fixes: [], followUps: replay.ops, signal, opsPerBatch })
  return { findings: computable, whyNot: null }
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
    opsPerBatch,
  }: {
    readonly fixes: Iterable<readonly StoreOp[]>
    readonly followUps: readonly StoreOp[]
    readonly signal: AbortSignal | undefined
    readonly opsPerBatch: number
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
