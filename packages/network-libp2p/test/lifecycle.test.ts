/** Ports, restarts and stops. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { equal, failsWith, is, match, ok, suite } from '../../workspace/kit.ts'
import { peerIdOfSeed } from '../src/index.js'
import type { Station } from './members.ts'
import {
  addressOf,
  isConnected,
  join,
  memberIds,
  memberNetwork,
  memberNetworks,
  seedOf,
  started,
  until,
  withStations,
} from './members.ts'

suite('listening', (it) => {
  it('fails with NETWORK_LISTEN_IN_USE on a port that is taken, naming it', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      const address = listenOf(station)
      const second = memberNetwork(1, { listen: [address] })
      const error = await failsWith('NETWORK_LISTEN_IN_USE', started(second))
      match(error.message, address)
      await failsWith('NETWORK_STOPPED', second.connect(address))
      await second.stop()
    })
  })

  it('fails with NETWORK_LISTEN_FAILED on an address of another machine', async () => {
    const network = memberNetwork(0, { listen: ['/ip4/192.0.2.1/tcp/4000'] })
    await failsWith('NETWORK_LISTEN_FAILED', started(network))
  })

  it('is not needed to connect', async () => {
    await withStations([memberNetwork(0, { listen: [] }), memberNetwork(1, {})], async (quiet, open) => {
      equal(quiet.network.addresses(), [])
      await join(quiet, open)
    })
  })

  it('fails with NETWORK_ADDRESS_INVALID for what is no address', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      for (const text of [
        '',
        'localhost:4000',
        '/ip4/300.0.0.1/tcp/4000',
        '/ip4/127.0.0.1/udp/4000',
        '/tcp',
      ]) {
        await failsWith('NETWORK_ADDRESS_INVALID', station.network.connect(text))
      }
    })
  })
})

suite('reconnecting', (it) => {
  it('finds a peer again that comes back on the same port, and everything works as before', async () => {
    const networks = memberNetworks(2, { limits: { topicPeerMs: 2_000 } })
    await withStations(networks, async (a, b) => {
      await join(a, b)
      const listen = [listenOf(b)]
      await b.network.stop()
      await until(() => a.changes.length === 2)

      const back = await started(memberNetwork(1, { listen, limits: { topicPeerMs: 2_000 } }))
      networks.push(back.network)
      await until(() => isConnected(a, back) && isConnected(back, a))
      equal(a.changes, ['connected', 'disconnected', 'connected'])
      a.network.send(back.network.peerId, Uint8Array.of(1))
      back.network.send(a.network.peerId, Uint8Array.of(2))
      await until(() => back.messages.length === 1 && a.messages.length === 1)
      for (let index = 0; back.gossip.length === 0; index++) {
        await a.network.publish('events', Uint8Array.of(index >> 8, index & 255))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    })
  })

  it('keeps trying an address where nobody listened at first, and lists it meanwhile', async () => {
    const placeholder = await started(memberNetwork(1, {}))
    const address = addressOf(placeholder)
    const listen = [listenOf(placeholder)]
    await placeholder.network.stop()

    const networks = [memberNetwork(0, {})]
    await withStations(networks, async (a) => {
      await failsWith('NETWORK_DIAL_FAILED', a.network.connect(address))
      equal(
        a.network.peers().map((peer) => [peer.connected, peer.address]),
        [[false, address]],
      )
      const late = await started(memberNetwork(1, { listen }))
      networks.push(late.network)
      await until(() => isConnected(a, late))
      equal(a.changes, ['connected'])
    })
  })

  it('dials many addresses at once without a warning of a leak', async () => {
    await withStations([memberNetwork(0, { allowedPeers: memberIds(13) })], async (station) => {
      const warnings: Error[] = []
      const note = (warning: Error): void => void warnings.push(warning)
      process.on('warning', note)
      const silent = createServer().listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const { port } = silent.address() as AddressInfo // a server that listens on a port has no path
      // Nothing is said on these, so all the dials are under way together.
      for (let member = 1; member <= 12; member++) {
        const peerId = peerIdOfSeed(seedOf(member))
        void station.network.connect(`/ip4/127.0.0.1/tcp/${port}/p2p/${peerId}`).catch(() => {})
      }
      await new Promise((resolve) => setTimeout(resolve, 300))
      process.off('warning', note)
      await station.network.stop()
      silent.close()
      equal(
        warnings.map(({ name }) => name),
        [],
      )
    })
  })

  it('tells one connection when both sides dial at the same time, again and again', async () => {
    await withStations(memberNetworks(2), async (a, b) => {
      await Promise.all([a.network.connect(addressOf(b)), b.network.connect(addressOf(a))])
      await Promise.all([a.network.connect(addressOf(b)), b.network.connect(addressOf(a))])
      a.network.send(b.network.peerId, Uint8Array.of(1))
      b.network.send(a.network.peerId, Uint8Array.of(1))
      await until(() => a.messages.length === 1 && b.messages.length === 1)
      equal([a.changes, b.changes], [['connected'], ['connected']])
    })
  })
})

suite('stopping', (it) => {
  it('ends while messages, gossip and answers are under way', async () => {
    await withStations(memberNetworks(3), async (a, b, c) => {
      await Promise.all([join(a, b), join(a, c)])
      let ended = 0
      a.answer = async function* () {
        try {
          for (;;) yield new Uint8Array(10_000)
        } finally {
          ended++
        }
      }
      let stopping: Promise<void> | undefined
      const askers = [b, c].map(async (station) => {
        const request = { peerId: a.network.peerId, protocol: 'sync', bytes: Uint8Array.of(1) } as const
        for await (const bytes of station.network.request(request)) {
          if (stopping === undefined) a.network.send(station.network.peerId, bytes)
          if (station.messages.length >= 5) stopping ??= a.network.stop()
        }
      })
      await Promise.all(askers.map((asker) => failsWith('NETWORK_REQUEST_FAILED', asker)))
      await stopping
      await until(() => ended === 2)
      is(a.network.peers().filter(({ connected }) => connected).length, 0)
      equal(a.changes.filter((change) => change === 'disconnected').length, 2)
    })
  })

  it('before a start ends at once, and a start afterwards fails', async () => {
    const network = memberNetwork(0, {})
    await network.stop()
    await failsWith('NETWORK_STOPPED', started(network))
  })

  it('during a start waits for it and leaves nothing listening', async () => {
    const network = memberNetwork(0, {})
    const starting = started(network)
    await network.stop()
    await starting
    equal(network.addresses(), [])
    await failsWith('NETWORK_STOPPED', network.publish('events', Uint8Array.of(1)))
  })

  it('during a dial ends it', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      // A documentation address (RFC 5737): nobody answers, not even to refuse.
      const dialling = station.network.connect('/ip4/192.0.2.1/tcp/4000')
      const failed = dialling.then(
        () => 'connected',
        (error: unknown) => error instanceof Error && 'code' in error && error.code,
      )
      await station.network.stop()
      // A machine without a route refuses before the stop does.
      ok(['NETWORK_STOPPED', 'NETWORK_DIAL_FAILED'].includes(String(await failed)))
    })
  })
})

/** The address without the peer id, to listen on again. */
function listenOf(station: Station): string {
  return addressOf(station).replace(/\/p2p\/.*/, '')
}
