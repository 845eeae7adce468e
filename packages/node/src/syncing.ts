/** The frames of sync and checkpoint requests, both sides. What is in them is the replica's business. */

import { encodeEvent, type SignedEvent } from '@chirograph/event'
import { checkpointRange, eventRange, type Network, readEventKey, type Store } from '@chirograph/interface'
import {
  answerSync,
  type Chain,
  decodeCheckpointRequest,
  decodeEventFrame,
  decodeSyncOffer,
  encodeCheckpointRequest,
  encodeEventFrame,
  encodeSyncOffer,
  encodeSyncRequest,
  type Replica,
  type SyncAnswer,
  type SyncOffer,
  syncFrameBytes,
} from '@chirograph/replica'
import { readEvent } from './load.js'

export interface SyncProgress {
  readonly offered: number
  readonly received: number
}

/** Brings over what a peer holds and we do not. Returns the offer of the last round, for what it says of the peer. */
export async function syncWith(args: {
  readonly replica: Replica
  readonly network: Network
  readonly peerId: string
  readonly signal: AbortSignal
  /** Takes the events of a frame; resolves when there is room for more. */
  readonly take: (events: readonly Uint8Array[]) => Promise<void>
  readonly onProgress: (progress: SyncProgress) => void
}): Promise<SyncOffer> {
  const first = await oneRound(args, [])
  return first.probes.length > 0 ? oneRound(args, first.probes) : first
}

async function oneRound(args: Parameters<typeof syncWith>[0], probes: readonly Chain[]): Promise<SyncOffer> {
  const { replica, network, peerId, signal, take, onProgress } = args
  const bytes = encodeSyncRequest(replica, probes)
  let offer: SyncOffer | undefined
  let received = 0
  for await (const frame of network.request({ peerId, protocol: 'sync', bytes, signal })) {
    if (offer === undefined) {
      const decoded = decodeSyncOffer(frame)
      if (!decoded.ok) throw new Error(`a sync offer that cannot be read: ${decoded.detail}`)
      offer = decoded.value
      onProgress({ offered: offer.eventCount, received })
      continue
    }
    const events = decodeEventFrame(frame)
    if (!events.ok) throw new Error(`a sync frame that cannot be read: ${events.detail}`)
    await take(events.value)
    received += events.value.length
    onProgress({ offered: offer.eventCount, received })
    // A peer that sends more than it offered is not answering our request.
    if (received > offer.eventCount + overshootMax) throw new Error('a sync answer longer than its offer')
  }
  if (offer === undefined) throw new Error('a sync answer without an offer')
  return offer
}

/** Events may be admitted between the offer and the end of the answer; more than this is not that. */
const overshootMax = 65_536

/** The answer to a sync request, frame by frame. `onBehind` is called when the asker holds what we lack. */
export async function* serveSync(args: {
  readonly replica: Replica
  readonly store: Store
  readonly bytes: Uint8Array
  readonly onBehind: () => void
}): AsyncIterable<Uint8Array> {
  const answer = answerSync(args.replica, args.bytes)
  if (!answer.ok) throw new Error(`a sync request that cannot be read: ${answer.detail}`)
  if (answer.value.isBehind) args.onBehind()
  yield encodeSyncOffer(answer.value.offer)
  let frame: Uint8Array[] = []
  let size = 0
  for await (const event of eventsOf(args.store, answer.value)) {
    frame.push(event)
    size += event.length
    if (size < syncFrameBytes) continue
    yield encodeEventFrame(frame)
    frame = []
    size = 0
  }
  if (frame.length > 0) yield encodeEventFrame(frame)
}

/** Asks for the checkpoints from a height on; each frame is one. */
export function fetchCheckpoints(
  network: Network,
  { peerId, fromHeight, signal }: { peerId: string; fromHeight: number; signal: AbortSignal },
): AsyncIterable<Uint8Array> {
  return network.request({
    peerId,
    protocol: 'checkpoints',
    bytes: encodeCheckpointRequest(fromHeight),
    signal,
  })
}

export async function* serveCheckpoints(store: Store, requestBytes: Uint8Array): AsyncIterable<Uint8Array> {
  const request = decodeCheckpointRequest(requestBytes)
  if (!request.ok) throw new Error(`a checkpoint request that cannot be read: ${request.detail}`)
  const bounds = checkpointRange({ fromHeight: request.value.fromHeight, toHeight: Number.MAX_SAFE_INTEGER })
  for await (const [, value] of store.range(bounds)) yield value
}

async function* eventsOf(store: Store, { ranges, branches }: SyncAnswer): AsyncIterable<Uint8Array> {
  for (const range of ranges) {
    for await (const [key] of store.range(eventRange(range))) {
      const event = await readEvent(store, readEventKey(key))
      if (event) yield encodeEvent(event as SignedEvent)
    }
  }
  for (const entry of branches) {
    const event = await readEvent(store, entry)
    if (event) yield encodeEvent(event as SignedEvent)
  }
}
