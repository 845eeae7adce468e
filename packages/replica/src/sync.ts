/** What two nodes say to bring their logs together. The shell carries the frames; what is in them is decided here. */
import {
  bytesUpTo,
  constant,
  type Decoded,
  decode,
  type EventId,
  encode,
  field,
  link,
  list,
  struct,
  uint,
} from '@chirograph/codec'
import { type OrgId, orgId, wireBytesMax } from '@chirograph/event'
import {
  entriesBeyond,
  type FrontierEntry,
  frontier,
  frontierShape,
  type LogEntry,
  locatorMax,
  locatorOf,
  mayHold,
  planSync,
  type Range,
} from '@chirograph/log'
import { branchEventsMax, locatorsMax, syncFrameBytes, syncRequestBytesMax } from './limits.js'
import type { Replica } from './replica.js'

const chainShape = struct('chain', [field('author', orgId()), field('generation', uint())])
const locatorShape = struct('locator', [
  field('author', orgId()),
  field('generation', uint()),
  field('ids', list(link(), { max: locatorMax })),
])

const requestShape = struct('sync request', [
  field('version', constant(1)),
  field('frontier', frontierShape),
  field('locators', list(locatorShape, { max: locatorsMax })),
])

const offerShape = struct('sync offer', [
  field('version', constant(1)),
  field('frontier', frontierShape),
  /** Events that follow, so that progress can be shown. */
  field('eventCount', uint()),
  /** Chains of which the two sides hold different branches: ask again with locators. */
  field('probes', list(chainShape, { max: locatorsMax })),
])

const checkpointRequestShape = struct('checkpoint request', [
  field('version', constant(1)),
  field('fromHeight', uint()),
])

export interface Chain {
  readonly author: OrgId
  readonly generation: number
}

export interface SyncRequest {
  readonly version: 1
  readonly frontier: readonly FrontierEntry[]
  readonly locators: readonly (Chain & { readonly ids: readonly EventId[] })[]
}

export interface SyncOffer {
  readonly version: 1
  readonly frontier: readonly FrontierEntry[]
  readonly eventCount: number
  readonly probes: readonly Chain[]
}

/** What to stream after the offer: ranges of chains, and single events of branches. */
export interface SyncAnswer {
  readonly offer: SyncOffer
  readonly ranges: readonly Range[]
  readonly branches: readonly LogEntry[]
  /** The asker holds events that are not here. */
  readonly isBehind: boolean
}

/** The first frame of a sync; `probes` come from the offer of a sync just ended. */
export function encodeSyncRequest(replica: Replica, probes: readonly Chain[] = []): Uint8Array {
  const locators = probes.map((chain) => ({
    ...chain,
    ids: locatorOf(replica.log, chain.author, chain.generation),
  }))
  return encode(requestShape, { version: 1, frontier: frontier(replica.log), locators })
}

/** Plans the answer to an untrusted request. */
export function answerSync(replica: Replica, requestBytes: Uint8Array): Decoded<SyncAnswer> {
  const decoded = decode(requestShape, requestBytes, { bytesMax: syncRequestBytesMax })
  if (!decoded.ok) return decoded
  const { log } = replica
  const { locators, frontier: remote } = decoded.value
  const local = frontier(log)
  const plan = planSync({ local, remote, holds: (entry) => mayHold(log, entry) })
  const branches = locators.flatMap(({ author, generation, ids }) =>
    entriesBeyond(log, { author, generation, locator: ids, entriesMax: branchEventsMax }),
  )
  const probes = plan.forks.slice(0, locatorsMax).map(({ author, generation }) => ({ author, generation }))
  const offer = { version: 1, frontier: local, eventCount: plan.sendCount + branches.length, probes } as const
  const isBehind = plan.receiveCount > 0 || plan.forks.length > 0
  return { ok: true, value: { offer, ranges: plan.send, branches, isBehind } }
}

export function encodeSyncOffer(offer: SyncOffer): Uint8Array {
  return encode(offerShape, offer)
}

export function decodeSyncOffer(offerBytes: Uint8Array): Decoded<SyncOffer> {
  return decode(offerShape, offerBytes, { bytesMax: syncRequestBytesMax })
}

export function encodeCheckpointRequest(fromHeight: number): Uint8Array {
  return encode(checkpointRequestShape, { version: 1, fromHeight })
}

export function decodeCheckpointRequest(requestBytes: Uint8Array): Decoded<{ fromHeight: number }> {
  return decode(checkpointRequestShape, requestBytes, { bytesMax: 64 })
}

const eventFrameShape = list(bytesUpTo(wireBytesMax), { max: syncFrameBytes })

/** Several events as one frame of a sync's answer. */
export function encodeEventFrame(events: readonly Uint8Array[]): Uint8Array {
  return encode(eventFrameShape, [...events])
}

export function decodeEventFrame(frame: Uint8Array): Decoded<readonly Uint8Array[]> {
  return decode(eventFrameShape, frame, { bytesMax: syncFrameBytes + 2 * wireBytesMax })
}
