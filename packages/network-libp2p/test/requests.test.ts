/** Requests beyond the contract: large answers, refusals, silence, hostile frames. */

import type { Network } from '@chirograph/interface'
import { messageBytesMax } from '@chirograph/interface'
import { equal, failsWith, is, ok, suite } from '../../workspace/kit.ts'
import { encodeFrames } from '../src/frames.js'
import { answerKinds, wireProtocols } from '../src/request-protocols.js'
import type { Station } from './members.ts'
import { join, memberNetwork, memberNetworks, nextWarning, statusOf, until, withStations } from './members.ts'
import { lengthPrefix, openStream, withRawMember } from './raw-member.ts'

const KiB = 1024
const one = Uint8Array.of(1)

suite('requests', (it) => {
  it('carry 16 MiB to a reader that is slower than the answerer, whole and in order', async () => {
    await withStations(memberNetworks(2), async (a, b) => {
      await join(a, b)
      b.answer = async function* () {
        for (let index = 0; index < 256; index++) yield new Uint8Array(64 * KiB).fill(index)
      }
      let next = 0
      for await (const bytes of ask(a, b)) {
        is(bytes.length, 64 * KiB)
        ok(bytes.every((byte) => byte === next))
        next++
        await new Promise((resolve) => setTimeout(resolve, 3))
      }
      is(next, 256)
    })
  })

  it('carry the largest frame, and fail when an answerer yields a larger one', async () => {
    await withStations(memberNetworks(2), async (a, b) => {
      await join(a, b)
      b.answer = async function* (_from, _protocol, bytes) {
        yield new Uint8Array(messageBytesMax + (bytes[0] ?? 0))
      }
      equal(
        (await collect(ask(a, b, Uint8Array.of(0)))).map(({ length }) => length),
        [messageBytesMax],
      )
      const warned = nextWarning()
      await failsWith('NETWORK_REQUEST_FAILED', collect(ask(a, b, Uint8Array.of(1))))
      await warned
    })
  })

  it('above the number answered at once are refused and counted, and answered once there is room', async () => {
    await withStations(
      [memberNetwork(0, {}), memberNetwork(1, { limits: { requestsAtOnce: 2 } })],
      async (a, b) => {
        await join(a, b)
        const release = deferred()
        b.answer = async function* () {
          yield one
          await release.promise
        }
        const running = [ask(a, b), ask(a, b)].map((answers) => answers[Symbol.asyncIterator]())
        for (const answers of running) equal(await answers.next(), { done: false, value: one })
        await failsWith('NETWORK_REQUEST_REFUSED', collect(ask(a, b)))
        is(statusOf(b, a)?.refusedCount, 1)
        equal(await collectSome(a, b, 'checkpoints'), [one], 'another protocol has room of its own')
        release.resolve()
        for (const answers of running) equal(await answers.next(), { done: true, value: undefined })
        equal(await collect(ask(a, b)), [one])
      },
    )
  })

  it('above the rate are refused', async () => {
    const limits = { requestsBurst: 3, requestsPerSecond: 0.01 }
    await withStations([memberNetwork(0, {}), memberNetwork(1, { limits })], async (a, b) => {
      await join(a, b)
      for (let index = 0; index < 3; index++) equal(await collect(ask(a, b)), [])
      await failsWith('NETWORK_REQUEST_REFUSED', collect(ask(a, b)))
    })
  })

  it('fail as stalled when the answerer goes silent, whose work ends', async () => {
    await withStations(
      [memberNetwork(0, { limits: { requestStallMs: 200 } }), memberNetwork(1, {})],
      async (a, b) => {
        await join(a, b)
        const release = deferred()
        let ended = false
        b.answer = async function* () {
          try {
            yield one
            await release.promise
            yield one
          } finally {
            ended = true
          }
        }
        await failsWith('NETWORK_REQUEST_STALLED', collect(ask(a, b)))
        release.resolve()
        await until(() => ended)
      },
    )
  })

  it('end at the answerer when the asker does not read on', async () => {
    await withStations(
      [memberNetwork(0, {}), memberNetwork(1, { limits: { requestStallMs: 200 } })],
      async (a, b) => {
        await join(a, b)
        let ended = false
        b.answer = async function* () {
          try {
            for (;;) yield new Uint8Array(64 * KiB)
          } finally {
            ended = true
          }
        }
        const answers = ask(a, b)[Symbol.asyncIterator]()
        await answers.next()
        await until(() => ended)
        await failsWith('NETWORK_REQUEST_FAILED', async () => {
          while (!(await answers.next()).done);
        })
      },
    )
  })

  it('fail when the peer is gone in the middle', async () => {
    await withStations(memberNetworks(2), async (a, b) => {
      await join(a, b)
      b.answer = async function* () {
        for (;;) yield new Uint8Array(KiB)
      }
      await failsWith('NETWORK_REQUEST_FAILED', async () => {
        for await (const _bytes of ask(a, b)) await b.network.stop()
      })
    })
  })

  it('above the frame limit are not given to the handler', async () => {
    await withStations([memberNetwork(0, {})], async (station) => {
      let asked = 0
      station.answer = async function* () {
        asked++
        yield one
      }
      await withRawMember({ member: 1, station }, async (raw) => {
        const hostile = await openStream(raw, station, wireProtocols.sync)
        hostile.send(lengthPrefix(messageBytesMax + 1))
        await until(() => hostile.status === 'reset')
        is(asked, 0)
      })
    })
  })

  it('fail on answers that are oversize, cut short, or of no known kind', async () => {
    const answers: [name: string, bytes: Uint8Array][] = [
      ['oversize', lengthPrefix(messageBytesMax + 2)],
      ['cut short', encodeFrames([Uint8Array.of(answerKinds.data, 1)])],
      ['half a frame', encodeFrames([Uint8Array.of(answerKinds.data, 1)]).subarray(0, 5)],
      ['no known kind', encodeFrames([Uint8Array.of(9, 1)])],
      ['an empty frame', encodeFrames([new Uint8Array()])],
    ]
    await withStations([memberNetwork(0, {})], async (station) => {
      await withRawMember({ member: 1, station }, async (raw) => {
        let answer: Uint8Array = one
        await raw.handle(wireProtocols.sync, async (stream) => {
          stream.send(answer)
          await stream.close()
        })
        await until(() => station.network.peers()[0]?.connected === true)
        for (const [name, bytes] of answers) {
          answer = bytes
          const request = { peerId: raw.peerId.toString(), protocol: 'sync', bytes: one } as const
          const error = await failsWith('NETWORK_REQUEST_FAILED', collect(station.network.request(request)))
          ok(error.message.includes(raw.peerId.toString()), name)
        }
      })
    })
  })
})

function ask(from: Station, to: Station, bytes = one): AsyncIterable<Uint8Array> {
  return from.network.request({ peerId: to.network.peerId, protocol: 'sync', bytes })
}

/** The first answer only. */
async function collectSome(
  from: Station,
  to: Station,
  protocol: 'sync' | 'checkpoints',
): Promise<Uint8Array[]> {
  for await (const bytes of from.network.request({ peerId: to.network.peerId, protocol, bytes: one }))
    return [bytes]
  return []
}

async function collect(answers: ReturnType<Network['request']>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const bytes of answers) all.push(bytes)
  return all
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
