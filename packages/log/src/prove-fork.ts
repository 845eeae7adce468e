/**
 * From two events at one place to the proof that their author forked. Where an event was not checked by a signature of
 * its own, one further on stands for it: nothing is in the log without a checked signature above it. Rules L8 and L29
 * of SPEC.md.
 */
import { compareBytes, type EventId } from '@chirograph/codec'
import { bodyBytesMax, type ForkEvidence, runOf, runStepsMax, type SignedRun } from '@chirograph/event'
import { encodeForkEvidence, forkEvidenceOf } from './fork-evidence.js'
import { type Chain, chainAt, isResident, type LogEntry, type LogIndex, type Slot } from './log-index.js'

export type ForkProof =
  | { readonly kind: 'proven'; readonly evidence: ForkEvidence }
  /** Headers of final events that left memory: `restoreEntry` them with `stored`, then ask again. */
  | { readonly kind: 'load'; readonly slots: readonly Slot[] }
  /** There is one branch here, or the store does not have what was asked for. */
  | { readonly kind: 'none' }

/**
 * Proves the fork at one place by its two smallest headers. `isLoaded` says that everything asked for before was looked
 * up, so that nothing is asked for for ever.
 */
export function proveFork(
  log: LogIndex,
  slot: Slot,
  { isLoaded = false }: { readonly isLoaded?: boolean } = {},
): ForkProof {
  const chain = chainAt(log, slot)
  if (chain === undefined) return { kind: 'none' }
  if (!isResident(chain, slot.sequence)) return ask([slot], isLoaded)
  const branches = chain.slots.get(slot.sequence) ?? []
  if (branches.length < 2) return { kind: 'none' }
  if (branches.some(({ stored }) => stored === undefined)) return ask([slot], isLoaded)
  const [first, second] = [...branches].sort((a, b) => compareBytes(headerOf(a), headerOf(b)))
  if (first === undefined || second === undefined) return { kind: 'none' }
  const runs = [runFrom(chain, first), runFrom(chain, second)] as const
  const lacking = runs.flatMap((run) => (run.kind === 'lacking' ? run.slots : []))
  if (lacking.length > 0) return ask(lacking, isLoaded)
  const [a, b] = runs
  if (a.kind !== 'run' || b.kind !== 'run') return { kind: 'none' }
  const evidence = forkEvidenceOf(a.run, b.run)
  if (evidence === undefined || encodeForkEvidence(evidence).length > bodyBytesMax) return { kind: 'none' }
  return { kind: 'proven', evidence }
}

/**
 * What proves that an event that is not final is its author's: its own signature, or the nearest one above it. Undefined
 * where it is not here, or final.
 */
export function runTo(log: LogIndex, id: EventId): SignedRun | undefined {
  const entry = log.entries.get(id)
  const chain = entry && chainAt(log, entry)
  const found = chain && !entry.isFinal ? runFrom(chain, entry) : undefined
  return found?.kind === 'run' ? found.run : undefined
}

type FoundRun =
  | { readonly kind: 'run'; readonly run: SignedRun }
  | { readonly kind: 'lacking'; readonly slots: readonly Slot[] }
  | { readonly kind: 'none' }

interface Path {
  readonly entry: LogEntry
  readonly before: Path | undefined
}

/** The headers from an entry up to the nearest one above it that was checked: breadth first, one place after another. */
function runFrom(chain: Chain, entry: LogEntry): FoundRun {
  let level: readonly Path[] = [{ entry, before: undefined }]
  for (let steps = 0; level.length > 0 && steps <= runStepsMax; steps++) {
    const signed = level.find((path) => path.entry.isVerified)
    if (signed !== undefined) return runOfPath(signed)
    const sequence = entry.sequence + steps + 1
    if (!isResident(chain, sequence)) return { kind: 'lacking', slots: finalSlots(chain, entry, sequence) }
    const above = chain.slots.get(sequence) ?? []
    level = above.flatMap((next) => {
      const before = level.find((path) => path.entry.id === next.prev)
      return before === undefined ? [] : [{ entry: next, before }]
    })
  }
  return { kind: 'none' }
}

function runOfPath(end: Path): FoundRun {
  const entries: LogEntry[] = []
  for (let at: Path | undefined = end; at !== undefined; at = at.before) entries.unshift(at.entry)
  const lacking = entries.filter(({ stored }) => stored === undefined)
  if (lacking.length > 0) return { kind: 'lacking', slots: lacking }
  const signature = end.entry.stored?.signature
  return signature == null ? { kind: 'none' } : { kind: 'run', run: runOf(entries.map(headerOf), signature) }
}

/** A run is bounded, so as many final events from here on as one may have are enough. */
function finalSlots(chain: Chain, { author, generation }: LogEntry, from: number): Slot[] {
  const to = Math.min(chain.finalTip?.sequence ?? from, from + runStepsMax)
  const slots: Slot[] = []
  for (let sequence = from; sequence <= to; sequence++) slots.push({ author, generation, sequence })
  return slots
}

function ask(slots: readonly Slot[], isLoaded: boolean): ForkProof {
  const places = slots.map(({ author, generation, sequence }) => ({ author, generation, sequence }))
  return isLoaded ? { kind: 'none' } : { kind: 'load', slots: places }
}

function headerOf({ id, stored }: LogEntry): Uint8Array {
  if (stored === undefined) throw new Error(`the header of ${id} is not in memory`)
  return stored.headerBytes
}
