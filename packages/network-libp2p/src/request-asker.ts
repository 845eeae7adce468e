/** The asking side of requests: opens a stream, sends the request, yields the answer at the caller's pace. */

import type { Connection, Stream } from '@libp2p/interface'
import type { ChirographError, Clock, Misconduct, PeerRequest, RequestProtocol } from '@chirograph/interface'
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
import { createFrameDecoder, encodeFrames } from './frames.js'
import type { NetworkLimits } from './limits.js'
import { readAheadBytes } from './limits.js'
import type { PeerTable } from './peer-table.js'
import { answerFrameBytesMax, answerKinds, wireProtocols } from './request-protocols.js'
import type { TokenBucket } from './token-bucket.js'
import { tokenBucket } from './token-bucket.js'

export interface RequestAsker {
  request(request: PeerRequest): AsyncIterable<Uint8Array>
  /** Ends every running request with `NETWORK_STOPPED`. */
  stop(): void
}

export interface RequestAskerOptions {
  readonly peers: PeerTable
  readonly limits: NetworkLimits
  readonly clock: Clock
  readonly misconduct: (peerId: string, misconduct: Misconduct) => void
}

export function createRequestAsker({ peers, limits, clock, misconduct }: RequestAskerOptions): RequestAsker {
  /** What to abort on stop; each aborts with the reason its request fails with. */
  const running = new Set<AbortController>()
  /** By protocol and peer; members only, so the member list bounds it. */
  const paces = new Map<string, TokenBucket>()

  function paceOf(peerId: string, protocol: RequestProtocol): TokenBucket {
    const key = `${protocol} ${peerId}`
    let pace = paces.get(key)
    if (pace === undefined) {
      const { sentRequestsPerSecond: perSecond, sentRequestsBurst: burst } = limits
      pace = tokenBucket({ perSecond, burst, nowMs: () => clock.nowMs() })
      paces.set(key, pace)
    }
    return pace
  }

  async function* request({ peerId, protocol, bytes, signal }: PeerRequest): AsyncIterable<Uint8Array> {
    signal?.throwIfAborted()
    if (bytes.length > messageBytesMax) throw messageTooLarge({ size: bytes.length, max: messageBytesMax })
    if (peers.connectionTo(peerId) === undefined) throw peerUnreachable(peerId)

    const ending = new AbortController()
    const abort = (): void => ending.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    running.add(ending)
    try {
      const pace = paceOf(peerId, protocol)
      pace.take(1)
      if (pace.debtMs() > 0) await passed(pace.debtMs(), ending.signal)
      const connection = peers.connectionTo(peerId)
      if (connection === undefined) throw peerUnreachable(peerId)
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

  function passed(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        cancel()
        reject(signal.reason)
      }
      const cancel = clock.setTimer(ms, () => {
        signal.removeEventListener('abort', abort)
        resolve()
      })
      signal.addEventListener('abort', abort, { once: true })
    })
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
      decoder: createFrameDecoder({ frameBytesMax: answerFrameBytesMax }),
      readAheadBytes,
      patience: { stallMs: limits.requestStallMs, stallBytesMin: limits.requestStallBytesMin },
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
        if (!isAnswerKind(kind)) throw faultOf(peerId, 'garbage')
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
        return faultOf(peerId, 'oversize')
    }
  }

  function faultOf(peerId: string, what: 'garbage' | 'oversize'): ChirographError {
    misconduct(peerId, what)
    return requestFailed(peerId, new Error(`an answer frame that no answerer makes: ${what}`))
  }

  return {
    request,
    stop() {
      const reason: ChirographError = networkStopped()
      for (const ending of running) ending.abort(reason)
    },
  }
}

function isAnswerKind(kind: number | undefined): boolean {
  return Object.values<number | undefined>(answerKinds).includes(kind)
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
