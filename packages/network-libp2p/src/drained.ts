/** Waiting until a stream takes more. */

import type { Stream } from '@libp2p/interface'
import type { Clock } from '@chirograph/interface'

/**
 * Whether the stream can be written again: false once it is closed, or when its
 * reader took nothing for `stallMs`.
 */
export function drained(
  stream: Stream,
  { stallMs, clock }: { readonly stallMs: number; readonly clock: Clock },
): Promise<boolean> {
  if (stream.writeStatus !== 'writable') return Promise.resolve(false)
  if (!stream.writableNeedsDrain) return Promise.resolve(true)
  return new Promise((resolve) => {
    const settle = (writable: boolean): void => {
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('close', onClose)
      cancel()
      resolve(writable)
    }
    const onDrain = (): void => settle(true)
    const onClose = (): void => settle(false)
    const cancel = clock.setTimer(stallMs, onClose)
    stream.addEventListener('drain', onDrain)
    stream.addEventListener('close', onClose)
  })
}
