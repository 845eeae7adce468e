/**
 * Direct messages: one long-lived outbound stream a peer, opened with the first
 * message and opened again when it breaks, behind a bounded queue that drops its
 * oldest messages. Consensus waits for these, so the way from `send` to the
 * socket has no timer and no disk in it.
 */

import type { Connection, Stream } from '@libp2p/interface'
import type { Clock, Misconduct } from '@chirograph/interface'
import { messageBytesMax } from '@chirograph/interface'
import type { BanList } from './ban-list.js'
import type { Budget, InboundBudget } from './budget.js'
import { createBudget, createInboundBudget } from './budget.js'
import { createFrameDecoder, encodeFrames } from './frames.js'
import type { NetworkLimits } from './limits.js'
import { reopenMs, sendChunkBytes } from './limits.js'
import { pauseSoon } from './pause-soon.js'
import type { PeerTable } from './peer-table.js'

export const messageProtocol = '/chirograph/1/consensus'

export interface MessageLanes {
  /** Queues a message to a connected peer. */
  send(peerId: string, bytes: Uint8Array): void
  /** Reads a peer's outbound stream. */
  accept(stream: Stream, connection: Connection): void
  queued(peerId: string): { readonly count: number; readonly bytes: number }
  /** Drops and counts what waits for a peer that is gone. */
  disconnected(peerId: string): void
}

export interface MessageLanesOptions {
  readonly peers: PeerTable
  readonly limits: NetworkLimits
  readonly clock: Clock
  readonly bans: BanList
  readonly isThrottled: (peerId: string) => boolean
  readonly message: (from: string, bytes: Uint8Array) => void
  readonly misconduct: (peerId: string, misconduct: Misconduct) => void
}

interface Lane {
  readonly peerId: string
  queue: Uint8Array[]
  bytes: number
  /** What the lane waits for: nothing, the turn's end, a new stream, or the time to go on. */
  state: 'idle' | 'flushing' | 'opening' | 'waiting'
  stream: Stream | undefined
}

export function createMessageLanes(options: MessageLanesOptions): MessageLanes {
  const { peers, limits, clock, bans, isThrottled, message, misconduct } = options
  const lanes = new Map<string, Lane>()
  const budgets = new Map<string, InboundBudget>()
  /** What is sent to each peer; like its budget, it outlives a connection. */
  const paces = new Map<string, Budget>()

  function flushSoon(lane: Lane): void {
    if (lane.state !== 'idle' || lane.queue.length === 0) return
    lane.state = 'flushing'
    // Messages of one turn leave in one write.
    queueMicrotask(() => {
      if (lane.state !== 'flushing') return
      lane.state = 'idle'
      flush(lane)
    })
  }

  function flush(lane: Lane): void {
    if (lane.stream === undefined) {
      if (lane.queue.length > 0) open(lane)
      return
    }
    try {
      const pace = paceOf(lane.peerId)
      while (lane.queue.length > 0 && !lane.stream.writableNeedsDrain) {
        const debtMs = pace.debtMs()
        if (debtMs > 0) return goOnLater(lane, debtMs)
        const { chunk, count } = nextChunk(lane)
        pace.charge({ count, bytes: chunk.length })
        lane.stream.send(chunk)
      }
    } catch (error) {
      lane.stream.abort(asError(error))
    }
  }

  function open(lane: Lane): void {
    const connection = peers.connectionTo(lane.peerId)
    if (connection === undefined) return
    lane.state = 'opening'
    connection.newStream(messageProtocol).then(
      (stream) => {
        if (lanes.get(lane.peerId) !== lane) return stream.abort(new Error('the peer has gone'))
        lane.state = 'idle'
        lane.stream = stream
        stream.addEventListener('drain', () => flushSoon(lane))
        stream.addEventListener('close', () => closed(lane, stream))
        // It may have closed before anybody listened.
        if (stream.writeStatus === 'writable') flush(lane)
        else closed(lane, stream)
      },
      () => goOnLater(lane, reopenMs),
    )
  }

  function closed(lane: Lane, stream: Stream): void {
    if (lane.stream !== stream) return
    lane.stream = undefined
    if (lane.queue.length > 0) goOnLater(lane, reopenMs)
  }

  function goOnLater(lane: Lane, afterMs: number): void {
    if (lanes.get(lane.peerId) !== lane) return
    lane.state = 'waiting'
    clock.setTimer(afterMs, () => {
      if (lanes.get(lane.peerId) !== lane || lane.state !== 'waiting') return
      lane.state = 'idle'
      flush(lane)
    })
  }

  function drop(peerId: string, count: number): void {
    const peer = peers.get(peerId)
    if (peer !== undefined) peer.droppedCount += count
  }

  function budgetOf(peerId: string): InboundBudget {
    let budget = budgets.get(peerId)
    if (budget === undefined) {
      budget = createInboundBudget({
        rates: {
          perSecond: limits.messagesPerSecond,
          burst: limits.messagesBurst,
          bytesPerSecond: limits.messageBytesPerSecond,
          bytesBurst: limits.messageBytesBurst,
        },
        clock,
        floodHeldMs: limits.floodHeldMs,
        isThrottled: () => isThrottled(peerId),
        onFlood: () => misconduct(peerId, 'flood'),
      })
      budgets.set(peerId, budget)
    }
    return budget
  }

  function paceOf(peerId: string): Budget {
    let pace = paces.get(peerId)
    if (pace === undefined) {
      const rates = {
        perSecond: limits.sentMessagesPerSecond,
        burst: limits.sentMessagesBurst,
        bytesPerSecond: limits.sentMessageBytesPerSecond,
        bytesBurst: limits.sentMessageBytesBurst,
      }
      pace = createBudget(rates, clock)
      paces.set(peerId, pace)
    }
    return pace
  }

  /** Hands over what the peer's budget allows; the rest waits, and so does the stream. */
  function createDelivery(stream: Stream, peerId: string): (frames: readonly Uint8Array[]) => void {
    const budget = budgetOf(peerId)
    let waiting: readonly Uint8Array[] = []
    let next = 0
    let cancel: (() => void) | undefined

    function deliver(): void {
      for (; next < waiting.length; next++) {
        if (budget.debtMs() > 0) return hold()
        const frame = waiting[next] ?? new Uint8Array()
        budget.charge({ count: 1, bytes: frame.length })
        if (!bans.isBanned(peerId)) message(peerId, frame)
      }
      waiting = []
      next = 0
      if (stream.readStatus === 'paused') stream.resume()
    }

    function hold(): void {
      pauseSoon(stream, () => cancel !== undefined)
      cancel = budget.afterDebt(() => {
        cancel = undefined
        deliver()
      })
    }

    stream.addEventListener('close', () => cancel?.())
    return (frames) => {
      waiting = waiting.length === 0 ? frames : waiting.concat(frames)
      if (cancel === undefined) deliver()
    }
  }

  return {
    send(peerId, bytes) {
      if (peers.connectionTo(peerId) === undefined) return drop(peerId, 1)
      let lane = lanes.get(peerId)
      if (lane === undefined) {
        lane = { peerId, queue: [], bytes: 0, state: 'idle', stream: undefined }
        lanes.set(peerId, lane)
      }
      lane.queue.push(bytes)
      lane.bytes += bytes.length
      while (lane.queue.length > limits.queueCountMax || lane.bytes > limits.queueBytesMax) {
        lane.bytes -= lane.queue.shift()?.length ?? 0
        drop(peerId, 1)
      }
      flushSoon(lane)
    },

    accept(stream, connection) {
      const peer = peers.admitted(connection)
      const deliver = createDelivery(stream, peer.id)
      const decoder = createFrameDecoder({ frameBytesMax: messageBytesMax })
      stream.addEventListener('message', ({ data }) => {
        peer.lastHeardMs = clock.nowMs()
        const { frames, oversize } = decoder.push(data)
        deliver(frames)
        if (oversize) {
          misconduct(peer.id, 'oversize')
          return stream.abort(new Error('a frame above the limit'))
        }
      })
    },

    queued(peerId) {
      const lane = lanes.get(peerId)
      return { count: lane?.queue.length ?? 0, bytes: lane?.bytes ?? 0 }
    },

    disconnected(peerId) {
      const lane = lanes.get(peerId)
      if (lane === undefined) return
      lanes.delete(peerId)
      drop(peerId, lane.queue.length)
      lane.stream?.abort(new Error('the peer has gone'))
    },
  }
}

/** Takes whole messages off the queue, as many as fit one write, and at least one. */
function nextChunk(lane: Lane): { readonly chunk: Uint8Array; readonly count: number } {
  let size = 0
  let count = 0
  for (const { length } of lane.queue) {
    if (count > 0 && size + length > sendChunkBytes) break
    size += length
    count++
  }
  lane.bytes -= size
  return { chunk: encodeFrames(lane.queue.splice(0, count)), count }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
