/** The asking side of requests: opens a stream, sends the request, yields the answer at the caller's pace. */

import type { Connection, Stream } from '@libp2p/interface'
import type { ChirographError, Clock, PeerRequest } from '@chirograph/interface'
import {
  messageBytesMax,
  messageTooLarge,
  networkStopped,
  peerUnreachable,
  requestFailed,
  requestRefused,
  requestStalled,
} from '@chirograph/interface'
import type { FrameOrEnd } from './frame-reader.js'
import { createFrameReader } from './frame-reader.js'
import { encodeFrames } from './frames.js'
import type { NetworkLimits } from './limits.js'
import type { PeerTable } from './peer-table.js'
import { answerFrameBytesMax, answerKinds, wireProtocols } from './request-protocols.js'

export interface RequestAsker {
  request(request: PeerRequest): AsyncIterable<Uint8Array>
  /** Ends every running request with `NETWORK_STOPPED`. */
  stop(): void
}

export interface RequestAskerOptions {
  readonly peers: PeerTable
  readonly limits: NetworkLimits
  readonly clock: Clock
}

export function createRequestAsker({ peers, limits, clock }: RequestAskerOptions): RequestAsker {
  /** What to abort on stop; each aborts with the reason its request fails with. */
  const running = new Set<AbortController>()

  async function* request({ peerId, protocol, bytes, signal }: PeerRequest): AsyncIterable<Uint8Array> {
    signal?.throwIfAborted()
    if (bytes.length > messageBytesMax) throw messageTooLarge({ size: bytes.length, max: messageBytesMax })
    const connection = peers.connectionTo(peerId)
    if (connection === undefined) throw peerUnreachable(peerId)

    const ending = new AbortController()
    const abort = (): void => ending.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    running.add(ending)
    try {
      const stream = await openStream(connection, {
        name: wireProtocols[protocol],
        peerId,
        ending: ending.signal,
      })
      yield* answersOf(stream, { peerId, bytes, ending: ending.signal })
    } finally {
      running.delete(ending)
      signal?.removeEventListener('abort', abort)
    }
  }

  async function openStream(
    connection: Connection,
    {
      name,
      peerId,
      ending,
    }: { readonly name: string; readonly peerId: string; readonly ending: AbortSignal },
  ): Promise<Stream> {
    const opening = new AbortController()
    const abort = (): void => opening.abort()
    ending.addEventListener('abort', abort)
    const cancel = clock.setTimer(limits.requestStallMs, abort)
    try {
      return await connection.newStream(name, { signal: opening.signal })
    } catch (cause) {
      ending.throwIfAborted()
      throw opening.signal.aborted
        ? requestStalled({ peerId, afterMs: limits.requestStallMs })
        : connection.status === 'open'
          ? requestFailed(peerId, cause)
          : peerUnreachable(peerId, cause)
    } finally {
      cancel()
      ending.removeEventListener('abort', abort)
    }
  }

  async function* answersOf(
    stream: Stream,
    {
      peerId,
      bytes,
      ending,
    }: { readonly peerId: string; readonly bytes: Uint8Array; readonly ending: AbortSignal },
  ): AsyncIterable<Uint8Array> {
    const peer = peers.get(peerId)
    const reader = createFrameReader(stream, {
      frameBytesMax: answerFrameBytesMax,
      stallMs: limits.requestStallMs,
      clock,
      heard: () => {
        if (peer !== undefined) peer.lastHeardMs = clock.nowMs()
      },
    })
    const interrupt = (): void => reader.interrupt(ending.reason)
    ending.addEventListener('abort', interrupt)
    let whole = false
    try {
      send(stream, { peerId, bytes })
      for (;;) {
        ending.throwIfAborted()
        const answer = await reader.next()
        if (answer.kind !== 'frame') throw failureOf(answer, peerId)
        const [kind] = answer.bytes
        if (kind === answerKinds.data) {
          yield answer.bytes.subarray(1)
          continue
        }
        whole = true
        if (kind === answerKinds.end) return
        throw kind === answerKinds.refused ? requestRefused(peerId) : requestFailed(peerId)
      }
    } finally {
      ending.removeEventListener('abort', interrupt)
      // A reset is how the answerer learns that nobody listens any more.
      if (whole) closeQuietly(stream)
      else stream.abort(new Error('the request was given up'))
    }
  }

  function failureOf(end: Exclude<FrameOrEnd, { kind: 'frame' }>, peerId: string): unknown {
    switch (end.kind) {
      case 'interrupted':
        return end.reason
      case 'stalled':
        return requestStalled({ peerId, afterMs: limits.requestStallMs })
      case 'ended':
        return requestFailed(peerId, end.reason)
      case 'oversize':
        return requestFailed(peerId, new Error('an answer frame above the limit'))
    }
  }

  return {
    request,
    stop() {
      const reason: ChirographError = networkStopped()
      for (const ending of running) ending.abort(reason)
    },
  }
}

function send(
  stream: Stream,
  { peerId, bytes }: { readonly peerId: string; readonly bytes: Uint8Array },
): void {
  try {
    stream.send(encodeFrames([bytes]))
  } catch (cause) {
    throw requestFailed(peerId, cause)
  }
}

function closeQuietly(stream: Stream): void {
  stream.close().catch((error: Error) => stream.abort(error))
}
