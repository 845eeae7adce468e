/**
 * Direct messages: one long-lived outbound stream a peer, opened with the first
 * message and opened again when it breaks, behind a bounded queue that drops its
 * oldest messages. Consensus waits for these, so the way from `send` to the
 * socket has no timer and no disk in it.
 */

import type { Connection, Stream } from '@libp2p/interface'
import type { Clock } from '@chirograph/interface'
import { messageBytesMax } from '@chirograph/interface'
import { createFrameDecoder, encodeFrames } from './frames.js'
import type { NetworkLimits } from './limits.js'
import { reopenMs, sendChunkBytes } from './limits.js'
import { pauseSoon } from './pause-soon.js'
import type { PeerTable } from './peer-table.js'
import { tokenBucket } from './token-bucket.js'

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
  readonly message: (from: string, bytes: Uint8Array) => void
}

interface Lane {
  readonly peerId: string
  queue: Uint8Array[]
  bytes: number
  /** What the lane waits for: nothing, the turn's end, a new stream, or the time to ask for one. */
  state: 'idle' | 'flushing' | 'opening' | 'reopening'
  stream: Stream | undefined
}

export function createMessageLanes({ peers, limits, clock, message }: MessageLanesOptions): MessageLanes {
  const lanes = new Map<string, Lane>()
  const budgets = new Map<string, InboundBudget>()

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
      while (lane.queue.length > 0 && !lane.stream.writableNeedsDrain) lane.stream.send(nextChunk(lane))
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
      () => reopenLater(lane),
    )
  }

  function closed(lane: Lane, stream: Stream): void {
    if (lane.stream !== stream) return
    lane.stream = undefined
    if (lane.queue.length > 0) reopenLater(lane)
  }

  function reopenLater(lane: Lane): void {
    if (lanes.get(lane.peerId) !== lane) return
    lane.state = 'reopening'
    clock.setTimer(reopenMs, () => {
      if (lanes.get(lane.peerId) !== lane || lane.state !== 'reopening') return
      lane.state = 'idle'
      flush(lane)
    })
  }

  function drop(peerId: string, count: number): void {
    const peer = peers.get(peerId)
    if (peer !== undefined) peer.droppedCount += count
  }

  function budgetOf(peerId: string): InboundBudget {
    const budget = budgets.get(peerId) ?? createInboundBudget({ limits, clock })
    budgets.set(peerId, budget)
    return budget
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
      const budget = budgetOf(peer.id)
      const decoder = createFrameDecoder({ frameBytesMax: messageBytesMax })
      stream.addEventListener('message', ({ data }) => {
        peer.lastHeardMs = clock.nowMs()
        const { frames, oversize } = decoder.push(data)
        for (const frame of frames) message(peer.id, frame)
        if (oversize) return stream.abort(new Error('a frame above the limit'))
        budget.charge(stream, { count: frames.length, bytes: data.byteLength })
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
function nextChunk(lane: Lane): Uint8Array {
  let size = 0
  let count = 0
  for (const { length } of lane.queue) {
    if (count > 0 && size + length > sendChunkBytes) break
    size += length
    count++
  }
  lane.bytes -= size
  return encodeFrames(lane.queue.splice(0, count))
}

/** What one peer may send, over all its streams; it outlives a connection, so that reconnecting buys nothing. */
interface InboundBudget {
  /** Pauses the stream for as long as the peer is above its budget. */
  charge(stream: Stream, cost: { readonly count: number; readonly bytes: number }): void
}

function createInboundBudget({
  limits,
  clock,
}: Pick<MessageLanesOptions, 'limits' | 'clock'>): InboundBudget {
  const nowMs = (): number => clock.nowMs()
  const counts = tokenBucket({ perSecond: limits.messagesPerSecond, burst: limits.messagesBurst, nowMs })
  const bytes = tokenBucket({
    perSecond: limits.messageBytesPerSecond,
    burst: limits.messageBytesBurst,
    nowMs,
  })
  const waiting = new WeakSet<Stream>()
  return {
    charge(stream, cost) {
      counts.take(cost.count)
      bytes.take(cost.bytes)
      const debtMs = Math.max(counts.debtMs(), bytes.debtMs())
      if (debtMs === 0 || waiting.has(stream)) return
      waiting.add(stream)
      pauseSoon(stream, () => waiting.has(stream))
      const cancel = clock.setTimer(debtMs, () => {
        waiting.delete(stream)
        stream.removeEventListener('close', cancel)
        if (stream.readStatus === 'paused') stream.resume()
      })
      stream.addEventListener('close', cancel)
    },
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
