/**
 * Own events on their way to gossip. A gossiped message costs every member a signature and several writes whatever its
 * size (profiled: three quarters of the CPU of a burst of single events), so what is ready together travels together,
 * as one segment under the signature of its last event.
 */
import { createSegmenter, type VerifiedEvent } from '@chirograph/event'
import { gossipBytesMax } from '@chirograph/interface'
import { encodeSegmentFrame } from '@chirograph/replica'
import type { AuthorBudget } from './author-budget.js'

export interface GossipOutbox {
  add(event: VerifiedEvent): void
}

export interface GossipOutboxOptions {
  readonly budget: Pick<AuthorBudget, 'waitMs' | 'charge'>
  /** Calls back once, after so long. */
  readonly later: (ms: number, run: () => void) => void
  readonly send: (frame: Uint8Array) => void
}

/**
 * Gathers what is added in one turn of the event loop, and for longer while its author is over the budget that all
 * members keep for it: what is over is passed over by them, and would have to come by sync. Sends frames below the size
 * that gossip takes.
 */
export function createGossipOutbox({ budget, later, send }: GossipOutboxOptions): GossipOutbox {
  let waiting: VerifiedEvent[] = []

  function flush(): void {
    const [first] = waiting
    if (first === undefined) return
    const { author } = first.header
    const waitMs = budget.waitMs(author)
    if (waitMs > 0) return later(waitMs, flush)
    const events = waiting
    waiting = []
    for (const segment of segmentsOf(events)) {
      budget.charge(author)
      send(encodeSegmentFrame([segment]))
    }
  }

  return {
    add(event) {
      if (waiting.length === 0) queueMicrotask(flush)
      waiting.push(event)
    },
  }
}

/** Half of what gossip takes: a segment ends behind the event that crosses this, and one event is always smaller. */
const segmentBytesMax = gossipBytesMax / 2

function segmentsOf(events: readonly VerifiedEvent[]): Uint8Array[] {
  const segments: Uint8Array[] = []
  let segmenter = createSegmenter()
  let bytes = 0
  let last: VerifiedEvent | undefined
  for (const event of events) {
    const isNext = last !== undefined && event.header.prev === last.id
    if (!isNext || bytes > segmentBytesMax) {
      segments.push(...segmenter.end())
      segmenter = createSegmenter()
      bytes = 0
    }
    segments.push(...segmenter.push(event))
    bytes += event.headerBytes.length + event.bodyBytes.length
    last = event
  }
  return [...segments, ...segmenter.end()]
}
