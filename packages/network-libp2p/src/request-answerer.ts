/** The answering side of requests: refuses what is above a peer's limits, and sends answers no faster than they are read. */

import type { Connection, Stream } from '@libp2p/interface'
import type { Clock, Misconduct, NetworkHandlers, RequestProtocol } from '@chirograph/interface'
import { messageBytesMax } from '@chirograph/interface'
import type { BanList } from './ban-list.js'
import { drained } from './drained.js'
import { createFrameReader } from './frame-reader.js'
import { createFrameDecoder, encodeFrames } from './frames.js'
import { reportBug } from './handler-bug.js'
import type { NetworkLimits } from './limits.js'
import { lingerMs, readAheadBytes } from './limits.js'
import type { Peer, PeerTable } from './peer-table.js'
import { answerKinds } from './request-protocols.js'
import type { TokenBucket } from './token-bucket.js'
import { tokenBucket } from './token-bucket.js'

export interface RequestAnswerer {
  answer(protocol: RequestProtocol, stream: Stream, connection: Connection): Promise<void>
}

export interface RequestAnswererOptions {
  readonly peers: PeerTable
  readonly limits: NetworkLimits
  readonly clock: Clock
  readonly bans: BanList
  readonly request: NetworkHandlers['request']
  readonly misconduct: (peerId: string, misconduct: Misconduct) => void
}

/** What one peer has taken of its allowance for one protocol. */
interface Allowance {
  running: number
  readonly bucket: TokenBucket
}

export function createRequestAnswerer({
  peers,
  limits,
  clock,
  bans,
  request,
  misconduct,
}: RequestAnswererOptions): RequestAnswerer {
  const allowances = new Map<string, Allowance>()
  /** Bytes of answers, by peer. */
  const answered = new Map<string, TokenBucket>()

  function answeredTo(peer: Peer): TokenBucket {
    let bucket = answered.get(peer.id)
    if (bucket === undefined) {
      const { answerBytesPerSecond: perSecond, answerBytesBurst: burst } = limits
      bucket = tokenBucket({ perSecond, burst, nowMs: () => clock.nowMs() })
      answered.set(peer.id, bucket)
    }
    return bucket
  }

  function allowanceOf(peer: Peer, protocol: RequestProtocol): Allowance {
    const key = `${protocol} ${peer.id}`
    let allowance = allowances.get(key)
    if (allowance === undefined) {
      const { requestsPerSecond: perSecond, requestsBurst: burst } = limits
      allowance = { running: 0, bucket: tokenBucket({ perSecond, burst, nowMs: () => clock.nowMs() }) }
      allowances.set(key, allowance)
    }
    return allowance
  }

  async function answer(protocol: RequestProtocol, stream: Stream, connection: Connection): Promise<void> {
    const peer = peers.admitted(connection)
    const allowance = allowanceOf(peer, protocol)
    if (allowance.running >= limits.requestsAtOnce || !allowance.bucket.tryTake(1)) {
      peer.refusedCount++
      return refuse(stream)
    }
    allowance.running++
    try {
      const bytes = await readRequest(stream, peer)
      if (bytes !== undefined && !bans.isBanned(peer.id))
        await writeAnswers(stream, (signal) => request(peer.id, protocol, bytes, signal), answeredTo(peer))
    } catch (error) {
      reportBug('request', error)
      finish(stream, answerKinds.failed)
    } finally {
      allowance.running--
    }
  }

  /** Not before the asker spoke: until then it is still negotiating, and a stream that ends under that loses its last bytes. */
  function refuse(stream: Stream): void {
    const cancel = clock.setTimer(lingerMs, () => stream.abort(new Error('the asker does not ask')))
    stream.addEventListener('close', cancel)
    stream.addEventListener('message', () => {
      cancel()
      finish(stream, answerKinds.refused)
    })
  }

  async function readRequest(stream: Stream, peer: Peer): Promise<Uint8Array | undefined> {
    const reader = createFrameReader(stream, {
      decoder: createFrameDecoder({ frameBytesMax: messageBytesMax }),
      readAheadBytes,
      patience: { stallMs: limits.requestStallMs, stallBytesMin: limits.requestStallBytesMin },
      clock,
      heard: () => {
        peer.lastHeardMs = clock.nowMs()
      },
    })
    const frame = await reader.next()
    if (frame.kind === 'frame') return frame.bytes
    if (frame.kind === 'oversize') misconduct(peer.id, 'oversize')
    stream.abort(new Error(`no request: ${frame.kind}`))
    return undefined
  }

  async function writeAnswers(
    stream: Stream,
    answers: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
    budget: TokenBucket,
  ): Promise<void> {
    if (stream.writeStatus !== 'writable') return
    const ending = new AbortController()
    const iterator = answers(ending.signal)[Symbol.asyncIterator]()
    const giveUp = (): void => {
      ending.abort(new Error('the asker is gone'))
      // Not awaited: an answerer that is busy ends when its own wait does.
      void iterator.return?.().catch(() => {})
    }
    stream.addEventListener('close', giveUp)
    try {
      for (;;) {
        const next = await nextAnswer(iterator)
        if (next === undefined || next.done)
          return finish(stream, next === undefined ? answerKinds.failed : answerKinds.end)
        if (!(await sendAnswer(stream, next.value))) return giveUp()
        budget.take(next.value.length)
        if (budget.debtMs() > 0) await new Promise<void>((go) => void clock.setTimer(budget.debtMs(), go))
      }
    } finally {
      stream.removeEventListener('close', giveUp)
    }
  }

  /** Whether the asker still reads. */
  async function sendAnswer(stream: Stream, bytes: Uint8Array): Promise<boolean> {
    if (bytes.length > messageBytesMax) throw new RangeError(`an answer frame of ${bytes.length} bytes`)
    if (stream.writeStatus !== 'writable') return false
    stream.send(encodeFrames([withKind(answerKinds.data, bytes)]))
    const { requestStallMs: stallMs, requestStallBytesMin: stallBytesMin } = limits
    if (await drained(stream, { stallMs, stallBytesMin, clock })) return true
    stream.abort(new Error('the asker does not read'))
    return false
  }

  function finish(stream: Stream, kind: number): void {
    if (stream.writeStatus !== 'writable') return
    try {
      stream.send(encodeFrames([Uint8Array.of(kind)]))
    } catch {
      return
    }
    const cancel = clock.setTimer(lingerMs, () => stream.abort(new Error('the asker does not close')))
    stream.addEventListener('close', cancel)
    stream.close().catch((error: Error) => stream.abort(error))
  }

  return { answer }
}

/** The next answer; undefined when the answerer fails, which it may do at any time for reasons of its own. */
async function nextAnswer(
  iterator: AsyncIterator<Uint8Array>,
): Promise<IteratorResult<Uint8Array> | undefined> {
  try {
    return await iterator.next()
  } catch {
    return undefined
  }
}

function withKind(kind: number, bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + bytes.length)
  frame[0] = kind
  frame.set(bytes, 1)
  return frame
}
