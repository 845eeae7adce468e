/**
 * Own events on their way to gossip. A gossiped message costs every member a signature and several writes whatever its
 * size (profiled: three quarters of the CPU of a burst of single events), so what is ready together travels together.
 */
import { gossipBytesMax } from '@chirograph/interface'
import { encodeEventFrame } from '@chirograph/replica'

export interface GossipOutbox {
  add(event: Uint8Array): void
}

/** Gathers what is added in one turn of the event loop; calls `send` with frames below the size that gossip takes. */
export function createGossipOutbox(send: (frame: Uint8Array) => void): GossipOutbox {
  let waiting: Uint8Array[] = []

  function flush(): void {
    const events = waiting
    waiting = []
    for (const group of groupsOf(events)) send(encodeEventFrame(group))
  }

  return {
    add(event) {
      if (waiting.length === 0) queueMicrotask(flush)
      waiting.push(event)
    },
  }
}

/** Half of what gossip takes: room for the heads of the frame, and one event is always smaller. */
const groupBytesMax = gossipBytesMax / 2

function groupsOf(events: readonly Uint8Array[]): Uint8Array[][] {
  const groups: Uint8Array[][] = []
  let size = Number.POSITIVE_INFINITY
  for (const event of events) {
    if (size + event.length > groupBytesMax) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(event)
    size += event.length
  }
  return groups
}
