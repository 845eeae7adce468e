/**
 * How a node comes to the cut of a snapshot: chain by chain its final tip moves up to the cut's entry. Where that event
 * is here, everything up to it is final now. Where it is not, the chain goes on from its header, and what lies between
 * is fetched later; what was held of the chain and is not final cannot be told from a passed-over branch until then,
 * and is let go. Rule L31 of SPEC.md.
 */
import type { EventId } from '@chirograph/codec'
import { markFinal, type RestoredEntry, restoreEntry } from './finality.js'
import { chainAt, type LogEntry, type LogIndex, removeEntries, type Slot } from './log-index.js'

export type Jump =
  | { readonly kind: 'reached' }
  /** What the store must let go of too: it holds what is final and what the index holds, and nothing else. */
  | { readonly kind: 'jumped'; readonly dropped: readonly LogEntry[] }

/** `tip` is final by a quorum's certificate. Nothing of its chain is final here beyond it. */
export function jumpTo(log: LogIndex, tip: RestoredEntry): Jump {
  const held = log.entries.get(tip.id)
  if (held === undefined) {
    const chain = chainAt(log, tip.header)
    const removed = chain === undefined ? [] : removeEntries(log, chain)
    restoreEntry(log, tip)
    return { kind: 'jumped', dropped: removed.filter(({ isFinal }) => !isFinal) }
  }
  markFinal(log, laneTo(log, held))
  return { kind: 'reached' }
}

/**
 * The same where the cut has left a generation behind: it ended at `last`, of which only this is known; null when
 * nothing of it is final.
 */
export function closeAt(
  log: LogIndex,
  place: Omit<Slot, 'sequence'>,
  last: { readonly id: EventId } | null,
): Jump {
  const held = last === null ? undefined : log.entries.get(last.id)
  if (held !== undefined) markFinal(log, laneTo(log, held))
  if (last === null || held !== undefined) return { kind: 'reached' }
  const chain = chainAt(log, place)
  const removed = chain === undefined ? [] : removeEntries(log, chain)
  return { kind: 'jumped', dropped: removed.filter(({ isFinal }) => !isFinal) }
}

/** What is not final of a generation up to an event. */
function laneTo(log: LogIndex, tip: LogEntry): LogEntry[] {
  const lane: LogEntry[] = []
  for (let at: LogEntry | undefined = tip; at !== undefined && !at.isFinal; at = before(log, at))
    if (at.generation === tip.generation) lane.push(at)
  return lane
}

function before(log: LogIndex, { prev }: LogEntry): LogEntry | undefined {
  return prev === null ? undefined : log.entries.get(prev)
}
