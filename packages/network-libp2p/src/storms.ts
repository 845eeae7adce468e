/** Peers that make connections or open streams faster than any use for them. Each costs a handshake or a negotiation. */

import type { Connection, StreamMuxer } from '@libp2p/interface'
import type { Clock, Misconduct } from '@chirograph/interface'
import type { NetworkLimits } from './limits.js'
import type { TokenBucket } from './token-bucket.js'
import { tokenBucket } from './token-bucket.js'

export interface StormWatch {
  /** Whether a peer that has just proven who it is may connect once more. */
  mayConnect(peerId: string): boolean
  streamOpened(muxer: StreamMuxer): void
}

export interface StormWatchOptions {
  readonly limits: NetworkLimits
  readonly clock: Clock
  readonly connections: () => readonly Connection[]
  readonly misconduct: (peerId: string, misconduct: Misconduct) => void
}

export function createStormWatch({ limits, clock, connections, misconduct }: StormWatchOptions): StormWatch {
  const nowMs = (): number => clock.nowMs()
  /** By peer id: only members get a connection. */
  const connects = new Map<string, TokenBucket>()
  const opens = new WeakMap<StreamMuxer, TokenBucket>()

  return {
    mayConnect(peerId) {
      const bucket =
        connects.get(peerId) ??
        tokenBucket({ perSecond: limits.connectsPerSecond, burst: limits.connectsBurst, nowMs })
      connects.set(peerId, bucket)
      if (bucket.tryTake(1)) return true
      misconduct(peerId, 'reconnect-storm')
      return false
    },

    streamOpened(muxer) {
      const bucket =
        opens.get(muxer) ??
        tokenBucket({ perSecond: limits.streamsPerSecond, burst: limits.streamsBurst, nowMs })
      opens.set(muxer, bucket)
      if (bucket.tryTake(1)) return
      const connection = connections().find(({ streams }) => streams === muxer.streams)
      muxer.abort(new Error('too many streams'))
      if (connection === undefined) return
      connection.abort(new Error('too many streams'))
      misconduct(connection.remotePeer.toString(), 'stream-storm')
    },
  }
}
