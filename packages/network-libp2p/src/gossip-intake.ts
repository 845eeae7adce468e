/**
 * Between the wire and gossipsub: the library reads a stream as fast as bytes come, decodes them, and skips in silence
 * what it cannot decode. So each inbound stream is read here first, within its peer's budget, which is the cheapest
 * place: before anything is decoded. What is over the budget waits in the sender's window, and nothing is lost. (To
 * drop it would let a flooder hide messages: a dropped one counts as seen when an honest peer brings it.)
 */

import type { Stream } from '@libp2p/interface'
import type { Clock, Misconduct } from '@chirograph/interface'
import type { InboundBudget } from './budget.js'
import type { FrameReader } from './frame-reader.js'
import { createFrameReader } from './frame-reader.js'
import { createFrameDecoder, encodeVarintLength, varintLength } from './frames.js'
import { countGossipMessages } from './gossip-frame.js'
import { gossipReadAheadBytes, gossipRpcBytesMax, gossipWindowBytesMax } from './limits.js'

export interface GossipIntakeOptions {
  readonly budget: InboundBudget
  readonly clock: Clock
  /** Resolves when there is room for another message under judgement. */
  readonly room: () => Promise<void>
  readonly misconduct: (misconduct: Misconduct) => void
}

/** The stream as gossipsub may read it. */
export function gossipIntake(stream: Stream, options: GossipIntakeOptions): Stream {
  keepWindowSmall(stream)
  const reader = createFrameReader(stream, {
    decoder: createFrameDecoder({ frameBytesMax: gossipRpcBytesMax, readLength: varintLength }),
    readAheadBytes: gossipReadAheadBytes,
    clock: options.clock,
    heard: () => {},
  })
  const intake = {
    [Symbol.asyncIterator]: () => framesOf(stream, reader, options),
    close: () => stream.close(),
    abort: (error: Error) => stream.abort(error),
  }
  // Of an inbound stream the library uses these three; a whole stream would be read by its events instead.
  return intake as Partial<Stream> as Stream
}

/**
 * yamux doubles the window of a stream that is read quickly, up to a bound that is one for all streams of a connection.
 * Bulk needs that; of a flood it only lets more in before it is left unread. The library has no option for one stream.
 */
function keepWindowSmall(stream: Stream): void {
  if ('maxStreamWindowSize' in stream) stream.maxStreamWindowSize = gossipWindowBytesMax
}

async function* framesOf(
  stream: Stream,
  reader: FrameReader,
  options: GossipIntakeOptions,
): AsyncGenerator<Uint8Array> {
  const { budget, room, misconduct } = options
  for (;;) {
    const next = await reader.next()
    if (next.kind === 'oversize') misconduct('oversize')
    if (next.kind !== 'frame') return
    const messages = countGossipMessages(next.bytes)
    // A frame costs as much as a message, whatever is in it.
    budget.charge({ count: Math.max(1, messages ?? 1), bytes: next.bytes.length })
    if (budget.debtMs() > 0) {
      await paidOff(stream, budget)
      // What a flooder had sent before it was cut off is not read out at leisure.
      if (stream.status !== 'open') return
    }
    if (messages === undefined) {
      misconduct('garbage')
      continue
    }
    await room()
    yield encodeVarintLength(next.bytes.length)
    yield next.bytes
  }
}

/** Resolves when the debt is paid or the stream closed. */
function paidOff(stream: Stream, budget: InboundBudget): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel()
      stream.removeEventListener('close', done)
      resolve()
    }
    const cancel = budget.afterDebt(done)
    stream.addEventListener('close', done)
  })
}
