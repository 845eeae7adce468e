/**
 * Decides whether this node comes to where the others are by a snapshot, and takes it: fetched, written where nothing
 * is read, and then made the state in one batch. Until then the node is what it was.
 */
import { toHex } from '@chirograph/codec'
import { arrivalRange, type Clock, type Network, readArrivalKey, type Store } from '@chirograph/interface'
import type { Replica, ReplicaInput, Snapshot, SnapshotRefusal } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { type FactWriter, placeName } from './facts.js'
import type { Notice } from './notice.js'
import { fetchSnapshot, type JoinProgress } from './snapshot-fetching.js'

/** From how far behind a snapshot is taken rather than every event. */
export interface JoinLimits {
  /** Events that a member offers, or that its log has more than this one's. */
  readonly eventsMin: number
  /** Checkpoints that are final elsewhere. */
  readonly heightsMin: number
}

/**
 * Below 16,384 events a node is there in about a second either way, and keeps its history whole. A thousand
 * checkpoints are executed in about that time too.
 */
export const joinLimits: JoinLimits = Object.freeze({ eventsMin: 16_384, heightsMin: 1_024 })

/** A node that holds more events that are not final goes on with them: a snapshot might have to drop them. */
const pendingMax = 16_384

/** After an attempt that led to nothing the node goes on event by event with those whom it asked, for so long. */
const restMs = 60_000

/** What a member says that it has more than this node. */
export interface Ahead {
  readonly peer: string
  readonly events?: number
  readonly heights?: number
  /** The checkpoints between here and there are nowhere to be had. */
  readonly isOnlyWay?: boolean
}

export interface Joiner {
  /** A snapshot is being taken: what it brings is not fetched in another way meanwhile. */
  readonly isJoining: boolean
  /** Whether it is one for a snapshot; then one is being taken, and `onSettled` tells when that has ended. */
  consider(ahead: Ahead): boolean
  progress(): JoinProgress | null
  stop(): Promise<void>
}

export interface JoinerArgs {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
  readonly writer: FactWriter
  readonly network: Network
  readonly clock: Clock
  readonly limits: JoinLimits
  readonly breathe: () => Promise<void>
  readonly dispatch: (input: Extract<Bare<ReplicaInput>, { kind: 'snapshot' }>) => void
  /** Resolves when everything dispatched is on disk. */
  readonly drained: () => Promise<void>
  /** While paused no events from others enter the log. */
  readonly pauseIntake: (isPaused: boolean) => void
  readonly onRefused: (peer: string, refusal: SnapshotRefusal) => void
  readonly onSettled: (peer: string) => void
  readonly onNotice: (notice: Notice) => void
  readonly onFailure: (error: unknown) => void
}

type Bare<T> = T extends unknown ? Omit<T, 'nowMs'> : never

export function createJoiner(args: JoinerArgs): Joiner {
  const { replica, store, writer, clock, limits, breathe, onNotice } = args
  const stopping = new AbortController()
  const { signal } = stopping
  let running: Promise<void> | null = null
  let progress: JoinProgress | null = null
  /** Those who had no snapshot that was of use, and until when they are not asked for one again. */
  let resting: { readonly peers: ReadonlySet<string>; readonly untilMs: number } = {
    peers: new Set(),
    untilMs: 0,
  }

  function consider(ahead: Ahead): boolean {
    if (running !== null) return true
    if (signal.aborted || !mayJoin() || !isFar(ahead)) return false
    if (clock.nowMs() < resting.untilMs && resting.peers.has(ahead.peer)) return false
    running = join(ahead)
      .catch((error: unknown) => {
        // Only the disk fails here; it failed before anything of the node was changed.
        if (!signal.aborted) args.onFailure(error)
      })
      .finally(() => {
        running = null
        progress = null
        if (!signal.aborted) args.onSettled(ahead.peer)
      })
    return true
  }

  /** One gap in a chain at a time: a second snapshot waits until the history before the first is here. */
  function mayJoin(): boolean {
    return replica.isHistoryWhole && replica.log.pending.count <= pendingMax
  }

  function isFar({ events = 0, heights = 0, isOnlyWay = false }: Ahead): boolean {
    return isOnlyWay || events >= limits.eventsMin || heights >= limits.heightsMin
  }

  async function join(ahead: Ahead): Promise<void> {
    const { final, config } = replica
    const fetched = await fetchSnapshot({
      ...args,
      genesis: config.genesis,
      ed25519: config.ed25519,
      bls: config.bls,
      signal,
      peer: ahead.peer,
      aboveHeight: final.header.core.height,
      set: replica.set,
      isWorth: ({ height, logSize }) =>
        isFar({
          ...ahead,
          events: logSize - replica.final.logTree.size,
          heights: height - replica.final.header.core.height,
        }),
      onProgress: (next) => {
        if (progress?.height !== next.height)
          onNotice({ level: 'info', what: 'taking a snapshot', facts: { ...next } })
        progress = next
      },
    })
    if (fetched.kind === 'complete') return install(fetched.snapshot, fetched.from)
    resting = { peers: fetched.asked, untilMs: clock.nowMs() + restMs }
    onNotice({ level: 'debug', what: 'no snapshot was taken', facts: { asked: fetched.asked.size } })
  }

  /** SPEC J9: until the batch that the step asks for is on disk, the old state is whole; after it, the new one. */
  async function install(snapshot: Snapshot, from: string): Promise<void> {
    args.pauseIntake(true)
    try {
      await args.drained()
      writer.noteArrivals(await arrivalsOfPending())
      signal.throwIfAborted()
      args.dispatch({ kind: 'snapshot', snapshot, from })
    } finally {
      args.pauseIntake(false)
    }
    await args.drained()
    const { height } = snapshot.header.core
    onNotice({ level: 'info', what: 'took a snapshot', facts: { height, from } })
  }

  /** Looked for from the latest: what is not final came not long ago. */
  async function arrivalsOfPending(): Promise<Map<string, number>> {
    const wanted = new Set<string>()
    for (const { author: org, generation, sequence, branch, isFinal } of replica.log.entries.values()) {
      const author = args.authors.numberOf(org)
      if (!isFinal && author !== undefined) wanted.add(placeName({ author, generation, sequence, branch }))
    }
    const found = new Map<string, number>()
    if (wanted.size === 0) return found
    for await (const page of store.pages({ ...arrivalRange({ fromOrdinal: 0 }), reverse: true })) {
      for (const [key, value] of page) {
        const name = toHex(value)
        if (wanted.delete(name)) found.set(name, readArrivalKey(key))
      }
      if (wanted.size === 0) break
      await breathe()
    }
    return found
  }

  return {
    get isJoining() {
      return running !== null
    },
    consider,
    progress: () => progress,
    async stop() {
      stopping.abort()
      await running
    },
  }
}
