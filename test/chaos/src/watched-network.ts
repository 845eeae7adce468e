/** A network that tells what a node puts on the wire: what was shown can be believed by others, so it may never change. */
import type { EventId } from '@chirograph/codec'
import { decodeSegment, type OrgId } from '@chirograph/event'
import type { Network } from '@chirograph/interface'
import { decodeSegmentFrame } from '@chirograph/replica'

export interface ShownEvent {
  readonly sequence: number
  readonly id: EventId
}

/** Everything is told before it is handed on. */
export function watchedNetwork(
  network: Network,
  watcher: {
    readonly org: OrgId
    /** An own event, gossiped or in an answer; once. */
    readonly onShown: (event: ShownEvent) => void
    /** A direct message to validators; once, however many it goes to. */
    readonly onSaid: (bytes: Uint8Array) => void
  },
): Network {
  const said = new WeakSet<Uint8Array>()
  const shown = new Set<EventId>()

  function tell(frame: Uint8Array): void {
    const segments = decodeSegmentFrame(frame)
    // An answer begins with an offer, which is no frame of segments.
    for (const wire of segments.ok ? segments.value : []) {
      const decoded = decodeSegment(wire)
      if (decoded.kind === 'reject') throw new Error(`shows what cannot be read: ${decoded.detail}`)
      for (const { header, id } of decoded.segment.events) {
        if (header.author !== watcher.org || shown.has(id)) continue
        shown.add(id)
        watcher.onShown({ sequence: header.sequence, id })
      }
    }
  }

  return {
    ...network,
    start: (handlers) =>
      network.start({
        ...handlers,
        async *request(from, protocol, ...request) {
          for await (const frame of handlers.request(from, protocol, ...request)) {
            if (protocol === 'sync') tell(frame)
            yield frame
          }
        },
      }),
    publish(topic, bytes) {
      if (topic === 'events') tell(bytes)
      return network.publish(topic, bytes)
    },
    send(peerId, bytes) {
      if (!said.has(bytes)) watcher.onSaid(bytes)
      said.add(bytes)
      network.send(peerId, bytes)
    },
  }
}
