/**
 * The Network port as executable claims. An adapter is proven in one line:
 * `networkContract('my network', makeSubject, kit)`.
 */

import type { ContractKit } from './contract-kit.js'
import { gossipBytesMax, messageBytesMax } from './limits.js'
import type { NetworkSubject, Seat } from './network-contract-seat.js'
import { collect, frame, linked, until, withSeats } from './network-contract-seat.js'

/** @param make builds this many networks. */
export function networkContract(
  name: string,
  make: (count: number) => Promise<NetworkSubject>,
  kit: ContractKit,
): void {
  kit.suite(`${name} keeps the Network contract`, (it) => {
    const claim: NetworkClaim = (title, count, body) => it(title, () => withSeats(() => make(count), body))
    claimConnections(claim, kit)
    claimMessages(claim, kit)
    claimGossip(claim, kit)
    claimRequests(claim, kit)
    claimDrops(claim, kit)
    claimEndings(claim, kit)
  })
}

type NetworkClaim = (title: string, count: number, body: (seats: readonly Seat[]) => Promise<void>) => void

function claimConnections(claim: NetworkClaim, { equal, failsWith }: ContractKit): void {
  claim('tells both sides of a connection once, however often it is made', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    for (const address of b.network.addresses()) await a.network.connect(address)
    await Promise.all(a.network.addresses().map((address) => b.network.connect(address)))
    await exchange(a, b)
    equal(a.changes, [[b.network.peerId, 'connected']])
    equal(b.changes, [[a.network.peerId, 'connected']])
    equal(
      a.network.peers().map(({ peerId, connected }) => [peerId, connected]),
      [[b.network.peerId, true]],
    )
  })

  claim('tells a disconnection once and shows it among its peers', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    await b.network.stop()
    await until(() => a.changes.length >= 2)
    equal(a.changes, [
      [b.network.peerId, 'connected'],
      [b.network.peerId, 'disconnected'],
    ])
    equal(
      a.network.peers().map(({ connected, path }) => [connected, path]),
      [[false, null]],
    )
  })

  claim('fails to connect where nobody listens, and says so', 2, async (seats) => {
    const [a, b] = pair(seats)
    const address = first(b.network.addresses())
    await b.network.stop()
    await failsWith('NETWORK_DIAL_FAILED', () => a.network.connect(address))
  })
}

function claimMessages(claim: NetworkClaim, { equal, failsWith }: ContractKit): void {
  claim('delivers direct messages whole, in order, both ways', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    for (let index = 0; index < 200; index++) {
      a.network.send(b.network.peerId, frame(index, index * 7))
      b.network.send(a.network.peerId, frame(index, 3))
    }
    await until(() => a.messages.length >= 200 && b.messages.length >= 200)
    equal(
      b.messages.map((message) => [message.from, message.bytes]),
      range(200).map((n) => [a.network.peerId, frame(n, n * 7)]),
    )
    equal(
      a.messages.map((message) => message.bytes),
      range(200).map((n) => frame(n, 3)),
    )
  })

  claim('delivers the largest message and refuses a larger one', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    const largest = new Uint8Array(messageBytesMax).fill(7)
    a.network.send(b.network.peerId, largest)
    await until(() => b.messages.length === 1)
    equal(b.messages[0]?.bytes.length, messageBytesMax)
    equal(
      b.messages[0]?.bytes.every((byte) => byte === 7),
      true,
    )
    await failsWith('NETWORK_MESSAGE_TOO_LARGE', () =>
      a.network.send(b.network.peerId, new Uint8Array(messageBytesMax + 1)),
    )
  })

  claim('drops and counts messages to a peer that is not connected', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    await b.network.stop()
    await until(() => a.changes.length === 2)
    a.network.send(b.network.peerId, frame(1, 10))
    equal(
      a.network.peers().map(({ queuedCount, droppedCount }) => [queuedCount, droppedCount]),
      [[0, 1]],
    )
  })
}

function claimGossip(claim: NetworkClaim, { equal, failsWith }: ContractKit): void {
  claim('carries an accepted message along a line, once, and names the forwarder', 3, async (seats) => {
    const [a, b, c] = three(seats)
    await linked(a, b)
    await linked(b, c)
    // A mesh takes a moment to form, so different messages go out until one got through.
    for (let index = 0; c.gossip.length === 0; index++) {
      await a.network.publish('events', frame(index, 20))
      await until(() => c.gossip.length > 0, 50)
    }
    const { topic, bytes, from } = first(c.gossip)
    equal([topic, from], ['events', b.network.peerId])
    equal(first(b.gossip.filter((message) => sameBytes(message.bytes, bytes))).from, a.network.peerId)
    equal(c.gossip.filter((message) => sameBytes(message.bytes, bytes)).length, 1)
    equal(a.gossip, [], 'its own message came back to the publisher')
  })

  claim('does not relay what was ignored or rejected', 3, async (seats) => {
    const [a, b, c] = three(seats)
    await linked(a, b)
    await linked(b, c)
    b.judge = (bytes) => (bytes[0] === 66 ? 'reject' : bytes[0] === 73 ? 'ignore' : 'accept')
    for (let index = 0; c.gossip.length === 0; index++) {
      await a.network.publish('certificates', frame(index, 20))
      await until(() => c.gossip.length > 0, 50)
    }
    const refused = [Uint8Array.of(66, 1), Uint8Array.of(73, 1)]
    for (const bytes of refused) await a.network.publish('certificates', bytes)
    await until(() => refused.every((bytes) => b.gossip.some((message) => sameBytes(message.bytes, bytes))))
    const last = frame(9999, 20)
    await a.network.publish('certificates', last)
    await until(() => c.gossip.some((message) => sameBytes(message.bytes, last)))
    equal(
      c.gossip.filter((message) => refused.some((bytes) => sameBytes(message.bytes, bytes))),
      [],
    )
  })

  claim('publishes alone without failing, and refuses an oversize message', 1, async ([a]) => {
    if (a === undefined) throw new Error('no network was made')
    await a.network.publish('evidence', frame(1, 10))
    await failsWith('NETWORK_MESSAGE_TOO_LARGE', () =>
      a.network.publish('events', new Uint8Array(gossipBytesMax + 1)),
    )
  })
}

function claimRequests(claim: NetworkClaim, { equal, ok, failsWith }: ContractKit): void {
  claim('streams answers of any number in order, an empty one included', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    b.answer = async function* (_from, _protocol, bytes) {
      for (let index = 0; index < (bytes[0] ?? 0); index++) yield frame(index, index * 50)
    }
    for (const count of [0, 1, 100]) {
      const answers = await collect(ask(a, b, Uint8Array.of(count)))
      equal(
        answers,
        range(count).map((n) => frame(n, n * 50)),
      )
    }
  })

  claim('tells the answerer who asks, by which protocol', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    b.answer = async function* (from, protocol, bytes) {
      yield new TextEncoder().encode(`${from} ${protocol} ${bytes.length}`)
    }
    const bytes = new Uint8Array(3)
    const answers = await collect(
      a.network.request({ peerId: b.network.peerId, protocol: 'checkpoints', bytes }),
    )
    equal(
      answers.map((answer) => new TextDecoder().decode(answer)),
      [`${a.network.peerId} checkpoints 3`],
    )
  })

  claim('holds an eager answerer back when the asker does not read', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    let produced = 0
    b.answer = async function* () {
      for (; produced < 1024; produced++) yield frame(produced, 64 * 1024)
    }
    const answers = ask(a, b, frame(0, 1))[Symbol.asyncIterator]()
    equal((await answers.next()).done, false)
    let before: number
    do {
      before = produced
      await until(() => produced > before, 300)
    } while (produced > before)
    ok(produced < 512, `${produced} of 1024 answers were produced for a reader that took one`)
    for (let taken = 1; taken < 1024; taken++) equal((await answers.next()).value?.length, 64 * 1024)
    equal((await answers.next()).done, true)
  })

  claim('ends the answer when the asker leaves early', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    let ended = false
    b.answer = async function* () {
      try {
        for (let index = 0; ; index++) yield frame(index, 10_000)
      } finally {
        ended = true
      }
    }
    for await (const answer of ask(a, b, frame(0, 1))) {
      equal(answer.length, 10_000)
      break
    }
    await until(() => ended)
  })

  claim('ends the answer and fails with its reason when the signal aborts', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    let ended = false
    const silence = deferred()
    b.answer = async function* () {
      try {
        yield frame(0, 10)
        await silence.promise
        for (let index = 1; ; index++) yield frame(index, 10_000)
      } finally {
        ended = true
      }
    }
    const abort = new AbortController()
    const reason = Object.assign(new Error('enough'), { code: 'ENOUGH' })
    const request = {
      peerId: b.network.peerId,
      protocol: 'sync',
      bytes: frame(0, 1),
      signal: abort.signal,
    } as const
    await failsWith('ENOUGH', async () => {
      for await (const _answer of a.network.request(request)) abort.abort(reason)
    })
    silence.resolve()
    await until(() => ended)
    await failsWith('ENOUGH', () => collect(a.network.request(request)))
  })

  for (const [title, leave] of [
    ['the asker does not want the answer any more', ({ abort }) => abort.abort(new Error('enough'))],
    ['the asker stops', ({ a }) => void a.network.stop()],
    [
      'the asker is dropped',
      ({ a, b }) => b.network.drop(a.network.peerId, { forMs: 60_000, reason: 'enough' }),
    ],
    ['it stops itself', ({ b }) => void b.network.stop()],
  ] satisfies [string, (ended: { a: Seat; b: Seat; abort: AbortController }) => void][])
    claim(`tells an answerer that is busy by its signal when ${title}`, 2, async (seats) => {
      const [a, b] = pair(seats)
      await linked(a, b)
      const [busy, over] = [deferred(), deferred()]
      let wasAborted: boolean | undefined
      let isTold = false
      b.answer = async function* (_from, _protocol, _bytes, signal) {
        yield frame(0, 10)
        wasAborted = signal.aborted
        signal.addEventListener('abort', () => {
          isTold = true
        })
        busy.resolve()
        // Nothing else ends it: it yields no frame that could not be sent.
        await over.promise
      }
      const abort = new AbortController()
      const { peerId } = b.network
      const asked = { peerId, protocol: 'sync', bytes: frame(0, 1), signal: abort.signal } as const
      const answer = collect(a.network.request(asked)).then(
        () => 'whole',
        () => 'failed',
      )
      await busy.promise
      equal(wasAborted, false)
      leave({ a, b, abort })
      await until(() => isTold, endLimitMs)
      over.resolve()
      ok(isTold, 'the answerer was not told')
      equal(await answer, 'failed')
    })

  claim('fails with NETWORK_REQUEST_FAILED after what came before an answer broke', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    b.answer = async function* () {
      yield frame(0, 10)
      throw new Error('disk on fire')
    }
    const received: Uint8Array[] = []
    await failsWith('NETWORK_REQUEST_FAILED', async () => {
      for await (const answer of ask(a, b, frame(0, 1))) received.push(answer)
    })
    equal(received, [frame(0, 10)])
  })

  claim('fails at once to ask a peer that is not connected', 1, async ([a]) => {
    if (a === undefined) throw new Error('no network was made')
    const request = {
      peerId: a.network.peerId.replace(/.$/, '1'),
      protocol: 'sync',
      bytes: frame(0, 1),
    } as const
    await failsWith('NETWORK_PEER_UNREACHABLE', () => collect(a.network.request(request)))
  })
}

function claimDrops(claim: NetworkClaim, { equal, ok, failsWith }: ContractKit): void {
  claim('keeps a dropped peer away, in both directions, and says until when', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    const addresses = [first(b.network.addresses()), first(a.network.addresses())] as const
    const beforeMs = Date.now()
    a.network.drop(b.network.peerId, { forMs: 60_000, reason: 'a claim of the contract' })
    await until(() => a.changes.length >= 2 && b.changes.length >= 2, dropLimitMs)
    await failsWith('NETWORK_PEER_DROPPED', () => a.network.connect(addresses[0]))
    await failsWith('NETWORK_PEER_NOT_ALLOWED', () => b.network.connect(addresses[1]))
    await failsWith('NETWORK_PEER_UNREACHABLE', () => collect(ask(a, b, frame(0, 1))))
    a.network.send(b.network.peerId, frame(0, 1))
    const [status] = a.network.peers()
    equal([status?.connected, status?.droppedCount], [false, 1])
    const untilMs = status?.bannedUntilMs ?? 0
    ok(untilMs >= beforeMs + 60_000 && untilMs <= Date.now() + 60_000, `banned until ${untilMs}`)
    equal(
      b.network.peers().map(({ bannedUntilMs }) => bannedUntilMs),
      [null],
    )
    equal(a.changes, [
      [b.network.peerId, 'connected'],
      [b.network.peerId, 'disconnected'],
    ])
  })

  claim('lists a peer that it keeps away, though they never met', 2, async (seats) => {
    const [a, b] = pair(seats)
    a.network.drop(b.network.peerId, { forMs: 60_000, reason: 'a claim of the contract' })
    const [status, ...others] = a.network.peers()
    equal([status?.peerId, status?.connected, others.length], [b.network.peerId, false, 0])
    ok(status?.bannedUntilMs != null, 'it is not said until when')
    equal(a.changes, [])
  })

  claim('takes a dropped peer back by itself when its time is over', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    a.network.drop(b.network.peerId, { forMs: 400, reason: 'a claim of the contract' })
    await until(() => a.changes.length >= 3 && b.changes.length >= 3, dropLimitMs)
    equal(
      a.changes.map(([, change]) => change),
      ['connected', 'disconnected', 'connected'],
    )
    await exchange(a, b)
    equal(
      a.network.peers().map(({ connected, bannedUntilMs }) => [connected, bannedUntilMs]),
      [[true, null]],
    )
  })

  claim('lets a later drop end an earlier one', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    a.network.drop(b.network.peerId, { forMs: 3_600_000, reason: 'a claim of the contract' })
    await until(() => a.changes.length >= 2 && b.changes.length >= 2, dropLimitMs)
    a.network.drop(b.network.peerId, { forMs: 0, reason: 'forgiven' })
    await until(() => a.changes.length >= 3 && b.changes.length >= 3, dropLimitMs)
    equal([a.changes.length, b.changes.length], [3, 3])
    await exchange(a, b)
  })

  claim('hands over nothing more of a peer once it was dropped', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    a.onMessage = () => a.network.drop(b.network.peerId, { forMs: 60_000, reason: 'a claim of the contract' })
    for (let index = 0; index < 100; index++) b.network.send(a.network.peerId, frame(index, 10))
    await until(() => a.changes.length >= 2 && b.changes.length >= 2, dropLimitMs)
    equal(
      a.messages.map(({ bytes }) => bytes),
      [frame(0, 10)],
    )
  })

  claim('loses nothing of a peer that it throttles', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    a.network.throttle(b.network.peerId, true)
    for (let index = 0; index < 100; index++) b.network.send(a.network.peerId, frame(index, 10))
    await until(() => a.messages.length >= 50)
    a.network.throttle(b.network.peerId, false)
    await until(() => a.messages.length >= 100)
    equal(
      a.messages.map(({ bytes }) => bytes),
      range(100).map((n) => frame(n, 10)),
    )
  })
}

/** A busy answerer is told within this time, or it is taken not to be. */
const endLimitMs = 5_000

/** What a drop changes shows within this time, or it is taken not to happen. */
const dropLimitMs = 5_000

function claimEndings(claim: NetworkClaim, { equal, failsWith }: ContractKit): void {
  claim('stops in the middle of a stream, which fails on both sides', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    let ended = false
    b.answer = async function* () {
      try {
        for (let index = 0; ; index++) yield frame(index, 10_000)
      } finally {
        ended = true
      }
    }
    await failsWith('NETWORK_STOPPED', async () => {
      for await (const _answer of ask(a, b, frame(0, 1))) await a.network.stop()
    })
    await until(() => ended)
  })

  claim('fails with NETWORK_STOPPED after stopping, and stops twice', 2, async (seats) => {
    const [a, b] = pair(seats)
    await linked(a, b)
    const address = first(b.network.addresses())
    await a.network.stop()
    await a.network.stop()
    await failsWith('NETWORK_STOPPED', () => a.network.send(b.network.peerId, frame(0, 1)))
    await failsWith('NETWORK_STOPPED', () => a.network.publish('events', frame(0, 1)))
    await failsWith('NETWORK_STOPPED', () => a.network.connect(address))
    await failsWith('NETWORK_STOPPED', () => collect(ask(a, b, frame(0, 1))))
    equal(a.changes.at(-1), [b.network.peerId, 'disconnected'])
  })
}

function ask(from: Seat, to: Seat, bytes: Uint8Array): AsyncIterable<Uint8Array> {
  return from.network.request({ peerId: to.network.peerId, protocol: 'sync', bytes })
}

/** A message there and back: whatever was under way before has arrived. */
async function exchange(a: Seat, b: Seat): Promise<void> {
  const counts = [a.messages.length, b.messages.length] as const
  a.network.send(b.network.peerId, frame(0, 1))
  b.network.send(a.network.peerId, frame(0, 1))
  await until(() => a.messages.length > counts[0] && b.messages.length > counts[1])
}

function pair([a, b]: readonly Seat[]): [Seat, Seat] {
  if (a === undefined || b === undefined) throw new Error('fewer networks were made than asked for')
  return [a, b]
}

function three(seats: readonly Seat[]): [Seat, Seat, Seat] {
  return [...pair(seats), first(seats.slice(2))]
}

function first<T>(list: readonly T[]): T {
  const [item] = list
  if (item === undefined) throw new Error('the list is empty')
  return item
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
