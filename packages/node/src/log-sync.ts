/** Comparing logs with peers, in turn and when one shows that it holds more; and taking in what an answer brings. */
import type { Clock, Network, Store } from '@chirograph/interface'
import type { Replica, ReplicaEffect, SegmentInput } from '@chirograph/replica'
import type { AuthorTable } from './author-table.js'
import { createBulkTurn, freshEventsOf } from './bulk-turn.js'
import { isNeeded, isPendingFull } from './intake-room.js'
import type { Joiner } from './joiner.js'
import type { PeerConduct } from './peer-conduct.js'
import type { PeerTasks } from './peer-tasks.js'
import { type SegmentIntake, slicesOf } from './segment-intake.js'
import { createSyncRota } from './sync-rota.js'
import { type SyncProgress, syncWith } from './syncing.js'

export interface SyncState {
  readonly endedMs: number | null
  readonly progress: SyncProgress | null
}

export interface LogSync {
  /** The latest sync with each peer: when it ended well, and how far a running one is. */
  readonly syncs: ReadonlyMap<string, SyncState>
  /** With a peer that shows that it holds more, if it has a turn left. */
  begin(peerId: string, hasGap: boolean): void
  /** With the one of these peers whose turn it is. */
  beginNext(peers: readonly string[]): void
  /** What one peer did not bring, another one of these may. */
  beginElsewhere(peers: readonly string[]): void
  /** Something became final: there may be room for what was put off. */
  resume(): void
  /** The peer has left. */
  forget(peerId: string): void
}

/** After a failed sync another peer is asked at once, unless that was done so shortly ago: all of them may be failing. */
const elsewhereEveryMs = 1_000

export function createLogSync(args: {
  readonly replica: Replica
  readonly store: Store
  readonly authors: AuthorTable
  readonly network: Network
  readonly clock: Clock
  readonly randomBytes: (length: number) => Uint8Array
  readonly conduct: PeerConduct
  readonly tasks: PeerTasks
  readonly intake: SegmentIntake
  readonly joiner: () => Pick<Joiner, 'isJoining' | 'consider'>
  readonly dispatch: (input: SegmentInput | { kind: 'synced'; peer: string }) => ReplicaEffect[]
  readonly breathe: () => Promise<void>
  /** Resolves when the disk keeps up. */
  readonly room: () => Promise<void>
}): LogSync {
  const { replica, network, clock, conduct, tasks, intake, joiner, dispatch, breathe } = args
  const { store, authors, randomBytes } = args
  const rota = createSyncRota(conduct)
  const bulk = createBulkTurn(() => clock.nowMs())
  const syncs = new Map<string, SyncState>()
  /** Peers whose answer was broken off because too much waited to become final. */
  const putOff = new Set<string>()
  /** Peers of whose answer something was passed over, so that it was not heard whole. */
  const passedOver = new Set<string>()
  let elsewhereMs = 0

  function begin(peerId: string, hasGap: boolean): void {
    if (peerId !== network.peerId && conduct.takeTurn(peerId, 'sync')) start(peerId, hasGap)
  }

  function start(peerId: string, hasGap: boolean): void {
    if (joiner().isJoining) return
    tasks.add(peerId, 'sync', async (signal) => {
      const before = syncs.get(peerId)?.endedMs ?? null
      const onProgress = (progress: SyncProgress) => void syncs.set(peerId, { endedMs: before, progress })
      const take = (segments: readonly Uint8Array[]) => takeSegments(segments, peerId)
      const isWelcome = (eventCount: number) => welcomeBulk(peerId, eventCount)
      try {
        const asked = { replica, store, authors, network, peerId, randomBytes, hasGap, signal }
        passedOver.delete(peerId)
        const isWhole = await syncWith({ ...asked, isWelcome, take, onProgress })
        const isDone = isWhole && !passedOver.has(peerId)
        syncs.set(peerId, { endedMs: isDone ? clock.nowMs() : before, progress: null })
        conduct.noteAnswer(peerId)
        if (isDone) dispatch({ kind: 'synced', peer: peerId })
      } catch (error) {
        syncs.set(peerId, { endedMs: before, progress: null })
        throw error
      } finally {
        bulk.end(peerId)
      }
    })
  }

  /** None while too much waits to become final. */
  function welcomeBulk(peerId: string, eventCount: number): boolean {
    if (eventCount === 0) return true
    if (joiner().consider({ peer: peerId, events: eventCount })) return false
    if (isPendingFull(replica) && replica.lacking.size === 0) return false
    return bulk.begin(peerId, eventCount)
  }

  /** Undefined when no more can be taken: what waits must become final first, and then this peer is asked again. */
  async function takeSegments(segments: readonly Uint8Array[], from: string): Promise<number | undefined> {
    let count = 0
    let fresh = 0
    for (const slice of slicesOf(segments)) {
      for (const input of await intake(slice, { from, isGossip: false })) {
        const { segment } = input
        if (isPendingFull(replica) && !isNeeded(replica, segment)) {
          putOff.add(from)
          passedOver.add(from)
          // What makes the rest final may come behind it.
          if (replica.lacking.size > 0) continue
          return undefined
        }
        if (segment.kind === 'decoded') count += segment.segment.events.length
        fresh += freshEventsOf(dispatch(input))
        await breathe()
      }
    }
    // Who repeats what is here brings nothing, and must not keep the turn with it.
    bulk.took(from, fresh)
    await args.room()
    return count
  }

  return {
    syncs,
    begin,
    beginNext(peers) {
      const next = rota.next(peers)
      if (next !== undefined) start(next, false)
    },
    beginElsewhere(peers) {
      const now = clock.nowMs()
      if (Math.abs(now - elsewhereMs) < elsewhereEveryMs) return
      elsewhereMs = now
      const next = rota.next(peers)
      if (next !== undefined) start(next, true)
    },
    resume() {
      if (putOff.size === 0 || isPendingFull(replica)) return
      for (const peer of putOff) begin(peer, true)
      putOff.clear()
    },
    forget: (peerId) => void syncs.delete(peerId),
  }
}
