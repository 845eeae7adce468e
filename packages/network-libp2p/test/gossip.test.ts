/** Gossip under hostile and unlucky circumstances; the contract suite has the ordinary ones. */
import { gossipBytesMax } from '@chirograph/interface'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { topicName } from '../src/gossip.js'
import type { Libp2pNode } from '../src/libp2p-node.js'
import { gossipPendingBytesPerPeerMax } from '../src/limits.js'
import type { Station } from './members.ts'
import {
  join,
  memberNetwork,
  memberNetworks,
  networkId,
  nextWarning,
  statusOf,
  until,
  withStations,
} from './members.ts'
import { withRawMember } from './raw-member.ts'

suite('gossip', (it) => {
  const eventsTopic = topicName({ networkId, topic: 'events' })

  it('is named after the network, so that two networks never mix', () => {
    is(eventsTopic, 'chirograph/1/c0ffee0000000000/events')
  })

  it('relays the same bytes on another topic, so that a copy in the wrong place hides nothing', async () => {
    await withStations(memberNetworks(2), async (a, b) => {
      await join(a, b)
      await until(() => statusOf(a, b)?.topics.length === 3)
      const bytes = Uint8Array.of(1, 2, 3)
      b.judge = () => 'reject'
      await a.network.publish('evidence', bytes)
      await until(() => b.gossip.length === 1)
      await a.network.publish('events', bytes)
      await until(() => b.gossip.length === 2)
      equal(
        b.gossip.map(({ topic }) => topic),
        ['evidence', 'events'],
      )
    })
  })

  it('does not wait for one verdict before it asks for the next', async () => {
    await withStations(memberNetworks(2), async (a, b) => {
      await join(a, b)
      await until(() => statusOf(a, b)?.topics.length === 3)
      b.judge = (bytes) => (bytes[0] === 1 ? new Promise(() => {}) : 'accept')
      await a.network.publish('events', Uint8Array.of(1))
      await a.network.publish('events', Uint8Array.of(2))
      await until(() => b.gossip.length === 2)
    })
  })

  it('reaches handlers neither on a foreign topic nor above the size limit', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        await meshed(raw, station)
        await raw.services.gossip.publish('chirograph/1/other/events', Uint8Array.of(1))
        await raw.services.gossip.publish(eventsTopic, new Uint8Array(gossipBytesMax + 1))
        await raw.services.gossip.publish(eventsTopic, new Uint8Array(gossipBytesMax).fill(2))
        await until(() => station.gossip.length > 0)
        equal(
          station.gossip.map(({ bytes }) => bytes.length),
          [gossipBytesMax],
        )
      })
    })
  })

  it('of a peer above its budget waits, and is lost none of it', async () => {
    const limits = { gossipBurst: 20, gossipPerSecond: 60 }
    await withStations([memberNetwork(0, { limits })], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        await meshed(raw, station)
        for (let index = 0; index < 100; index++)
          await raw.services.gossip.publish(eventsTopic, Uint8Array.of(1, index))
        await until(() => station.gossip.length >= 10)
        ok(station.gossip.length < 60, `${station.gossip.length} were judged at once`)
        await until(() => station.gossip.length === 100)
        equal(
          station.gossip.map(({ bytes }) => bytes[1]),
          Array.from({ length: 100 }, (_, index) => index),
        )
      })
    })
  })

  it('of a peer under judgement is bounded in bytes too, so that one whose messages are judged slowly fills no room of others', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        await meshed(raw, station)
        const verdicts: (() => void)[] = []
        station.judge = () => new Promise((resolve) => void verdicts.push(() => resolve('ignore')))
        for (let index = 0; index < 8; index++)
          await raw.services.gossip.publish(eventsTopic, new Uint8Array(gossipBytesMax).fill(index))
        const atOnce = gossipPendingBytesPerPeerMax / gossipBytesMax
        await until(() => station.gossip.length >= atOnce)
        await new Promise((resolve) => setTimeout(resolve, 200))
        is(station.gossip.length, atOnce)
        for (let judged = 0; judged < 8; judged++) {
          await until(() => verdicts.length > judged)
          verdicts[judged]?.()
        }
        await until(() => station.gossip.length === 8)
      })
    })
  })

  it('goes on when a handler throws, which becomes a process warning', async () => {
    await withStations(memberNetworks(2), async (a, b) => {
      await join(a, b)
      await until(() => statusOf(a, b)?.topics.length === 3)
      const warning = nextWarning()
      b.judge = (bytes) => {
        if (bytes[0] === 1) throw new Error('a bug')
        return 'accept'
      }
      await a.network.publish('events', Uint8Array.of(1))
      await a.network.publish('events', Uint8Array.of(2))
      await until(() => b.gossip.length === 2)
      const { name, message } = await warning
      equal([name, message], ['ChirographHandlerBug', 'the gossip handler failed: a bug'])
    })
  })

  it('starts afresh after a reset of its stream: the watchdog disconnects the silent peer', async () => {
    await withStations([memberNetwork(0, { limits: { topicPeerMs: 300 } })], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        await meshed(raw, station)
        const streams = raw.getConnections().flatMap((connection) => connection.streams)
        for (const stream of streams)
          if (stream.protocol.startsWith('/meshsub/')) stream.abort(new Error('reset'))
        await until(() => station.changes.length === 2)
        equal(station.changes, ['connected', 'disconnected'])
      })
    })
  })
})

/** Waits until the raw member and the station gossip on the events topic. */
async function meshed(raw: Libp2pNode, station: Station): Promise<void> {
  const topic = topicName({ networkId, topic: 'events' })
  raw.services.gossip.subscribe(topic)
  await until(() => station.network.peers()[0]?.topics.includes('events') === true)
  await until(() => raw.services.gossip.getSubscribers(topic).length > 0)
}
