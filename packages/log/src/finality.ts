/**
 * What becomes of entries when they are final, and how the index is filled again after a restart. Memory follows
 * the events that are not final, not the history.
 */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent, EventHeader, OrgId } from '@chirograph/event'
import { insertPending } from './admit.js'
import {
  type Chain,
  closeGenerations,
  insertEntry,
  type LogIndex,
  openChain,
  replaceEntry,
  type StoredHeader,
} from './log-index.js'

/** A final event as the store holds it. */
export interface RestoredEntry {
  readonly id: EventId
  readonly header: Pick<EventHeader, 'author' | 'generation' | 'sequence' | 'prev' | 'kind'>
  readonly branch: number
  readonly isVerified: boolean
  readonly stored?: StoredHeader
}

/**
 * Marks events as final: their bodies and wire bytes leave memory, their places stay. Each must be in the index.
 * Events already final are left as they are. A rotation among them closes the generations before it.
 */
export function markFinal(log: LogIndex, events: Iterable<{ readonly id: EventId }>): void {
  const rotated = new Set<OrgId>()
  for (const { id } of events) {
    const entry = log.entries.get(id)
    if (entry === undefined) throw new Error(`made final what is not in the log: ${id}`)
    if (entry.isFinal) continue
    replaceEntry(log, { ...entry, isFinal: true, stored: undefined, event: undefined })
    if (entry.kind === 'key.rotate') rotated.add(entry.author)
  }
  for (const author of rotated) closeGenerations(log, author)
}

/**
 * Enters a final event from its stored header, at start-up or because `admit` said `load`. To start, the last
 * final event of each author is enough; `load` asks for more. With `stored` the header bytes are kept for a fork
 * proof: give them when answering `load`. All events stored at a slot may be given; those not final are known
 * already and are left as they are.
 */
export function restoreEntry(log: LogIndex, restored: RestoredEntry): void {
  const { id, header, branch, isVerified, stored } = restored
  const held = log.entries.get(id)
  if (held !== undefined) {
    if (held.stored === undefined && stored !== undefined) replaceEntry(log, { ...held, stored })
    return
  }
  const { author, generation, sequence, prev, kind } = header
  const chain = openChain(log, header)
  // The first one restored is where memory begins; what lies before it comes back only to answer a question.
  if (chain.finalTip === undefined) chain.residentFrom = sequence
  else if (sequence < chain.residentFrom) chain.loaded.add(sequence)
  const entry = { id, author, generation, sequence, branch, prev, kind, isFinal: true, isVerified }
  insertEntry(log, { ...entry, arrival: log.arrivals++, stored, event: undefined })
}

/** Enters an event that was admitted before a restart and is not final. Order does not matter. */
export function restorePending(log: LogIndex, event: AuthenticEvent, branch: number): void {
  if (!log.entries.has(event.id)) insertPending(log, event, branch)
}

/**
 * Lets go of final entries further than `keep` behind the last final one of their chain, and of what was loaded.
 * `admit` asks for them with `load` when an event reaches that far back.
 */
export function trimFinal(log: LogIndex, { keep }: { readonly keep: number }): void {
  for (const generations of log.chains.values()) {
    for (const chain of generations.values()) {
      if (chain.finalTip === undefined) continue
      const limit = chain.finalTip.sequence - keep
      for (const sequence of chain.loaded) {
        if (sequence >= limit) continue
        trimSlot(log, chain, sequence)
        chain.loaded.delete(sequence)
      }
      for (; chain.residentFrom < limit; chain.residentFrom++) trimSlot(log, chain, chain.residentFrom)
    }
  }
}

function trimSlot(log: LogIndex, chain: Chain, sequence: number): void {
  const rest = (chain.slots.get(sequence) ?? []).filter((entry) => {
    if (entry.isFinal) log.entries.delete(entry.id)
    return !entry.isFinal
  })
  if (rest.length > 0) chain.slots.set(sequence, rest)
  else chain.slots.delete(sequence)
}
