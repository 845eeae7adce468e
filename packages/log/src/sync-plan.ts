/**
 * What a node owes a peer, from its own frontier and what the peer claims of its own. Sequences are dense, so a gap is
 * a range, found in one round trip, and its size is known before it is fetched. Rules L23 to L26 of SPEC.md.
 */
import { equalBytes } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import type { FrontierEntry } from './frontier.js'
import { type FrontierClaim, type FrontierClaims, headTag } from './frontier-claim.js'
import { finalGenerationOf, headsOf, type LogIndex } from './log-index.js'

/** A stretch of one author's chain, both ends included. */
export interface Range {
  readonly author: OrgId
  readonly generation: number
  readonly fromSequence: number
  readonly toSequence: number
}

export interface AnswerPlan {
  /** What they lack, by their word, ascending by author and generation; and how many events that is. */
  readonly ranges: readonly Range[]
  readonly eventCount: number
  /** Authors of whom the two sides hold different branches; `branch-sync.ts` finds where they part. */
  readonly probes: readonly OrgId[]
  /** They hold what is not here. */
  readonly isBehind: boolean
}

/** Plans the answer to `claims`, which name every author of whom the asker holds anything. */
export function planAnswer(args: {
  readonly log: LogIndex
  readonly local: readonly FrontierEntry[]
  readonly claims: FrontierClaims
}): AnswerPlan {
  const { log, local, claims } = args
  const ranges: Range[] = []
  const probes: OrgId[] = []
  const known = new Set(local.map(({ author }) => author))
  let isBehind = [...claims.keys()].some((author) => !known.has(author))
  for (const entry of local) {
    const claim = claims.get(entry.author)
    // L23: an author that they do not know is sent whole; one whose branches differ by branches, from its beginning.
    if (claim === undefined) {
      ranges.push(...rangesAfter(log, entry, undefined))
      if (entry.branches !== null) probes.push(entry.author)
      continue
    }
    const order = entry.generation - claim.generation || entry.sequence - claim.sequence
    const isSame = order === 0 && equalBytes(headTag(claim.key, entry), claim.tag)
    // L24: the same heads, the same events.
    if (isSame) continue
    if (order < 0) isBehind = true
    // L25: where heads differ at one place, or branches are known here, ranges cannot say what is lacking.
    if (order === 0 || entry.branches !== null) {
      probes.push(entry.author)
      isBehind = true
    }
    // L26: they are behind. Of the generation whose branches are compared nothing is sent as a range.
    if (order > 0) ranges.push(...rangesAfter(log, entry, claim))
  }
  return { ranges, eventCount: countOf(ranges), probes, isBehind }
}

/** The number of events in these ranges. */
export function countOf(ranges: readonly Range[]): number {
  return ranges.reduce((count, range) => count + range.toSequence - range.fromSequence + 1, 0)
}

/**
 * What is held of an author behind a place of its chain: the rest of that generation, then the later ones. Of an author
 * with branches only what its closed generations hold: they have one.
 */
function rangesAfter(log: LogIndex, entry: FrontierEntry, place: FrontierClaim | undefined): Range[] {
  const { author } = entry
  const current = finalGenerationOf(log, author)
  const ranges: Range[] = []
  const chains = [...(log.chains.get(author) ?? [])].sort(([a], [b]) => a - b)
  for (const [generation, { finalTip }] of chains) {
    if (place !== undefined && generation < place.generation) continue
    if (entry.branches !== null && generation >= current) continue
    const fromSequence = generation === place?.generation ? place.sequence + 1 : 0
    const tip = generation < current ? finalTip : headsOf(log, author, generation).at(-1)
    const toSequence = tip?.sequence ?? -1
    if (toSequence >= fromSequence) ranges.push({ author, generation, fromSequence, toSequence })
  }
  return ranges
}
