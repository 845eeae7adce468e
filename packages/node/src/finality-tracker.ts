/** Who waits for which event to become final, and what became of the latest ones. */
import type { EventId } from '@chirograph/codec'
import type { EventOutcome } from '@chirograph/status'

export interface Finality {
  readonly id: EventId
  readonly height: number
  /** The header's time: what every member agrees on. */
  readonly timeMs: number
  /** When this node knew, by its own clock. */
  readonly finalAtMs: number
  /** When this node published it; null for an event of another. */
  readonly publishedAtMs: number | null
  readonly outcome: EventOutcome
}

/** The latest events whose outcome is kept in memory; older ones are known by their rows. */
const rememberedMax = 20_000

export interface FinalityTracker {
  published(id: EventId, atMs: number): void
  final(finality: Omit<Finality, 'publishedAtMs'>): void
  get(id: EventId): Finality | undefined
  /** Resolves when the event is final; rejects with the signal's reason. */
  wait(id: EventId, signal?: AbortSignal): Promise<Finality>
  /** The events that somebody waits for. */
  waiting(): EventId[]
  /** Whoever waits for this event waits in vain. */
  fail(id: EventId, reason: unknown): void
  /** Rejects everyone who waits, and whoever comes to wait. */
  stop(reason: Error): void
}

export function createFinalityTracker(): FinalityTracker {
  const publishedAt = new Map<EventId, number>()
  const known = new Map<EventId, Finality>()
  const waiters = new Map<
    EventId,
    Set<{ resolve: (finality: Finality) => void; reject: (reason: unknown) => void }>
  >()
  let stoppedFor: Error | undefined

  return {
    published: (id, atMs) => void publishedAt.set(id, atMs),
    final(reached) {
      const finality = { ...reached, publishedAtMs: publishedAt.get(reached.id) ?? null }
      publishedAt.delete(reached.id)
      known.set(reached.id, finality)
      if (known.size > rememberedMax)
        for (const oldest of known.keys()) {
          known.delete(oldest)
          break
        }
      for (const waiter of waiters.get(reached.id) ?? []) waiter.resolve(finality)
      waiters.delete(reached.id)
    },
    get: (id) => known.get(id),
    wait(id, signal) {
      const found = known.get(id)
      if (found) return Promise.resolve(found)
      if (stoppedFor) return Promise.reject(stoppedFor)
      signal?.throwIfAborted()
      return new Promise((resolve, reject) => {
        const waiter = { resolve, reject }
        const waiting = waiters.get(id) ?? new Set()
        waiters.set(id, waiting.add(waiter))
        signal?.addEventListener(
          'abort',
          () => {
            waiting.delete(waiter)
            reject(signal.reason)
          },
          { once: true },
        )
      })
    },
    waiting: () => [...waiters.keys()],
    fail(id, reason) {
      for (const waiter of waiters.get(id) ?? []) waiter.reject(reason)
      waiters.delete(id)
    },
    stop(reason) {
      stoppedFor = reason
      for (const waiting of waiters.values()) for (const waiter of waiting) waiter.reject(reason)
      waiters.clear()
    },
  }
}
