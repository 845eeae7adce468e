/** Members that break the rules of the wire, and what an honest one sees, spends and says of them. */

import { type GossipVerdict, gossipBytesMax, messageBytesMax } from '@chirograph/interface'
import { equal, failsWith, is, ok, seeded, suite } from '../../workspace/kit.ts'
import { encodeFrames, encodeVarintLength } from '../src/frames.js'
import { topicName } from '../src/gossip.js'
import { gossipPendingPerPeerMax, gossipReadAheadBytes, gossipWindowBytesMax } from '../src/limits.js'
import { messageProtocol } from '../src/message-lanes.js'
import { answerKinds, wireProtocols } from '../src/request-protocols.js'
import { manualClock } from './manual-clock.ts'
import type { Station } from './members.ts'
import {
  addressOf,
  isConnected,
  join,
  memberNetwork,
  memberNetworks,
  networkId,
  seedOf,
  statusOf,
  until,
  withStations,
} from './members.ts'
import type { RawMember } from './raw-member.ts'
import {
  bytesField,
  concat,
  createRawMember,
  dialRaw,
  gossipedMessage,
  gossipFrame,
  gossipProtocol,
  keepWriting,
  lengthPrefix,
  openStream,
  withRawMember,
} from './raw-member.ts'

const eventsTopic = topicName({ networkId, topic: 'events' })

suite('a hostile member', (it) => {
  it('that gossips garbage is told of, frame by frame', async () => {
    await withHostile(async ({ station, raw }) => {
      const stream = await openStream(raw, station, gossipProtocol)
      const random = seeded(1)
      for (let index = 0; index < 20; index++) stream.send(gossipFrame(Uint8Array.of(7, ...random.bytes(99))))
      await until(() => station.misconducts.length === 20)
      equal(kindsOf(station), ['garbage'])
      is(station.gossip.length, 0)
    })
  })

  it('that signs its gossip, where no honest node does, is told of without a signature check', async () => {
    await withHostile(async ({ station, raw }) => {
      const stream = await openStream(raw, station, gossipProtocol)
      const signature = bytesField(5, new Uint8Array(64))
      stream.send(gossipedMessage({ topic: eventsTopic, data: Uint8Array.of(1) }, signature))
      await until(() => station.misconducts.length === 1)
      equal(kindsOf(station), ['garbage'])
    })
  })

  it('that sends what is above a limit of the wire is told of, by whatever way', async () => {
    const ways: [protocol: string, bytes: Uint8Array][] = [
      [gossipProtocol, encodeVarintLength(512 * 1024 + 1)],
      [gossipProtocol, Uint8Array.of(255, 255, 255, 255, 255)],
      [gossipProtocol, gossipedMessage({ topic: eventsTopic, data: new Uint8Array(gossipBytesMax + 1) })],
      [messageProtocol, lengthPrefix(messageBytesMax + 1)],
      [wireProtocols.sync, lengthPrefix(messageBytesMax + 1)],
    ]
    for (const [protocol, bytes] of ways) {
      await withHostile(async ({ station, raw }) => {
        const stream = await openStream(raw, station, protocol)
        stream.send(bytes)
        await until(() => station.misconducts.length > 0)
        equal(kindsOf(station), ['oversize'])
        equal([station.gossip.length, station.messages.length], [0, 0])
      })
    }
  })

  it('that answers with frames no answerer makes is told of', async () => {
    const answers: [what: string, bytes: Uint8Array][] = [
      ['garbage', encodeFrames([Uint8Array.of(9, 1, 2)])],
      ['garbage', encodeFrames([new Uint8Array()])],
      ['oversize', lengthPrefix(messageBytesMax + 2)],
    ]
    for (const [what, bytes] of answers) {
      await withHostile(async ({ station, raw }) => {
        await raw.handle(wireProtocols.sync, (stream) => void stream.send(bytes))
        await failsWith('NETWORK_REQUEST_FAILED', () => collect(station, raw))
        equal(kindsOf(station), [what])
      })
    }
  })

  it('that floods gossip is read at its budget, decoded no faster, and told of as a flood', async () => {
    const clock = manualClock()
    const limits = { gossipPerSecond: 200, gossipBurst: 50, floodHeldMs: 300 }
    await withHostile({ limits, clock }, async ({ station, raw }) => {
      const stream = await openStream(raw, station, gossipProtocol)
      const flood = keepWriting(stream, { burst: 200 }, numbered)
      await until(() => station.gossip.length > 0 && flood.sent > 10 * 50)
      const startMs = clock.nowMs()
      while (!kindsOf(station).includes('flood')) {
        const judgedMax = 50 + ((clock.nowMs() - startMs) * 200) / 1000
        ok(station.gossip.length <= judgedMax, `${station.gossip.length} judged, at most ${judgedMax} fit`)
        clock.pass(5)
        await turn()
      }
      ok(station.gossip.length > 50, 'what it may send was not read')
      await until(() => flood.sent > 10 * station.gossip.length)
      flood.stop()
    })
  })

  it('that floods is read no further than a window and a little more while its gossip is under judgement', async () => {
    await withHostile(async ({ station, raw }) => {
      let judged = (_verdict: GossipVerdict): void => {}
      const verdict = new Promise<GossipVerdict>((resolve) => {
        judged = resolve
      })
      station.judge = () => verdict
      const stream = await openStream(raw, station, gossipProtocol)
      const frame = (index: number) =>
        gossipedMessage({ topic: eventsTopic, data: concat([lengthPrefix(index), new Uint8Array(1_000)]) })
      const frameBytes = frame(0).length
      const flood = keepWriting(stream, { burst: 200 }, frame)
      // The window is used up, and what is written since then waits in the sender.
      await until(
        () => station.gossip.length === gossipPendingPerPeerMax && stream.writeBufferLength > 999_000,
      )
      const leftBytes = flood.sent * frameBytes - stream.writeBufferLength
      const readMax = gossipPendingPerPeerMax * frameBytes + gossipReadAheadBytes + 2 * gossipWindowBytesMax
      ok(leftBytes <= readMax, `${leftBytes} left the sender, at most ${readMax} fit`)
      flood.stop()
      judged('ignore')
    })
  })

  it('that floods direct messages is read at its budget and told of as a flood', async () => {
    const limits = { messagesPerSecond: 500, messagesBurst: 100, floodHeldMs: 300 }
    await withHostile({ limits }, async ({ station, raw }) => {
      const stream = await openStream(raw, station, messageProtocol)
      const flood = keepWriting(stream, { burst: 200 }, (index) => encodeFrames([lengthPrefix(index)]))
      await until(() => kindsOf(station).includes('flood'))
      flood.stop()
    })
  })

  it('that floods is overtaken by all the gossip of an honest member: of what waits nothing is read before it', async () => {
    const clock = manualClock()
    const limits = { gossipPerSecond: 500, gossipBurst: 100 }
    const networks = [memberNetwork(0, { limits, clock }), memberNetwork(2, {})]
    await withStations(networks, async (station, honest) => {
      await join(honest, station)
      await until(() => statusOf(honest, station)?.topics.length === 3)
      await withRawMember({ member: 1, station }, async (raw) => {
        const stream = await openStream(raw, station, gossipProtocol)
        const flood = keepWriting(stream, { burst: 200 }, numbered)
        const from = honest.network.peerId
        const judged = (isHonest: boolean) =>
          station.gossip.filter((message) => (message.from === from) === isHonest).length
        await until(() => judged(false) > 90 && flood.sent > 10 * 100)
        for (let index = 0; index < 50; index++) {
          await honest.network.publish('events', Uint8Array.of(7, index))
          await until(() => judged(true) > index)
        }
        ok(judged(false) <= 100, `${judged(false)} of the flood were judged`)
        // What waits of it comes when there is time for it.
        clock.pass(1_000)
        await until(() => judged(false) > 100)
        flood.stop()
        equal(
          station.misconducts.filter(({ peerId }) => peerId === from),
          [],
        )
      })
    })
  })

  it('that opens streams without end loses its connection, while others keep theirs', async () => {
    const limits = { streamsPerSecond: 10, streamsBurst: 50 }
    const networks = [memberNetwork(0, { limits }), memberNetwork(2, {})]
    await withStations(networks, async (station, honest) => {
      await join(honest, station)
      await withRawMember({ member: 1, station }, async (raw) => {
        const [connection] = raw.getConnections()
        ok(connection)
        for (let index = 0; index < 2_000 && connection.status === 'open'; index++) {
          const opening = connection.newStream(wireProtocols.sync).then(
            (stream) => stream.abort(new Error('opened for nothing')),
            () => {},
          )
          if (index % 10 === 9) await opening
        }
        await until(() => station.misconducts.length > 0)
        equal(kindsOf(station), ['stream-storm'])
        is(station.misconducts[0]?.peerId, raw.peerId.toString())
        is(isConnected(station, honest), true)
      })
    })
  })

  it('that connects again and again is told of, and then let in no more', async () => {
    await withStations([memberNetwork(0, { limits: { connectsBurst: 5 } })], async (station) => {
      const raw = await rawMember(1)
      for (let index = 0; station.misconducts.length === 0; index++) {
        ok(index < 50, 'fifty connections and no word of it')
        const connection = await dialRaw(raw, addressOf(station)).catch(() => undefined)
        connection?.abort(new Error('again'))
      }
      equal(kindsOf(station), ['reconnect-storm'])
      await raw.stop()
    })
  })

  it('that was dropped is not let in however often it tries, and honest members notice nothing', async () => {
    const networks = [memberNetwork(0, {}), memberNetwork(2, {})]
    await withStations(networks, async (station, honest) => {
      await join(honest, station)
      const raw = await rawMember(1)
      station.network.drop(raw.peerId.toString(), { forMs: 60_000, reason: 'a test' })
      const changes = station.changes.length
      for (let index = 0; index < 40; index++) {
        const connection = await dialRaw(raw, addressOf(station)).catch(() => undefined)
        // Its own side is open before the far side has looked who it is.
        await until(() => connection === undefined || connection.status !== 'open')
      }
      await raw.stop()
      equal(station.changes.length, changes)
      equal(station.misconducts, [])
      is(isConnected(station, honest), true)
      is(isConnected(honest, station), true)
    })
  })
})

suite('a request to a hostile member', (it) => {
  const limits = { requestStallMs: 300, requestStallBytesMin: 1_000 }

  it('that answers byte by byte ends as stalled, after the time that silence is given', async () => {
    const clock = manualClock()
    await withHostile({ limits, clock }, async ({ station, raw }) => {
      const bytes = encodeFrames([new Uint8Array(100_000)])
      let answer = { sent: 0 }
      await raw.handle(wireProtocols.sync, (stream) => {
        answer = keepWriting(stream, { burst: 1, everyMs: 20 }, (index) => bytes.subarray(index, index + 1))
      })
      let isStalled = false
      const asked = failsWith('NETWORK_REQUEST_STALLED', () => collect(station, raw)).then(() => {
        isStalled = true
      })
      for (const [sent, ms] of [
        [5, 150],
        [10, 149],
      ] as const) {
        await until(() => answer.sent > sent)
        clock.pass(ms)
      }
      await until(() => answer.sent > 15)
      is(isStalled, false)
      clock.pass(1)
      await asked
    })
  })

  it('that sends small whole frames too slowly ends as stalled too', async () => {
    await withHostile({ limits }, async ({ station, raw }) => {
      const one = encodeFrames([Uint8Array.of(answerKinds.data, 1)])
      await raw.handle(wireProtocols.sync, (stream) => {
        keepWriting(stream, { burst: 1, everyMs: 20 }, () => one)
      })
      await failsWith('NETWORK_REQUEST_STALLED', () => collect(station, raw))
    })
  })

  it('that answers without end ends where the asker has had enough, and so does its work', async () => {
    await withHostile(async ({ station, raw }) => {
      let isClosed = false
      await raw.handle(wireProtocols.sync, (stream) => {
        keepWriting(stream, { burst: 200 }, () => encodeFrames([new Uint8Array(10_000)]))
        stream.addEventListener('close', () => {
          isClosed = true
        })
      })
      let received = 0
      for await (const _frame of station.network.request(requestTo(raw))) if (++received === 100) break
      await until(() => isClosed)
    })
  })

  it('is not cut off when it is the asker that is slow', async () => {
    await withStations(
      memberNetworks(2, { limits: { requestStallMs: 1_500, requestStallBytesMin: 100_000 } }),
      async (a, b) => {
        await join(a, b)
        b.answer = async function* () {
          for (let index = 0; index < 64; index++) yield new Uint8Array(64 * 1024).fill(index)
        }
        let received = 0
        const request = { peerId: b.network.peerId, protocol: 'sync', bytes: Uint8Array.of(1) } as const
        for await (const _frame of a.network.request(request)) {
          received++
          await new Promise((resolve) => setTimeout(resolve, 50))
        }
        is(received, 64)
      },
    )
  })
})

suite('an honest member', (it) => {
  it('that publishes and sends as fast as it can is never told of', async () => {
    // A tenth of the defaults, so that the test reaches every limit on a slow machine; sender and reader in proportion.
    const limits = {
      sentGossipPerSecond: 300,
      sentGossipBurst: 600,
      gossipPerSecond: 600,
      gossipBurst: 1_200,
      sentMessagesPerSecond: 1_000,
      sentMessagesBurst: 2_000,
      messagesPerSecond: 2_000,
      messagesBurst: 4_000,
      floodHeldMs: 500,
    }
    await withStations(memberNetworks(3, { limits }), async (a, b, c) => {
      await Promise.all([join(a, b), join(b, c), join(a, c)])
      for (let index = 0; index < 1_500; index++) {
        for (const station of [a, b, c]) {
          await station.network.publish('events', concat([utf8(station.network.peerId), lengthPrefix(index)]))
          for (const other of [a, b, c])
            if (other !== station) station.network.send(other.network.peerId, lengthPrefix(index))
        }
        if (index % 20 === 0) await new Promise(setImmediate)
      }
      await until(() => [a, b, c].every((station) => station.messages.length === 3_000))
      // On a fast machine that is over before much more than the burst was let through: it goes on publishing.
      for (let index = 1_500; [a, b, c].some((station) => station.gossip.length <= 600); index++) {
        ok(index < 6_000, 'hardly anything was gossiped')
        for (const { network } of [a, b, c])
          await network.publish('events', concat([utf8(network.peerId), lengthPrefix(index)]))
        if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      }
      for (const station of [a, b, c]) equal(station.misconducts, [])
    })
  })

  it('that has much to ask waits for its turn, and is never refused', async () => {
    const limits = {
      sentRequestsPerSecond: 40,
      sentRequestsBurst: 10,
      requestsPerSecond: 80,
      requestsBurst: 20,
      streamsBurst: 60,
    }
    await withStations(memberNetworks(2, { limits }), async (a, b) => {
      await join(a, b)
      for (let index = 0; index < 80; index++) {
        const request = { peerId: b.network.peerId, protocol: 'sync', bytes: Uint8Array.of(1) } as const
        for await (const _frame of a.network.request(request)) ok(false, 'no answer was given')
      }
      is(statusOf(b, a)?.refusedCount, 0)
      equal(b.misconducts, [])
    })
  })
})

interface Hostile {
  readonly station: Station
  readonly raw: RawMember
}

type Body = (hostile: Hostile) => Promise<void>
type Options = Parameters<typeof memberNetwork>[1]

/** A station and a raw member connected to it, known to gossip. */
async function withHostile(...args: [Body] | [Options, Body]): Promise<void> {
  const [options, body] = args.length === 2 ? args : [{}, args[0]]
  await withStations([memberNetwork(0, options)], (station) =>
    withRawMember({ member: 1, station }, async (raw) => {
      await until(() => station.network.peers()[0]?.connected === true)
      await body({ station, raw })
    }),
  )
}

async function rawMember(member: number): Promise<RawMember> {
  const raw = await createRawMember(seedOf(member))
  await raw.start()
  return raw
}

function kindsOf({ misconducts }: Station): string[] {
  return [...new Set(misconducts.map(({ what }) => what))]
}

function requestTo(raw: RawMember) {
  return { peerId: raw.peerId.toString(), protocol: 'sync', bytes: Uint8Array.of(1) } as const
}

async function collect(station: Station, raw: RawMember): Promise<void> {
  for await (const _frame of station.network.request(requestTo(raw))) ok(true)
}

/** A numbered message, as gossipsub sends it. */
function numbered(index: number): Uint8Array {
  return gossipedMessage({ topic: eventsTopic, data: lengthPrefix(index) })
}

function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
