/**
 * Pausing a stream from within its own data. libp2p hands over what it buffered
 * while it resumes, and opens the window only afterwards: a pause in between would
 * be undone halfway, the sender would go on, and the buffer overflow and reset the
 * stream.
 */

import type { Stream } from '@libp2p/interface'

/** Pauses the stream at the end of this turn, if that is still wanted then. At most one window more arrives. */
export function pauseSoon(stream: Stream, isStillWanted: () => boolean): void {
  queueMicrotask(() => {
    if (stream.readStatus === 'readable' && isStillWanted()) stream.pause()
  })
}
