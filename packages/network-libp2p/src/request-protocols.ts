/**
 * Requests on the wire: a stream each. The asker sends one frame; the answerer
 * sends frames whose first byte says what they are, the last one of them
 * anything but `data`, so that an answer cut short is never taken for a whole one.
 */

import type { RequestProtocol } from '@chirograph/interface'
import { messageBytesMax } from '@chirograph/interface'

export const wireProtocols: Readonly<Record<RequestProtocol, string>> = Object.freeze({
  sync: '/chirograph/2/sync',
  checkpoints: '/chirograph/1/checkpoints',
  history: '/chirograph/1/history',
  snapshot: '/chirograph/1/snapshot',
})

export const answerKinds = Object.freeze({ data: 0, end: 1, refused: 2, failed: 3 })

/** The kind byte and one largest message. */
export const answerFrameBytesMax = 1 + messageBytesMax
