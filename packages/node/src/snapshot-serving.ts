/**
 * The answers to snapshot requests: of one immutable state while the replica goes on. A snapshot is kept for a while
 * after it was last asked for, because its chunks are fetched in several requests and from several members.
 */
import type { LogTree } from '@chirograph/codec'
import { type Clock, eventKey, positionKey, readPlace, type Store } from '@chirograph/interface'
import { type Cut, cutEntries } from '@chirograph/log'
import {
  type Checkpoint,
  createSnapshotSource,
  decodeSnapshotRequest,
  type SignedTip,
  type SnapshotSource,
} from '@chirograph/replica'
import type { NetworkState } from '@chirograph/status'
import { storeDamaged } from './node-errors.js'
import { headerOfValue } from './stored-event.js'

/** What is true at a checkpoint that is on disk. */
export interface FinalPoint {
  readonly checkpoint: Checkpoint
  readonly state: NetworkState
  readonly cut: Cut
  readonly logTree: LogTree
}

export interface SnapshotServer {
  /** From now on this is the newest; one without a certificate is none to serve. */
  note(point: FinalPoint): void
  serve(peer: string, requestBytes: Uint8Array, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** The lowest height of which a state may be read here; infinite where none is. */
  readonly readFrom: number
  /** Lets go of what was made: whoever fetches one of them has to begin anew. */
  letGoOfPast(): void
}

/** A snapshot younger than this is handed out again: a new one costs a look at every chain's tip. */
const reuseMs = 1_000

/** What nobody asked for during this time is let go. */
const keepMs = 60_000

/** Snapshots at a time: they share what has not changed, and each pins what has. The oldest goes first. */
const sourcesMax = 8

export function createSnapshotServer({
  handovers,
  store,
  clock,
  breathe,
}: {
  /** Of all epochs that are over. */
  readonly handovers: () => readonly Uint8Array[]
  readonly store: Store
  readonly clock: Clock
  readonly breathe: () => Promise<void>
}): SnapshotServer {
  let newest: FinalPoint | undefined
  /** Newest first. */
  let kept: { readonly source: SnapshotSource; readonly madeMs: number; usedMs: number }[] = []
  let making: { readonly height: number; readonly source: Promise<SnapshotSource> } | null = null
  /** The answer that each member is getting: one at a time, and the last asked for. */
  const serving = new Map<string, symbol>()

  async function sourceOfNow(): Promise<SnapshotSource | undefined> {
    const [first] = kept
    const point = newest
    if (first && (clock.nowMs() - first.madeMs < reuseMs || first.source.height === heightOf(point)))
      return first.source
    if (point === undefined) return undefined
    making ??= { height: point.checkpoint.header.core.height, source: make(point) }
    return making.source
  }

  async function make(point: FinalPoint): Promise<SnapshotSource> {
    const { header, certificate } = point.checkpoint
    try {
      const tips = await tipsOf(store, point.cut)
      const { epoch } = header.core
      const source = createSnapshotSource(
        { ...point, header, certificate },
        tips,
        handovers().slice(0, epoch),
      )
      const nowMs = clock.nowMs()
      kept = [{ source, madeMs: nowMs, usedMs: nowMs }, ...kept].slice(0, sourcesMax)
      return source
    } finally {
      making = null
    }
  }

  function chunkOf(hash: Uint8Array): Uint8Array | undefined {
    for (const one of kept) {
      const frame = one.source.chunkFrame(hash)
      if (frame === undefined) continue
      one.usedMs = clock.nowMs()
      return frame
    }
    return undefined
  }

  async function* answer(requestBytes: Uint8Array, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const request = decodeSnapshotRequest(requestBytes)
    if (!request.ok) throw new Error(`a snapshot request that cannot be read: ${request.detail}`)
    const { chunks } = request.value
    if (chunks.length === 0) yield* (await sourceOfNow())?.headFrames ?? []
    for (const hash of chunks) {
      const frame = chunkOf(hash)
      if (frame !== undefined) yield frame
      await breathe()
      signal.throwIfAborted()
    }
  }

  return {
    get readFrom() {
      const heights = kept.map(({ source }) => source.height)
      if (making !== null) heights.push(making.height)
      if (newest !== undefined) heights.push(newest.checkpoint.header.core.height)
      return Math.min(...heights)
    },
    letGoOfPast() {
      kept = []
    },
    note(point) {
      // The replica's J12: nor is one that became final by a tail.
      if (point.checkpoint.certificate !== null && point.checkpoint.tail === null) newest = point
      kept = kept.filter(({ usedMs }) => clock.nowMs() - usedMs < keepMs)
    },
    async *serve(peer, requestBytes, signal) {
      const own = Symbol(peer)
      serving.set(peer, own)
      try {
        for await (const frame of answer(requestBytes, signal)) {
          if (serving.get(peer) !== own) throw new Error('the member asked for another snapshot meanwhile')
          yield frame
        }
      } finally {
        if (serving.get(peer) === own) serving.delete(peer)
      }
    },
  }
}

function heightOf(point: FinalPoint | undefined): number | undefined {
  return point?.checkpoint.header.core.height
}

/** The headers of a cut's events. There are at most as many as organisations: fewer than one `getMany` takes. */
async function tipsOf(store: Store, cut: Cut): Promise<Map<string, SignedTip>> {
  const entries = cutEntries(cut)
  const positions = await store.getMany(entries.map(({ id }) => positionKey(id)))
  const places = positions.map((value, index) => {
    if (value === undefined) throw storeDamaged(`event ${entries[index]?.id} of the final cut is missing`)
    return readPlace(value)
  })
  const values = await store.getMany(places.map(eventKey))
  const tips = new Map<string, SignedTip>()
  for (const [index, { id }] of entries.entries()) {
    const [value, place] = [values[index], places[index]]
    if (value === undefined || place === undefined) throw storeDamaged(`the header of ${id} is missing`)
    tips.set(id, headerOfValue(value, place))
  }
  return tips
}
