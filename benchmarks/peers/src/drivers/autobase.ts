/** Autobase: a Hypercore for each writer, put into one order that every reader computes and the writers sign. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Host } from 'autobase'
import type { Core } from 'hypercore'
import { type Peer, recordBytes } from '../peer.js'
import { connectTcp, serveTcp } from '../tcp.js'

interface Ticket {
  readonly key: string
  readonly port: number
  /** Of the process that made this ticket. */
  readonly writerKey: string
}

/** A writer's key asks to be let in; anything else is a record. */
const writerKeyBytes = 32

/** How often a new writer looks whether it has been let in. */
const pollMs = 5

export const autobase: Peer<Ticket> = {
  name: 'autobase',
  packages: ['autobase', 'corestore', 'hypercore'],
  nodeMajorMin: 20,
  variants: [
    { label: 'two writers, one by one', writers: 2, batch: 1 },
    { label: 'two writers, by hundreds', writers: 2, batch: 100 },
  ],
  remarks: [
    'several writers, each with a Hypercore; signatures as there, of tree heads and not of records',
    'the reader computes the order of all records itself; with fast-forward, which is off there, it would take over the signed order without storing every record',
    'not synced to the disk; a record’s id is its index in the common order',
  ],
  async load() {
    const [{ default: Corestore }, { default: Autobase }] = await Promise.all([
      import('corestore'),
      import('autobase'),
    ])

    async function apply(
      nodes: readonly { readonly value: Uint8Array }[],
      view: Core,
      host: Host,
    ): Promise<void> {
      for (const { value } of nodes) {
        if (value.length === writerKeyBytes) await host.addWriter(value, { indexer: true })
        else if (value.length === recordBytes) await view.append(value)
      }
    }

    return {
      async open({ directory, seat, ticket }) {
        const store = new Corestore(join(directory, 'base'))
        const key = ticket ? Buffer.from(ticket.key, 'hex') : null
        const base = new Autobase(store, key, {
          valueEncoding: 'binary',
          // A fast-forwarded reader takes over the signed order and leaves records behind.
          fastForward: seat !== 'reader',
          open: (views) => views.get({ name: 'records', valueEncoding: 'binary' }),
          apply,
        })
        await base.ready()
        const tcp = serveTcp(() => store.replicate(false))
        return {
          async ticket() {
            const hex = (core: { readonly key: Buffer }) => core.key.toString('hex')
            return { key: hex(base), writerKey: hex(base.local), port: await tcp.port() }
          },
          async follow({ port }) {
            tcp.add(await connectTcp(port, () => store.replicate(true)))
          },
          async admit({ writerKey }) {
            await base.append(Buffer.from(writerKey, 'hex'))
          },
          async admitted() {
            while (!base.writable) await sleep(pollMs)
          },
          async append(records) {
            await base.append(records)
          },
          held: () => base.view.length,
          ids: () => Array.from({ length: base.view.length }, (_, index) => String(index)),
          read: (id) => base.view.get(Number(id), { wait: false }),
          async close() {
            await tcp.close()
            await base.close()
            await store.close()
          },
        }
      },
    }
  },
}
