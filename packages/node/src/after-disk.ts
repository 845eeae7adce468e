/**
 * Synced before shown. What a node asks and answers is worked out from memory, which is ahead of the disk by what is
 * being written. If that got out and the node then crashed, others would hold what it does not know that it signed, and
 * it would sign the same place again. So each request and each frame of an answer leaves once everything that was in
 * memory when it was made is on disk. Gossip and direct messages are effects, and wait in their order.
 */
import type { Network } from '@chirograph/interface'

/** `onDisk` resolves when everything that is in memory now is durable, and rejects when it will never be. */
export function networkAfterDisk(network: Network, onDisk: () => Promise<void>): Network {
  return {
    ...network,
    start: (handlers) =>
      network.start({
        ...handlers,
        async *request(...request) {
          for await (const frame of handlers.request(...request)) {
            await onDisk()
            yield frame
          }
        },
      }),
    async *request(request) {
      await onDisk()
      yield* network.request(request)
    },
  }
}
