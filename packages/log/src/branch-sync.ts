/**
 * How two nodes that hold different branches of one author come to hold both: each sends a short list of ids, the
 * other answers with the events that do not lie below them. One round trip, whatever the branches look like.
 * Rule L27 of SPEC.md; the locator is Bitcoin's (the `getblocks` message).
 */
import type { EventId } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { locatorHeadsMax, locatorMax } from './limits.js'
import { chainAt, headsOf, type LogEntry, type LogIndex } from './log-index.js'

/** An author's heads, then ids at doubling distances behind the highest, down to where memory begins. */
export function locatorOf(log: LogIndex, author: OrgId, generation: number): EventId[] {
  const heads = headsOf(log, author, generation).reverse().slice(0, locatorHeadsMax)
  const ids = new Set(heads.map((head) => head.id))
  let at = heads[0]
  for (let distance = 1; at !== undefined && ids.size < locatorMax; distance *= 2) {
    const before = ancestorOf(log, { entry: at, distance })
    ids.add(before.id)
    at = before === at ? undefined : before
  }
  return [...ids]
}

/**
 * The entries here that whoever sent this locator may lack: those that are not equal to, nor before, an event of
 * the locator known here. In order of sequence, at most `entriesMax`. An untrusted locator is cut at `locatorMax`.
 */
export function entriesBeyond(
  log: LogIndex,
  args: {
    readonly author: OrgId
    readonly generation: number
    readonly locator: readonly EventId[]
    readonly entriesMax: number
  },
): LogEntry[] {
  const { author, generation, locator, entriesMax } = args
  const chain = chainAt(log, { author, generation })
  if (chain === undefined) return []
  const held = new Set<EventId>()
  for (const id of locator.slice(0, locatorMax)) {
    let entry = log.entries.get(id)
    if (entry?.author !== author || entry.generation !== generation) continue
    while (entry !== undefined && !held.has(entry.id)) {
      held.add(entry.id)
      entry = entry.prev === null ? undefined : log.entries.get(entry.prev)
    }
  }
  return [...chain.slots]
    .sort(([a], [b]) => a - b)
    .flatMap(([, entries]) => entries.filter((entry) => !held.has(entry.id)))
    .slice(0, entriesMax)
}

/** The entry `distance` before this one, or the last before it that is in memory. */
function ancestorOf(log: LogIndex, from: { readonly entry: LogEntry; readonly distance: number }): LogEntry {
  let { entry } = from
  for (let i = 0; i < from.distance; i++) {
    const before = entry.prev === null ? undefined : log.entries.get(entry.prev)
    if (before === undefined) return entry
    entry = before
  }
  return entry
}
