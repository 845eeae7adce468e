/** Direct messages beyond the contract: hostile frames, slow readers, broken streams. */
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { encodeFrames } from '../src/frames.js'
import { messageProtocol } from '../src/message-lanes.js'
import { join, memberNetwork, memberNetworks, nextWarning, statusOf, until, withStations } from './members.ts'
import { lengthPrefix, openStream, withRawMember } from './raw-member.ts'

suite('direct messages', (it) => {
  it('before an oversize frame arrive, and the stream ends there, but not the connection', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        const hostile = await openStream(raw, station, messageProtocol)
        hostile.send(encodeFrames([Uint8Array.of(1)]))
        hostile.send(lengthPrefix(1024 * 1024 + 1))
        await until(() => hostile.status === 'reset')
        const another = await openStream(raw, station, messageProtocol)
        another.send(encodeFrames([Uint8Array.of(2)]))
        await until(() => station.messages.length === 2)
        equal(
          station.messages.map(({ bytes }) => bytes),
          [Uint8Array.of(1), Uint8Array.of(2)],
        )
        equal(station.changes, ['connected'])
      })
    })
  })

  it('wait for a slow reader up to the queue limits, beyond which the oldest go, counted', async () => {
    const slow = { messageBytesPerSecond: 800_000, messageBytesBurst: 100_000 }
    const small = { queueCountMax: 10, queueBytesMax: 2 * 1024 * 1024 }
    const networks = [memberNetwork(0, { limits: small }), memberNetwork(1, { limits: slow })]
    await withStations(networks, async (a, b) => {
      await join(a, b)
      let count = 0
      while (statusOf(a, b)?.droppedCount === 0) {
        a.network.send(b.network.peerId, new Uint8Array(60_000).fill(count++))
        await new Promise(setImmediate)
      }
      const waiting = statusOf(a, b)
      ok(waiting)
      ok(waiting.queuedCount <= small.queueCountMax && waiting.queuedBytes <= small.queueBytesMax)
      await until(() => b.messages.length + (statusOf(a, b)?.droppedCount ?? 0) === count)
      const order = b.messages.map(({ bytes }) => bytes[0] ?? -1)
      equal(
        order,
        [...order].sort((x, y) => x - y),
      )
      is(order.at(-1), count - 1, 'the newest message was dropped')
    })
  })

  it('lose nothing to a rate limit that pauses the reader', async () => {
    const limits = { messagesPerSecond: 2_000, messagesBurst: 50 }
    await withStations([memberNetwork(0, {}), memberNetwork(1, { limits })], async (a, b) => {
      await join(a, b)
      for (let index = 0; index < 400; index++)
        a.network.send(b.network.peerId, new Uint8Array(500).fill(index & 255))
      await until(() => b.messages.length === 400)
      equal(
        b.messages.map(({ bytes }) => bytes[0]),
        Array.from({ length: 400 }, (_, index) => index & 255),
      )
    })
  })

  it('go on over a new stream after a reset', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        let received = 0
        let streams = 0
        await raw.handle(messageProtocol, (stream) => {
          streams++
          stream.addEventListener('message', () => {
            received++
            if (received === 1) stream.abort(new Error('reset'))
          })
        })
        await until(() => station.network.peers()[0]?.connected === true)
        const peerId = raw.peerId.toString()
        station.network.send(peerId, Uint8Array.of(1))
        await until(() => received === 1)
        while (received < 2) {
          station.network.send(peerId, Uint8Array.of(2))
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        is(streams, 2)
      })
    })
  })

  it('of one turn leave in one write', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        const writes: number[] = []
        await raw.handle(messageProtocol, (stream) => {
          stream.addEventListener('message', ({ data }) => void writes.push(data.byteLength))
        })
        await until(() => station.network.peers()[0]?.connected === true)
        for (let index = 0; index < 100; index++)
          station.network.send(raw.peerId.toString(), new Uint8Array(96))
        await until(() => writes.length > 0)
        equal(writes, [100 * (4 + 96)])
      })
    })
  })

  it('of a handler that throws do not stop those behind them', async () => {
    const networks = memberNetworks(2)
    const [a, b] = networks
    ok(a && b)
    const handlers = {
      gossip: async () => 'accept' as const,
      request: async function* () {},
      peer: () => {},
    }
    let received = 0
    await a.start({ ...handlers, message: () => {} })
    await b.start({
      ...handlers,
      message: () => {
        received++
        throw new Error('a bug')
      },
    })
    const warned = nextWarning()
    await a.connect(b.addresses()[0] ?? '')
    for (let index = 0; index < 3; index++) a.send(b.peerId, Uint8Array.of(index))
    await until(() => received === 3)
    await warned
    await Promise.all([a.stop(), b.stop()])
  })
})
