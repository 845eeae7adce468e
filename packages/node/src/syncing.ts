/** The asking side of sync: rung by rung, until there is nothing left to ask this peer. */
import type { EventId } from '@chirograph/codec'
import { decodeHeader } from '@chirograph/event'
import { eventRange, type Network, readEventKey, type Store } from '@chirograph/interface'
import { branchesMax, locatorMax, planLocator } from '@chirograph/log'
import {
  type Chain,
  chainsToProbe,
  decodeSegmentFrame,
  decodeSyncOffer,
  encodeCheckpointRequest,
  encodeSyncRequest,
  type Locator,
  noteOffer,
  type Replica,
  type SyncOffer,
  sessionKeyBytes,
} from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { AnswerError } from './peer-faults.js'
import { headerOfValue } from './stored-event.js'

export interface SyncProgress {
  readonly offered: number
  readonly received: number
}

export interface SyncArgs {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
  readonly network: Network
  readonly peerId: string
  readonly randomBytes: (length: number) => Uint8Array
  /** Something is known to be lacking: the first question, whether there is anything to do, is not asked. */
  readonly hasGap: boolean
  readonly signal: AbortSignal
  /** Whether so many events may come now; they are asked for again later if not. */
  readonly isWelcome: (eventCount: number) => boolean
  /** Takes the segments of a frame and returns how many events they have; undefined to break the answer off. */
  readonly take: (segments: readonly Uint8Array[]) => Promise<number | undefined>
  readonly onProgress: (progress: SyncProgress) => void
}

/** Brings over what a peer holds and we do not. Resolves to false when it was put off. */
export async function syncWith(args: SyncArgs): Promise<boolean> {
  const { randomBytes } = args
  if (!args.hasGap) {
    const { offer } = await oneRound(args, { key: null, locators: [] })
    if (offer.isSame) return true
  }
  const key = () => randomBytes(sessionKeyBytes)
  let round = await oneRound(args, { key: key(), locators: [] })
  // A peer that restarted has forgotten what was said to it: all is said once more.
  if (round.offer.isBaseUnknown) round = await oneRound(args, { key: key(), locators: [] })
  if (round.isPutOff) return false
  const chains = chainsToProbe(args.replica, { peer: args.peerId, probes: round.offer.probes })
  if (chains.length === 0) return true
  const locators = await Promise.all(chains.map((chain) => locatorOf(args, chain)))
  return !(await oneRound(args, { key: key(), locators })).isPutOff
}

/** The request for the checkpoints from a height on; each frame of the answer is one. */
export function fetchCheckpoints(
  network: Network,
  { peerId, fromHeight, signal }: { peerId: string; fromHeight: number; signal: AbortSignal },
): AsyncIterable<Uint8Array> {
  const bytes = encodeCheckpointRequest(fromHeight)
  return network.request({ peerId, protocol: 'checkpoints', bytes, signal })
}

async function oneRound(
  { replica, network, peerId, signal, isWelcome, take, onProgress }: SyncArgs,
  request: { readonly key: Uint8Array | null; readonly locators: readonly Locator[] },
): Promise<{ offer: SyncOffer; isPutOff: boolean }> {
  const bytes = encodeSyncRequest(replica, { peer: peerId, ...request })
  let offer: SyncOffer | undefined
  let received = 0
  for await (const frame of network.request({ peerId, protocol: 'sync', bytes, signal })) {
    if (offer === undefined) {
      const decoded = decodeSyncOffer(frame)
      if (!decoded.ok)
        throw new AnswerError('garbage-answer', `a sync offer that cannot be read: ${decoded.detail}`)
      offer = decoded.value
      noteOffer(replica, peerId, offer)
      onProgress({ offered: offer.eventCount, received })
      if (!isWelcome(offer.eventCount)) return { offer, isPutOff: true }
      continue
    }
    const segments = decodeSegmentFrame(frame)
    if (!segments.ok)
      throw new AnswerError('garbage-answer', `a sync frame that cannot be read: ${segments.detail}`)
    const taken = await take(segments.value)
    if (taken === undefined) return { offer, isPutOff: true }
    received += taken
    onProgress({ offered: Math.max(offer.eventCount, received), received })
    // A peer that sends more than it offered is not answering our request.
    assertNotEndless({ received, offered: offer.eventCount, isAboutForks: request.locators.length > 0 })
  }
  if (offer === undefined) throw new AnswerError('garbage-answer', 'a sync answer without an offer')
  return { offer, isPutOff: false }
}

/** A peer that sends far more than it offered is not answering our request. */
function assertNotEndless(args: { received: number; offered: number; isAboutForks: boolean }): void {
  const { received, offered, isAboutForks } = args
  // An offer counts places; at each there may be as many events as there are branches.
  const eventsMax = isAboutForks ? forkAnswerEventsMax : offered * branchesMax + overshootMax
  if (received <= eventsMax) return
  const fault = isAboutForks ? 'endless-answer' : 'overlong-answer'
  throw new AnswerError(fault, `${received} events after an offer of ${offered}`)
}

/** Room for what came in between an offer and its answer. */
const overshootMax = 65_536

/** An answer to locators is offered without a number: it holds what lies above them, and at most as much again below. */
const forkAnswerEventsMax = 1_048_576

/** What is held of a chain, in few ids, so that the peer finds where branches part. */
async function locatorOf({ replica, store, authors }: SyncArgs, chain: Chain): Promise<Locator> {
  const { heads, sequences } = planLocator(replica.log, chain.author, chain.generation)
  const ids = new Set<EventId>(heads)
  const author = authors.numberOf(chain.author)
  for (const sequence of author === undefined ? [] : sequences) {
    const range = eventRange({
      author: author ?? 0,
      generation: chain.generation,
      fromSequence: sequence,
      toSequence: sequence,
    })
    for await (const [key, value] of store.range(range)) {
      const decoded = decodeHeader(headerOfValue(value, readEventKey(key)).headerBytes)
      if (decoded.kind === 'decoded') ids.add(decoded.id)
    }
  }
  return { ...chain, ids: [...ids].slice(0, locatorMax) }
}
