/**
 * Where events wait for the one before them. Bounded over all and for each peer, because anyone can send events
 * whose prev never comes; a flood pushes out its own sender's first. Rule L28 of SPEC.md.
 */
import type { EventId } from '@chirograph/codec'
import type { AuthenticEvent } from '@chirograph/event'
import { eventBytes } from './extend-cut.js'
import { orphanBytesMax, orphanBytesPerPeerMax, orphanEventsMax, orphanEventsPerPeerMax } from './limits.js'

export interface OrphanLimits {
  readonly eventsMax: number
  readonly bytesMax: number
  readonly eventsPerPeerMax: number
  readonly bytesPerPeerMax: number
}

interface Load {
  readonly events: number
  readonly bytes: number
}

/** Events that follow each other; the first one waits. */
interface Orphan {
  readonly events: readonly AuthenticEvent[]
  readonly bytes: number
  readonly peer: string
}

/** Owned by the caller; changed by `holdOrphan` and `release` alone. */
export interface OrphanBuffer {
  readonly limits: OrphanLimits
  /**
   * By the ids of the first and the last event, in order of arrival: one that begins further back may be what comes
   * first, and must not be taken for one with the same end.
   */
  readonly held: Map<string, Orphan>
  /** The names of the orphans that wait for an event, by its id. */
  readonly waiting: Map<EventId, Set<string>>
  readonly peers: Map<string, Load>
  events: number
  bytes: number
}

export interface DroppedOrphan {
  /** Of its last event. */
  readonly id: EventId
  /** The peer that had sent it. */
  readonly peer: string
  readonly reason: 'peer-limit' | 'buffer-limit'
}

export type HoldVerdict =
  /** It waits now; these had to go for it. */
  | { readonly kind: 'held'; readonly dropped: DroppedOrphan[] }
  /** It waited already. */
  | { readonly kind: 'known' }

const defaultLimits: OrphanLimits = {
  eventsMax: orphanEventsMax,
  bytesMax: orphanBytesMax,
  eventsPerPeerMax: orphanEventsPerPeerMax,
  bytesPerPeerMax: orphanBytesPerPeerMax,
}

/** An empty buffer. Every limit must have room for one event (`cutBytesMin` bytes). */
export function createOrphanBuffer(limits: OrphanLimits = defaultLimits): OrphanBuffer {
  return { limits, held: new Map(), waiting: new Map(), peers: new Map(), events: 0, bytes: 0 }
}

/** Keeps events that `admitSegment` deferred, for the account of the peer that sent them. */
export function holdOrphan(
  orphans: OrphanBuffer,
  { events, peer }: { readonly events: readonly AuthenticEvent[]; readonly peer: string },
): HoldVerdict {
  const prev = events[0]?.header.prev
  if (prev == null) throw new Error('events without a prev wait for nothing')
  const name = nameOf(events)
  if (orphans.held.has(name)) return { kind: 'known' }
  const bytes = events.reduce((sum, event) => sum + eventBytes(event), 0)
  orphans.held.set(name, { events, bytes, peer })
  orphans.waiting.set(prev, (orphans.waiting.get(prev) ?? new Set()).add(name))
  account(orphans, peer, { events: events.length, bytes })

  const { limits } = orphans
  const dropped: DroppedOrphan[] = []
  const dropOldest = (from: string, reason: DroppedOrphan['reason']): void => {
    const last = remove(orphans, oldestOf(orphans, from)).events.at(-1)
    if (last !== undefined) dropped.push({ id: last.id, peer: from, reason })
  }
  while (isOver(loadOf(orphans, peer), limits.eventsPerPeerMax, limits.bytesPerPeerMax))
    dropOldest(peer, 'peer-limit')
  while (isOver({ events: orphans.events, bytes: orphans.bytes }, limits.eventsMax, limits.bytesMax))
    dropOldest(heaviestPeer(orphans), 'buffer-limit')
  return { kind: 'held', dropped }
}

/**
 * Takes out the stretches of events that waited for this one, those that waited for an event in them, and so on: each
 * after what it waited for, ready to be admitted in this order.
 */
export function release(orphans: OrphanBuffer, id: EventId): (readonly AuthenticEvent[])[] {
  const released: (readonly AuthenticEvent[])[] = []
  const arrived = [id]
  // The list grows while it is walked: breadth first, so that every event follows its prev.
  for (const prev of arrived) {
    for (const waiter of [...(orphans.waiting.get(prev) ?? [])]) {
      const { events } = remove(orphans, waiter)
      released.push(events)
      for (const event of events) arrived.push(event.id)
    }
  }
  return released
}

/** The events to ask for: those that orphans wait for and that do not wait themselves. */
export function missingOf(orphans: OrphanBuffer): EventId[] {
  const here = new Set([...orphans.held.values()].flatMap(({ events }) => events.map((event) => event.id)))
  return [...orphans.waiting.keys()].filter((id) => !here.has(id))
}

function nameOf(events: readonly AuthenticEvent[]): string {
  return `${events[0]?.id} ${events.at(-1)?.id}`
}

function remove(orphans: OrphanBuffer, name: string): Orphan {
  const orphan = orphans.held.get(name)
  if (orphan === undefined) throw new Error(`not held: ${name}`)
  orphans.held.delete(name)
  const prev = orphan.events[0]?.header.prev
  if (prev != null) {
    const waiters = orphans.waiting.get(prev)
    waiters?.delete(name)
    if (waiters?.size === 0) orphans.waiting.delete(prev)
  }
  account(orphans, orphan.peer, { events: -orphan.events.length, bytes: -orphan.bytes })
  return orphan
}

function account(orphans: OrphanBuffer, peer: string, change: Load): void {
  const before = loadOf(orphans, peer)
  const after = { events: before.events + change.events, bytes: before.bytes + change.bytes }
  if (after.events === 0) orphans.peers.delete(peer)
  else orphans.peers.set(peer, after)
  orphans.events += change.events
  orphans.bytes += change.bytes
}

function loadOf(orphans: OrphanBuffer, peer: string): Load {
  return orphans.peers.get(peer) ?? { events: 0, bytes: 0 }
}

function isOver(load: Load, eventsMax: number, bytesMax: number): boolean {
  return load.events > eventsMax || load.bytes > bytesMax
}

function oldestOf(orphans: OrphanBuffer, peer: string): string {
  for (const [name, orphan] of orphans.held) if (orphan.peer === peer) return name
  throw new Error(`no orphan of ${peer}`)
}

/** The peer with the most bytes here; of equals the one that sent first. */
function heaviestPeer(orphans: OrphanBuffer): string {
  let heaviest: { readonly peer: string; readonly bytes: number } | undefined
  for (const [peer, { bytes }] of orphans.peers)
    if (heaviest === undefined || bytes > heaviest.bytes) heaviest = { peer, bytes }
  if (heaviest === undefined) throw new Error('a full buffer of no peer')
  return heaviest.peer
}
