/**
 * Reads a stream frame by frame at the reader's pace: what is not taken pauses
 * the stream, and a paused stream holds its sender back.
 */

import type { Stream } from '@libp2p/interface'
import type { Clock } from '@chirograph/interface'
import type { FrameDecoder } from './frames.js'
import { pauseSoon } from './pause-soon.js'

export interface FrameReader {
  /**
   * The next frame, or why there is none. `stalled` when fewer than
   * `stallBytesMin` bytes came in `stallMs` of waiting, in one piece or in many.
   * One call at a time.
   */
  next(): Promise<FrameOrEnd>
  /** Makes a waiting `next`, and every one after it, answer with this. */
  interrupt(reason: unknown): void
}

export type FrameOrEnd =
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** The stream ended, cleanly or not: a protocol that must know says so in its last frame. */
  | { readonly kind: 'ended'; readonly reason?: unknown }
  | { readonly kind: 'oversize' | 'stalled' }
  | { readonly kind: 'interrupted'; readonly reason: unknown }

export interface FrameReaderOptions {
  readonly decoder: FrameDecoder
  /** Bytes of whole frames that wait to be taken; above it the stream is paused. */
  readonly readAheadBytes: number
  /** How patient the reader is; without it, for ever. */
  readonly patience?: { readonly stallMs: number; readonly stallBytesMin: number }
  readonly clock: Clock
  /** Called whenever bytes come. */
  readonly heard: () => void
}

export function createFrameReader(
  stream: Stream,
  { decoder, readAheadBytes, patience, clock, heard }: FrameReaderOptions,
): FrameReader {
  let frames: Uint8Array[] = []
  /** Frames before this one were taken. */
  let first = 0
  let bytesHeld = 0
  /** Why nothing more will come from the stream itself. */
  let end: FrameOrEnd | undefined
  let interruption: FrameOrEnd | undefined
  /** Of the present stretch: how long the reader waited in it, and what came meanwhile. It begins anew when enough came. */
  let waitedMs = 0
  let arrivedBytes = 0
  let wake: (() => void) | undefined

  function settle(): void {
    wake?.()
    wake = undefined
  }

  stream.addEventListener('message', ({ data }) => {
    heard()
    arrivedBytes += data.byteLength
    const batch = decoder.push(data)
    for (const frame of batch.frames) {
      frames.push(frame)
      bytesHeld += frame.length
    }
    if (batch.oversize) {
      end = { kind: 'oversize' }
      stream.abort(new Error('a frame above the limit'))
    } else if (bytesHeld > readAheadBytes) {
      pauseSoon(stream, () => bytesHeld > readAheadBytes)
    }
    // Bytes that the negotiation read too far and gave back come after the 'end' event.
    if (stream.readableEnded) end ??= { kind: 'ended' }
    settle()
  })
  const ended = (reason?: unknown): void => {
    end ??= { kind: 'ended', reason }
    settle()
  }
  stream.addEventListener('end', () => ended())
  stream.addEventListener('close', ({ error }) => ended(error))
  // Both may have happened before anybody listened; what is still buffered comes before the end.
  if ((stream.readableEnded || stream.status !== 'open') && stream.readBufferLength === 0) ended()

  /** What was received while paused is handed over synchronously, even when the stream has ended since. */
  function unpause(): void {
    if (stream.readStatus !== 'paused') return
    try {
      stream.resume()
    } catch {
      // Its bytes are here; telling a closed connection to send more is what failed.
    }
  }

  function poll(): FrameOrEnd | undefined {
    if (interruption !== undefined) return interruption
    if (bytesHeld <= readAheadBytes / 2) unpause()
    const bytes = frames[first]
    if (bytes === undefined) return end
    bytesHeld -= bytes.length
    first++
    if (first * 2 > frames.length) forgetTaken()
    return { kind: 'frame', bytes }
  }

  /** Each time at least half of them, so that many small frames cost no more than a copy each. */
  function forgetTaken(): void {
    frames = frames.slice(first)
    first = 0
  }

  async function next(): Promise<FrameOrEnd> {
    for (;;) {
      const polled = poll()
      if (polled !== undefined) return polled
      if (patience !== undefined && arrivedBytes >= patience.stallBytesMin) {
        waitedMs = 0
        arrivedBytes = 0
      }
      const leftMs = patience === undefined ? undefined : patience.stallMs - waitedMs
      if (leftMs !== undefined && leftMs <= 0) return { kind: 'stalled' }
      const startMs = clock.nowMs()
      await woken(leftMs)
      // A clock that was set back must not give time away.
      waitedMs += Math.max(0, clock.nowMs() - startMs)
    }
  }

  /** Waits for bytes, the end or an interruption, and no longer than this. */
  function woken(limitMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      // After a freeze of this process the timer is due before what came meanwhile was read; that is not the peer's fault.
      const timeOver = (): void => void setImmediate(settle)
      const cancel = limitMs === undefined ? () => {} : clock.setTimer(limitMs, timeOver)
      wake = () => {
        cancel()
        resolve()
      }
    })
  }

  return {
    next,
    interrupt(reason) {
      interruption ??= { kind: 'interrupted', reason }
      settle()
    },
  }
}
