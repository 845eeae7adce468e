/** Hypercore: one writer's log, a Merkle tree with signed heads, over a plain TCP socket. */
import { join } from 'node:path'
import type { Peer } from '../peer.js'
import { connectTcp, serveTcp } from '../tcp.js'

interface Ticket {
  readonly key: string
  readonly port: number
}

export const hypercore: Peer<Ticket> = {
  name: 'hypercore',
  packages: ['hypercore'],
  nodeMajorMin: 20,
  variants: [
    { label: 'one by one', writers: 1, batch: 1 },
    { label: 'by hundreds', writers: 1, batch: 100 },
  ],
  remarks: [
    'one writer a log; it signs the tree head at each append, not each record, and the reader checks a Merkle proof against it',
    'an append is in RocksDB’s log, not synced to the disk; a record’s id is its index',
  ],
  async load() {
    const { default: Hypercore } = await import('hypercore')
    return {
      async open({ directory, seat, ticket }) {
        const key = ticket && seat === 'reader' ? Buffer.from(ticket.key, 'hex') : null
        const core = new Hypercore(join(directory, 'core'), key)
        await core.ready()
        const tcp = serveTcp(() => core.replicate(false))
        return {
          ticket: async () => ({ key: core.key.toString('hex'), port: await tcp.port() }),
          async follow({ port }) {
            core.download({ start: 0, end: -1 })
            tcp.add(await connectTcp(port, () => core.replicate(true)))
          },
          async admit() {},
          async admitted() {},
          async append(records) {
            await core.append(records)
          },
          held: () => core.contiguousLength,
          ids: () => Array.from({ length: core.length }, (_, index) => String(index)),
          read: (id) => core.get(Number(id), { wait: false }),
          async close() {
            await tcp.close()
            await core.close()
          },
        }
      },
    }
  },
}
