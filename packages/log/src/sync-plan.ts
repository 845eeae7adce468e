/**
 * What two nodes owe each other, from their frontiers alone. Sequences are dense, so a gap is a range, found in one
 * round trip, and its size is known before it is fetched. Rules L23 to L26 of SPEC.md.
 */
import { equalBytes } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import type { FrontierEntry } from './frontier.js'

/** A stretch of one author's chain, both ends included. */
export interface Range {
  readonly author: OrgId
  readonly generation: number
  readonly fromSequence: number
  readonly toSequence: number
}

/** An author of whom the two sides hold different branches; `branch-sync.ts` finds where they part. */
export interface ForkProbe {
  readonly author: OrgId
  readonly generation: number
  readonly local: FrontierEntry
  readonly remote: FrontierEntry
}

export interface SyncPlan {
  /** What they lack, and how many events that is. */
  readonly send: Range[]
  readonly sendCount: number
  /** What we lack, by their word, and how many events that is. */
  readonly receive: Range[]
  readonly receiveCount: number
  readonly forks: ForkProbe[]
  /** Authors in their frontier of whom nothing is held here; `receive` has their ranges. */
  readonly unknownAuthors: OrgId[]
  /** Authors whom the two sides know in different generations: not compared until a rotation connects them. */
  readonly otherGenerations: OrgId[]
}

/**
 * Compares two frontiers, each sorted by author. `holds` tells whether the local log has an event
 * (`mayHold`); with it, a fork is found here also when the remote side is behind on another branch. Without it, the
 * remote side finds that fork when our range does not fit its chain.
 */
export function planSync(args: {
  readonly local: readonly FrontierEntry[]
  readonly remote: readonly FrontierEntry[]
  readonly holds?: (entry: FrontierEntry) => boolean
}): SyncPlan {
  const { local, remote, holds = () => true } = args
  const ours = new Map(local.map((entry) => [entry.author, entry]))
  const theirs = new Map(remote.map((entry) => [entry.author, entry]))
  const plan: Omit<SyncPlan, 'sendCount' | 'receiveCount'> = {
    send: [],
    receive: [],
    forks: [],
    unknownAuthors: [],
    otherGenerations: [],
  }
  // L23: an author that one side does not know is sent whole.
  for (const entry of local) if (!theirs.has(entry.author)) plan.send.push(rangeTo(entry, 0))
  for (const entry of remote) {
    const own = ours.get(entry.author)
    if (own !== undefined) comparePair(plan, { own, other: entry, holds })
    else {
      plan.unknownAuthors.push(entry.author)
      plan.receive.push(rangeTo(entry, 0))
    }
  }
  plan.send.sort((a, b) => (a.author < b.author ? -1 : 1))
  return { ...plan, sendCount: countOf(plan.send), receiveCount: countOf(plan.receive) }
}

/** The number of events in these ranges. */
export function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((count, range) => count + range.toSequence - range.fromSequence + 1, 0)
}

function comparePair(
  plan: Pick<SyncPlan, 'send' | 'receive' | 'forks' | 'otherGenerations'>,
  pair: {
    readonly own: FrontierEntry
    readonly other: FrontierEntry
    readonly holds: (entry: FrontierEntry) => boolean
  },
): void {
  const { own, other, holds } = pair
  if (own.generation !== other.generation) {
    plan.otherGenerations.push(own.author)
    return
  }
  // L24: the same heads, the same events.
  if (isSameSet(own, other)) return
  // L25: where either side knows branches, or both differ at one sequence, ranges cannot say what is lacking.
  const isForked = own.branches !== null || other.branches !== null || own.sequence === other.sequence
  const isHidden = own.sequence > other.sequence && !holds(other)
  if (isForked || isHidden) {
    plan.forks.push({ author: own.author, generation: own.generation, local: own, remote: other })
    return
  }
  // L26: one branch, one side behind.
  if (own.sequence > other.sequence) plan.send.push(rangeTo(own, other.sequence + 1))
  else plan.receive.push(rangeTo(other, own.sequence + 1))
}

/** The hash over the branches speaks for all heads, so with it the one head shown does not matter. */
function isSameSet(a: FrontierEntry, b: FrontierEntry): boolean {
  if (a.branches === null || b.branches === null) return a.branches === b.branches && a.id === b.id
  return equalBytes(a.branches, b.branches)
}

function rangeTo(entry: FrontierEntry, fromSequence: number): Range {
  const { author, generation, sequence } = entry
  return { author, generation, fromSequence, toSequence: sequence }
}
