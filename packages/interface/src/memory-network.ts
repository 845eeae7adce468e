/**
 * Networks inside one process, for tests and trials of whatever is built on the
 * port. They pass the same contract suite. Nothing is lost, reordered or limited
 * here: faults are the simulator's business.
 */

import { sha256, toHex } from '@chirograph/codec'
import { gossipBytesMax, messageBytesMax } from './limits.js'
import type { Network, NetworkHandlers, PeerRequest, PeerStatus, Topic } from './network.js'
import {
  dialFailed,
  messageTooLarge,
  networkStopped,
  peerDropped,
  peerNotAllowed,
  peerUnreachable,
  requestFailed,
} from './network-errors.js'

/** A place where memory networks meet. */
export interface MemoryHub {
  /** A network that is not started; its address is `memory:` and its peer id. */
  network(peerId: string): Network
}

export function memoryHub(): MemoryHub {
  const seats = new Map<string, MemorySeat>()
  return { network: (peerId) => createMemoryNetwork(seats, peerId) }
}

/** What one network shows to the others of its hub. */
interface MemorySeat {
  readonly peerId: string
  readonly handlers: NetworkHandlers
  readonly links: Map<string, Link>
  /** Peers that `connect` was called for. */
  readonly kept: Set<string>
  /** Gossip already seen, by topic and hash. */
  readonly seen: Set<string>
  /** Peers that `drop` keeps away. */
  readonly bans: Map<string, Ban>
  /** Requests of it and to it. */
  readonly requests: Set<OpenRequest>
  stopped: boolean
}

interface OpenRequest {
  readonly asker: string
  readonly answerer: string
  /** Ends both sides of it. */
  readonly ending: AbortController
}

interface Ban {
  readonly untilMs: number
  readonly cancel: () => void
}

interface Link {
  connected: boolean
  sinceMs: number
  lastHeardMs: number | null
  droppedCount: number
}

function createMemoryNetwork(seats: Map<string, MemorySeat>, peerId: string): Network {
  let own: MemorySeat | undefined
  const running = (): MemorySeat => {
    if (own === undefined || own.stopped) throw networkStopped()
    return own
  }

  return Object.freeze({
    peerId,

    async start(handlers: NetworkHandlers): Promise<void> {
      if (own !== undefined) throw networkStopped()
      const seat: MemorySeat = {
        peerId,
        handlers,
        links: new Map(),
        kept: new Set(),
        seen: new Set(),
        bans: new Map(),
        requests: new Set(),
        stopped: false,
      }
      own = seat
      seats.set(peerId, seat)
      for (const other of [...seats.values()]) {
        if (other.kept.has(peerId) && bannedUntilMs(other, peerId) === null) link(other, seat)
      }
    },

    async stop(): Promise<void> {
      if (own === undefined || own.stopped) return
      own.stopped = true
      for (const { cancel } of own.bans.values()) cancel()
      if (seats.get(peerId) === own) seats.delete(peerId)
      for (const [other, { connected }] of own.links) {
        if (connected) unlink(own, seats.get(other))
      }
    },

    async connect(address: string): Promise<void> {
      const seat = running()
      const other = address.replace(/^memory:/, '')
      seat.kept.add(other)
      const target = seats.get(other)
      if (target === undefined) throw dialFailed(address)
      const untilMs = bannedUntilMs(seat, other)
      if (untilMs !== null) throw peerDropped({ address, untilMs })
      if (bannedUntilMs(target, peerId) !== null)
        throw peerNotAllowed({ address, peerId: other, refusedBy: 'them' })
      link(seat, target)
    },

    peers(): PeerStatus[] {
      if (own === undefined) return []
      const seat = own
      return [...seat.links]
        .map(([other, state]) => statusOf(other, state, bannedUntilMs(seat, other)))
        .sort((a, b) => (a.peerId < b.peerId ? -1 : 1))
    },

    addresses: () => (own === undefined || own.stopped ? [] : [`memory:${peerId}`]),

    async publish(topic: Topic, bytes: Uint8Array): Promise<void> {
      const seat = running()
      assertFits(bytes, gossipBytesMax)
      if (remember(seat, topic, bytes)) forward(seats, seat, topic, bytes.slice())
    },

    send(to: string, bytes: Uint8Array): void {
      const seat = running()
      assertFits(bytes, messageBytesMax)
      const state = seat.links.get(to)
      const target = seats.get(to)
      if (state === undefined) return
      if (state.connected && target !== undefined) deliver(seat, target, bytes)
      else state.droppedCount++
    },

    request: (request: PeerRequest) => ask(seats, running, request),

    drop(other: string, { forMs }: { readonly forMs: number }): void {
      const seat = running()
      seat.bans.get(other)?.cancel()
      const timer = setTimeout(() => relink(seats, seat, other), forMs).unref()
      seat.bans.set(other, { untilMs: Date.now() + forMs, cancel: () => clearTimeout(timer) })
      if (!seat.links.has(other)) seat.links.set(other, unlinked())
      unlink(seat, seats.get(other))
    },

    // There are no budgets here.
    throttle(): void {
      running()
    },
  })
}

/** When a ban is over, whoever was asked to keep the other connected is again. */
function relink(seats: Map<string, MemorySeat>, seat: MemorySeat, other: string): void {
  seat.bans.delete(other)
  const target = seats.get(other)
  if (target === undefined || !(seat.kept.has(other) || target.kept.has(seat.peerId))) return
  if (bannedUntilMs(target, seat.peerId) === null) link(seat, target)
}

function bannedUntilMs(seat: MemorySeat, peerId: string): number | null {
  return seat.bans.get(peerId)?.untilMs ?? null
}

function unlinked(): Link {
  return { connected: false, sinceMs: Date.now(), lastHeardMs: null, droppedCount: 0 }
}

function link(a: MemorySeat, b: MemorySeat): void {
  for (const [seat, other] of [
    [a, b.peerId],
    [b, a.peerId],
  ] as const) {
    const known = seat.links.get(other)
    if (known?.connected) continue
    seat.links.set(other, {
      connected: true,
      sinceMs: Date.now(),
      lastHeardMs: null,
      droppedCount: known?.droppedCount ?? 0,
    })
    seat.handlers.peer(other, 'connected')
  }
}

function unlink(own: MemorySeat, other: MemorySeat | undefined): void {
  if (other === undefined) return
  for (const [seat, peerId] of [
    [own, other.peerId],
    [other, own.peerId],
  ] as const) {
    const state = seat.links.get(peerId)
    if (state === undefined || !state.connected) continue
    state.connected = false
    state.sinceMs = Date.now()
    for (const { asker, answerer, ending } of seat.requests)
      if (asker === peerId || answerer === peerId) ending.abort()
    seat.handlers.peer(peerId, 'disconnected')
  }
}

function deliver(from: MemorySeat, to: MemorySeat, bytes: Uint8Array): void {
  later(() => {
    if (!isLinked(to, from.peerId)) return
    heard(to, from.peerId)
    to.handlers.message(from.peerId, bytes)
  })
}

/** Floods to every linked peer; what each accepts, it forwards. */
function forward(seats: Map<string, MemorySeat>, from: MemorySeat, topic: Topic, bytes: Uint8Array): void {
  for (const [peerId, { connected }] of from.links) {
    const target = seats.get(peerId)
    if (!connected || target === undefined || !remember(target, topic, bytes)) continue
    later(async () => {
      if (!isLinked(target, from.peerId)) return
      heard(target, from.peerId)
      const verdict = await target.handlers.gossip(topic, bytes, from.peerId)
      if (verdict === 'accept' && !target.stopped) forward(seats, target, topic, bytes)
    })
  }
}

function remember(seat: MemorySeat, topic: Topic, bytes: Uint8Array): boolean {
  const id = `${topic} ${toHex(sha256(bytes))}`
  if (seat.seen.has(id)) return false
  seat.seen.add(id)
  return true
}

async function* ask(
  seats: Map<string, MemorySeat>,
  running: () => MemorySeat,
  { peerId, protocol, bytes, signal }: PeerRequest,
): AsyncIterable<Uint8Array> {
  const seat = running()
  signal?.throwIfAborted()
  assertFits(bytes, messageBytesMax)
  const target = seats.get(peerId)
  if (target === undefined || !isLinked(seat, peerId)) throw peerUnreachable(peerId)
  const ending = new AbortController()
  const open: OpenRequest = { asker: seat.peerId, answerer: peerId, ending }
  for (const side of [seat, target]) side.requests.add(open)
  const asked = target.handlers.request(seat.peerId, protocol, bytes.slice(), ending.signal)
  const answers = asked[Symbol.asyncIterator]()
  const signals = signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal])
  try {
    for (;;) {
      const next = await interrupted(answers.next(), signals).catch((cause: unknown) => {
        running()
        signal?.throwIfAborted()
        throw requestFailed(peerId, cause)
      })
      running()
      if (next.done) return
      if (target.stopped || !isLinked(seat, peerId)) throw requestFailed(peerId)
      heard(seat, peerId)
      yield next.value.slice()
      running()
      signal?.throwIfAborted()
    }
  } finally {
    for (const side of [seat, target]) side.requests.delete(open)
    ending.abort()
    // Not awaited: a generator that is busy returns only when its own wait ends.
    void answers.return?.().catch(() => {})
  }
}

/** The promise, or a rejection as soon as the signal aborts. */
function interrupted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function statusOf(
  peerId: string,
  { connected, sinceMs, lastHeardMs, droppedCount }: Link,
  bannedUntilMs: number | null,
): PeerStatus {
  return {
    peerId,
    connected,
    address: `memory:${peerId}`,
    path: connected ? 'loopback' : null,
    sinceMs,
    lastHeardMs,
    topics: connected ? ['events', 'certificates', 'evidence'] : [],
    queuedCount: 0,
    queuedBytes: 0,
    droppedCount,
    refusedCount: 0,
    bannedUntilMs,
  }
}

function isLinked(seat: MemorySeat, peerId: string): boolean {
  return !seat.stopped && seat.links.get(peerId)?.connected === true
}

function heard(seat: MemorySeat, peerId: string): void {
  const state = seat.links.get(peerId)
  if (state !== undefined) state.lastHeardMs = Date.now()
}

function later(run: () => unknown): void {
  setImmediate(run)
}

function assertFits(bytes: Uint8Array, max: number): void {
  if (bytes.length > max) throw messageTooLarge({ size: bytes.length, max })
}
