/** One network under test in the contract suite, with everything its handlers were told. */

import type { GossipVerdict, Network, NetworkHandlers, PeerChange, Topic } from './network.js'

/** Networks that admit each other, not started yet. */
export interface NetworkSubject {
  readonly networks: readonly Network[]
  /** Called after every network has been stopped. */
  dispose(): Promise<void>
}

export interface Seat {
  readonly network: Network
  readonly messages: { readonly from: string; readonly bytes: Uint8Array }[]
  readonly gossip: { readonly topic: Topic; readonly bytes: Uint8Array; readonly from: string }[]
  readonly changes: [peerId: string, change: PeerChange][]
  /** How it answers; by default with nothing. */
  answer: NetworkHandlers['request']
  /** How it judges gossip; by default it accepts. */
  judge: (bytes: Uint8Array) => GossipVerdict
  /** What it does after a message, by default nothing. */
  onMessage: () => void
}

/** Starts every network, runs the body, and stops them whatever happened. */
export async function withSeats(
  make: () => Promise<NetworkSubject>,
  body: (seats: readonly Seat[]) => Promise<void>,
): Promise<void> {
  const subject = await make()
  const seats = subject.networks.map(seatOf)
  try {
    await Promise.all(seats.map((seat) => seat.network.start(handlersOf(seat))))
    await body(seats)
  } finally {
    await Promise.all(seats.map((seat) => seat.network.stop()))
    await subject.dispose()
  }
}

/** Connects a to b and waits until both know. */
export async function linked(a: Seat, b: Seat): Promise<void> {
  const [address] = b.network.addresses()
  if (address === undefined) throw new Error('a started network has no address')
  await a.network.connect(address)
  await until(() => isConnected(a, b) && isConnected(b, a))
}

/** Waits until it holds; with a limit, until that has passed. The test library bounds the rest. */
export async function until(condition: () => boolean, limitMs = Infinity): Promise<void> {
  const startMs = performance.now()
  while (!condition() && performance.now() - startMs < limitMs) {
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A recognisable message: its number in four bytes, then padding up to `length`. */
export function frame(index: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(4, length)).fill(index & 255)
  new DataView(bytes.buffer).setUint32(0, index)
  return bytes
}

export async function collect(answers: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const answer of answers) all.push(answer)
  return all
}

function seatOf(network: Network): Seat {
  return {
    network,
    messages: [],
    gossip: [],
    changes: [],
    answer: async function* () {},
    judge: () => 'accept',
    onMessage: () => {},
  }
}

function handlersOf(seat: Seat): NetworkHandlers {
  return {
    gossip: async (topic, bytes, from) => {
      seat.gossip.push({ topic, bytes, from })
      return seat.judge(bytes)
    },
    message: (from, bytes) => {
      seat.messages.push({ from, bytes })
      seat.onMessage()
    },
    request: (...request) => seat.answer(...request),
    peer: (peerId, change) => void seat.changes.push([peerId, change]),
  }
}

function isConnected(from: Seat, to: Seat): boolean {
  return from.network.peers().some(({ peerId, connected }) => connected && peerId === to.network.peerId)
}
