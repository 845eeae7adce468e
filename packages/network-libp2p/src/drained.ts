/** Waiting until a stream takes more. */

import type { Stream } from '@libp2p/interface'
import type { Clock } from '@chirograph/interface'
import { sendAheadBytes } from './limits.js'

/**
 * Whether the stream can be written again: false once it is closed, or when its
 * reader took fewer than `stallBytesMin` bytes in `stallMs`. What was written
 * before and is not taken yet counts against `sendAheadBytes`: a reader that lets
 * the sender go on byte by byte would otherwise fill the sender's memory.
 */
export function drained(
  stream: Stream,
  {
    stallMs,
    stallBytesMin,
    clock,
  }: { readonly stallMs: number; readonly stallBytesMin: number; readonly clock: Clock },
): Promise<boolean> {
  if (stream.writeStatus !== 'writable') return Promise.resolve(false)
  if (hasRoom(stream)) return Promise.resolve(true)
  return new Promise((resolve) => {
    let cancel = (): void => {}
    const settle = (writable: boolean): void => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      cancel()
      resolve(writable)
    }
    // The stream takes what its buffer holds in a microtask of its own, which is queued before this one.
    const onDrain = (): void =>
      queueMicrotask(() => {
        if (hasRoom(stream)) settle(stream.writeStatus === 'writable')
      })
    const onClose = (): void => settle(false)
    const watch = (leftBytes: number): void => {
      cancel = clock.setTimer(stallMs, () => {
        if (leftBytes - stream.writeBufferLength < stallBytesMin) settle(false)
        else watch(stream.writeBufferLength)
      })
    }
    watch(stream.writeBufferLength)
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
  })
}

function hasRoom(stream: Stream): boolean {
  return !stream.writableNeedsDrain && stream.writeBufferLength <= sendAheadBytes
}
