/** OrbitDB: an events database on Helia, each entry signed and a block of its own, found by walking back from the heads. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { OrbitDatabase } from '@orbitdb/core'
import type { Peer } from '../peer.js'

interface Ticket {
  readonly database: string
  readonly multiaddr: string
}

export const orbitdb: Peer<Ticket> = {
  name: 'orbitdb',
  packages: ['@orbitdb/core', 'helia', 'libp2p'],
  nodeMajorMin: 22,
  variants: [{ label: 'one by one', writers: 1, batch: 1 }],
  remarks: [
    'signs each entry; the reader fetches each by Bitswap and verifies each signature',
    'nothing counts as joined before the walk has reached the first entry; until then what was fetched is counted',
    'blocks and indexes in LevelDB, as its documentation sets it up; not synced to the disk',
  ],
  async load() {
    const { createHelia } = await import('helia')
    const { bitswap } = await import('@helia/block-brokers')
    const { LevelBlockstore } = await import('blockstore-level')
    const { createLibp2p } = await import('libp2p')
    const { tcp } = await import('@libp2p/tcp')
    const { noise } = await import('@chainsafe/libp2p-noise')
    const { yamux } = await import('@chainsafe/libp2p-yamux')
    const { identify } = await import('@libp2p/identify')
    const { gossipsub } = await import('@libp2p/gossipsub')
    const { multiaddr } = await import('@multiformats/multiaddr')
    const { createOrbitDB } = await import('@orbitdb/core')

    return {
      async open({ directory, seat, ticket }) {
        const isNew = !existsSync(join(directory, 'blocks'))
        const blockstore = new LevelBlockstore(join(directory, 'blocks'))
        await blockstore.open()
        let blocksStored = 0
        const put = blockstore.put.bind(blockstore)
        blockstore.put = (...block) => {
          blocksStored++
          return put(...block)
        }
        const libp2p = await createLibp2p({
          addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
          transports: [tcp()],
          connectionEncrypters: [noise()],
          streamMuxers: [yamux()],
          services: { identify: identify(), pubsub: gossipsub({ allowPublishToZeroTopicPeers: true }) },
        })
        const ipfs = await createHelia({ libp2p, blockstore, blockBrokers: [bitswap()], routers: [] })
        const orbit = await createOrbitDB({ ipfs, id: seat, directory: join(directory, 'orbitdb') })
        const ids: string[] = []
        let database: OrbitDatabase | undefined
        let held = () => 0
        const opened = () => {
          if (!database) throw new Error('the database is opened when the writer is followed')
          return database
        }
        if (!ticket) database = await orbit.open('records', { type: 'events' })
        else if (!isNew) database = await orbit.open(ticket.database)
        return {
          async ticket() {
            const [address] = libp2p.getMultiaddrs()
            return { database: opened().address, multiaddr: String(address) }
          },
          async follow(writer, records) {
            let isJoined = false
            // The walk ends with one `update` for the head that it began at.
            held = () => (isJoined ? records : Math.min(blocksStored, records - 1))
            await libp2p.dial(multiaddr(writer.multiaddr))
            database = await orbit.open(writer.database)
            database.events.on('update', () => {
              isJoined = true
            })
          },
          async admit() {},
          async admitted() {},
          async append(records) {
            for (const record of records) ids.push(await opened().add(record))
          },
          held: () => held(),
          ids: () => ids,
          read: (id) => opened().get(id),
          async close() {
            await orbit.stop()
            await ipfs.stop()
            await blockstore.close()
          },
        }
      },
    }
  },
}
