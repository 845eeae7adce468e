/**
 * What to serve of a history request. It may name hundreds of thousands of holes where there is nothing, or one hole
 * many times: only what is held is walked, once, and so much of it in one answer.
 */
import type { OrgId } from '@chirograph/event'
import { finalTipOf, type Range } from '@chirograph/log'
import type { Replica } from '@chirograph/replica'

/** Ranges of one answer: each is a walk of its own through the store. Who asks for more asks again for the rest. */
export const historyRangesMax = 1_024

export interface Wanted {
  readonly author: OrgId
  readonly generation: number
  /** Sequences from and to, both included. */
  readonly ranges: readonly (readonly [from: number, to: number])[]
}

/** The ranges to walk: chain by chain in the order in which these are named, each from the highest down. */
export function planHistory(replica: Replica, wanted: readonly Wanted[]): Range[] {
  const chains = new Map<string, Wanted>()
  for (const one of wanted) {
    const name = `${one.author}/${one.generation}`
    const known = chains.get(name)
    chains.set(name, known === undefined ? one : { ...one, ranges: [...known.ranges, ...one.ranges] })
  }
  const planned: Range[] = []
  for (const { author, generation, ranges } of chains.values()) {
    const tip = finalTipOf(replica.log, author, generation)
    const floor = floorOf(replica, { author, generation })
    if (tip === undefined || floor === undefined) continue
    for (const [from, to] of joined(ranges).reverse()) {
      const [fromSequence, toSequence] = [Math.max(from, floor), Math.min(to, tip.sequence)]
      if (fromSequence > toSequence) continue
      if (planned.length === historyRangesMax) return planned
      planned.push({ author, generation, fromSequence, toSequence })
    }
  }
  return planned
}

/** Ascending, and none that overlap or touch. */
function joined(ranges: Wanted['ranges']): (readonly [number, number])[] {
  const result: [number, number][] = []
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = result.at(-1)
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else result.push([from, to])
  }
  return result
}

/** The sequence down to which this node's history goes; undefined where nothing of the generation is held whole. */
function floorOf(
  { heldFrom }: Replica,
  { author, generation }: { readonly author: OrgId; readonly generation: number },
): number | undefined {
  const held = heldFrom.get(author)
  if (held === undefined || generation > held.generation) return 0
  return generation === held.generation ? held.sequence : undefined
}
